// autointerp
// `OpenedRun` is a run whose file is open and whose results are not read back yet.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol

/// Everything about a run but its results.
struct OpenedRun: Sendable {
  let store: any RunStore
  let specification: RunSpecification
  let ledger: RunLedger
  let card: ModelCard?
  /// The figures of a finished run, which needs no more.
  let figures: StoredFigures?
  /// The version of the software that started the run.
  let begunBy: String
  let progress = RebuildProgress()

  /// Blocks. O(prompts).
  ///
  /// - Throws: `CoordinatorError.storage` if the file contradicts itself; `AtlasError`.
  init(_ store: any RunStore) throws {
    self.store = store
    (specification, ledger) = (try store.specification(), try store.ledger())
    let name = specification.name
    guard ledger.isSound(promptCount: specification.prompts.count) else {
      throw CoordinatorError.storage(run: name, reason: "its file is damaged: it names impossible prompts")
    }
    if let fingerprint = specification.modelFingerprint, let bytes = ledger.modelCard {
      do { card = try ModelCard(payload: bytes, of: fingerprint) } catch {
        throw CoordinatorError.storage(run: name, reason: "its file is damaged: \(error)")
      }
    } else {
      card = nil
    }
    figures = ledger.state == .complete && ledger.isArchived ? try store.figures() : nil
    begunBy = try store.softwareVersion()
  }

  /// True if its stored results must be read before it can go on.
  var needsRebuild: Bool { ledger.state != .complete && !ledger.digests.isEmpty }
}

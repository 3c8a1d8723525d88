// autointerp
// `ResultTransfer` copies the results of equal prompts from the files of other runs into a run's file.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol
internal import Foundation

/// Copies results between runs of one model, template and set of attribution settings.
///
/// A result depends on these and on its prompt, not on the run. So a copy has the bytes that computing it would give, but for
/// the prompt's number and group, which are those of the run that takes it. It keeps its worker, key and kernel.
package struct ResultTransfer {
  private let store: any RunStore
  private let specification: RunSpecification
  /// The run's prompts by what decides their results.
  private let numbers: [PromptContent: Int32]
  /// The digests of the results that the run has.
  private var known: [Int32: [UInt8]]
  /// In lower case, because OpenBLAS accepts and reports names in different ones.
  private let kernels: Set<String>?
  private let now: Int64

  /// How many results are written in one transaction.
  private static let batchLength = 64

  /// Reads what the run has.
  ///
  /// - Parameters:
  ///   - store: the file that takes results.
  ///   - kernels: the BLAS kernels whose results are taken; nil for all.
  ///   - now: in milliseconds since 1970.
  /// - Throws: the errors of reading the file.
  package init(to store: any RunStore, kernels: Set<String>? = nil, now: Int64) throws {
    self.store = store
    self.kernels = kernels.map { Set($0.map { $0.lowercased() }) }
    self.now = now
    specification = try store.specification()
    known = try store.ledger().digests
    numbers = Dictionary(
      specification.prompts.enumerated().map { (PromptContent($1), Int32($0)) }, uniquingKeysWith: { first, _ in first }
    )
  }

  /// How many prompts have no result yet.
  package var openCount: Int { numbers.values.count { known[$0] == nil } }

  /// Why results of `other` are no results of `specification`, a sentence each; empty if they are.
  package static func obstacles(between other: RunSpecification, and specification: RunSpecification) -> [String] {
    var obstacles = other.settings.differences(from: specification.settings)
    if other.modelFingerprint == nil || other.modelFingerprint != specification.modelFingerprint {
      obstacles.insert("model: \(other.modelName) is another model than \(specification.modelName)", at: 0)
    }
    if other.template != specification.template { obstacles.append("template: it differs") }
    return obstacles
  }

  /// The prompts of another run that this run has too, with their numbers here.
  private func twins(in other: RunSpecification, comparing: Bool) -> [Int32: Int32] {
    var twins: [Int32: Int32] = [:]
    for (number, prompt) in other.prompts.enumerated() {
      guard let own = numbers[PromptContent(prompt)], comparing || known[own] == nil else { continue }
      twins[Int32(number)] = own
    }
    return twins
  }

  /// Copies what the file at `path` has of the prompts that have no result yet. It may be of a run that is under way.
  /// Blocks.
  ///
  /// - Parameters:
  ///   - path: of the other run's file.
  ///   - comparing: true to read also the results of prompts that have one, which must be the same.
  /// - Returns: how many results were copied.
  /// - Throws: an `AtlasError`, also if the run has another model, template or other settings; `CoordinatorError.damagedDelta`
  ///   if a result does not match its digest or its model, or is not the one that is known. What was copied before stays.
  package mutating func take(from path: String, comparing: Bool = false) throws -> Int {
    let reader = try AtlasReader(path: path)
    let other = try reader.specification()
    let obstacles = Self.obstacles(between: other, and: specification)
    guard obstacles.isEmpty else {
      throw AtlasError.failed(
        path: path, detail: "its results cannot be used:\n" + obstacles.map { "  \($0)" }.joined(separator: "\n"))
    }
    let basis = try reader.contractBasis()
    let card = try basis.card.flatMap { bytes in
      try specification.modelFingerprint.map { try ModelCard(payload: bytes, of: $0) }
    }
    let twins = twins(in: other, comparing: comparing)
    guard !twins.isEmpty else { return 0 }
    var batch = AtlasBatch()
    batch.modelCard = basis.card
    batch.workers = try reader.workers()
    var taken = 0
    try reader.forEachDelta(of: Set(twins.keys)) { stored in
      let isUsable = kernels.map { $0.contains(stored.computeKernel.lowercased()) } ?? true
      guard let number = twins[stored.prompt], isUsable else { return }
      let copy = try copy(stored, of: other.name, as: number, card)
      if let digest = known[number] {
        guard digest == copy.digest else {
          throw CoordinatorError.damagedDelta(
            run: other.name, prompt: stored.prompt, reason: "another file has a different result of this prompt")
        }
        return
      }
      known[number] = copy.digest
      batch.deltas.append(copy)
      taken += 1
      guard batch.deltas.count == Self.batchLength else { return }
      _ = try store.write([batch])
      batch = AtlasBatch()
    }
    guard taken > 0 else { return 0 }
    batch.orders = [
      Requester.ownProcess.order(.submit, "took over the results of \(taken) prompts from \(path)", at: now)
    ]
    _ = try store.write([batch])
    return taken
  }

  private func copy(
    _ stored: StoredDelta, of run: String, as number: Int32, _ card: ModelCard?
  ) throws -> StoredDelta {
    func damaged(_ reason: String) -> CoordinatorError {
      .damagedDelta(run: run, prompt: stored.prompt, reason: reason)
    }
    guard DeltaDigest(of: stored.payload).bytes == stored.digest else {
      throw damaged("its bytes do not match their digest")
    }
    let prompt = specification.prompts[Int(number)]
    var delta: EdgeDelta
    do {
      delta = try ValidDelta(payload: stored.payload).delta
      guard delta.prompt == stored.prompt else { throw damaged("it is the result of prompt \(delta.prompt)") }
      (delta.prompt, delta.origin) = (number, prompt.origin)
      try DeltaContract(
        origin: prompt.origin, card: card,
        maximumTokens: DeltaContract.maximumTokens(of: prompt, specification.template),
        peakCount: specification.settings.peakCount
      ).check(delta)
    } catch let error as CoordinatorError {
      throw error
    } catch { throw damaged("\(error)") }
    var copy = stored
    copy.prompt = number
    copy.payload = delta.payload()
    copy.digest = DeltaDigest(of: copy.payload).bytes
    return copy
  }
}

/// What decides a prompt's result besides the run: its texts, byte for byte, and what it asks about.
package struct PromptContent: Hashable, Sendable {
  private let text: [UInt8]
  private let answerPrefix: [UInt8]
  private let target: [UInt8]?

  package init(_ prompt: RunPrompt) {
    // Swift's strings also equal other encodings of the same characters, which give other tokens.
    text = Array(prompt.text.utf8)
    answerPrefix = Array(prompt.answerPrefix.utf8)
    target = prompt.target.map { Array($0.text.utf8) }
  }
}

extension RunSpecification {
  /// True if all prompts of `other` are among these, and others are, too.
  package func extends(_ other: RunSpecification) -> Bool {
    guard other.prompts.count < prompts.count else { return false }
    let own = Set(prompts.map(PromptContent.init))
    return other.prompts.allSatisfy { own.contains(PromptContent($0)) }
  }
}

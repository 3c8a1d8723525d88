// autointerp
// `StoredRun` holds what a starting coordinator reads about a run; extensions convert messages to stored rows.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits
internal import ClusterProtocol
internal import ClusterTransport

/// What a restarted coordinator knows about a run. All of it was committed.
package struct StoredRun: Sendable {
  package var specification: RunSpecification
  package var epoch: Int64
  package var identity: RunIdentity
  package var ledger: RunLedger
  package var computeKernels: Set<String>
  package var computeMilliseconds: Int64

  package init(
    specification: RunSpecification, epoch: Int64, identity: RunIdentity, ledger: RunLedger = RunLedger(),
    computeKernels: Set<String> = [], computeMilliseconds: Int64 = 0
  ) {
    self.specification = specification
    self.epoch = epoch
    self.identity = identity
    self.ledger = ledger
    self.computeKernels = computeKernels
    self.computeMilliseconds = computeMilliseconds
  }
}

extension RunLedger {
  /// True if every entry refers to an existing prompt and every digest is a digest. A damaged file may contain
  /// anything.
  func isSound(promptCount: Int) -> Bool {
    let prompts = Int32(0)..<Int32(clamping: promptCount)
    return digests.allSatisfy { prompts.contains($0.key) && $0.value.count == 32 }
      && attempts.allSatisfy { prompts.contains($0.key) && $0.value >= 0 && $0.value < .max }
      && checks.allSatisfy { prompts.contains($0.prompt) && $0.digest.count == 32 }
      && failures.allSatisfy { prompts.contains($0.prompt) } && quarantined.allSatisfy { prompts.contains($0.prompt) }
  }
}

extension StoredWorker {
  init(_ hello: WorkerMessage.Hello, firstSeenAt: Int64) {
    self.init(
      name: hello.worker, incarnation: hello.incarnation, host: hello.host, slots: hello.slots,
      modelName: hello.modelName, modelFingerprint: hello.modelFingerprint, softwareVersion: hello.softwareVersion,
      computeKernel: hello.computeKernel, firstSeenAt: firstSeenAt)
  }
}

extension PromptFailure {
  init(_ stored: StoredFailure) {
    self.init(
      worker: stored.worker, sender: stored.sender, incarnation: stored.incarnation, attempt: stored.attempt,
      kind: FailureKind(rawValue: stored.kind) ?? .worker, error: stored.error)
  }

  func stored(_ prompt: Int32, at time: Int64) -> StoredFailure {
    StoredFailure(
      prompt: prompt, attempt: attempt, worker: worker, incarnation: incarnation, sender: sender,
      kind: kind.rawValue, error: error, at: time)
  }
}

extension Int64 {
  /// Adds, and stops at the largest number instead of overflowing. Used for sums of numbers that peers report.
  mutating func addSaturating(_ other: Int64) {
    let (sum, overflow) = addingReportingOverflow(other)
    self = overflow ? (other < 0 ? .min : .max) : sum
  }
}

extension StoredSender {
  /// Nil without CURVE.
  init?(_ peer: PeerID) {
    guard let key = peer.publicKey else { return nil }
    self.init(key: key.text, address: peer.address)
  }
}

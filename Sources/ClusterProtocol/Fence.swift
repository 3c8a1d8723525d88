// autointerp
// `Fence` names one grant of a prompt and proves that the coordinator gave it.
// SPDX-License-Identifier: Apache-2.0

/// Identifies one lease of one prompt to one worker. A report whose fence is not the current one is stale.
package struct Fence: Hashable, Sendable {
  /// The run of the prompt.
  package var run: String
  /// The random number of the run's file. A run that is started again under its old name has another one.
  package var file: UInt64
  /// The prompt's number in the run.
  package var prompt: Int32
  /// Counts the leases of this prompt, from 1.
  package var attempt: Int32
  /// The incarnation of the worker that got the lease.
  package var incarnation: UInt64
  /// Counts the starts of the coordinator on this run. A higher epoch is newer.
  package var epoch: Int64
  /// Only the coordinator can make and check the proof. Workers send it back unchanged.
  package var proof: GrantProof

  package init(
    run: String, file: UInt64 = 0, prompt: Int32, attempt: Int32, incarnation: UInt64, epoch: Int64,
    proof: GrantProof = GrantProof()
  ) {
    self.run = run
    self.file = file
    self.prompt = prompt
    self.attempt = attempt
    self.incarnation = incarnation
    self.epoch = epoch
    self.proof = proof
  }

  package func isSamePrompt(as other: Fence) -> Bool {
    run == other.run && file == other.file && prompt == other.prompt
  }

  /// Compares two grants of the same prompt.
  package func isOlder(than other: Fence) -> Bool { (epoch, attempt) < (other.epoch, other.attempt) }
}

/// 16 bytes that only somebody with the run's file can make.
package struct GrantProof: Hashable, Sendable {
  package static let byteCount = 16
  private var high: UInt64
  private var low: UInt64

  /// A proof of zeros, which proves nothing.
  package init() { (high, low) = (0, 0) }

  /// Nil unless there are 16 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    (high, low) = (word(bytes[..<8]), word(bytes[8...]))
  }

  package var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
  }
}

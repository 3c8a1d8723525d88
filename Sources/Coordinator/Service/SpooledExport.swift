// autointerp
// `SpooledExport` is an export that is being written to the disk while clients already read it.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation
internal import Platform
internal import Synchronization

/// One making of an export. It lies in a file without a name, so that neither slow clients nor large exports cost memory.
final class SpooledExport: Sendable {
  private struct State {
    var written: Int64 = 0
    var isComplete = false
    var failure: String?
  }

  let run: String
  /// Tells this making from others.
  let number: Int64
  /// The state of the run from which it is made.
  let vaultGeneration: Int64
  let madeAt = ContinuousClock.now
  private let file: ScratchFile
  private let state = Mutex(State())

  /// - Throws: `PlatformError` if there is no room for a temporary file.
  init(of run: String, number: Int64, vaultGeneration: Int64) throws(PlatformError) {
    (self.run, self.number, self.vaultGeneration) = (run, number, vaultGeneration)
    file = try ScratchFile(in: NSTemporaryDirectory())
  }

  /// True while it is being made.
  var isUnderWay: Bool { state.withLock { !$0.isComplete && $0.failure == nil } }
  var hasFailed: Bool { state.withLock { $0.failure != nil } }

  /// Appends a piece. Called by one thread.
  func append(_ bytes: UnsafeRawBufferPointer) throws(PlatformError) {
    try file.write(bytes, at: state.withLock { $0.written })
    state.withLock { $0.written += Int64(bytes.count) }
  }

  func complete() { state.withLock { $0.isComplete = true } }

  func fail(_ error: any Error) { state.withLock { $0.failure = "\(error)" } }

  /// Returns bytes from `offset`, as far as they are written, and how many there are in total if that is known. No bytes
  /// mean that they are not written yet.
  ///
  /// - Throws: `CoordinatorError.refused` if it could not be made or is shorter.
  func piece(from offset: Int64, limit: Int) throws -> (bytes: [UInt8], totalBytes: Int64?) {
    let state = state.withLock { $0 }
    if let failure = state.failure { throw CoordinatorError.refused(reason: failure) }
    guard offset <= state.written || !state.isComplete else {
      throw CoordinatorError.refused(
        reason: "the export of \(run) has \(state.written) bytes, so it cannot be read from byte \(offset)")
    }
    let count = Int(max(0, min(Int64(limit), state.written - offset)))
    return (try file.read(at: offset, count: count), state.isComplete ? state.written : nil)
  }
}

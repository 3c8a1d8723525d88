// autointerp
// `TemporaryFolder` holds the files of one test; small models and comparisons for several tests stand beside it.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

/// A folder for one test, deleted when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("autointerp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}

/// Returns the error of an operation that must fail with a `CheckpointError`.
func refusal(
  sourceLocation: SourceLocation = #_sourceLocation, _ operation: () throws(CheckpointError) -> some Any
) -> CheckpointError? {
  do throws(CheckpointError) {
    _ = try operation()
    Issue.record("was accepted", sourceLocation: sourceLocation)
    return nil
  } catch {
    return error
  }
}

/// Checks that two checkpoints have the same configuration and, bit for bit, the same weights.
func expectSameModel(
  _ left: Checkpoint, _ right: Checkpoint, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(left.configuration == right.configuration, sourceLocation: sourceLocation)
  #expect(Set(left.weights.keys) == Set(right.weights.keys), sourceLocation: sourceLocation)
  for (role, tensor) in left.weights {
    let other = right.weights[role]?.floats().map(\.bitPattern)
    #expect(tensor.floats().map(\.bitPattern) == other, "\(role)", sourceLocation: sourceLocation)
  }
}

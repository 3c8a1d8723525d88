// autointerp
// A folder that goes when a test ends, and the small models that tests put there.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

/// A folder of its own for one test.
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

extension ModelConfiguration {
  /// The smallest shape in which every dimension differs from the others that it could be confused with.
  static func small(
    _ architecture: Architecture = .llama, tied: Bool = true, rotary: RotaryEmbedding = RotaryEmbedding(base: 10_000)
  ) -> ModelConfiguration {
    ModelConfiguration(
      architecture: architecture, layerCount: 2, headCount: 4, keyValueHeadCount: 2, headDimension: 6,
      modelDimension: 16, feedForwardDimension: 20, vocabularySize: 11, contextLength: 64, rmsEpsilon: 1e-5,
      rotary: rotary, tiedUnembedding: tied)
  }
}

/// The error of an operation that must fail with a `CheckpointError`.
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

/// Whether two checkpoints have the same configuration and, bit for bit, the same weights.
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

/// SplitMix64, so that a seed reproduces a test.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

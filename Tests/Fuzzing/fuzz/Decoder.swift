// autointerp
// `Decoder` describes one decoder of untrusted bytes, and valid inputs to start fuzzing with.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A decoder under test. It may refuse bytes by throwing. It must not trap, hang, use unreasonable memory, or read
/// beyond its input.
struct Decoder {
  let name: String
  /// Decodes the bytes and uses the result as the product does.
  let decode: ([UInt8]) -> Void
  /// Small valid inputs.
  let seeds: () -> [[UInt8]]

  init(_ name: String, _ decode: @escaping ([UInt8]) throws -> Void, seeds: @escaping () -> [[UInt8]]) {
    self.name = name
    self.decode = { try? decode($0) }
    self.seeds = seeds
  }

  /// Makes a decoder that reads a file with this name.
  init(
    _ name: String, file: String, _ decode: @escaping (_ path: String) throws -> Void,
    seeds: @escaping () -> [[UInt8]]
  ) {
    self.init(
      name,
      { bytes in
        let path = Decoder.scratchFolder + file
        try Data(bytes).write(to: URL(filePath: path))
        try decode(path)
      }, seeds: seeds)
  }

  static var all: [Decoder] { frames + checkpoints + texts + documents }

  /// The folder, in memory, in which file decoders find their input.
  static let scratchFolder: String = {
    let folder = "/dev/shm/autointerp-fuzz-\(getpid())/"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      fatalError("\(folder): \(error)")
    }
    return folder
  }()
}

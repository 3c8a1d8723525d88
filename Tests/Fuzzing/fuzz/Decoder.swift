// autointerp
// What reads bytes that others wrote.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A decoder under test: it may refuse bytes by throwing; it may not trap, hang, take memory beyond reason, or read
/// beyond its input.
struct Decoder {
  let name: String
  /// Decodes, and uses what was decoded as the product does.
  let decode: ([UInt8]) -> Void
  /// Right inputs, small ones.
  let seeds: () -> [[UInt8]]

  init(_ name: String, _ decode: @escaping ([UInt8]) throws -> Void, seeds: @escaping () -> [[UInt8]]) {
    self.name = name
    self.decode = { try? decode($0) }
    self.seeds = seeds
  }

  /// A decoder of files named so.
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

  /// Where decoders of files find theirs; in memory.
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

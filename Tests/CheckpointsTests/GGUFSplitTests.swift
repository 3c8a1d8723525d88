// autointerp
// `GGUFSplitTests` tests models that are split over several GGUF files.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import TestSupport
import Testing

@Suite struct GGUFSplitTests {
  let folder: TemporaryFolder
  let original = Checkpoint.random(configuration: .small(tied: false), seed: 3)

  init() throws { folder = try TemporaryFolder() }

  /// The parts as the format defines them: metadata in the first part, `split.*` in every part.
  private func parts(_ count: Int) -> [GGUFWriter] {
    let whole = GGUFWriter(original)
    return (0..<count).map { number in
      var part = number == 0 ? whole : GGUFWriter()
      part.tensors = whole.tensors.enumerated().filter { $0.offset % count == number }.map(\.element)
      part.set("split.no", 2, GGUFWriter.little(UInt16(number)))
      part.set("split.count", 2, GGUFWriter.little(UInt16(count)))
      part.set("split.tensors.count", 5, GGUFWriter.little(Int32(whole.tensors.count)))
      return part
    }
  }

  private func write(_ parts: [GGUFWriter]) throws -> [String] {
    try parts.enumerated().map { number, part in
      try folder.write("m-0000\(number + 1)-of-0000\(parts.count).gguf", part.finished())
    }
  }

  @Test func anyPartOpensTheWholeModel() throws {
    let paths = try write(parts(3))
    for path in paths { expectSameModel(try Checkpoint.open(path), original) }
    let fingerprints = try Set(paths.map { try Checkpoint.open($0).fingerprint })
    #expect(fingerprints.count == 1)
  }

  @Test func aMissingPartIsNamed() throws {
    let paths = try write(parts(3))
    try folder.remove("m-00002-of-00003.gguf")
    let error = refusal { () throws(CheckpointError) in try Checkpoint.open(paths[0]) }
    #expect(error?.path == paths[1])
  }

  @Test func aPartUnderAnotherNameIsRefused() throws {
    let path = try folder.write("renamed.gguf", parts(2)[0].finished())
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(path) }?.key == "split.count")
  }

  @Test func partsInWrongOrderAreRefused() throws {
    let paths = try write(parts(2).reversed())
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(paths[0]) }?.key == "split.no")
  }

  @Test func aTensorInTwoPartsIsRefused() throws {
    var parts = parts(2)
    parts[1].tensors.append(parts[0].tensors[0])
    let paths = try write(parts)
    #expect(
      refusal { () throws(CheckpointError) in try Checkpoint.open(paths[0]) }?.tensor == parts[0].tensors[0].name)
  }

  @Test func partsThatDoNotAddUpAreRefused() throws {
    var parts = parts(2)
    parts[1].tensors.removeLast()
    let paths = try write(parts)
    #expect(refusal { () throws(CheckpointError) in try Checkpoint.open(paths[0]) }?.key == "split.tensors.count")
  }
}

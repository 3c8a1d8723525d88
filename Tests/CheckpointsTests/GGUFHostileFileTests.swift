// autointerp
// `GGUFHostileFileTests` tests that damaged and malicious GGUF files give an error with a place and never a crash.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Platform
import Testing

@Suite struct GGUFHostileFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func error(opening bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws
    -> CheckpointError?
  {
    let path = try folder.write("hostile.gguf", bytes)
    return refusal(sourceLocation: sourceLocation) { () throws(CheckpointError) in try GGUFFile.open(path) }
  }

  /// A small file with a value of every kind and two tensors.
  private var sample: GGUFWriter {
    var writer = GGUFWriter()
    writer.set("general.architecture", "llama")
    writer.set("a.u8", 0, [200])
    writer.set("a.i8", 1, [200])
    writer.set("a.u16", 2, GGUFWriter.little(UInt16.max))
    writer.set("a.i16", 3, GGUFWriter.little(Int16.min))
    writer.set("a.u32", UInt32.max)
    writer.set("a.i32", 5, GGUFWriter.little(Int32.min))
    writer.set("a.f32", Float(0.5))
    writer.set("a.bool", true)
    writer.set("a.string", "text")
    writer.set("a.u64", 10, GGUFWriter.little(UInt64.max))
    writer.set("a.i64", 11, GGUFWriter.little(Int64.min))
    writer.set("a.f64", 12, GGUFWriter.little((0.1).bitPattern))
    writer.setArray("a.strings", 8, [GGUFWriter.text("x"), GGUFWriter.text("")])
    writer.setArray("a.integers", 5, [GGUFWriter.little(-1 as Int32), GGUFWriter.little(7 as Int32)])
    writer.setArray("a.floats", 6, [GGUFWriter.little(Float(1.5).bitPattern)])
    writer.setArray("a.booleans", 7, [[1], [0]])
    writer.add("first", [3, 2], [1, 2, 3, 4, 5, 6])
    writer.add("second", [5], [1, 2, 3, 4, 5])
    return writer
  }

  @Test func everyKindOfValueIsRead() throws {
    let file = try GGUFFile.open(folder.write("sample.gguf", sample.finished()))
    #expect(
      file.metadata == [
        "general.architecture": .string("llama"), "a.u8": .unsigned(200), "a.i8": .signed(-56),
        "a.u16": .unsigned(65535), "a.i16": .signed(-32768), "a.u32": .unsigned(UInt64(UInt32.max)),
        "a.i32": .signed(Int64(Int32.min)), "a.f32": .float(0.5), "a.bool": .boolean(true), "a.string": .string("text"),
        "a.u64": .unsigned(.max), "a.i64": .signed(.min), "a.f64": .float(0.1), "a.strings": .strings(["x", ""]),
        "a.integers": .integers([-1, 7]), "a.floats": .floats([1.5]), "a.booleans": .booleans([true, false]),
      ])
    #expect(file.tensors["first"]?.dimensions == [3, 2])
    #expect(file.tensors["second"]?.bytes.count == 20)
  }

  @Test func truncationAtEveryByteIsAnError() throws {
    let bytes = sample.finished()
    for count in 0..<bytes.count {
      let error = try error(opening: Array(bytes[..<count]))
      #expect(error?.offset != nil, "\(count) of \(bytes.count) bytes: \(error?.description ?? "accepted")")
    }
  }

  @Test func flippedBitsNeverCrash() throws {
    let bytes = sample.finished()
    let header = sample.dataStart
    var generator = SplitMix64(seed: 20)
    for _ in 0..<4000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        damaged[Int.random(in: 0..<header, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let path = try folder.write("damaged.gguf", damaged)
      do throws(CheckpointError) {
        // Files that are still accepted must be readable to their last byte.
        for tensor in try GGUFFile.open(path).tensors.values { _ = tensor.bytes.reduce(0, ^) }
      } catch {
        if error.path != path { Issue.record("\(error)") }
      }
    }
  }

  /// A change to the sample file, and what the error must say about it.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tensor: String?
    var key: String?
    var change: @Sendable (inout GGUFWriter) -> Void

    init(
      _ name: String, tensor: String? = nil, key: String? = nil,
      _ change: @escaping @Sendable (inout GGUFWriter) -> Void
    ) {
      testDescription = name
      self.tensor = tensor
      self.key = key
      self.change = change
    }
  }

  @Test(arguments: [
    Attack("version 2") { $0.version = 2 },
    Attack("big endian") { $0.version = UInt32(3).byteSwapped },
    Attack("more tensors than bytes") { $0.tensorCount = 1 << 40 },
    Attack("as many tensors as there are numbers") { $0.tensorCount = .max },
    Attack("more keys than bytes") { $0.keyCount = .max },
    Attack("key twice", key: "a.u8") { $0.keys.append(("a.u8", GGUFWriter.little(0 as UInt32) + [1])) },
    Attack("unknown value type", key: "a.u8") { $0.set("a.u8", 13, [1]) },
    Attack("boolean that is neither", key: "a.bool") { $0.set("a.bool", 7, [2]) },
    Attack("array of arrays", key: "a.floats") {
      $0.setArray("a.floats", 9, [GGUFWriter.little(0 as UInt32) + GGUFWriter.little(0 as UInt64)])
    },
    Attack("array longer than the file") {
      $0.set("a.floats", 9, GGUFWriter.little(6 as UInt32) + GGUFWriter.little(UInt64(1) << 50))
    },
    Attack("text longer than the file") { $0.set("a.string", 8, GGUFWriter.little(UInt64(1) << 62)) },
    Attack("element above the largest integer", key: "a.integers") {
      $0.setArray("a.integers", 10, [GGUFWriter.little(UInt64.max)])
    },
    Attack("token that is not UTF-8", key: "tokenizer.ggml.tokens") {
      $0.setArray("tokenizer.ggml.tokens", 8, [GGUFWriter.little(2 as UInt64) + [0xC3, 0x28]])
    },
    Attack("no dimensions", tensor: "first") { $0.tensors[0].dimensions = [] },
    Attack("five dimensions", tensor: "first") { $0.tensors[0].dimensions = [1, 1, 1, 1, 1] },
    Attack("dimension of zero", tensor: "first") { $0.tensors[0].dimensions = [3, 0] },
    Attack("product of dimensions overflows", tensor: "first") { $0.tensors[0].dimensions = [1 << 33, 1 << 33] },
    Attack("dimension above the largest integer") { $0.tensors[0].dimensions = [.max, 1] },
    Attack("size overflows", tensor: "first") { $0.tensors[0].dimensions = [1 << 61, 1] },
    Attack("unsupported type", tensor: "first") { $0.tensors[0].typeCode = 10 },
    Attack("rows that are not whole blocks", tensor: "first") { $0.tensors[0].typeCode = 8 },
    Attack("unaligned data", tensor: "second") { $0.tensors[1].offset = 4 },
    Attack("overlapping data", tensor: "second") { $0.tensors[1].offset = 0 },
    Attack("data beyond the file", tensor: "second") { $0.tensors[1].offset = 1 << 20 },
    Attack("offset that overflows", tensor: "second") { $0.tensors[1].offset = UInt64(Int.max) - 31 },
    Attack("tensor twice", tensor: "first") { $0.tensors[1].name = "first" },
    Attack("name of a gigabyte") { $0.tensors[0].name = String(repeating: "x", count: 1 << 17) },
  ])
  func attacksAreRefusedByName(attack: Attack) throws {
    var writer = sample
    attack.change(&writer)
    let error = try error(opening: writer.finished())
    if let tensor = attack.tensor { #expect(error?.tensor == tensor) }
    if let key = attack.key { #expect(error?.key == key) }
    #expect(error?.description.contains("hostile.gguf") == true)
  }

  @Test func badTextOutsideTheTokenizerIsRepaired() throws {
    var writer = sample
    writer.set("general.description", 8, GGUFWriter.little(3 as UInt64) + [0x61, 0xFF, 0x62])
    let file = try GGUFFile.open(folder.write("repaired.gguf", writer.finished()))
    #expect(file.metadata["general.description"] == .string("a\u{FFFD}b"))
  }

  @Test func otherThingsThanFilesAreRefused() throws {
    #expect(try error(opening: []) != nil)
    #expect(try error(opening: Array("not a model".utf8)) != nil)
    let path = folder.path
    #expect(refusal { () throws(CheckpointError) in try GGUFFile.open(path) } != nil)
    #expect(refusal { () throws(CheckpointError) in try GGUFFile.open("\(path)/absent.gguf") } != nil)
    #expect(refusal { () throws(CheckpointError) in try GGUFFile.open("/dev/zero") } != nil)
  }

  @Test func errorsFromUntrustedNamesArePrintable() throws {
    var writer = sample
    writer.tensors[0].name = "evil\u{1B}[2J\n" + String(repeating: "y", count: 500)
    writer.tensors[0].typeCode = 99
    let text = try #require(try error(opening: writer.finished())).description
    #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    #expect(text.count < 600)
  }
}

// autointerp
// `GGUFPart` parses and checks one GGUF file: header, metadata and tensor table.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The contents of one GGUF file, which may be one part of a split model.
struct GGUFPart {
  /// The largest accepted metadata array. Vocabularies stay below 2^20 elements.
  static let maximumArrayCount = 1 << 26
  static let maximumDimensionCount = 4
  static let maximumNameBytes = 1 << 16

  let path: String
  private(set) var metadata: [String: GGUFValue] = [:]
  private(set) var tensors: [String: GGUFTensor] = [:]

  init(_ file: MappedFile) throws(CheckpointError) {
    path = file.path
    var cursor = ByteCursor(file.bytes, path: path)
    guard try cursor.read(UInt32.self, "the magic number") == 0x4655_4747 else {
      throw CheckpointError(path: path, offset: 0, "not a GGUF file", expected: "the bytes GGUF at its start")
    }
    let version = try cursor.read(UInt32.self, "the version")
    guard version == 3 else {
      let found = version == UInt32(3).byteSwapped ? "3, big endian" : "\(version)"
      throw CheckpointError(
        path: path, offset: 4, "this GGUF version is not supported; convert the file anew",
        expected: "3, little endian", found: found)
    }
    // A tensor entry takes at least 24 bytes (empty name, one dimension), a key at least 13 (empty name, one byte).
    let tensorCount = try Self.readCount(&cursor, of: "tensors", elementBytes: 24)
    let keyCount = try Self.readCount(&cursor, of: "keys", elementBytes: 13)

    metadata.reserveCapacity(min(keyCount, 1024))
    for _ in 0..<keyCount {
      let start = cursor.offset
      let key = try Self.readName(&cursor, "a key")
      let value = try GGUFValue(from: &cursor, key: key)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw CheckpointError(path: path, key: key, offset: start, "the file has this key twice")
      }
    }
    try readTensors(tensorCount, of: file, from: &cursor)
  }

  /// Returns a key of a split model, which must be a small integer, or nil if it is absent.
  func splitNumber(_ key: String) throws(CheckpointError) -> Int? {
    guard let value = metadata[key] else { return nil }
    let limit = key == "split.tensors.count" ? Int(Int32.max) : 99_999
    guard let number = value.integer, number >= 0, number <= limit else {
      throw CheckpointError(
        path: path, key: key, "not a usable part number", expected: "0 to \(limit)", found: value.kind)
    }
    return number
  }

  static func readCount(_ cursor: inout ByteCursor, of what: String, elementBytes: Int) throws(CheckpointError) -> Int {
    let start = cursor.offset
    let count = try cursor.readCount("the number of \(what)")
    guard count <= cursor.remaining / elementBytes else {
      throw CheckpointError(
        path: cursor.path, offset: start, "the file is too small for this many \(what)",
        expected: "at most \(cursor.remaining / elementBytes)", found: "\(count)")
    }
    return count
  }

  private static func readName(_ cursor: inout ByteCursor, _ what: String) throws(CheckpointError) -> String {
    let start = cursor.offset
    let count = try cursor.readCount("the length of \(what)'s name")
    guard count <= maximumNameBytes else {
      throw CheckpointError(
        path: cursor.path, offset: start, "\(what)'s name is too long", expected: "at most \(maximumNameBytes) bytes",
        found: "\(count)")
    }
    let bytes = try cursor.readBytes(count, "\(what)'s name")
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw CheckpointError(path: cursor.path, offset: start, "\(what)'s name is not valid UTF-8")
    }
    return name
  }
}

extension GGUFPart {
  /// One entry of the tensor table.
  private struct Entry {
    var name: String
    var dimensions: [Int]
    var elementType: ElementType
    var byteCount: Int
    /// Counted from the start of the data section.
    var dataOffset: Int
  }

  private mutating func readTensors(
    _ count: Int, of file: MappedFile, from cursor: inout ByteCursor
  ) throws(CheckpointError) {
    let alignment = try alignment()
    var entries: [Entry] = []
    entries.reserveCapacity(min(count, 65_536))
    for _ in 0..<count { entries.append(try readEntry(&cursor, alignment: alignment)) }

    // The data section starts at the next multiple of the alignment.
    let (padded, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
    let dataStart = overflow ? Int.max : padded / alignment * alignment
    entries.sort { ($0.dataOffset, $0.name) < ($1.dataOffset, $1.name) }
    var previousEnd = 0
    var previousName = ""
    for entry in entries {
      let (end, endOverflow) = entry.dataOffset.addingReportingOverflow(entry.byteCount)
      let (fileEnd, fileOverflow) = dataStart.addingReportingOverflow(end)
      guard !endOverflow, !fileOverflow, fileEnd <= file.bytes.count else {
        throw CheckpointError(
          path: path, tensor: entry.name, offset: dataStart &+ entry.dataOffset,
          "its data reaches beyond the end of the file: the file is truncated or damaged",
          expected: "\(entry.byteCount) bytes",
          found: "\(max(0, file.bytes.count &- (dataStart &+ entry.dataOffset)))")
      }
      guard entry.dataOffset >= previousEnd else {
        throw CheckpointError(
          path: path, tensor: entry.name, offset: dataStart + entry.dataOffset,
          "its data overlaps that of \"\(CheckpointError.printable(previousName))\"")
      }
      previousEnd = end
      previousName = entry.name
      let tensor = GGUFTensor(
        name: entry.name, dimensions: entry.dimensions, elementType: entry.elementType,
        bytes: UnsafeRawBufferPointer(rebasing: file.bytes[dataStart + entry.dataOffset..<fileEnd]), file: file)
      guard tensors.updateValue(tensor, forKey: entry.name) == nil else {
        throw CheckpointError(path: path, tensor: entry.name, "the file has this tensor twice")
      }
    }
  }

  private func alignment() throws(CheckpointError) -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard let alignment = value.integer, alignment > 0, alignment <= 1 << 30, alignment.nonzeroBitCount == 1 else {
      throw CheckpointError(
        path: path, key: "general.alignment", "not a usable alignment", expected: "a power of two",
        found: value.number.map { "\($0)" } ?? value.kind)
    }
    return alignment
  }

  private func readEntry(_ cursor: inout ByteCursor, alignment: Int) throws(CheckpointError) -> Entry {
    let name = try Self.readName(&cursor, "a tensor")
    let start = cursor.offset
    func refuse(_ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
      CheckpointError(path: path, tensor: name, offset: start, problem, expected: expected, found: found)
    }
    let dimensionCount = try cursor.read(UInt32.self, "the dimensions of \"\(CheckpointError.printable(name))\"")
    guard dimensionCount >= 1, dimensionCount <= Self.maximumDimensionCount else {
      throw refuse("unusable shape", expected: "1 to 4 dimensions", found: "\(dimensionCount)")
    }
    var dimensions: [Int] = []
    var elementCount = 1
    for _ in 0..<dimensionCount {
      let dimension = try cursor.readCount("the dimensions of \"\(CheckpointError.printable(name))\"")
      let (product, overflow) = elementCount.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflow else {
        throw refuse("unusable shape", found: "\(dimensions + [dimension])")
      }
      elementCount = product
      dimensions.append(dimension)
    }
    let code = try cursor.read(UInt32.self, "the type of \"\(CheckpointError.printable(name))\"")
    guard let elementType = ElementType(ggufCode: code) else {
      throw refuse(
        "its type is not supported", expected: ElementType.allCases.map(\.rawValue).joined(separator: ", "),
        found: "type \(code)")
    }
    guard dimensions[0] % elementType.blockElements == 0 else {
      throw refuse(
        "its rows are not whole \(elementType.rawValue) blocks",
        expected: "a multiple of \(elementType.blockElements)", found: "\(dimensions[0])")
    }
    let (byteCount, overflow) = (elementCount / elementType.blockElements).multipliedReportingOverflow(
      by: elementType.blockBytes)
    guard !overflow else { throw refuse("unusable shape", found: "\(dimensions)") }
    let dataOffset = try cursor.readCount("the offset of \"\(CheckpointError.printable(name))\"")
    guard dataOffset % alignment == 0 else {
      throw refuse("its data is not aligned", expected: "a multiple of \(alignment)", found: "\(dataOffset)")
    }
    return Entry(
      name: name, dimensions: dimensions, elementType: elementType, byteCount: byteCount, dataOffset: dataOffset)
  }
}

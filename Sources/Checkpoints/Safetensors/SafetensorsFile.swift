// autointerp
// `SafetensorsFile` parses and checks one safetensors file.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Platform

/// The tensors of a safetensors file.
///
/// Layout: header length (64 bits, little endian), header (JSON), data. Source: the format description of the
/// safetensors project. All of its rules are checked: the header is at most 100 MB, every range fits its shape, and
/// the ranges cover the data exactly, without holes or overlap.
package struct SafetensorsFile: Sendable {
  static let maximumHeaderBytes = 100_000_000

  package let path: String
  /// The tensors by name. A vector becomes one row; a tensor of any rank but 1 or 2 has no rows. Saved buffers are
  /// left out.
  package let tensors: [String: TensorView]

  /// Maps and checks a file.
  ///
  /// - Throws: an error that names the tensor and the offset of the problem.
  package init(_ path: String) throws(CheckpointError) {
    self.path = path
    let file = try MappedFile.open(path)
    var cursor = ByteCursor(file.bytes, path: path)
    let headerBytes = try cursor.readCount("the header length")
    guard headerBytes <= Self.maximumHeaderBytes else {
      throw CheckpointError(
        path: path, offset: 0, "not a safetensors file: its header is too long",
        expected: "at most \(Self.maximumHeaderBytes) bytes", found: "\(headerBytes)")
    }
    let text = try cursor.readBytes(headerBytes, "the header")
    guard text.first == UInt8(ascii: "{") else {
      throw CheckpointError(path: path, offset: 8, "not a safetensors file", expected: "a header that starts with {")
    }
    guard case .object(let header) = try JSONValue(parsing: text, path: path, startingAt: 8) else {
      throw CheckpointError(path: path, offset: 8, "the header is not a JSON object")
    }
    var entries: [SafetensorsEntry] = []
    entries.reserveCapacity(header.members.count)
    for (name, value) in header.members {
      if name == "__metadata__" {
        guard let metadata = value.object, metadata.members.allSatisfy({ $0.value.string != nil }) else {
          throw CheckpointError(path: path, key: name, offset: 8, "must map strings to strings")
        }
      } else {
        entries.append(try SafetensorsEntry(name: name, value, path: path))
      }
    }
    entries.sort { ($0.range.lowerBound, $0.name) < ($1.range.lowerBound, $1.name) }

    var tensors: [String: TensorView] = [:]
    var end = 0
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw CheckpointError(
          path: path, tensor: entry.name, offset: cursor.offset &+ entry.range.lowerBound,
          entry.range.lowerBound < end
            ? "its data overlaps another tensor's" : "there are unused bytes before its data",
          expected: "data_offsets from \(end)", found: "\(entry.range.lowerBound)")
      }
      guard entry.range.upperBound <= cursor.remaining else {
        throw CheckpointError(
          path: path, tensor: entry.name, offset: cursor.offset + entry.range.lowerBound,
          "its data reaches beyond the end of the file: the file is truncated or damaged",
          expected: "\(entry.range.count) bytes", found: "\(max(0, cursor.remaining - entry.range.lowerBound))")
      }
      end = entry.range.upperBound
      guard let elementType = entry.elementType else { continue }
      let bytes = file.bytes[cursor.offset + entry.range.lowerBound..<cursor.offset + end]
      tensors[entry.name] = TensorView(
        name: entry.name, rowCount: entry.rowCount, columnCount: entry.columnCount, elementType: elementType,
        bytes: UnsafeRawBufferPointer(rebasing: bytes), owner: file)
    }
    guard end == cursor.remaining else {
      throw CheckpointError(
        path: path, offset: cursor.offset + end, "the file has data that belongs to no tensor",
        expected: "\(end) bytes of data", found: "\(cursor.remaining)")
    }
    self.tensors = tensors
  }

  /// True for buffers that old versions of transformers saved although the model computes them itself: the rotary
  /// frequencies and the position numbers.
  static func isBuffer(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.suffix(2) == ["rotary_emb", "inv_freq"] || parts.last == "position_ids"
  }
}

/// A tensor's entry in the header: its type, shape and range, counted from the start of the data.
private struct SafetensorsEntry {
  let name: String
  /// Nil for a buffer, of which only the range is checked.
  let elementType: ElementType?
  let rowCount: Int
  let columnCount: Int
  let range: Range<Int>

  init(name: String, _ value: JSONValue, path: String) throws(CheckpointError) {
    func refuse(_ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
      CheckpointError(path: path, tensor: name, offset: 8, problem, expected: expected, found: found)
    }
    guard let members = value.object, let dtype = members["dtype"]?.string, let shape = members["shape"]?.array,
      let offsets = members["data_offsets"]?.array, members.members.count == 3
    else { throw refuse("malformed header entry", expected: "exactly dtype, shape and data_offsets") }
    self.name = name
    guard offsets.count == 2, let lower = offsets[0].integer, let upper = offsets[1].integer, lower >= 0, upper >= lower
    else { throw refuse("unusable data_offsets") }
    range = lower..<upper
    if SafetensorsFile.isBuffer(name) {
      (elementType, rowCount, columnCount) = (nil, 0, 0)
      return
    }
    let elementType: ElementType
    switch dtype {
    case "F32": elementType = .float32
    case "F16": elementType = .float16
    case "BF16": elementType = .bfloat16
    default:
      throw refuse(
        "its type is not supported", expected: "F32, F16 or BF16", found: CheckpointError.printable(dtype))
    }
    self.elementType = elementType
    var byteCount = elementType.blockBytes
    var dimensions: [Int] = []
    for value in shape {
      guard let dimension = value.integer, dimension > 0 else {
        throw refuse("unusable shape", expected: "positive dimensions", found: value.summary)
      }
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw refuse("unusable shape: larger than any file") }
      byteCount = product
      dimensions.append(dimension)
    }
    rowCount = dimensions.count == 1 ? 1 : dimensions.count == 2 ? dimensions[0] : 0
    columnCount = dimensions.last ?? 1
    guard range.count == byteCount else {
      throw refuse("its data does not fit its shape", expected: "\(byteCount) bytes", found: "\(range.count)")
    }
  }
}

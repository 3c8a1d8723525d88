// autointerp
// `RowBytes` encodes the rows of database queries as bytes and decodes them again.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB

/// The bytes of the results of several queries. Equal results give equal bytes, and the values can be read back.
///
/// One query is its number of rows and its number of columns, then all values. A value is a letter for its type, then
/// 8 bytes for numbers, or 8 bytes of length and the content. All numbers are little-endian.
struct RowBytes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ rows: [Row], columnCount: Int) {
    append(UInt64(rows.count))
    append(UInt64(columnCount))
    for row in rows { for value in row.databaseValues { append(value) } }
  }

  private mutating func append(_ word: UInt64) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ value: DatabaseValue) {
    switch value.storage {
    case .null: bytes.append(UInt8(ascii: "n"))
    case .int64(let number):
      bytes.append(UInt8(ascii: "i"))
      append(UInt64(bitPattern: number))
    case .double(let number):
      bytes.append(UInt8(ascii: "d"))
      append(number.bitPattern)
    case .string(let text):
      bytes.append(UInt8(ascii: "t"))
      append(UInt64(text.utf8.count))
      bytes.append(contentsOf: text.utf8)
    case .blob(let data):
      bytes.append(UInt8(ascii: "b"))
      append(UInt64(data.count))
      bytes.append(contentsOf: data)
    }
  }

  /// Reads the results of `count` queries back; nil if the bytes are none.
  static func results(in bytes: [UInt8], count: Int) -> [[[DatabaseValue]]]? {
    var reader = Reader(bytes: bytes)
    var results: [[[DatabaseValue]]] = []
    for _ in 0..<count {
      guard let rows = reader.word(), let columns = reader.word(), columns <= 64, rows <= UInt64(bytes.count) else {
        return nil
      }
      var result: [[DatabaseValue]] = []
      for _ in 0..<rows {
        var row: [DatabaseValue] = []
        for _ in 0..<columns {
          guard let value = reader.value() else { return nil }
          row.append(value)
        }
        result.append(row)
      }
      results.append(result)
    }
    return reader.isAtEnd ? results : nil
  }

  private struct Reader {
    let bytes: [UInt8]
    var place = 0

    var isAtEnd: Bool { place == bytes.count }

    mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
      guard count <= UInt64(bytes.count - place) else { return nil }
      defer { place += Int(count) }
      return bytes[place..<place + Int(count)]
    }

    mutating func word() -> UInt64? {
      take(8).map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    }

    mutating func value() -> DatabaseValue? {
      switch take(1)?.first {
      case UInt8(ascii: "n"): .null
      case UInt8(ascii: "i"): word().map { Int64(bitPattern: $0).databaseValue }
      case UInt8(ascii: "d"): word().map { Double(bitPattern: $0).databaseValue }
      case UInt8(ascii: "t"): word().flatMap { take($0) }.map { String(decoding: $0, as: UTF8.self).databaseValue }
      case UInt8(ascii: "b"): word().flatMap { take($0) }.map { Data($0).databaseValue }
      default: nil
      }
    }
  }
}

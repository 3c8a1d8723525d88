// autointerp
// `JSONByteWriterTests` tests that `JSONByteWriter` writes valid JSON, and always the same bytes.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import JSON

@Suite struct JSONByteWriterTests {
  private func text(_ write: (inout JSONByteWriter) -> Void) -> String {
    var json = JSONByteWriter()
    write(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  @Test func structureIsWrittenWithCommasAndLines() {
    let written = text { json in
      json.beginObject(lines: true)
      json.field("a", 1)
      json.key("b")
      json.beginArray()
      json.value(true)
      json.null()
      json.beginObject()
      json.end()
      json.end()
      json.key("c")
      json.beginArray(lines: true)
      json.end()
      json.key("d")
      json.beginArray(lines: true)
      json.value("x")
      json.value("y")
      json.end()
      json.end()
    }
    #expect(written == "{\n \"a\": 1,\n \"b\": [true,null,{}],\n \"c\": [],\n \"d\": [\n  \"x\",\n  \"y\"\n ]\n}\n")
  }

  @Test(arguments: [
    "", "plain", "\"quoted\"", "back\\slash", "line\nfeed\r\ttab", "\u{0}\u{1}\u{1f}\u{7f}", "héllo", "日本語", "🧠 mind",
    "\u{2028}", "e\u{301}", "</script>",
  ])
  func stringsReadBackAsTheyWere(string: String) throws {
    let written = text { json in
      json.beginArray()
      json.value(string)
      json.end()
    }
    let read = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String])
    #expect(read.count == 1 && read[0].utf8.elementsEqual(string.utf8))
    #expect(written.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1.0 / 3, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -2.5e20, 123_456_789.125,
  ])
  func doublesReadBackAsTheyWere(number: Double) throws {
    let written = text { json in
      json.beginArray()
      json.value(number)
      json.end()
    }
    #expect(Double(written.dropFirst().dropLast(2)) == number)
    #expect(try JSONSerialization.jsonObject(with: Data(written.utf8)) is [Double])
  }

  @Test func floatsAreShort() {
    let written = text { json in
      json.beginArray()
      json.value(Float(0.1))
      json.value(Float(1) / 3)
      json.end()
    }
    #expect(written == "[0.1,0.33333334]\n")
  }

  @Test(arguments: [0, 9, 10, -1, -10, .max, .min] as [Int64])
  func integersAreWrittenWhole(number: Int64) {
    let written = text { json in
      json.beginArray()
      json.value(number)
      json.value(UInt64.max)
      json.end()
    }
    #expect(written == "[\(number),18446744073709551615]\n")
  }

  @Test func partsWrittenApartGiveTheSameBytes() {
    let whole = text { json in
      json.beginArray(lines: true)
      for number in 0..<5 { json.value(number) }
      json.end()
    }
    var passedOn = ""
    let rest = text { json in
      json.beginArray(lines: true)
      for range in [0..<2, 2..<2, 2..<5] {
        var part = JSONByteWriter(elementsOfLinesAtDepth: 1, reservingCapacity: 10)
        for number in range { part.value(number) }
        json.passOn(elementsOf: part) { passedOn += String(decoding: $0, as: UTF8.self) }
      }
      json.end()
    }
    #expect(passedOn + rest == whole)
  }
}

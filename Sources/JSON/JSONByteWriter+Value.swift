// autointerp
// `JSONByteWriter.value` writes a `JSONValue` with everything in it; `JSONValue.bytes` returns it as one line of text.
// SPDX-License-Identifier: Apache-2.0

extension JSONByteWriter {
  /// Writes a value with everything in it. Numbers that JSON does not have become null.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .boolean(let value): self.value(value)
    case .integer(let value): self.value(value)
    case .number(let value): if value.isFinite { self.value(value) } else { null() }
    case .string(let value): self.value(value)
    case .array(let values):
      beginArray()
      for element in values { self.value(element) }
      end()
    case .object(let object):
      beginObject()
      for member in object.members {
        key(escaping: member.key)
        self.value(member.value)
      }
      end()
    }
  }
}

extension JSONValue {
  /// The value as text on one line, ending with a line feed.
  package var bytes: [UInt8] {
    var json = JSONByteWriter()
    json.value(self)
    if json.bytes.last != UInt8(ascii: "\n") { return json.bytes + [UInt8(ascii: "\n")] }
    return json.bytes
  }
}

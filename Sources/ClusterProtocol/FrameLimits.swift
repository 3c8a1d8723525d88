// autointerp
// What a frame may ask of its reader, checked before anything is allocated for it.
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a frame. `check` walks the bytes once, allocates nothing, and leaves a frame that a parser can take at its
/// word: every announced length and count is really there.
package enum FrameLimits {
  /// The largest frame that is sent or accepted. A delta has a few hundred kB; a submission of 100,000 prompts 20 MB.
  package static let maximumFrameBytes = 64 << 20
  /// UTF-8 of one string.
  static let maximumTextBytes = 1 << 20
  /// Nesting of maps and arrays.
  static let maximumDepth = 8
  /// Values in a frame, however nested: bounds the parser's memory to 24 bytes times this.
  static let maximumValues = 1 << 21
  /// Keys of one map; messages have less than twenty.
  static let maximumKeys = 64

  /// Checks that `bytes` are exactly one MessagePack value within the limits.
  static func check(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    guard bytes.count <= maximumFrameBytes else {
      throw .tooLarge(what: "the number of bytes", limit: maximumFrameBytes, found: bytes.count)
    }
    var walk = Walk(bytes: bytes)
    try walk.value(depth: 0)
    guard walk.offset == bytes.count else {
      throw .malformed(offset: walk.offset, reason: "\(bytes.count - walk.offset) bytes follow the message")
    }
  }
}

/// One pass over MessagePack bytes.
private struct Walk {
  let bytes: UnsafeRawBufferPointer
  var offset = 0
  var values = 0

  mutating func value(depth: Int) throws(ProtocolError) {
    guard depth <= FrameLimits.maximumDepth else {
      throw .tooLarge(what: "the nesting", limit: FrameLimits.maximumDepth, found: depth)
    }
    values += 1
    guard values <= FrameLimits.maximumValues else {
      throw .tooLarge(what: "the number of values", limit: FrameLimits.maximumValues, found: values)
    }
    let start = offset
    let head = UInt8(try unsigned(width: 1))
    switch head {
    case 0x00...0x7f, 0xe0...0xff: break
    case 0x80...0x8f: try map(count: Int(head & 0x0f), depth: depth)
    case 0x90...0x9f: try array(count: Int(head & 0x0f), depth: depth)
    case 0xa0...0xbf: try skip(Int(head & 0x1f))
    case 0xc0, 0xc2, 0xc3: break
    case 0xc4, 0xd9: try skip(Int(unsigned(width: 1)))
    case 0xc5, 0xda: try skip(Int(unsigned(width: 2)))
    case 0xc6, 0xdb: try skip(Int(unsigned(width: 4)))
    case 0xcc, 0xd0: try skip(1)
    case 0xcd, 0xd1: try skip(2)
    case 0xca, 0xce, 0xd2: try skip(4)
    case 0xcb, 0xcf, 0xd3: try skip(8)
    case 0xdc: try array(count: Int(unsigned(width: 2)), depth: depth)
    case 0xdd: try array(count: Int(unsigned(width: 4)), depth: depth)
    case 0xde: try map(count: Int(unsigned(width: 2)), depth: depth)
    case 0xdf: try map(count: Int(unsigned(width: 4)), depth: depth)
    default:
      throw .malformed(offset: start, reason: "type byte 0x\(String(head, radix: 16)) is not used by this protocol")
    }
  }

  private mutating func map(count: Int, depth: Int) throws(ProtocolError) {
    guard count <= FrameLimits.maximumKeys else {
      throw .tooLarge(what: "the number of keys of a map", limit: FrameLimits.maximumKeys, found: count)
    }
    try elements(2 * count, depth: depth)
  }

  private mutating func array(count: Int, depth: Int) throws(ProtocolError) {
    try elements(count, depth: depth)
  }

  private mutating func elements(_ count: Int, depth: Int) throws(ProtocolError) {
    // Each takes at least a byte, so a count that the rest of the frame cannot hold is refused at once.
    guard count <= bytes.count - offset else {
      throw .malformed(offset: offset, reason: "\(count) values announced, \(bytes.count - offset) bytes left")
    }
    for _ in 0..<count { try value(depth: depth + 1) }
  }

  private mutating func skip(_ count: Int) throws(ProtocolError) {
    guard count <= bytes.count - offset else {
      throw .malformed(offset: offset, reason: "\(count) bytes announced, \(bytes.count - offset) left")
    }
    offset += count
  }

  /// A big-endian number of at most 4 bytes.
  private mutating func unsigned(width: Int) throws(ProtocolError) -> UInt32 {
    let start = offset
    try skip(width)
    return bytes[start..<offset].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

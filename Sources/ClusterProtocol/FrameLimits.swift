// autointerp
// `FrameLimits` checks the size and structure of a frame before anything is allocated for it.
// SPDX-License-Identifier: Apache-2.0

/// Bounds on bytes from a peer. `check` walks over them once and allocates nothing. Afterwards a parser can trust every
/// announced length and count.
package struct FrameLimits: Sendable {
  /// The largest frame to a coordinator. The coordinator must hold this much for anybody who connects, even before it
  /// knows who that is.
  ///
  /// The limit is made for deltas. For SmolLM2 and a prompt of 90 tokens, a delta has 0.1 MB with the default settings,
  /// 0.4 MB with a fifth of the default tau and no cap on nodes, and 1 MB with every edge of 500 nodes; it exceeds the
  /// limit with a fifth of tau and a tenth of the edge threshold. A worker whose delta is larger reports that and says
  /// what to do. Larger submissions are sent in pieces.
  package static let maximumFrameBytes = 8 << 20
  /// The largest frame from a coordinator, which its peers trust. The state of a fleet of 20,000 workers is 10 MB.
  package static let maximumReplyBytes = 64 << 20
  /// The largest submission made of pieces (100,000 prompts are 20 MB), and the largest delta in a run's file.
  package static let maximumDocumentBytes = 64 << 20

  /// For a frame to a coordinator. 1024 slots with all the reports that may wait for each are 100,000 values.
  static let frame = FrameLimits(maximumBytes: maximumFrameBytes, maximumValues: 1 << 19)
  /// For a frame from a coordinator.
  static let reply = FrameLimits(maximumBytes: maximumReplyBytes, maximumValues: 1 << 19)
  /// For bytes that are put together from pieces or read from a file. A prompt of a submission has two values.
  static let document = FrameLimits(maximumBytes: maximumDocumentBytes, maximumValues: 1 << 21)

  /// The largest number of bytes in total.
  let maximumBytes: Int
  /// The largest number of values at any depth. It bounds the parser's memory to 24 bytes per value.
  let maximumValues: Int
  /// The largest UTF-8 length of one string.
  static let maximumTextBytes = 1 << 20
  /// The deepest nesting of maps and arrays.
  static let maximumDepth = 8
  /// The most keys of one map. Messages have fewer than twenty.
  static let maximumKeys = 64

  /// Checks that `bytes` are exactly one MessagePack value within the limits.
  func check(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    guard bytes.count <= maximumBytes else {
      throw .tooLarge(what: "the number of bytes", limit: maximumBytes, found: bytes.count)
    }
    var walk = Walk(bytes: bytes, maximumValues: maximumValues)
    try walk.value(depth: 0)
    guard walk.offset == bytes.count else {
      throw .malformed(offset: walk.offset, reason: "\(bytes.count - walk.offset) bytes follow the message")
    }
  }
}

/// Walks once over MessagePack bytes.
private struct Walk {
  let bytes: UnsafeRawBufferPointer
  let maximumValues: Int
  var offset = 0
  var values = 0

  mutating func value(depth: Int) throws(ProtocolError) {
    guard depth <= FrameLimits.maximumDepth else {
      throw .tooLarge(what: "the nesting", limit: FrameLimits.maximumDepth, found: depth)
    }
    values += 1
    guard values <= maximumValues else {
      throw .tooLarge(what: "the number of values", limit: maximumValues, found: values)
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
    // Each value takes at least one byte, so a count that the rest of the frame cannot hold is refused at once.
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

  /// Reads a big-endian number of at most 4 bytes.
  private mutating func unsigned(width: Int) throws(ProtocolError) -> UInt32 {
    let start = offset
    try skip(width)
    return bytes[start..<offset].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

// autointerp
// `LineReader` reads lines of bounded length from a file descriptor.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

struct LineReader {
  enum Line: Equatable {
    /// Without its line feed.
    case line([UInt8])
    /// A line of more than the allowed bytes, which was read to its end and thrown away.
    case tooLong
  }

  private let descriptor: Int32
  private let maximumBytes: Int
  private var buffer: [UInt8] = []
  /// No line feed before this place.
  private var scanned = 0
  private var isSkipping = false
  private var isAtEnd = false

  init(descriptor: Int32, maximumBytes: Int) {
    self.descriptor = descriptor
    self.maximumBytes = maximumBytes
  }

  /// Nil at the end. A last line without a line feed is not returned: its writer did not finish it.
  mutating func next() -> Line? {
    while true {
      if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        scanned = 0
        if isSkipping {
          isSkipping = false
          return .tooLong
        }
        return line.count > maximumBytes ? .tooLong : .line(line)
      }
      scanned = buffer.count
      if buffer.count > maximumBytes || isSkipping {
        isSkipping = true
        buffer = []
        scanned = 0
      }
      guard !isAtEnd, fill() else { return nil }
    }
  }

  /// Returns false at the end.
  private mutating func fill() -> Bool {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var count: Int
    repeat {
      count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    } while count < 0
      && errno == EINTR
    guard count > 0 else {
      isAtEnd = true
      return false
    }
    buffer += piece[..<count]
    return true
  }
}

// autointerp
// `InputFile` reads a file or standard input, completely or line by line.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What is wrong with a file that a command was given.
struct InputError: Error, CustomStringConvertible {
  var path: String
  var problem: String

  var description: String { "\(path): \(problem)" }
}

/// A file, or standard input, that is read from start to end.
struct InputFile: ~Copyable {
  /// The name shown to people.
  let name: String
  /// The number of the line that `nextLine` returned last, from 1.
  private(set) var lineNumber = 0
  private let descriptor: Int32
  private let closes: Bool
  /// Bytes read but not yet returned start at `start`; there is no newline before `scanned`.
  private var buffer: [UInt8] = []
  private var start = 0
  private var scanned = 0
  private var isAtEnd = false

  private static let pieceBytes = 1 << 20

  /// - Parameter path: a file or pipe; `-` means standard input.
  /// - Throws: an error if it cannot be opened or is a folder.
  init(_ path: String) throws(InputError) {
    closes = path != "-"
    name = closes ? path : "standard input"
    let opened = closes ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    guard opened >= 0 else { throw Self.failure(path) }
    var status = stat()
    if fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      close(opened)
      throw InputError(path: path, problem: "this is a folder, not a file")
    }
    descriptor = opened
  }

  deinit {
    if closes { close(descriptor) }
  }

  /// Returns everything that is left.
  ///
  /// - Throws: an error if it cannot be read.
  mutating func rest() throws(InputError) -> [UInt8] {
    while !isAtEnd { try readPiece() }
    defer { start = buffer.count }
    return Array(buffer[start...])
  }

  /// Returns all of standard input as text, without the line end that `echo` adds.
  ///
  /// - Throws: an error if it cannot be read or is not UTF-8.
  static func textFromStandardInput() throws(InputError) -> String {
    var input = try InputFile("-")
    var bytes = try input.rest()
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw InputError(path: input.name, problem: "the text is not UTF-8")
    }
    return text
  }

  /// Returns the next line.
  ///
  /// - Parameter beforeWaiting: called before more is read, which may take as long as the writer wants.
  /// - Returns: the line without its LF or CRLF, or nil at the end. Empty lines count.
  /// - Throws: an error if it cannot be read, or the error of `beforeWaiting`.
  mutating func nextLine(beforeWaiting: () throws -> Void = {}) throws -> ArraySlice<UInt8>? {
    while true {
      if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) { return line(to: end, next: end + 1) }
      scanned = buffer.count
      if isAtEnd { return start < buffer.count ? line(to: buffer.count, next: buffer.count) : nil }
      try beforeWaiting()
      try readPiece()
    }
  }

  private mutating func line(to end: Int, next: Int) -> ArraySlice<UInt8> {
    var line = buffer[start..<end]
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    (start, scanned) = (next, next)
    lineNumber += 1
    return line
  }

  private mutating func readPiece() throws(InputError) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      scanned -= start
      start = 0
    }
    let filled = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: Self.pieceBytes))
    var count: Int
    repeat {
      count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + filled, Self.pieceBytes) }
    } while count < 0 && errno == EINTR
    let failure = count < 0 ? Self.failure(name) : nil
    buffer.removeSubrange((filled + max(0, count))...)
    if let failure { throw failure }
    isAtEnd = count == 0
  }

  private static func failure(_ name: String) -> InputError {
    InputError(path: name, problem: "cannot be read: \(String(cString: strerror(errno)))")
  }
}

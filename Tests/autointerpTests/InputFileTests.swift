// autointerp
// `InputFileTests` tests the lines that `InputFile` reads, their numbers, and files that cannot be read.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import autointerp

@Suite struct InputFileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "autointerp-input-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func file(_ bytes: some Sequence<UInt8>) throws -> String {
    let url = folder.appending(path: "input")
    try Data(bytes).write(to: url)
    return url.path
  }

  private func lines(_ bytes: some Sequence<UInt8>) throws -> [String] {
    var input = try InputFile(file(bytes))
    var lines: [String] = []
    while let line = try input.nextLine() {
      lines.append(String(decoding: line, as: UTF8.self))
      #expect(input.lineNumber == lines.count)
    }
    return lines
  }

  @Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\n\r\nb\n\n c", ["a", "", "b", "", " c"]),
    ("a\rb\n", ["a\rb"]),
  ])
  func linesEndWithLineFeeds(text: String, expected: [String]) throws {
    #expect(try lines(text.utf8) == expected)
  }

  /// Lines of every length around the pieces in which a file is read.
  @Test func linesReachAcrossPieces() throws {
    let piece = 1 << 20
    let lengths = [piece - 2, 3, piece, piece + 1, 0, 3 * piece, 5]
    let expected = lengths.enumerated().map { number, length in
      String(repeating: Character(Unicode.Scalar(UInt8(97 + number))), count: length)
    }
    #expect(try lines(expected.joined(separator: "\n").utf8) == expected)
  }

  @Test func whatIsLeftIsReadAsAWhole() throws {
    let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var input = try InputFile(file([1, 0x0A] + bytes))
    #expect(try input.nextLine() == [1])
    #expect(try input.rest() == bytes)
    #expect(try input.rest().isEmpty)
  }

  @Test func whatCannotBeReadIsNamed() {
    func problem(_ path: String) -> String? {
      do {
        _ = try InputFile(path)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(problem("/no/such/file") == "/no/such/file: cannot be read: No such file or directory")
    #expect(problem("/tmp") == "/tmp: this is a folder, not a file")
    #expect(problem("/dev/null") == nil)
  }
}

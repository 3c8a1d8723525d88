// autointerp
// `ReplacedFileTests` tests that a replaced file is there whole or not at all, and that abandoned parts are removed.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Platform

@Suite struct ReplacedFileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "replaced-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }
  private func entries() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func replace(_ path: String, with text: String) throws {
    let file = try ReplacedFile(path)
    try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    try file.finish()
  }

  @Test func readersSeeTheOldFileUntilTheNewOneIsWhole() throws {
    try replace(path("out"), with: "old")
    let file = try ReplacedFile(path("out"))
    try Array("new".utf8).withUnsafeBytes { try file.write($0) }
    #expect(try String(contentsOfFile: path("out"), encoding: .utf8) == "old")
    try file.finish()
    #expect(try String(contentsOfFile: path("out"), encoding: .utf8) == "new")
    #expect(try entries() == ["out"])
  }

  @Test func anUnfinishedFileLeavesNothing() throws {
    do {
      let file = try ReplacedFile(path("out"))
      try Array("half".utf8).withUnsafeBytes { try file.write($0) }
    }
    #expect(try entries() == [])
  }

  @Test func aSymbolicLinkStaysOne() throws {
    try replace(path("target"), with: "old")
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "target")
    try replace(path("link"), with: "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "target")
    #expect(try String(contentsOfFile: path("target"), encoding: .utf8) == "new")
  }

  @Test func aLinkToAFileThatIsNotThereYetStaysOneToo() throws {
    try FileManager.default.createSymbolicLink(atPath: path("dangling"), withDestinationPath: "later")
    try replace(path("dangling"), with: "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("dangling")) == "later")
    #expect(try String(contentsOfFile: path("later"), encoding: .utf8) == "new")
  }

  @Test func partsOfDeadWritersAreRemovedAndThoseOfLiveOnesStay() throws {
    try Data("left".utf8).write(to: folder.appending(path: "out.1a2b.part"))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: path("out.1a2b.part"))
    try Data("fresh".utf8).write(to: folder.appending(path: "out.3c4d.part"))
    try Data("another file".utf8).write(to: folder.appending(path: "out.notes.part"))
    let live = try ReplacedFile(path("out"))
    let part = try #require(try entries().first { !["out.1a2b.part", "out.3c4d.part", "out.notes.part"].contains($0) })
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: path(part))
    try replace(path("out"), with: "second")
    #expect(try entries() == ["out", "out.3c4d.part", "out.notes.part", part].sorted())
    try live.finish()
  }

  private func write(_ texts: [String: String]) throws {
    for (name, text) in texts { try Data(text.utf8).write(to: folder.appending(path: name)) }
  }

  private func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

  @Test func aSwapKeepsTheOldFileWithItsCompanions() throws {
    try write(["run": "old", "run-wal": "log", "run-lock": "lock", "new": "new"])
    try ReplacedFile.swap(path("new"), into: path("run"), keeping: path("kept"), companions: ["-wal", "-none"])
    #expect(text("run") == "new" && text("kept") == "old" && text("kept-wal") == "log" && text("run-lock") == "lock")
    #expect(try entries() == ["kept", "kept-wal", "run", "run-lock"])
  }

  /// A folder cannot take the place of a file, which shows only when everything else has been moved.
  @Test func aSwapThatFailsPutsEverythingBack() throws {
    try write(["run": "old", "run-wal": "log"])
    try FileManager.default.createDirectory(atPath: path("new"), withIntermediateDirectories: false)
    #expect(throws: PlatformError.self) {
      try ReplacedFile.swap(path("new"), into: path("run"), keeping: path("kept"), companions: ["-wal"])
    }
    #expect(text("run") == "old" && text("run-wal") == "log")
    #expect(try entries() == ["new", "run", "run-wal"])
  }

  @Test func aSwapReplacesNoFileThatWasKeptBefore() throws {
    try write(["run": "old", "new": "new", "kept": "evidence"])
    #expect(throws: PlatformError.self) {
      try ReplacedFile.swap(path("new"), into: path("run"), keeping: path("kept"), companions: [])
    }
    #expect(text("run") == "old" && text("kept") == "evidence" && text("new") == "new")
  }

  @Test func aFolderIsRefused() {
    #expect(throws: PlatformError.self) { try ReplacedFile.check(folder.path) }
    #expect(throws: PlatformError.self) { try ReplacedFile.check(path("missing/out")) }
  }
}

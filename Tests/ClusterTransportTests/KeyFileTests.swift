// autointerp
// `KeyFileTests` tests key files and allow-lists.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import ClusterTransport

struct KeyFileTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "autointerp-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
  }

  private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func pairReadsBackAndOnlyItsOwnerCanRead() throws {
    try withDirectory { directory in
      let pair = try CurveKeyPair.generate()
      let paths = try KeyFile.write(pair, name: "node-1", directory: directory)
      #expect(try mode(paths.secret) == 0o600)
      #expect(try KeyFile.readPair(paths.secret) == pair)
      #expect(try KeyFile.publicKey(paths.public) == pair.publicKey)
      #expect(try KeyFile.publicKey(pair.publicKey.text) == pair.publicKey)
      let publicText = try String(contentsOfFile: paths.public, encoding: .utf8)
      #expect(!publicText.contains(pair.secretText))
    }
  }

  @Test func existingKeyIsNeverOverwritten() throws {
    try withDirectory { directory in
      let first = try CurveKeyPair.generate()
      let paths = try KeyFile.write(first, name: "a", directory: directory)
      #expect(throws: TransportError.self) {
        try KeyFile.write(.generate(), name: "a", directory: directory)
      }
      #expect(try KeyFile.readPair(paths.secret) == first)
    }
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o666]) func secretThatOthersCanReadIsRefused(mode: Int) throws {
    try withDirectory { directory in
      let paths = try KeyFile.write(.generate(), name: "a", directory: directory)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: paths.secret)
      #expect(throws: TransportError.unsafeKeyFile(path: paths.secret, mode: UInt32(mode))) {
        try KeyFile.readPair(paths.secret)
      }
    }
  }

  @Test(arguments: [
    "", "secret\n", "secret short\n", "public abc\n",
    "public JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\nsecret D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%ca\n",
  ])
  func fileWithoutAPairIsRefused(text: String) throws {
    try withDirectory { directory in
      let path = "\(directory)/a.key"
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      #expect(throws: TransportError.self) { try KeyFile.readPair(path) }
    }
  }

  @Test func secretShowsInNoDescription() throws {
    let pair = try CurveKeyPair.generate()
    var dumped = ""
    dump(pair, to: &dumped)
    for text in [
      "\(pair)", String(reflecting: pair), dumped, "\([pair])", "\(ServerSecurity.curve(pair, AllowList()))",
    ] {
      #expect(!text.contains(pair.secretText))
    }
  }

  @Test(arguments: [
    "", "abc", String(repeating: " ", count: 40), String(repeating: "\"", count: 40), String(repeating: "~", count: 40),
    String(repeating: "#", count: 40), String(repeating: "é", count: 20),
  ])
  func textThatIsNoKeyIsRefused(text: String) {
    #expect(throws: TransportError.self) { try CurvePublicKey(text) }
  }

  @Test func allowListReadsRolesCommentsAndNames() throws {
    try withDirectory { directory in
      let (a, b) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
      let path = "\(directory)/allowed"
      try "# the fleet\n\nworker \(a) node-1\nclient \(b)\n".write(toFile: path, atomically: false, encoding: .utf8)
      let list = try AllowList(contentsOf: path)
      #expect(list.count == 2)
      #expect(list.role(of: a) == .worker)
      #expect(list.role(of: b) == .client)
    }
  }

  @Test(arguments: ["worker", "worker abc", "boss KEY", "worker KEY a b", "worker KEY\nclient KEY"])
  func malformedAllowListNamesTheLine(text: String) throws {
    try withDirectory { directory in
      let path = "\(directory)/allowed"
      let key = try CurveKeyPair.generate().publicKey.text
      try "# head\n\(text.replacing("KEY", with: key))\n".write(toFile: path, atomically: false, encoding: .utf8)
      let error = #expect(throws: TransportError.self) { try AllowList(contentsOf: path) }
      guard case .allowList(path, let line, _) = error else {
        Issue.record("unexpected \(String(describing: error))")
        return
      }
      #expect(line == (text.contains("\n") ? 3 : 2))
    }
  }
}

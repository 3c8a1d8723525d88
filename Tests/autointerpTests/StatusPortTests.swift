// autointerp
// `StatusPortTests` tests which port and token `autointerp status` uses.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Settings
import Testing

@testable import autointerp

@Suite struct StatusPortTests {
  static let token = "0123456789abcdef"

  private func withFile<Result>(_ text: String, mode: Int, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)").path
    #expect(
      FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test(arguments: [
    ("127.0.0.1", "http://127.0.0.1:7646"), ("0.0.0.0", "http://127.0.0.1:7646"), ("::", "http://[::1]:7646"),
    ("fe80::1", "http://[fe80::1]:7646"), ("[::1]", "http://[::1]:7646"), ("node", "http://node:7646"),
  ])
  func theSettingsSayWhereThePortIs(host: String, url: String) throws {
    var settings = ClusterConfiguration()
    settings.status.host = host
    #expect(try StatusPort(url: nil, settings: settings, environment: [:]).url == url)
  }

  @Test func aFreePortHasToBeNamed() {
    var settings = ClusterConfiguration()
    settings.status.port = 0
    #expect(throws: ConfigurationError.self) { _ = try StatusPort(url: nil, settings: settings, environment: [:]) }
  }

  @Test func theTokenComesFromTheEnvironmentOrTheFile() throws {
    try withFile(Self.token + "\n", mode: 0o600) { path in
      var settings = ClusterConfiguration()
      settings.status.tokenFile = path
      #expect(try StatusPort(url: nil, settings: settings, environment: [:]).token == Self.token)
      let other = [StatusToken.variable: "another-token-of-the-environment"]
      #expect(try StatusPort(url: nil, settings: settings, environment: other).token == other[StatusToken.variable])
      // The file's token belongs to the port of the settings.
      #expect(try StatusPort(url: "http://elsewhere:1", settings: settings, environment: [:]).token == nil)
      try settings.takeStatusToken(from: [:])
      #expect(settings.status.bearerToken == Self.token)
    }
  }

  @Test(arguments: [0o644, 0o640, 0o604, 0o660])
  func aTokenThatOthersCanReadIsRefused(mode: Int) throws {
    try withFile(Self.token, mode: mode) { path in
      let error = #expect(throws: StatusTokenError.self) { _ = try StatusToken.read(path) }
      #expect(error?.description.contains("chmod 600") == true)
    }
  }

  @Test(arguments: ["", "\n \n", "one\ntwo", String(repeating: "x", count: 5000)])
  func whatIsNoTokenIsRefused(text: String) throws {
    _ = try withFile(text, mode: 0o600) { path in
      #expect(throws: StatusTokenError.self) { _ = try StatusToken.read(path) }
    }
  }

  @Test func whatIsNoFileIsRefused() {
    #expect(throws: StatusTokenError.self) { _ = try StatusToken.read("/nowhere/token") }
    #expect(throws: StatusTokenError.self) { _ = try StatusToken.read("/tmp") }
  }
}

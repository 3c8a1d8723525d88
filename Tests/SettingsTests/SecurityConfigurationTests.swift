// autointerp
// `SecurityConfigurationTests` tests how a socket is secured, depending on which keys the settings name.
// SPDX-License-Identifier: Apache-2.0

import ClusterTransport
import Foundation
import Testing

@testable import Settings

@Suite struct SecurityConfigurationTests {
  @Test(arguments: [false, true]) func anAllowListWithoutAKeyPairIsAMistakeAndNotAnOpenDoor(insecure: Bool) {
    var security = ClusterConfiguration.Security()
    security.allow = "allowed"
    security.insecure = insecure
    let error = #expect(throws: ConfigurationError.self) { try security.server() }
    #expect(error?.message.contains("allow is given without key_file") == true)
  }

  @Test func withoutAnyKeysPlainTCPIsSpokenOnLoopback() throws {
    guard case .plain(insecure: false) = try ClusterConfiguration.Security().server() else {
      Issue.record("not plain")
      return
    }
  }

  @Test func aKeyPairWithoutAnAllowListLetsNobodyIn() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "security-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var security = ClusterConfiguration.Security()
    security.keyFile = try KeyFile.write(CurveKeyPair.generate(), name: "head", directory: folder.path).secret
    guard case .curve(_, let allowed) = try security.server() else {
      Issue.record("not CURVE")
      return
    }
    #expect(allowed.count == 0)
  }
}

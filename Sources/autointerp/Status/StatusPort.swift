// autointerp
// `StatusPort` finds the address and the token of the status port that a command reads.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Settings
internal import StatusServer

/// The address and token of a status port, from the command line, the environment and the settings.
struct StatusPort: Equatable {
  var url: String
  var token: String?

  /// `url` comes from the command line. The settings' token belongs to the settings' port and is not sent elsewhere.
  ///
  /// - Throws: `StatusTokenError`; `ConfigurationError` if the settings name no port.
  init(
    url: String?, settings: ClusterConfiguration,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    if let url {
      self.url = url
      token = environment[StatusToken.variable].flatMap { $0.isEmpty ? nil : $0 }
      return
    }
    var settings = settings
    try settings.takeStatusToken(from: environment)
    guard settings.status.port != 0 else {
      throw ConfigurationError(
        file: ClusterConfiguration.fileName, line: nil,
        message: "status.port is 0, which means any free port: find it in the coordinator's log and pass it with --url")
    }
    let host = Self.reachable(settings.status.host)
    self.url = "http://\(host):\(settings.status.port)"
    token = settings.status.bearerToken
  }

  /// A server on all addresses is reached on loopback.
  private static func reachable(_ host: String) -> String {
    switch host {
    case "0.0.0.0", "": "127.0.0.1"
    case "::", "[::]": "[::1]"
    case _ where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
    default: host
    }
  }
}

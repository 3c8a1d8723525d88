// autointerp
// Where the status port is and what it takes to be let in.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import StatusServer

/// The address and token of a status port, from the command line, the environment and the settings.
struct StatusPort: Equatable {
  var url: String
  var token: String?

  /// `url` is what the command line says. The settings' token is for the settings' port: it is not sent elsewhere.
  ///
  /// - Throws: `StatusTokenError`; `ConfigurationError` when the settings name no port.
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
        message: "status.port is 0, a free port that the coordinator's log names: say it with --url")
    }
    let host = Self.reachable(settings.status.host)
    self.url = "http://\(host):\(settings.status.port)"
    token = settings.status.bearerToken
  }

  /// What listens on every address is asked on loopback.
  private static func reachable(_ host: String) -> String {
    switch host {
    case "0.0.0.0", "": "127.0.0.1"
    case "::", "[::]": "[::1]"
    case _ where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
    default: host
    }
  }
}

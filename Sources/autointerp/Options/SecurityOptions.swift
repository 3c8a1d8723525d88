// autointerp
// The flags that say which keys to use.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Keys of a worker or client; secrets are files, never arguments.
struct ClientSecurityOptions: ParsableArguments {
  @Option(help: ArgumentHelp("This process's key pair, as keygen writes it.", valueName: "file"))
  var keyFile: String?

  // A key is any text of Z85 and may start with a dash.
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The coordinator's public key, or a file with it.", valueName: "key"))
  var serverKey: String?

  func apply(to security: inout ClusterConfiguration.Security) {
    if let keyFile { security.keyFile = keyFile }
    if let serverKey { security.serverKey = serverKey }
  }
}

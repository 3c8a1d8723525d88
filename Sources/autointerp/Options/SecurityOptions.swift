// autointerp
// `ClientSecurityOptions` holds the flags that name the key files of a worker or a client.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Settings

/// The keys of a worker or client. Secrets are files, never arguments.
struct ClientSecurityOptions: ParsableArguments {
  @Option(help: ArgumentHelp("This process's key pair, as keygen writes it.", valueName: "file"))
  var keyFile: String?

  // A key is any Z85 text and may start with a dash.
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The coordinator's public key, or a file with it.", valueName: "key"))
  var serverKey: String?

  func apply(to security: inout ClusterConfiguration.Security) {
    if let keyFile { security.keyFile = keyFile }
    if let serverKey { security.serverKey = serverKey }
  }
}

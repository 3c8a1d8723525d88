// autointerp
// The flag that says where the settings are.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Where the settings come from.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Settings; without it cluster.toml in the working directory, if there is one.", valueName: "file"))
  var config: String?

  /// The settings of the file, before flags override them.
  func load() throws -> ClusterConfiguration { try ClusterConfiguration.load(path: config) }
}

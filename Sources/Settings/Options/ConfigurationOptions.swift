// autointerp
// `ConfigurationOptions` holds the flag --config, which names the settings file.
// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

/// Says where the settings come from.
package struct ConfigurationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Settings; without it cluster.toml in the working directory, if there is one.", valueName: "file"))
  package var config: String?

  package init() {}

  /// The settings of the file, before flags override them.
  package func load() throws -> ClusterConfiguration { try ClusterConfiguration.load(path: config) }
}

// autointerp
// `CoordinatorOptions` holds the flags that name a coordinator and connect to it.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterTransport
internal import Console
internal import Coordinator
internal import Settings

/// A coordinator and how to reach it.
struct CoordinatorOptions: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var security: ClientSecurityOptions

  @Option(
    help: ArgumentHelp("The coordinator (default: worker.coordinator of the settings).", valueName: "tcp://host:port"))
  var coordinator: String?

  @Flag(help: "Permit plain TCP to another machine.")
  var insecure = false

  @Option(help: "Seconds to wait for an answer.")
  var timeout: Double = 30

  func validate() throws {
    guard timeout > 0, timeout <= 86_400 else { throw ValidationError("--timeout must be from 0 to 86400 seconds.") }
  }

  /// Runs `body` with a connection to the coordinator.
  ///
  /// A failure is printed on standard error and ends the command with exit code 2, so that 1 can mean quarantined
  /// prompts.
  func connected<Result: Sendable>(
    _ body: @Sendable (CoordinatorClient) async throws -> Result
  ) async throws -> Result {
    do {
      var settings = try configuration.load()
      security.apply(to: &settings.security)
      if insecure { settings.security.insecure = true }
      return try await CoordinatorClient.with(
        coordinator ?? settings.worker.coordinator, security: try settings.security.client(),
        patience: .seconds(timeout), body)
    } catch let error where !(error is ExitCode) && !(error is CleanExit) {
      StandardError.say("Error: \(error)")
      throw ExitCode(2)
    }
  }
}

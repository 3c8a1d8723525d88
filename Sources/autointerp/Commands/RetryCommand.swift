// autointerp
// `autointerp retry`: runs quarantined prompts again.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Coordinator

/// Retries the quarantined prompts of a run.
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Run the quarantined prompts of a run again.",
    discussion: """
      Gives every quarantined prompt of the run a clean record and puts it back into the queue. With --wait it stays until \
      the run is complete again. Repeating it does no harm.

      EXAMPLES
        autointerp retry medical-smollm2-1f2e3d4c --wait

      Exit codes: 0 queued (with --wait: complete), 1 with --wait: complete with prompts in quarantine again, 2 no such \
      run, no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Flag(help: "Stay until the run is complete again.")
  var wait = false

  @Argument(help: ArgumentHelp("The run, as `autointerp runs` lists it.", valueName: "run"))
  var name: String

  func run() async throws {
    let (run, wait) = (name, wait)
    let status = try await coordinator.connected { client in
      try await client.retry(run: run)
      return wait ? try await client.waitForCompletion(of: run) : nil
    }
    guard let status else { return print("queued the quarantined prompts of \(run) again") }
    for line in RunsCommand.lines(for: status) { print(line) }
    if !status.quarantined.isEmpty { throw ExitCode(1) }
  }
}

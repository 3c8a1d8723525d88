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
      the run is complete again. Repeating it does no harm; where nothing is quarantined it says so.

      EXAMPLES
        autointerp retry medical-smollm2-1f2e3d4c --wait

      Exit codes: 0 queued or nothing to do (with --wait: complete), 1 with --wait: complete with prompts in quarantine again, 2 no such \
      run, no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Flag(help: "Stay until the run is complete again.")
  var wait = false

  @Argument(help: ArgumentHelp("The run, as `autointerp runs` lists it.", valueName: "run"))
  var name: String

  func run() async throws {
    let (run, wait) = (name, wait)
    let (count, status) = try await coordinator.connected { client in
      guard let before = try await client.status().runs.first(where: { $0.name == run }) else {
        throw CoordinatorError.unknownRun(run)
      }
      try await client.retry(run: run)
      return (before.quarantined.count, wait ? try await client.waitForCompletion(of: run) : nil)
    }
    if count == 0 {
      print("no prompt of \(run) is quarantined: nothing to retry")
    } else if !wait {
      print("queued \(count == 1 ? "1 quarantined prompt" : "\(count) quarantined prompts") of \(run) again")
    }
    guard let status else { return }
    for line in RunsCommand.lines(for: status) { print(line) }
    if !status.quarantined.isEmpty { throw ExitCode(1) }
  }
}

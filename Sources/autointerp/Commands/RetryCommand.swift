// autointerp
// `RetryCommand` is `autointerp retry`: it runs quarantined prompts again.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import Coordinator
internal import Foundation

/// Retries the quarantined prompts of a run.
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Run the quarantined prompts of a run again.",
    discussion: """
      Gives every quarantined prompt of the run a clean record and puts it back into the queue. With --wait it waits until \
      the run is complete again. Repeating it does no harm; if nothing is quarantined it says so.

      EXAMPLES
        autointerp retry medical-smollm2-1f2e3d4c --wait

      A cancelled run does not change: `autointerp run` resumes it, with --retry-failed its quarantined prompts as well.

      Exit codes: 0 queued or nothing to do (with --wait: complete), 1 the run is cancelled, or with --wait: complete with \
      prompts in quarantine again, 2 no such run, no answer or a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Flag(help: "Wait until the run is complete again.")
  var wait = false

  @Argument(help: ArgumentHelp("The run, as `autointerp runs` lists it.", valueName: "run"))
  var name: String

  func run() async throws {
    let (run, wait) = (name, wait)
    let (outcome, status) = try await coordinator.connected { client in
      let outcome = try await client.retry(run: run)
      return (outcome, wait && outcome != .runIsCancelled ? try await Self.end(of: run, client) : nil)
    }
    switch outcome {
    case .queuedAgain(let count):
      let prompts = count == 1 ? "1 quarantined prompt" : "\(count) quarantined prompts"
      if !wait { print("queued \(prompts) of \(run) again") }
    case .runIsCancelled:
      print("\(run) is cancelled: submit it again to resume it, with --retry-failed for its quarantined prompts")
      throw ExitCode(1)
    default: print("no prompt of \(run) is quarantined: nothing to retry")
    }
    guard let status else { return }
    for line in RunsCommand.lines(for: status) { print(line) }
    if !status.quarantined.isEmpty { throw ExitCode(1) }
  }

  private static func end(of run: String, _ client: CoordinatorClient) async throws -> RunStatus {
    try await client.waitForCompletion(
      of: run, onSilence: { try? FileHandle.standardError.write(contentsOf: Data("\($0)\nWaiting for it.\n".utf8)) })
  }
}

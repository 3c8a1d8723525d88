// autointerp
// `CancelCommand` is `autointerp cancel`: it cancels a run of a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Cancels a run.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Cancel a run of a coordinator.",
    discussion: """
      What is done stays in the run's file and can be exported; submitting the same run again resumes it. Cancelling \
      twice does no harm.

      EXAMPLES
        autointerp cancel medical-smollm2-1f2e3d4c

      Exit codes: 0 cancelled (or cancelled already), 1 nothing to cancel: the run is complete, 2 no such run, no answer or \
      a wrong command line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Argument(help: ArgumentHelp("The run, as `autointerp runs` lists it.", valueName: "run"))
  var name: String

  func run() async throws {
    let run = name
    switch try await coordinator.connected({ try await $0.cancel(run: run) }) {
    case .alreadyComplete:
      print("\(run) is complete: there was nothing left to cancel")
      throw ExitCode(1)
    case .alreadyCancelled: print("\(run) was cancelled before")
    default: print("cancelled \(run)")
    }
  }
}

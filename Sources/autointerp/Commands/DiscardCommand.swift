// autointerp
// `DiscardCommand` is `autointerp discard`: it takes back what a worker did in a run and has it computed again.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator

/// Discards the results of a worker that cannot be trusted.
struct DiscardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discard",
    abstract: "Take back what a worker did in a run, and have it done again.",
    discussion: """
      Deletes every result of workers with the given key, or of the given name, forgets their failures, and puts the \
      prompts back into the run's queue. When other workers have done them the statistics are, byte for byte, those of a \
      run in which that worker never was. First remove the key from the allow-list, or it gets new prompts.

      EXAMPLES
        autointerp discard --run medical-smollm2-1f2e3d4c --key /etc/autointerp/node-7.pub
        autointerp discard --run medical-smollm2-1f2e3d4c --worker node-7

      Exit codes: 0 discarded or nothing to discard, 1 the run is cancelled, 2 no such run, no answer or a wrong command \
      line.
      """)

  @OptionGroup var coordinator: CoordinatorOptions

  @Option(help: "The run, as `autointerp runs` lists it.")
  var run: String

  @Option(help: "The worker's public key, or its .pub file.")
  var key: String?

  @Option(help: "The worker's name.")
  var worker: String?

  func validate() throws {
    guard key != nil || worker != nil else { throw ValidationError("Give --key, --worker or both.") }
  }

  func run() async throws {
    let (run, worker) = (run, worker)
    let key = try key.map { try KeyFile.publicKey($0).text }
    switch try await coordinator.connected({ try await $0.discard(run: run, key: key, worker: worker) }) {
    case .discarded(prompts: 0): print("nothing in \(run) is of this worker")
    case .discarded(let count): print("\(count) prompt\(count == 1 ? "" : "s") of \(run) will be done again")
    default:
      print("\(run) is cancelled: submit it again to resume it, then discard")
      throw ExitCode(1)
    }
  }
}

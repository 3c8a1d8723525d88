// autointerp
// `UnseenPromptOptions` holds the flags that give prompts which a run has not seen.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import Corpora
internal import Investigations

/// Prompts of the run's groups, without those that the run drew.
struct UnseenPromptOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Prompts of the domain, as for `run`; the run's own are left out.", valueName: "file"))
  var prompts: [String] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Prompts of the baseline, same formats.", valueName: "file"))
  var baseline: [String] = []

  @Option(
    help: ArgumentHelp("Prompts of another group of the run; may be repeated.", valueName: "name=file"))
  var group: [GroupFile] = []

  @Option(help: "Unseen prompts in all, as many of each group, drawn by the seed; 0 for all.")
  var limit: Int = 120

  @Option(help: "Decides which prompts and which random neurons are drawn.")
  var seed: Int = 0

  func validate() throws {
    if prompts.isEmpty, baseline.isEmpty, group.isEmpty {
      throw ValidationError("Give prompts that the run has not seen: --prompts, --baseline or --group.")
    }
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
    if seed < 0 { throw ValidationError("--seed must not be negative.") }
  }

  /// Reads the files and draws what the run has not seen.
  func read(for run: RunSpecification, tokenizer: Tokenizer) throws -> UnseenCorpus {
    try UnseenCorpus(
      prompts.map { (.domain, $0) } + baseline.map { (.baseline, $0) }
        + group.map { (CorpusGroup($0.group.rawValue), $0.path) },
      of: run, tokenizer: tokenizer, limit: limit == 0 ? nil : limit, seed: UInt64(seed))
  }
}

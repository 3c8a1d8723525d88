// autointerp
// `LabelMakingOptions` holds the flags that choose which neurons get made or scored labels, and what makes them.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import RunIndex

struct LabelMakingOptions: ParsableArguments {
  @Option(help: "Make or score labels of so many neurons that are no sinks, the first by --sort.")
  var topK: Int = 100

  @Option(help: "score (the largest sum of |score|), specificity or prompts.")
  var sort: NeuronSearch.Order = .score

  @Option(help: "Decides which half of the prompts labels are made from, and the exchanges.")
  var seed: Int = 0

  @Option(help: "The run's model: its weights for --from run, true activations of every token for simulation.")
  var model: String?

  @OptionGroup var llm: LanguageModelOptions

  func validate() throws {
    if !(1...10_000).contains(topK) { throw ValidationError("--top-k is \(topK); it must be 1 to 10000.") }
    if seed < 0 { throw ValidationError("--seed must not be negative.") }
  }
}

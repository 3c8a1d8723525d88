// autointerp
// `TemplateOptions` holds the flags that say how a text becomes a prompt.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints

/// The template around a text.
struct TemplateOptions: ParsableArguments {
  @Option(name: .customLong("template"), help: "raw, chatml, llama3, or a text with {prompt} and {answer_prefix}.")
  var name: String = "raw"

  @Option(help: "System turn of a chat template; empty for none (default: the model's own).")
  var system: String?

  /// The kind of prompts that it makes, under which calibrations are stored.
  var kind: String { CalibrationStore.kind(ofTemplate: name) }

  /// The tokens of a text in the template.
  func tokens(for text: String, answerPrefix: String, tokenizer: Tokenizer) throws -> [Int32] {
    try PromptTemplate(name: name, system: system)
      .tokens(for: text, answerPrefix: answerPrefix, tokenizer: tokenizer)
  }
}

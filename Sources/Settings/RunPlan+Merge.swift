// autointerp
// `RunPlan` makes the specification of a run that has the prompts of several.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
package import Circuits
internal import Corpora

extension RunPlan {
  /// A run of the distinct prompts of `runs`, which have one model, template and set of settings. It does not depend on the
  /// order of the runs. A prompt that is in several groups counts for the first of them, as in every corpus.
  ///
  /// - Parameters:
  ///   - runs: at least one.
  ///   - name: of the run, nil for one made of the rest.
  /// - Returns: the specification of the new run.
  package static func merging(_ runs: [RunSpecification], name: String? = nil) -> RunSpecification {
    let seed = runs.map(\.seed).min() ?? 0
    let prompts = runs.flatMap(\.prompts).map { CorpusPrompt($0) }
    let sorted = prompts.sorted {
      $0.sortKey.lexicographicallyPrecedes($1.sortKey) { $0.lexicographicallyPrecedes($1) }
    }
    let corpus = Corpus(drawing: sorted, limit: nil, seed: seed)
    var merged = runs[0]
    merged.modelName = runs.map(\.modelName).min() ?? merged.modelName
    merged.seed = seed
    merged.corpusName = Set(runs.map(\.corpusName)).sorted().joined(separator: "+")
    merged.corpusDigest = corpus.digest
    merged.prompts = corpus.prompts.map(RunPrompt.init)
    merged.spotCheckShare = 0
    merged.name = name ?? RunName.make(for: merged)
    return merged
  }
}

extension RunPrompt {
  init(_ prompt: CorpusPrompt) {
    self.init(
      origin: PromptGroup(rawValue: prompt.group.name) ?? .baseline, text: prompt.text,
      answerPrefix: prompt.answerPrefix, target: prompt.target)
  }
}

extension CorpusPrompt {
  fileprivate init(_ prompt: RunPrompt) {
    self.init(group: CorpusGroup(prompt.origin.rawValue), text: prompt.text, answerPrefix: prompt.answerPrefix)
    switch prompt.target {
    case .tokens(let names): targetTokens = names
    case .contrast(let a, let b): contrast = [a, b]
    case nil: break
    }
  }

  fileprivate var sortKey: [[UInt8]] {
    ([group.name, text, answerPrefix] + targetTokens + contrast).map { Array($0.utf8) }
  }
}

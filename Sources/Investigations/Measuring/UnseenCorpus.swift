// autointerp
// `UnseenCorpus` reads prompt files and draws from them what a run has not seen.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints
package import Circuits
package import Corpora

/// Prompts of a run's groups without those that the run drew.
package struct UnseenCorpus: Sendable {
  package let prompts: [UnseenPrompt]
  /// How many prompts the files have, and how many of them are new to the run.
  package let givenCount: Int
  package let newCount: Int

  /// Reads and draws.
  ///
  /// Prompts are compared by bytes. A sentence of running text is also left out if the run has its beginning, because runs
  /// cut such sentences. The run's template is put around each prompt.
  /// - Parameters:
  ///   - files: each with its group.
  ///   - run: whose prompts are left out.
  ///   - tokenizer: of the run's model.
  ///   - limit: the most prompts in all, as many of each group; nil for all.
  ///   - seed: of the draw.
  /// - Throws: errors of files, templates and tokens.
  package init(
    _ files: [(group: CorpusGroup, path: String)], of run: RunSpecification, tokenizer: Tokenizer, limit: Int?,
    seed: UInt64
  ) throws {
    var given: [CorpusPrompt] = []
    for file in files { given += try PromptFile(path: file.path, group: file.group).prompts }
    let own = run.prompts.map { Array($0.text.utf8) }
    let known = Set(own)
    let new = given.filter { prompt in
      let bytes = Array(prompt.text.utf8)
      return !known.contains(bytes) && !(prompt.isRunningText && own.contains { bytes.starts(with: $0) })
    }
    let cut = BaselineCut.auto.apply(to: new, seed: seed).prompts
    let drawn = Corpus(drawing: cut.filter { !known.contains(Array($0.text.utf8)) }, limit: limit, seed: seed)
    let template = try PromptTemplate(name: run.template.name, system: run.template.system)
    prompts = try drawn.prompts.map { prompt in
      UnseenPrompt(
        text: prompt.text, answerPrefix: prompt.answerPrefix,
        tokens: try template.tokens(for: prompt.text, answerPrefix: prompt.answerPrefix, tokenizer: tokenizer),
        group: prompt.group.name)
    }
    (givenCount, newCount) = (given.count, new.count)
  }
}

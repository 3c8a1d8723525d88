// autointerp
// What `autointerp run` is going to do: the run's specification, made from files and settings.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Circuits
internal import Corpora
internal import Foundation

/// A run that can be submitted.
struct RunPlan {
  let specification: RunSpecification
  /// What is worth telling before the run starts, a line each.
  let notes: [String]

  /// - Parameters:
  ///   - promptFiles: of the domain.
  ///   - baselineFiles: of the baseline.
  ///   - configuration: limit, seed, template and attribution settings.
  ///   - metric: what graphs explain, if not the settings' number of top logits.
  ///   - model: nil when the client has none at hand, and the workers' model is the run's.
  ///   - name: of the run, nil for one made of the rest.
  /// - Throws: `CorpusError`
  init(
    promptFiles: [String], baselineFiles: [String], configuration: ClusterConfiguration, metric: MetricSpecification?,
    model: Checkpoint?, name: String? = nil
  ) throws {
    var candidates: [CorpusPrompt] = []
    var notes: [String] = []
    for (files, origin) in [(promptFiles, CorpusOrigin.domain), (baselineFiles, .baseline)] {
      for path in files {
        let file = try PromptFile(path: path, origin: origin)
        candidates += file.prompts
        if file.skippedTextCount > 0 {
          notes.append("\(path): \(file.skippedTextCount) texts have no sentence of 20 to 200 characters")
        }
      }
    }
    let seed = UInt64(configuration.run.seed)
    let limit = configuration.run.limit
    let corpus = Corpus(drawing: candidates, limit: limit == 0 ? nil : limit, seed: seed)
    if corpus.duplicateCount > 0 { notes.append("\(corpus.duplicateCount) prompts that occur twice count once") }

    var settings = configuration.attribution
    if let metric { settings.metric = metric }
    let modelPath = URL(fileURLWithPath: configuration.model.path)
    var specification = RunSpecification(
      name: "", modelName: model?.name ?? modelPath.deletingPathExtension().lastPathComponent,
      modelFingerprint: model?.fingerprint,
      template: TemplateSpecification(name: configuration.template.name, system: configuration.template.system),
      settings: settings, corpusDigest: corpus.digest,
      corpusName: URL(fileURLWithPath: promptFiles.first ?? "corpus").deletingPathExtension().lastPathComponent,
      seed: seed,
      prompts: corpus.prompts.map {
        RunPrompt(origin: $0.origin == .domain ? .domain : .baseline, text: $0.text, answerPrefix: $0.answerPrefix)
      })
    specification.name = name ?? RunName.make(for: specification)
    self.specification = specification
    self.notes = notes
  }
}

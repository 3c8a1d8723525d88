// autointerp
// `RunPlan` makes the specification of a run from prompt files and settings.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
package import Circuits
internal import ClusterProtocol
package import Corpora
internal import Foundation
internal import Knowledge

/// A run that can be submitted.
package struct RunPlan {
  package let specification: RunSpecification
  /// Messages to show before the run starts, one line each.
  package let notes: [String]

  /// So many neurons with all edges between them, the tokens and the logits are smaller than a frame.
  private static let nodesThatFit = 900

  /// - Parameters:
  ///   - promptFiles: of the domain.
  ///   - baselineFiles: of the baseline.
  ///   - groupFiles: of more groups, each as its name and a file.
  ///   - baselineCut: which sentences of the baseline are cut.
  ///   - configuration: limit, seed, template and attribution settings.
  ///   - metric: what graphs explain, if not the settings' number of top logits.
  ///   - model: nil when the client has none at hand, and the workers' model is the run's.
  ///   - name: of the run, nil for one made of the rest.
  /// - Throws: `CorpusError`
  package init(
    promptFiles: [String], baselineFiles: [String], groupFiles: [(group: PromptGroup, path: String)] = [],
    baselineCut: BaselineCut = .auto, configuration: ClusterConfiguration, metric: MetricSpecification?,
    model: ModelIdentity?, name: String? = nil
  ) throws {
    var candidates: [CorpusPrompt] = []
    var notes: [String] = []
    let files =
      promptFiles.map { (CorpusGroup.domain, $0) } + baselineFiles.map { (.baseline, $0) }
      + groupFiles.map { (CorpusGroup($0.group.rawValue), $0.path) }
    for (group, path) in files {
      let file = try PromptFile(path: path, group: group)
      candidates += file.prompts
      if file.skippedTextCount > 0 {
        notes.append("\(path): \(file.skippedTextCount) texts have no sentence of 20 to 200 characters")
      }
    }
    let seed = UInt64(configuration.run.seed)
    let limit = configuration.run.limit
    let cut = baselineCut.apply(to: candidates, seed: seed)
    if cut.cutCount > 0 {
      notes.append(
        """
        \(cut.cutCount) sentences are cut in mid-sentence, to the lengths of the domain prompts \
        (--baseline-cut none keeps them whole)
        """)
    }
    let corpus = Corpus(drawing: cut.prompts, limit: limit == 0 ? nil : limit, seed: seed)
    if corpus.duplicateCount > 0 { notes.append("\(corpus.duplicateCount) prompts occur twice and count once") }

    var settings = configuration.attribution
    if let metric { settings.metric = metric }
    if settings.edgeThreshold == 0, settings.maximumNodeCount == 0 || settings.maximumNodeCount > Self.nodesThatFit {
      notes.append(
        """
        every edge is kept (edge_threshold 0): a prompt whose result is larger than \(FrameLimits.maximumFrameBytes >> 20) MiB, \
        some 500,000 edges, cannot be sent and is quarantined; max_nodes \(Self.nodesThatFit) stays below
        """)
    }
    var specification = RunSpecification(
      name: "", modelName: model?.name ?? Checkpoint.likelyName(of: configuration.model.path),
      modelFingerprint: model?.fingerprint,
      template: TemplateSpecification(name: configuration.template.name, system: configuration.template.system),
      settings: settings, corpusDigest: corpus.digest,
      corpusName: URL(fileURLWithPath: promptFiles.first ?? "corpus").deletingPathExtension().lastPathComponent,
      seed: seed,
      prompts: corpus.prompts.map(RunPrompt.init))
    specification.spotCheckShare = configuration.run.spotCheck
    specification.name = name ?? RunName.make(for: specification)
    notes += GroupBalance(specification).lines
    self.specification = specification
    self.notes = notes
  }
}

extension CorpusPrompt {
  /// What the prompt asks about instead of the metric of the run; nil if it asks for nothing of its own.
  package var target: PromptTarget? {
    if contrast.count == 2 { return .contrast(contrast[0], contrast[1]) }
    return targetTokens.isEmpty ? nil : .tokens(targetTokens)
  }
}

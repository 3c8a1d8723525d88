// autointerp
// `LabelMaker` makes labels of a run's strongest neurons, and scores stored ones, for `autointerp label`.
// SPDX-License-Identifier: Apache-2.0

internal import AgentExperiments
internal import AgentTools
internal import Circuits
internal import Descriptions
internal import Endpoints
internal import Foundation
internal import Labels
internal import RunIndex

struct LabelMaker {
  let options: LabelMakingOptions
  /// The only neuron, if one is named.
  let neuron: NeuronID?
  let index: RunIndex
  /// The file of labels.
  let place: String

  private static let shownCount = 20
  private var seed: UInt64 { UInt64(options.seed) }

  /// Labels composed from the run, and what to print about their scores.
  func compose() throws -> (LabelImport, String) {
    let run = try ScoredRun(index, seed: seed)
    let written = try options.model.map {
      try WrittenTokens(model: $0, run: index.specification, path: index.path)
    }
    let made = try MachineLabels(try neurons(), of: run) { neuron, sign in
      try written?.tokens(of: neuron, sign: sign) ?? []
    }
    var result = LabelImport()
    result.labels = made.labels
    return (result, made.scores.text(made.labels, of: run, limit: Self.shownCount))
  }

  /// Labels that a language model proposes, and what to print about them.
  func propose() throws -> (LabelImport, String) {
    guard let endpoint = try options.llm.endpoint() else { return (LabelImport(), "") }
    let run = try ScoredRun(index, seed: seed)
    let proposed = try LabelProposals(try neurons(), of: run, from: endpoint, progress: Self.note)
    var result = LabelImport()
    result.labels = proposed.labels
    return (
      result,
      proposed.refusalText + proposed.scores.text(proposed.labels, of: run, limit: Self.shownCount)
    )
  }

  /// Scores the stored labels of the neurons, stores the scores unless this is a trial, and says what they are.
  func scoreStored(isTrial: Bool) throws -> String {
    guard let file = try LabelFile.reading(place) else {
      throw InputError(path: place, problem: "there are no labels yet; add some with --from or --set")
    }
    let chosen = Set(try neurons())
    let labels = try file.labels(of: chosen)
    guard !labels.isEmpty else {
      throw InputError(
        path: place, problem: "none of the \(chosen.count) neurons has a label; choose others with --top-k or --neuron")
    }
    let run = try ScoredRun(index, seed: seed)
    let byWords = try StoredLabelScores(labels, on: run)
    var (scores, text) = (byWords.byKey, byWords.text(limit: Self.shownCount))
    if let endpoint = try options.llm.endpoint() {
      let judged = try JudgedLabelScores(
        byWords.labels, on: run, by: endpoint, activations: try activations(), progress: Self.note)
      scores.merge(judged.byKey) { $0 + $1 }
      text += judged.text
    }
    if !isTrial { try LabelFile.writing(place).record(scores, now: Int64(Date.now.timeIntervalSince1970)) }
    return text
  }

  private func neurons() throws -> [NeuronID] {
    if let neuron {
      guard try !index.knownNeurons([neuron]).isEmpty else {
        throw InputError(path: index.path, problem: index.unselectedText(neuron))
      }
      return [neuron]
    }
    var search = NeuronSearch()
    search.includesSinks = false
    search.order = options.sort
    return try index.neurons(search, limit: options.topK).rows.map(\.neuron)
  }

  /// True activations of every token, with the run's model; nil without one.
  private func activations() throws -> ((NeuronID, Int32) throws -> [Double])? {
    guard let name = options.model else { return nil }
    let model = try LoadedModel.load(name, forRunAt: index.path)
    return { neuron, prompt in
      let given = index.specification.prompts[Int(prompt)]
      return try model.activations(
        of: neuron, in: ExperimentText(text: given.text, answerPrefix: given.answerPrefix)
      ).map(\.activation)
    }
  }

  private static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

// autointerp
// `GraphFile` is a graph read from a file of any format, as completely as statistics need it.
// SPDX-License-Identifier: Apache-2.0

/// The graph of a file, with what the file says about its prompt, and what it does not say.
///
/// `ImportedGraph` has the parts that all formats share, for commands that look up neurons. This has everything.
package struct GraphFile: Equatable, Sendable {
  package var format: ImportedGraph.Format
  /// Empty if the file names none. Neuronpedia's format permits few characters in names.
  package var modelName: String
  /// After templating; empty if the graph was made from token ids without a tokenizer.
  package var prompt: String
  /// Nil if the file does not say how it was made.
  package var settings: AttributionSettings?
  /// Passes `AttributionGraph.validate`.
  package var graph: AttributionGraph
  /// Sorted by id, without repeats.
  package var vocabulary: [TokenText]
  package var gaps: Set<Gap> = []

  /// What a result of a run has and a file lacks.
  package enum Gap: String, Sendable, CaseIterable {
    case settings, rule, scores, effects, report, metric, samples, tokens, others

    /// What is missing and what stands in its place, for people.
    package var text: String {
      switch self {
      case .settings: "no settings: metric and thresholds are unknown"
      case .rule: "no rule of the scores: they are taken for RelP's"
      case .scores: "neurons without scores count with score 0"
      case .effects: "edges without effects: weights stand in their place"
      case .report: "no conservation residuals and no shares of what was kept: they stand as 0"
      case .metric: "no value of the metric: what the listed logits give stands in its place"
      case .samples:
        "it is not said which verified nodes were drawn at random, so that they say nothing about trust"
      case .tokens: "tokens without ids have numbers from \(TokenNumbers.first) on"
      case .others: "nodes that are no neurons, such as reconstruction errors, are left out with their edges"
      }
    }
  }

  /// Reads a file of any format.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - numbers: gives numbers to tokens without an id; one for all files that are put together.
  /// - Throws: `CircuitError.unreadableGraph` if the bytes are no graph of a known format, `malformedGraph` if the graph
  ///   contradicts itself.
  package init(_ bytes: [UInt8], numbers: inout TokenNumbers) throws(CircuitError) {
    let (file, isFull) = try GraphImport.document(bytes)
    if isFull {
      try self.init(full: file)
    } else {
      try self.init(neuronpedia: file, numbers: &numbers)
    }
    try graph.validate()
  }

  init(
    format: ImportedGraph.Format, modelName: String, prompt: String, settings: AttributionSettings?,
    graph: AttributionGraph, texts: [Int32: String], gaps: Set<Gap>
  ) {
    self.format = format
    self.modelName = modelName
    self.prompt = prompt
    self.settings = settings
    self.graph = graph
    vocabulary = Set(graph.tokens + graph.metric.targets.map(\.token)).sorted().map {
      TokenText(id: $0, text: texts[$0] ?? "#\($0)")
    }
    self.gaps = gaps
  }

  /// The prompt as a run lists it: its text, or the texts of its tokens.
  package var promptText: String {
    if !prompt.isEmpty { return prompt }
    let texts = Dictionary(uniqueKeysWithValues: vocabulary.map { ($0.id, $0.text) })
    return graph.tokens.map { texts[$0] ?? "" }.joined()
  }
}

/// Numbers for tokens of which a file has only the text. They lie above the ids of all vocabularies.
package struct TokenNumbers: Sendable {
  package static let first: Int32 = 1 << 30
  private var numbers: [String: Int32] = [:]

  package init() {}

  /// The number of this text: the same whenever it is asked for.
  mutating func number(of text: String) -> Int32 {
    if let known = numbers[text] { return known }
    let next = Self.first + Int32(numbers.count)
    numbers[text] = next
    return next
  }
}

// autointerp
// `RunIndexBuilder` merges a run's deltas once and writes everything that questions need into an index.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import Knowledge

/// Builds the index of one state of a run. Equal states give equal tables.
struct RunIndexBuilder {
  private let reader: AtlasReader
  let specification: RunSpecification
  private(set) var aggregate = EdgeAggregate()
  var occurrences: [Occurrence] = []
  var peaks: [Peak] = []
  private(set) var facts: [PromptFacts] = []

  struct Occurrence {
    var node: UInt64
    var prompt: Int32
    var position: Int32
    var activation: Float
    var relp: Float
    var gradientScore: Float?
    var streamShare: Float?
    var removal: Float?
    var isSampled: Bool?
  }

  /// One of the strongest activations of a prompt.
  struct Peak {
    var node: UInt64
    var prompt: Int32
    var position: Int32
    var activation: Float
  }

  struct PromptFacts {
    var prompt: Int32
    var tokens: [Int32]
    var metric: Metric
  }

  init(_ reader: AtlasReader, specification: RunSpecification) {
    self.reader = reader
    self.specification = specification
  }

  /// Writes the index of the run's present deltas to a new file at `path`.
  ///
  /// - Returns: the state that was indexed.
  /// - Complexity: O(bytes of all deltas + edges * log(edges))
  mutating func build(at path: String) throws -> AtlasState {
    // Before there is a file, because reading takes longest, and a process that ends in between leaves nothing behind.
    let state = try merge()
    let knowledge = RunKnowledge(aggregate: aggregate, specification: specification)
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      // The file is renamed into place when it is complete: until then nothing in it must survive anything.
      try db.execute(sql: "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.writeWithoutTransaction { db in
      try db.inTransaction {
        try db.execute(sql: RunIndexSchema.tables)
        try insertInfo(state, into: db)
        try insertAgreement(into: db)
        try insertPrompts(into: db)
        try insertNeurons(knowledge, into: db)
        try insertComparisons(knowledge, into: db)
        try insertOccurrences(into: db)
        try insertPeaks(into: db)
        try insertEdges(into: db)
        try db.execute(sql: RunIndexSchema.indexes)
        try db.execute(sql: RunIndexSchema.views(rule: specification.settings.rule))
        return .commit
      }
      try db.execute(sql: "ANALYZE")
    }
    try queue.close()
    return state
  }

  private mutating func merge() throws -> AtlasState {
    try reader.state { prompt, payload in
      do {
        let delta = try EdgeDelta(payload: payload)
        try aggregate.merge(delta)
        add(delta)
      } catch {
        throw RunIndexError.damaged(path: reader.path, prompt: prompt, reason: "\(error)")
      }
    }
  }

  private mutating func add(_ delta: EdgeDelta) {
    let (graph, neurons) = (delta.graph, delta.graph.neurons)
    var verified: [Int32: Int] = [:]
    for (place, number) in graph.verified.neuron.enumerated() { verified[number] = place }
    for i in 0..<neurons.count {
      let place = verified[Int32(i)]
      occurrences.append(
        Occurrence(
          node: Endpoint.neuron(layer: neurons.layer[i], index: neurons.index[i]).packed, prompt: delta.prompt,
          position: neurons.position[i], activation: neurons.activation[i], relp: neurons.relp[i],
          gradientScore: neurons.gradientScore.isEmpty ? nil : neurons.gradientScore[i],
          streamShare: neurons.streamShare.isEmpty ? nil : neurons.streamShare[i],
          removal: place.flatMap { graph.verified.zero.isEmpty ? nil : graph.verified.zero[$0] },
          isSampled: place.map(graph.verified.isSampled)))
    }
    let strongest = graph.peaks
    for i in 0..<strongest.count {
      peaks.append(
        Peak(
          node: Endpoint.neuron(layer: strongest.layer[i], index: strongest.index[i]).packed, prompt: delta.prompt,
          position: strongest.position[i], activation: strongest.activation[i]))
    }
    facts.append(PromptFacts(prompt: delta.prompt, tokens: graph.tokens, metric: graph.metric))
  }
}

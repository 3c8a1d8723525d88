// autointerp
// `EdgeAggregate` answers questions while a run goes on: neurons, prompts, edges, profiles and rankings.
// SPDX-License-Identifier: Apache-2.0

extension EdgeAggregate {
  /// All neurons, sorted by layer, then index.
  package func sortedNeurons() -> [NeuronID] {
    endpoints.compactMap(\.neuron).sorted()
  }

  /// The statistics of a neuron, or nil if no merged prompt has it.
  package func statistics(of neuron: NeuronID) -> NeuronStatistics? {
    numbers[.neuron(neuron)].map { neurons[Int($0)] }
  }

  /// The statistics of an edge, or nil if no merged prompt has it.
  package func statistics(from source: Endpoint, to target: Endpoint) -> EdgeStatistics? {
    guard let from = numbers[source], let to = numbers[target] else { return nil }
    return edges[EdgeTable.key(source: from, target: to)]
  }

  package func specificity(of statistics: NeuronStatistics) -> DomainSpecificity {
    DomainSpecificity(
      domain: Int(statistics.domainPrompts), of: totals.domainPrompts, baseline: Int(statistics.baselinePrompts),
      of: totals.baselinePrompts)
  }

  /// The merged prompts, sorted by number.
  package func sortedPrompts() -> [PromptRecord] {
    prompts.values.map(\.record).sorted { $0.prompt < $1.prompt }
  }

  /// The neurons of a merged prompt, sorted.
  package func neurons(inPrompt prompt: Int32) -> [NeuronID] {
    (prompts[prompt]?.neurons ?? []).compactMap { endpoints[Int($0)].neuron }.sorted()
  }

  /// The neurons that fire most in a merged prompt, sorted. Empty if its graph does not tell.
  package func activeNeurons(inPrompt prompt: Int32) -> [NeuronID] { prompts[prompt]?.active ?? [] }

  /// True if some merged prompt tells which neurons fire most.
  package var knowsActiveNeurons: Bool { prompts.values.contains { !$0.active.isEmpty } }

  /// The token ids and their texts, sorted by id.
  package func sortedVocabulary() -> [TokenText] {
    vocabulary.map { TokenText(id: $0.key, text: $0.value) }.sorted { $0.id < $1.id }
  }

  /// Calls `body` with every edge, sorted by source, then target.
  ///
  /// - Complexity: O(edges * log(edges)), and temporarily 16 bytes per edge
  package func forEachEdge(
    _ body: (_ source: Endpoint, _ target: Endpoint, _ statistics: EdgeStatistics) throws -> Void
  ) rethrows {
    // Replace endpoints by their ranks, so that one integer gives an edge's place in the order.
    let order = endpoints.indices.sorted { endpoints[$0] < endpoints[$1] }
    var rankOfNumber = [UInt32](repeating: 0, count: order.count)
    for (rank, number) in order.enumerated() { rankOfNumber[number] = UInt32(rank) }
    var entries: [(rank: UInt64, place: EdgeTable.Place)] = []
    entries.reserveCapacity(edges.count)
    edges.forEach { key, place in
      let source = rankOfNumber[Int(EdgeTable.source(key))]
      let target = rankOfNumber[Int(EdgeTable.target(key))]
      entries.append((EdgeTable.key(source: source, target: target), place))
    }
    entries.sort { $0.rank < $1.rank }
    for entry in entries {
      try body(
        endpoints[order[Int(EdgeTable.source(entry.rank))]], endpoints[order[Int(EdgeTable.target(entry.rank))]],
        edges.statistics(at: entry.place))
    }
  }

  /// The profile of one neuron, with lists cut to `topCount`, or nil if no merged prompt has the neuron.
  ///
  /// - Complexity: O(edges)
  package func profile(
    of neuron: NeuronID, topCount: Int = 20, edgesBy edgeOrder: EdgeOrder = .prompts
  ) -> NeuronProfile? {
    profiles(of: [neuron], topCount: topCount, edgesBy: edgeOrder).first
  }

  /// The profiles of several neurons in the given order, from one pass over the edges. Neurons that no merged prompt
  /// has are left out.
  ///
  /// - Complexity: O(edges)
  package func profiles(
    of neurons: [NeuronID], topCount: Int = 20, edgesBy edgeOrder: EdgeOrder = .prompts
  ) -> [NeuronProfile] {
    var seen: Set<NeuronID> = []
    let known = neurons.filter { numbers[.neuron($0)] != nil && seen.insert($0).inserted }
    let reader = ProfileReader(self, neurons: known, listLength: topCount, edgeOrder: edgeOrder)
    var shared = ProfileReader.SharedPrompts(reader)
    return known.indices.map { reader.profile(row: $0, &shared) }
  }

  /// The profiles of the first neurons in an order, with lists cut to `topCount`.
  ///
  /// - Complexity: O(edges)
  package func topNeurons(
    sortedBy order: NeuronOrder, limit: Int, topCount: Int = 5, edgesBy edgeOrder: EdgeOrder = .prompts,
    rule: AttributionRule = AttributionSettings().rule
  ) -> [NeuronProfile] {
    profiles(of: rankedNeurons(by: order, limit: limit, rule: rule), topCount: topCount, edgesBy: edgeOrder)
  }

  /// The first neurons in an order. `rule` is that of the run's scores.
  package func rankedNeurons(
    by order: NeuronOrder, limit: Int, rule: AttributionRule = AttributionSettings().rule
  ) -> [NeuronID] {
    // Larger keys come first, then larger |score|, then the smaller neuron.
    var entries: [(key: Double, score: Int128, endpoint: Endpoint)] = []
    for (endpoint, statistics) in zip(endpoints, neurons) where statistics.prompts > 0 {
      let key =
        switch order {
        case .domain: specificity(of: statistics).zScore
        case .baseline: -specificity(of: statistics).zScore
        case .prompts: Double(statistics.prompts)
        case .score: statistics.absoluteScoreSum(rule)
        case .relp: statistics.absoluteRelpSum
        }
      let score = rule == .relp ? statistics.absoluteRelpNumber : statistics.absoluteGradientScoreNumber
      entries.append((key, score, endpoint))
    }
    entries.sort { a, b in
      if a.key != b.key { return a.key > b.key }
      return a.score != b.score ? a.score > b.score : a.endpoint < b.endpoint
    }
    return entries.prefix(max(0, limit)).compactMap(\.endpoint.neuron)
  }

  /// How well scores agree with interventions, from the random samples of all prompts. The thirds divide the layers up
  /// to the highest one with a node.
  ///
  /// - Complexity: O(samples * log(samples))
  package var agreement: AgreementTable {
    let layers = endpoints.lazy.compactMap { $0.neuron.map { Int($0.layer) } }.max() ?? 0
    return AgreementTable(sortedSamples, layerCount: layers + 1)
  }

  /// The rows of `agreement.positionRows(rule)`, without computing the other rows.
  package func agreementByPosition(_ rule: AttributionRule) -> [AgreementTable.Row] {
    AgreementTable.positionRows(sortedSamples, rule)
  }

  private var sortedSamples: [[VerifiedSample]] { prompts.sorted { $0.key < $1.key }.map(\.value.samples) }
}

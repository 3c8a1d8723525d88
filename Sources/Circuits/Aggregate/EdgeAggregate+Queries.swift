// autointerp
// Questions to a running aggregate.
// SPDX-License-Identifier: Apache-2.0

extension EdgeAggregate {
  /// All neurons, sorted by layer, then index.
  package func sortedNeurons() -> [NeuronID] {
    endpoints.compactMap(\.neuron).sorted()
  }

  /// The statistics of a neuron, nil when no merged prompt has it.
  package func statistics(of neuron: NeuronID) -> NeuronStatistics? {
    numbers[.neuron(neuron)].map { neurons[Int($0)] }
  }

  /// The statistics of an edge, nil when no merged prompt has it.
  package func statistics(from source: Endpoint, to target: Endpoint) -> EdgeStatistics? {
    guard let from = numbers[source], let to = numbers[target] else { return nil }
    return edges[EdgeTable.key(source: from, target: to)]
  }

  package func specificity(of statistics: NeuronStatistics) -> DomainSpecificity {
    DomainSpecificity(
      domain: Int(statistics.domainPrompts), of: totals.domainPrompts, baseline: Int(statistics.baselinePrompts),
      of: totals.baselinePrompts)
  }

  /// Merged prompts, sorted by number.
  package func sortedPrompts() -> [PromptRecord] {
    prompts.values.map(\.record).sorted { $0.prompt < $1.prompt }
  }

  /// The neurons of a merged prompt, sorted.
  package func neurons(inPrompt prompt: Int32) -> [NeuronID] {
    (prompts[prompt]?.neurons ?? []).compactMap { endpoints[Int($0)].neuron }.sorted()
  }

  /// Token ids with their texts, sorted by id.
  package func sortedVocabulary() -> [TokenText] {
    vocabulary.map { TokenText(id: $0.key, text: $0.value) }.sorted { $0.id < $1.id }
  }

  /// Calls `body` with every edge, sorted by source, then target.
  ///
  /// - Complexity: O(edges * log(edges)) and 16 bytes an edge meanwhile
  package func forEachEdge(
    _ body: (_ source: Endpoint, _ target: Endpoint, _ statistics: EdgeStatistics) throws -> Void
  ) rethrows {
    // Ranks in place of endpoints make an edge's place in the order one integer.
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

  /// The profile of one neuron, its lists cut to `topCount`; nil when no merged prompt has it.
  ///
  /// - Complexity: O(edges)
  package func profile(
    of neuron: NeuronID, topCount: Int = 20, edgesBy edgeOrder: EdgeOrder = .prompts
  ) -> NeuronProfile? {
    profiles(of: [neuron], topCount: topCount, edgesBy: edgeOrder).first
  }

  /// The profiles of several neurons in one pass, in the order given; neurons that no merged prompt has are left out.
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

  /// The first neurons in an order, with lists cut to `topCount`.
  ///
  /// - Complexity: O(edges)
  package func topNeurons(
    sortedBy order: NeuronOrder, limit: Int, topCount: Int = 5, edgesBy edgeOrder: EdgeOrder = .prompts
  ) -> [NeuronProfile] {
    profiles(of: rankedNeurons(by: order, limit: limit), topCount: topCount, edgesBy: edgeOrder)
  }

  /// The first neurons in an order.
  package func rankedNeurons(by order: NeuronOrder, limit: Int) -> [NeuronID] {
    // Each as (key, |relp|, packed endpoint): larger keys first, then larger |relp|, then the smaller neuron.
    var entries: [(key: Double, relp: Int128, endpoint: Endpoint)] = []
    for (endpoint, statistics) in zip(endpoints, neurons) where statistics.prompts > 0 {
      let key =
        switch order {
        case .domain: specificity(of: statistics).zScore
        case .baseline: -specificity(of: statistics).zScore
        case .prompts: Double(statistics.prompts)
        case .relp: statistics.absoluteRelpSum
        }
      entries.append((key, statistics.absoluteRelpNumber, endpoint))
    }
    entries.sort { a, b in
      if a.key != b.key { return a.key > b.key }
      return a.relp != b.relp ? a.relp > b.relp : a.endpoint < b.endpoint
    }
    return entries.prefix(max(0, limit)).compactMap(\.endpoint.neuron)
  }
}

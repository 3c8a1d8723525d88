// autointerp
// `EdgeAggregate` merges the graphs of a run into exact statistics that do not depend on the order of merging.
// SPDX-License-Identifier: Apache-2.0

/// The statistics of all merged prompts of a run, without token positions.
///
/// Equal sets of deltas give equal aggregates and byte-identical exports, in whatever order and grouping they are
/// merged: counts are integers, sums are fixed-point (`FixedPoint`), extremes do not depend on the order, and
/// everything is sorted when it is read. Each prompt is merged at most once.
///
/// This is a value: a copy is a snapshot that can be exported while merging goes on. The first merge after the copy
/// pays for the memory.
package struct EdgeAggregate: Sendable {
  /// The endpoints in the order in which they were first seen. An endpoint's index is its number in all tables below.
  /// The order is internal and never exported.
  var endpoints: [Endpoint] = []
  var numbers: [Endpoint: UInt32] = [:]
  /// `[endpoints]`; all zero for tokens.
  var neurons: [NeuronStatistics] = []
  var edges = EdgeTable()
  var prompts: [Int32: PromptEntry] = [:]
  var vocabulary: [Int32: String] = [:]
  var ambiguousTokens: Set<Int32> = []
  package internal(set) var neuronCount = 0
  package internal(set) var totals = AggregateTotals()
  private var grouping = FlowGrouping()

  /// A merged prompt and the sorted numbers of its neurons, from which co-occurrences are counted on demand.
  struct PromptEntry: Sendable {
    var record: PromptRecord
    var neurons: [UInt32]
    var samples: [VerifiedSample]
    /// The neurons that fire most, sorted, selected or not.
    var active: [NeuronID] = []
  }

  package init() {}

  /// The number of distinct edges.
  package var edgeCount: Int { edges.count }
  package var promptCount: Int { prompts.count }
  package func contains(prompt: Int32) -> Bool { prompts[prompt] != nil }

  /// The text of a token that a merged prompt mentions.
  package func text(ofToken token: Int32) -> String? { vocabulary[token] }

  /// The number of tokens for which deltas gave different texts: a sign of mixed tokenizers. The smallest text in
  /// UTF-8 order is kept.
  package var ambiguousTokenCount: Int { ambiguousTokens.count }

  /// The memory in use, estimated from the capacities of the tables.
  package var residentBytes: Int {
    let perNeuron = MemoryLayout<NeuronStatistics>.stride + MemoryLayout<Endpoint>.stride
    let lists = prompts.values.reduce(0) {
      $0 + $1.neurons.capacity * 4 + $1.samples.capacity * MemoryLayout<VerifiedSample>.stride
        + $1.active.capacity * MemoryLayout<NeuronID>.stride + 64
    }
    let texts = vocabulary.values.reduce(0) { $0 + ($1.utf8.count > 15 ? $1.utf8.count + 32 : 0) }
    return edges.residentBytes + endpoints.capacity * perNeuron + numbers.capacity * 18 + lists
      + prompts.capacity * (MemoryLayout<PromptEntry>.stride + 8) + texts + vocabulary.capacity * 28
  }

  /// Validates the graph of one prompt and merges it, or changes nothing if it throws.
  ///
  /// - Throws: `CircuitError.malformedGraph` if the delta is invalid (`EdgeDelta.validate()`),
  ///   `CircuitError.duplicatePrompt` if its prompt is merged already.
  /// - Complexity: O(nodes + edges) on average
  package mutating func merge(_ delta: EdgeDelta) throws(CircuitError) { try merge(ValidDelta(delta)) }

  /// Merges the graph of one prompt, or changes nothing if it throws.
  ///
  /// - Throws: `CircuitError.duplicatePrompt` if its prompt is merged already.
  /// - Complexity: O(nodes + edges) on average
  package mutating func merge(_ valid: ValidDelta) throws(CircuitError) {
    let delta = valid.delta
    guard prompts[delta.prompt] == nil else { throw .duplicatePrompt(delta.prompt) }

    let graph = delta.graph
    let (local, distinct) = FlowGrouping.localNumbers(of: graph)
    let global = distinct.map { number(of: $0) }
    for i in 0..<graph.neurons.count {
      neurons[Int(global[Int(local[i])])].addOccurrence(
        relp: graph.neurons.relp[i],
        gradientScore: graph.neurons.gradientScore.isEmpty ? 0 : graph.neurons.gradientScore[i],
        activation: graph.neurons.activation[i],
        at: PositionClass(graph.neurons.position[i], metricPosition: graph.metric.position))
    }
    for (k, i) in graph.verified.neuron.enumerated() where !graph.verified.zero.isEmpty {
      neurons[Int(global[Int(local[Int(i)])])].addVerified(contribution: -graph.verified.zero[k])
    }
    for (i, features) in graph.unverifiedFeatures { neurons[Int(global[Int(local[i])])].addUnverified(features) }
    let flows = PromptFlows(graph, local: local, distinctCount: distinct.count)
    var present: [UInt32] = []
    for (place, (endpoint, number)) in zip(distinct, global).enumerated() where endpoint.kind == .neuron {
      if neurons[Int(number)].prompts == 0 { neuronCount += 1 }
      neurons[Int(number)].addPrompt(of: delta.origin)
      neurons[Int(number)].addFlows(flows.profiles[place], ofPrompt: delta.prompt)
      present.append(number)
    }
    present.sort()

    grouping.group(graph.edges, local: local, distinctCount: distinct.count)
    edges.reserve(additional: grouping.flows.count)
    edges.record(grouping.flows, endpoints: global, column: delta.origin.column)
    for entry in delta.vocabulary { learn(entry.text, token: entry.id) }
    let entry = PromptEntry(
      record: PromptRecord(delta), neurons: present, samples: graph.verifiedSamples, active: graph.peaks.neurons)
    totals.add(entry.record)
    totals.coverage.add(graph)
    prompts[delta.prompt] = entry
  }

  /// Merges an aggregate of other prompts of the same run, for example a part that was rebuilt in parallel.
  ///
  /// - Throws: `CircuitError.duplicatePrompt` with the smallest prompt that both have. Then nothing changes.
  package mutating func merge(_ other: EdgeAggregate) throws(CircuitError) {
    if let shared = other.prompts.keys.filter({ prompts[$0] != nil }).min() { throw .duplicatePrompt(shared) }
    let global = other.endpoints.map { number(of: $0) }
    for (number, statistics) in zip(global, other.neurons) where statistics.prompts > 0 {
      if neurons[Int(number)].prompts == 0 { neuronCount += 1 }
      neurons[Int(number)].add(statistics)
    }
    edges.reserve(additional: other.edges.count)
    other.edges.forEach { key, place in
      edges.record(
        EdgeTable.key(
          source: global[Int(EdgeTable.source(key))], target: global[Int(EdgeTable.target(key))]),
        other.edges.statistics(at: place))
    }
    for (token, text) in other.vocabulary { learn(text, token: token) }
    ambiguousTokens.formUnion(other.ambiguousTokens)
    for (prompt, var entry) in other.prompts {
      totals.add(entry.record)
      entry.neurons = entry.neurons.map { global[Int($0)] }.sorted()
      prompts[prompt] = entry
    }
    totals.coverage.add(other.totals.coverage)
  }

  mutating func number(of endpoint: Endpoint) -> UInt32 {
    if let known = numbers[endpoint] { return known }
    let number = UInt32(endpoints.count)
    endpoints.append(endpoint)
    neurons.append(NeuronStatistics())
    numbers[endpoint] = number
    return number
  }

  private mutating func learn(_ text: String, token: Int32) {
    guard let known = vocabulary[token] else {
      vocabulary[token] = text
      return
    }
    // `==` would treat canonically equivalent texts as equal.
    if known.utf8.elementsEqual(text.utf8) { return }
    ambiguousTokens.insert(token)
    if text.utf8.lexicographicallyPrecedes(known.utf8) { vocabulary[token] = text }
  }
}

extension EdgeAggregate: Equatable {
  /// True if the same prompts with the same graphs were merged, in any order.
  package static func == (a: EdgeAggregate, b: EdgeAggregate) -> Bool {
    guard a.totals == b.totals, a.edges.count == b.edges.count, a.neuronCount == b.neuronCount,
      a.prompts.count == b.prompts.count, a.ambiguousTokens == b.ambiguousTokens,
      a.vocabulary.count == b.vocabulary.count, a.endpoints.count == b.endpoints.count
    else { return false }
    for (token, text) in a.vocabulary {
      guard let other = b.vocabulary[token], other.utf8.elementsEqual(text.utf8) else { return false }
    }
    var inB: [UInt32] = []
    for (number, endpoint) in a.endpoints.enumerated() {
      guard let other = b.numbers[endpoint], a.neurons[number] == b.neurons[Int(other)] else { return false }
      inB.append(other)
    }
    for (prompt, entry) in a.prompts {
      guard let other = b.prompts[prompt], other.record == entry.record, other.samples == entry.samples,
        other.active == entry.active,
        other.neurons == entry.neurons.map({ inB[Int($0)] }).sorted()
      else { return false }
    }
    var equal = true
    a.edges.forEach { key, place in
      guard equal else { return }
      let other = EdgeTable.key(source: inB[Int(EdgeTable.source(key))], target: inB[Int(EdgeTable.target(key))])
      equal = b.edges[other] == a.edges.statistics(at: place)
    }
    return equal
  }
}

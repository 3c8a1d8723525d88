// autointerp
// The exact, order-independent statistics of a run.
// SPDX-License-Identifier: Apache-2.0

/// Position-free statistics over all merged prompts of a run.
///
/// Equal sets of deltas give equal aggregates, and byte-identical exports, whatever the order and grouping in which they
/// were merged: counts are integers, sums fixed-point (`FixedPoint`), extremes order-free, and everything is sorted when
/// it is read. Each prompt is merged at most once.
///
/// A value: a copy is a snapshot that can be exported elsewhere while merging goes on (the first merge after the copy
/// then pays for the memory).
package struct EdgeAggregate: Sendable {
  /// Position-free nodes in order of first sight; an endpoint's place is its number in all tables below. The order
  /// means nothing and never reaches the outside.
  var endpoints: [Endpoint] = []
  var numbers: [Endpoint: UInt32] = [:]
  /// `[endpoints]`: all zero for tokens.
  var neurons: [NeuronStatistics] = []
  var edges = EdgeTable()
  var prompts: [Int32: PromptEntry] = [:]
  var vocabulary: [Int32: String] = [:]
  var ambiguousTokens: Set<Int32> = []
  private(set) package var neuronCount = 0
  private(set) package var totals = AggregateTotals()
  private var grouping = FlowGrouping()

  /// A merged prompt and the numbers of its neurons, sorted: from these lists co-occurrence is counted when asked for.
  struct PromptEntry: Sendable {
    var record: PromptRecord
    var neurons: [UInt32]
  }

  package init() {}

  /// Distinct position-free edges.
  package var edgeCount: Int { edges.count }
  package var promptCount: Int { prompts.count }
  package func contains(prompt: Int32) -> Bool { prompts[prompt] != nil }

  /// The text of a token that some merged prompt mentions.
  package func text(ofToken token: Int32) -> String? { vocabulary[token] }

  /// Tokens for which deltas gave different texts (the smallest in UTF-8 order is kept): a sign of mixed tokenizers.
  package var ambiguousTokenCount: Int { ambiguousTokens.count }

  /// Memory held, estimated from the capacities of the tables.
  package var residentBytes: Int {
    let perNeuron = MemoryLayout<NeuronStatistics>.stride + MemoryLayout<Endpoint>.stride
    let lists = prompts.values.reduce(0) { $0 + $1.neurons.capacity * 4 + 32 }
    let texts = vocabulary.values.reduce(0) { $0 + ($1.utf8.count > 15 ? $1.utf8.count + 32 : 0) }
    return edges.residentBytes + endpoints.capacity * perNeuron + numbers.capacity * 18 + lists
      + prompts.capacity * (MemoryLayout<PromptEntry>.stride + 8) + texts + vocabulary.capacity * 28
  }

  /// Merges the graph of one prompt.
  ///
  /// Atomic: a delta that is refused changes nothing.
  /// - Throws: `CircuitError.malformedGraph` when the delta breaks its contract (`EdgeDelta.validate()`),
  ///   `CircuitError.duplicatePrompt` when its prompt is merged already.
  /// - Complexity: O(nodes + edges) on average
  package mutating func merge(_ delta: EdgeDelta) throws(CircuitError) {
    try delta.validate()
    guard prompts[delta.prompt] == nil else { throw .duplicatePrompt(delta.prompt) }

    let graph = delta.graph
    let (local, distinct) = FlowGrouping.localNumbers(of: graph)
    let global = distinct.map { number(of: $0) }
    for i in 0..<graph.neurons.count {
      neurons[Int(global[Int(local[i])])].addOccurrence(
        relp: graph.neurons.relp[i], activation: graph.neurons.activation[i])
    }
    var present: [UInt32] = []
    for (endpoint, number) in zip(distinct, global) where endpoint.kind == .neuron {
      if neurons[Int(number)].prompts == 0 { neuronCount += 1 }
      neurons[Int(number)].addPrompt(delta.origin)
      present.append(number)
    }
    present.sort()

    grouping.group(graph.edges, local: local, distinctCount: distinct.count)
    edges.reserve(additional: grouping.flows.count)
    edges.record(grouping.flows, endpoints: global, origin: delta.origin)
    for entry in delta.vocabulary { learn(entry.text, token: entry.id) }
    let entry = PromptEntry(record: PromptRecord(delta), neurons: present)
    totals.add(entry.record)
    prompts[delta.prompt] = entry
  }

  /// Merges an aggregate of other prompts of the same run, such as a part that was rebuilt in parallel.
  ///
  /// - Throws: `CircuitError.duplicatePrompt` with the smallest prompt that both have; then nothing is changed.
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
    for (prompt, entry) in other.prompts {
      totals.add(entry.record)
      prompts[prompt] = PromptEntry(record: entry.record, neurons: entry.neurons.map { global[Int($0)] }.sorted())
    }
  }

  private mutating func number(of endpoint: Endpoint) -> UInt32 {
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
    // Not `==`, which calls canonically equivalent texts equal.
    if known.utf8.elementsEqual(text.utf8) { return }
    ambiguousTokens.insert(token)
    if text.utf8.lexicographicallyPrecedes(known.utf8) { vocabulary[token] = text }
  }
}

extension EdgeAggregate: Equatable {
  /// Equal when the same prompts with the same graphs were merged, in whatever order.
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
      guard let other = b.prompts[prompt], other.record == entry.record,
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

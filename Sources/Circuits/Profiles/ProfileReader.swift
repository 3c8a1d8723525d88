// autointerp
// `ProfileReader` builds the profiles of any number of neurons from an aggregate.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Reads the aggregate's edges once for all its neurons, then makes each profile on demand.
///
/// - Complexity: creating it is O(edges * log(listLength) + neurons in prompts). A profile costs the sum of the sizes
///   of the prompts it appears in, for co-occurrences. Pair counts are never stored.
struct ProfileReader: Sendable {
  let aggregate: EdgeAggregate
  /// The neurons in the given order. `numbers` holds their endpoint numbers, `[rows]`.
  let neurons: [NeuronID]
  private let numbers: [UInt32]
  private let upstream: BestEdges
  private let downstream: BestEdges
  private let outputs: BestEdges
  /// The prompts that each row's neuron appears in, as indices into `promptNeurons`:
  /// `postings[starts[row]..<starts[row + 1]]`.
  private let starts: [Int]
  private let postings: [UInt32]
  private let promptNeurons: [[UInt32]]
  private let listLength: Int

  /// `neurons` must be distinct and in the aggregate. Lists are cut to `listLength` edges, the first in `edgeOrder`.
  init(_ aggregate: EdgeAggregate, neurons: [NeuronID], listLength: Int, edgeOrder: EdgeOrder = .prompts) {
    self.aggregate = aggregate
    self.neurons = neurons
    self.listLength = max(0, listLength)
    numbers = neurons.map { neuron in
      guard let number = aggregate.numbers[.neuron(neuron)] else { preconditionFailure("\(neuron) is not merged") }
      return number
    }
    var rowOfNumber = [Int32](repeating: -1, count: aggregate.endpoints.count)
    for (row, number) in numbers.enumerated() { rowOfNumber[Int(number)] = Int32(row) }

    (upstream, downstream, outputs) = Self.bestEdges(
      of: aggregate, rowOfNumber: rowOfNumber, rows: neurons.count, listLength: self.listLength, order: edgeOrder)
    promptNeurons = aggregate.prompts.values.map(\.neurons)
    (starts, postings) = Self.postings(of: promptNeurons, rowOfNumber: rowOfNumber, rows: neurons.count)
  }

  /// Finds upstream and downstream edges on two threads at once. Each reads the whole table.
  private static func bestEdges(
    of aggregate: EdgeAggregate, rowOfNumber: [Int32], rows: Int, listLength: Int, order: EdgeOrder
  ) -> (upstream: BestEdges, downstream: BestEdges, outputs: BestEdges) {
    let none = BestEdges(rows: 0, capacity: 0)
    let found = Mutex((upstream: none, downstream: none, outputs: none))
    DispatchQueue.concurrentPerform(iterations: 2) { side in
      if side == 0 {
        let upstream = upstreamEdges(
          of: aggregate, rowOfNumber: rowOfNumber, rows: rows, listLength: listLength, order: order)
        found.withLock { $0.upstream = upstream }
      } else {
        let (all, outputs) = downstreamEdges(
          of: aggregate, rowOfNumber: rowOfNumber, rows: rows, listLength: listLength, order: order)
        found.withLock { ($0.downstream, $0.outputs) = (all, outputs) }
      }
    }
    return found.withLock { $0 }
  }

  // Offer edges of several prompts first: they fill the heaps, so that most edges of one prompt are refused at once.

  private static func upstreamEdges(
    of aggregate: EdgeAggregate, rowOfNumber: [Int32], rows: Int, listLength: Int, order: EdgeOrder
  ) -> BestEdges {
    var upstream = BestEdges(rows: rows, capacity: listLength, order: order)
    func offer(_ key: UInt64, _ place: EdgeTable.Place, _ prompts: UInt32, _ magnitude: () -> Double) {
      let row = Int(rowOfNumber[Int(EdgeTable.target(key))])
      guard row >= 0 else { return }
      upstream.offer(row: row, prompts: prompts) {
        BestEdges.Candidate(
          prompts: prompts, place: place,
          magnitude: order == .flow ? absoluteFlow(at: place, in: aggregate) : magnitude(),
          other: aggregate.endpoints[Int(EdgeTable.source(key))].packed)
      }
    }
    aggregate.edges.forEachSeveral(offer)
    aggregate.edges.forEachSingle { offer($0, $1, 1, $2) }
    return upstream
  }

  private static func downstreamEdges(
    of aggregate: EdgeAggregate, rowOfNumber: [Int32], rows: Int, listLength: Int, order: EdgeOrder
  ) -> (all: BestEdges, outputs: BestEdges) {
    var all = BestEdges(rows: rows, capacity: listLength, order: order)
    var outputs = BestEdges(rows: rows, capacity: listLength, order: order)
    func offer(_ key: UInt64, _ place: EdgeTable.Place, _ prompts: UInt32, _ magnitude: () -> Double) {
      let row = Int(rowOfNumber[Int(EdgeTable.source(key))])
      guard row >= 0 else { return }
      let target = aggregate.endpoints[Int(EdgeTable.target(key))]
      func candidate() -> BestEdges.Candidate {
        BestEdges.Candidate(
          prompts: prompts, place: place,
          magnitude: order == .flow ? absoluteFlow(at: place, in: aggregate) : magnitude(), other: target.packed)
      }
      all.offer(row: row, prompts: prompts, candidate: candidate)
      if target.kind == .logit { outputs.offer(row: row, prompts: prompts, candidate: candidate) }
    }
    aggregate.edges.forEachSeveral(offer)
    aggregate.edges.forEachSingle { offer($0, $1, 1, $2) }
    return (all, outputs)
  }

  /// The sum of the prompts' |flow| in `2^-32`, rounded to a Double.
  private static func absoluteFlow(at place: EdgeTable.Place, in aggregate: EdgeAggregate) -> Double {
    FixedPoint.double(aggregate.edges.statistics(at: place).absoluteSumNumber)
  }

  private static func postings(
    of promptNeurons: [[UInt32]], rowOfNumber: [Int32], rows: Int
  ) -> (starts: [Int], postings: [UInt32]) {
    var starts = [Int](repeating: 0, count: rows + 1)
    for neurons in promptNeurons {
      for number in neurons where rowOfNumber[Int(number)] >= 0 { starts[Int(rowOfNumber[Int(number)]) + 1] += 1 }
    }
    for row in 0..<rows { starts[row + 1] += starts[row] }
    var next = starts
    var postings = [UInt32](repeating: 0, count: starts[rows])
    for (place, neurons) in promptNeurons.enumerated() {
      for number in neurons {
        let row = Int(rowOfNumber[Int(number)])
        guard row >= 0 else { continue }
        postings[next[row]] = UInt32(place)
        next[row] += 1
      }
    }
    return (starts, postings)
  }

  /// A buffer that is reused between profiles: how many prompts each endpoint shares with the neuron. All zero in
  /// between.
  struct SharedPrompts {
    fileprivate var counts: [UInt32]
    fileprivate var seen: [UInt32] = []

    init(_ reader: ProfileReader) { counts = Array(repeating: 0, count: reader.aggregate.endpoints.count) }
  }

  /// Returns the profile of `neurons[row]`.
  func profile(row: Int, _ shared: inout SharedPrompts) -> NeuronProfile {
    let statistics = aggregate.neurons[Int(numbers[row])]
    let (cooccurringCount, cooccurring) = cooccurrences(row: row, of: statistics.prompts, &shared)
    return NeuronProfile(
      neuron: neurons[row], statistics: statistics, specificity: aggregate.specificity(of: statistics),
      upstreamCount: Int(upstream.offered[row]), upstream: edges(upstream, row: row, of: statistics.prompts),
      downstreamCount: Int(downstream.offered[row]), downstream: edges(downstream, row: row, of: statistics.prompts),
      outputTokenCount: Int(outputs.offered[row]), outputTokens: edges(outputs, row: row, of: statistics.prompts),
      cooccurringCount: cooccurringCount, cooccurring: cooccurring)
  }

  private func edges(_ best: BestEdges, row: Int, of prompts: Int) -> [NeuronProfile.Edge] {
    best.sorted(row: row).map { candidate in
      let statistics = aggregate.edges.statistics(at: candidate.place)
      return NeuronProfile.Edge(
        endpoint: Endpoint(packed: candidate.other), statistics: statistics,
        frequency: Double(statistics.prompts) / Double(prompts))
    }
  }

  /// Counts in `shared` the prompts that each neuron shares with the neuron of this row.
  private func count(row: Int, _ shared: inout SharedPrompts) {
    var seen = shared.seen
    shared.seen = []
    shared.counts.withUnsafeMutableBufferPointer { counts in
      for place in postings[starts[row]..<starts[row + 1]] {
        for number in promptNeurons[Int(place)] {
          let before = counts[Int(number)]
          counts[Int(number)] = before + 1
          if before == 0 { seen.append(number) }
        }
      }
    }
    shared.seen = seen
  }

  private func cooccurrences(
    row: Int, of prompts: Int, _ shared: inout SharedPrompts
  ) -> (count: Int, top: [NeuronProfile.Cooccurrence]) {
    count(row: row, &shared)
    // Sorted by more prompts, then the smaller neuron. Once the list is full, `fewest` rejects most others quickly.
    var top: [(prompts: UInt32, other: UInt64)] = []
    var fewest: UInt32 = listLength > 0 ? 0 : .max
    let (own, seen) = (numbers[row], shared.seen)
    shared.counts.withUnsafeMutableBufferPointer { counts in
      for number in seen {
        let count = counts[Int(number)]
        counts[Int(number)] = 0
        guard count >= fewest, number != own else { continue }
        let new = (prompts: count, other: aggregate.endpoints[Int(number)].packed)
        if top.count == listLength {
          let worst = top[listLength - 1]
          guard (worst.prompts, new.other) < (new.prompts, worst.other) else { continue }
          top.removeLast()
        }
        let place = top.firstIndex { ($0.prompts, new.other) < (new.prompts, $0.other) } ?? top.endIndex
        top.insert(new, at: place)
        if top.count == listLength { fewest = top[listLength - 1].prompts }
      }
    }
    let count = shared.seen.count - 1
    shared.seen.removeAll(keepingCapacity: true)
    return (
      count,
      top.compactMap { entry in
        Endpoint(packed: entry.other).neuron.map {
          NeuronProfile.Cooccurrence(
            neuron: $0, prompts: Int(entry.prompts), frequency: Double(entry.prompts) / Double(prompts))
        }
      }
    )
  }
}

// autointerp
// `CircuitSearch` finds a small set of neurons that keeps a behaviour when all others are ablated.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Inference

// 1. Rank all neurons by attribution, summed over the pairs.
// 2. Double the number of the best ones until they keep the behaviour, then bisect.
// 3. Prune: try the circuit without each of some pieces, give up those without which it still holds, the least harmful
//    first; then with smaller pieces.
// 4. Measure what each member is worth, what the model does without the circuit, and pairs that were held out.

/// Searches circuits over pairs of equal length. Neurons are named by their positions in these prompts.
package struct CircuitSearch<Backend: ComputeBackend>: Sendable {
  /// The F that a circuit has to keep.
  package var level = 0.8
  /// The largest circuit to accept, after pruning.
  package var maximumNodes = 2000
  /// The share of pairs whose top token has to be the whole model's. A single pair's has to be unless this is 0.
  package var answerShare = 0.8
  /// Members up to which each one's loss is measured.
  package var measuredMembers = 200
  /// Asked before each few passes: true ends the search with what it has found.
  package var isStopped: @Sendable () -> Bool = { false }

  private let testers: [CircuitTester<Backend>]
  private let heldOut: [CircuitTester<Backend>]
  private let width: Int
  private var testCount = 0

  /// - Parameters:
  ///   - testers: the pairs to search on, with prompts of one length.
  ///   - heldOut: more pairs of that length, on which the result is checked.
  ///   - width: neurons of a layer.
  /// - Throws: `CausalityError.invalid` without pairs or if lengths differ.
  package init(
    _ testers: [CircuitTester<Backend>], heldOut: [CircuitTester<Backend>] = [], width: Int
  ) throws(CausalityError) {
    let lengths = Set((testers + heldOut).map(\.pair.tokens.count))
    guard !testers.isEmpty, lengths.count == 1 else {
      throw .invalid(
        name: "the pairs of a circuit", value: testers.isEmpty ? "none" : "prompts of \(lengths.sorted()) tokens",
        expected: "prompts of one length")
    }
    self.testers = testers
    self.heldOut = heldOut
    self.width = width
  }

  /// Finds a circuit. If the search is stopped when it has one, the circuit is larger than necessary, and says so.
  ///
  /// - Throws: `CausalityError.noCircuit` if no circuit of at most `maximumNodes` keeps the behaviour, `stopped` if there is none
  ///   yet.
  package mutating func find(
    _ method: RankingMethod = .gradient, progress: (String) -> Void = { _ in }
  ) throws(CausalityError) -> FoundCircuit {
    let ranking = try rank(method)
    // The circuit of all neurons is the model, which holds. Pruning may give up nine tenths of what growing needed, so the
    // bound on the size is for what is left.
    var (low, high) = (0, min(8, ranking.count))
    while high < ranking.count {
      let check = try checks(testers, [Array(ranking.prefix(high))])[0]
      progress("\(high) neurons: F \(ReadableNumber.fixed(check.faithfulness, decimals: 3))")
      if holds(check) { break }
      (low, high) = (high, min(2 * high, ranking.count))
    }
    while high - low > max(1, high / 16), !isStopped() {
      let middle = (low + high) / 2
      if holds(try checks(testers, [Array(ranking.prefix(middle))], canStop: false)[0]) {
        high = middle
      } else {
        low = middle
      }
      progress("\(high) neurons are enough, \(low) are not")
    }
    var circuit = Array(ranking.prefix(high))
    var isPruned = true
    do throws(CausalityError) { try prune(&circuit, progress: progress) } catch {
      guard case .stopped = error else { throw error }
      isPruned = false
    }
    guard circuit.count <= maximumNodes else {
      guard isPruned else { throw .stopped(what: "the search for a circuit") }
      throw .noCircuit(
        maximum: maximumNodes, level: level, answers: neededAnswers, smallest: circuit.count)
    }
    return try describe(circuit, candidates: ranking.count, isPruned: isPruned)
  }

  private func rank(_ method: RankingMethod) throws(CausalityError) -> [NeuronPlace] {
    var sums: [[Float]] = []
    for tester in testers {
      let scores = try tester.scores(method)
      if sums.isEmpty {
        sums = scores
      } else {
        for layer in sums.indices { for i in sums[layer].indices { sums[layer][i] += scores[layer][i] } }
      }
    }
    return CircuitTester<Backend>.ranking(sums, width: width, livePositions: testers[0].livePositions)
  }

  private func holds(_ check: FoundCircuit.Check) -> Bool {
    check.faithfulness >= level && check.sameAnswer >= neededAnswers
  }

  private var neededAnswers: Double { testers.count == 1 && answerShare > 0 ? 1 : answerShare }

  /// Gives up pieces of the circuit as long as it holds.
  private mutating func prune(_ circuit: inout [NeuronPlace], progress: (String) -> Void) throws(CausalityError) {
    var piece = max(1, circuit.count / 16)
    while true {
      // From the least important end, so that pieces hold neurons of similar scores.
      let pieces = stride(from: 0, to: circuit.count, by: piece).map {
        Array(circuit[$0..<min($0 + piece, circuit.count)])
      }
      let without = try checks(
        testers, pieces.map { gone in circuit.filter { !gone.contains($0) } })
      let order = pieces.indices.filter { holds(without[$0]) }.sorted {
        (without[$1].faithfulness, $1) < (without[$0].faithfulness, $0)
      }
      // The most pieces from the start of the order that can go together, by bisection.
      var (kept, tooMany) = (0, order.count + 1)
      while tooMany - kept > 1 {
        let middle = (kept + tooMany) / 2
        let gone = Set(order.prefix(middle).flatMap { pieces[$0] })
        if holds(try checks(testers, [circuit.filter { !gone.contains($0) }])[0]) {
          kept = middle
        } else {
          tooMany = middle
        }
      }
      let gone = Set(order.prefix(kept).flatMap { pieces[$0] })
      circuit.removeAll { gone.contains($0) }
      if kept > 0 { progress("\(circuit.count) neurons after pruning by \(piece)") }
      if kept == 0 {
        if piece == 1 || circuit.count / max(1, piece / 2) > 2 * measuredMembers { return }
        piece = max(1, piece / 2)
      } else if piece > 1, circuit.count / piece < 8 {
        piece = max(1, piece / 2)
      }
    }
  }

  private mutating func describe(
    _ circuit: [NeuronPlace], candidates: Int, isPruned: Bool
  ) throws(CausalityError) -> FoundCircuit {
    let whole = try checks(testers, [circuit], canStop: false)[0]
    var losses: [Double?] = circuit.map { _ in nil }
    if circuit.count <= measuredMembers {
      do throws(CausalityError) {
        let without = try checks(
          testers, circuit.indices.map { i in circuit.indices.filter { $0 != i }.map { circuit[$0] } })
        losses = without.map { whole.faithfulness - $0.faithfulness }
      } catch {
        guard case .stopped = error else { throw error }
      }
    }
    // Without losses, the order of the ranking stays.
    let order =
      losses.allSatisfy { $0 == nil }
      ? Array(circuit.indices)
      : circuit.indices.sorted { a, b in
        (losses[b] ?? 0, circuit[a].layer, circuit[a].position, circuit[a].index)
          < (losses[a] ?? 0, circuit[b].layer, circuit[b].position, circuit[b].index)
      }
    return FoundCircuit(
      members: order.map { FoundCircuit.Member(place: circuit[$0], loss: losses[$0]) }, found: whole,
      heldOut: heldOut.isEmpty ? nil : try checks(heldOut, [circuit], canStop: false)[0], candidateCount: candidates,
      testCount: testCount, isPruned: isPruned)
  }

  /// Circuits that are run together, between two questions whether to stop.
  private static var sliceSize: Int { 16 }

  /// How each circuit does on some pairs.
  ///
  /// - Throws: `CausalityError.stopped` if the search is stopped meanwhile and `canStop` says so.
  private mutating func checks(
    _ pairs: [CircuitTester<Backend>], _ circuits: [[NeuronPlace]], canStop: Bool = true
  ) throws(CausalityError) -> [FoundCircuit.Check] {
    var (kept, left) = ([Double](repeating: 0, count: circuits.count), [Double](repeating: 0, count: circuits.count))
    var answers = circuits.map { _ in 0 }
    var stake = 0.0
    let complement = circuits.count == 1
    for tester in pairs {
      stake += tester.whole - tester.nothing
      for start in stride(from: 0, to: circuits.count, by: Self.sliceSize) {
        if canStop, isStopped() { throw .stopped(what: "the search for a circuit") }
        let slice = Array(circuits[start..<min(start + Self.sliceSize, circuits.count)])
        for (i, outcome) in try tester.alone(slice).enumerated() {
          kept[start + i] += outcome.metric - tester.nothing
          if outcome.answer == tester.answer { answers[start + i] += 1 }
        }
      }
      if complement { left[0] += try tester.without(circuits)[0].metric - tester.nothing }
    }
    testCount += circuits.count * pairs.count
    return circuits.indices.map { i in
      FoundCircuit.Check(
        pairCount: pairs.count, faithfulness: stake == 0 ? 0 : kept[i] / stake,
        sameAnswer: Double(answers[i]) / Double(pairs.count), complement: stake == 0 ? 0 : left[i] / stake,
        metricFall: (stake - left[i]) / Double(pairs.count))
    }
  }
}

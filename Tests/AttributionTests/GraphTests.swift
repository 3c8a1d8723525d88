// autointerp
// `GraphTests` tests thresholds, caps and positions of graphs, and that graphs are reproducible.
// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Circuits
import Inference
import Testing

@testable import Attribution

@Suite struct GraphTests {
  let tokens: [Int32] = [3, 49, 0, 7, 7, 21, 30, 12, 44, 1]
  let backend = OpenBLASBackend()
  let relevance: RelevancePropagation<OpenBLASBackend>

  init() {
    relevance = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: backend, storage: .resident),
      backend: backend)
  }

  @Test func anyNumberOfThreadsComputesTheSameBits() throws {
    var settings = AttributionSettings()
    settings.selection = .floor(0.001)
    settings.maximumSweepRows = 40
    let parallel = OpenBLASBackend(threadCount: 3)
    let other = RelevancePropagation(
      transformer: Transformer(ConservationTests.models[0].checkpoint, backend: parallel, storage: .resident),
      backend: parallel)
    let graph = try relevance.graph(of: tokens, settings: settings)
    #expect(graph.edges.count > 100)
    #expect(try other.graph(of: tokens, settings: settings) == graph)
    #expect(try relevance.graph(of: tokens, settings: settings) == graph)
  }

  @Test func boundOnRowsChangesOnlyRounding() throws {
    var settings = ConservationTests.everything
    let whole = try relevance.graph(of: tokens, settings: settings)
    settings.maximumSweepRows = 1
    let narrow = try relevance.graph(of: tokens, settings: settings)
    #expect(narrow.edges.source == whole.edges.source && narrow.edges.target == whole.edges.target)
    let worst = zip(narrow.edges.effect, whole.edges.effect).map { abs($0 - $1) }.max() ?? 1
    #expect(worst < 1e-5)
  }

  @Test func capKeepsTheLargestAndSaysSo() throws {
    var settings = ConservationTests.everything
    let all = try relevance.graph(of: tokens, settings: settings)
    settings.maximumNodeCount = 10
    let capped = try relevance.graph(of: tokens, settings: settings)
    #expect(capped.counts.truncated && !all.counts.truncated)
    #expect(capped.counts.candidateNeurons == Int32(all.neurons.count))
    let largest = all.neurons.relp.map(abs).sorted(by: >).prefix(10)
    #expect(capped.neurons.relp.map(abs).sorted(by: >) == Array(largest))
    let share = largest.reduce(0, +) / all.neurons.relp.reduce(0) { $0 + abs($1) }
    #expect(abs(capped.counts.keptScoreShare - share) < 1e-5)
  }

  @Test func thresholdsDropWhatIsSmallAndSayHowMuch() throws {
    var settings = ConservationTests.everything
    let all = try relevance.graph(of: tokens, settings: settings)
    settings.edgeThreshold = 0.01
    let cut = try relevance.graph(of: tokens, settings: settings)
    let bound = Float(0.01 * abs(all.metric.value))
    #expect(cut.edges.flow == all.edges.flow.filter { abs($0) >= bound })
    #expect(cut.counts.candidateEdges == Int64(all.edges.count))
    let share = cut.edges.flow.reduce(0) { $0 + abs($1) } / all.edges.flow.reduce(0) { $0 + abs($1) }
    #expect(abs(cut.counts.keptFlowShare - share) < 1e-4)
    settings.selection = .tau(0.02)
    let fewer = try relevance.graph(of: tokens, settings: settings)
    #expect(
      fewer.neurons.relp == all.neurons.relp.filter { Double(abs($0)) >= 0.02 * abs(all.metric.value) })
  }

  @Test func anEarlierPositionIsTheShorterPrompt() throws {
    var settings = AttributionSettings()
    let short = try relevance.graph(of: Array(tokens.prefix(6)), settings: settings)
    settings.position = 5
    let inner = try relevance.graph(of: tokens, settings: settings)
    #expect(inner.metric == short.metric && inner.neurons == short.neurons)
    #expect(inner.embeddingRelp == short.embeddingRelp + [0, 0, 0, 0])
    #expect(inner.edges.effect == short.edges.effect)
    #expect(inner.edges.target.max() == short.edges.target.max().map { $0 + 4 })
  }

  @Test func everyTracedLogitHasItsOwnSigns() throws {
    var settings = ConservationTests.everything
    settings.metric = .contrast(4, 9)
    let graph = try relevance.graph(of: tokens, settings: settings)
    let first = Int32(graph.neurons.count + tokens.count)
    func effects(_ logit: Int32) -> [Float] {
      (0..<graph.edges.count).filter { graph.edges.target[$0] == first + logit }.map { graph.edges.effect[$0] }
    }
    #expect(effects(0).count == effects(1).count && !effects(0).isEmpty)
    #expect(effects(0) != effects(1))
  }

  @Test func embeddingsReachEveryLayerDirectly() throws {
    let graph = try relevance.graph(of: tokens, settings: ConservationTests.everything)
    let embeddings = graph.neurons.count..<graph.neurons.count + tokens.count
    var layers: Set<Int32> = []
    for i in 0..<graph.edges.count where embeddings.contains(Int(graph.edges.source[i])) {
      let target = Int(graph.edges.target[i])
      if target < graph.neurons.count, graph.edges.effect[i] != 0 { layers.insert(graph.neurons.layer[target]) }
    }
    #expect(layers == [0, 1, 2])
  }

  @Test func refusesSettingsThatMakeNoSense() throws {
    typealias Change = @Sendable (inout AttributionSettings) -> Void
    let changes: [(String, Change)] = [
      ("select", { $0.selection = .tau(-1) }), ("edge_threshold", { $0.edgeThreshold = .nan }),
      ("metric", { $0.metric = .topLogits(count: 0) }), ("target token", { $0.metric = .tokens([50]) }),
      ("contrast", { $0.metric = .contrast(1, 1) }), ("max_sweep_rows", { $0.maximumSweepRows = 0 }),
    ]
    for (name, change) in changes {
      var settings = AttributionSettings()
      change(&settings)
      #expect {
        try relevance.graph(of: tokens, settings: settings)
      } throws: {
        if case .invalidSetting(name, _, _)? = $0 as? AttributionError { true } else { false }
      }
    }
    var settings = AttributionSettings()
    settings.position = 10
    #expect(throws: AttributionError.inference(.positionOutOfRange(position: 10, tokens: 10))) {
      try relevance.graph(of: tokens, settings: settings)
    }
    #expect(throws: AttributionError.inference(.noTokens)) {
      try relevance.graph(of: [], settings: AttributionSettings())
    }
  }
}

@Suite struct SweepPlanTests {
  /// Four tokens without neurons: "everything" has four rows, and the embeddings have 4 + 3 + 2 + 1.
  @Test func aBlockIsFilledToItsBoundAndNoFurther() {
    func rows(_ maximumRows: Int) -> [Int] {
      SweepPlan(neurons: [], tokens: 4, layerCount: 2, maximumRows: maximumRows).blocks.map { block in
        block.reduce(0) { $0 + 4 - $1.position }
      }
    }
    #expect(rows(14) == [14])
    for bound in 4...13 {
      let rows = rows(bound)
      #expect(rows.reduce(0, +) == 14 && rows.allSatisfy { $0 <= bound }, "\(bound): \(rows)")
      #expect(rows.count.isMultiple(of: 2), "two cores take turns: \(rows)")
    }
    // 4 + 3 and 4 + 2 + 1.
    #expect(rows(7) == [7, 7])
  }

  @Test(arguments: [1, 7, 64, 1000]) func everySourceHasItsRowsInOneBlock(maximumRows: Int) {
    let neurons = (0..<200).map { (layer: $0 % 12, position: $0 * 7 % 20) }
    let plan = SweepPlan(neurons: neurons, tokens: 20, layerCount: 12, maximumRows: maximumRows)
    var seen: [SweepSource] = []
    for block in plan.blocks {
      var next = 0
      #expect(block.map(\.layer) == block.map(\.layer).sorted())
      for source in block {
        #expect(source.firstRow == next)
        next += 20 - source.position
      }
      #expect(next <= max(maximumRows, 20))
      seen += block
    }
    #expect(seen.count == 221)
    #expect(Set(seen.compactMap { if case .neuron(let n) = $0.kind { n } else { nil } }) == Set(0..<200))
    #expect(seen.filter { $0.kind == .embedding }.map(\.position).sorted() == Array(0..<20))
    #expect(seen.filter { $0.kind == .everything }.count == 1)
  }
}

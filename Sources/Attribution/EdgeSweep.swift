// autointerp
// `EdgeSweep` computes the edges of a graph: the direct effect of every source on every target.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Dispatch
package import Inference
internal import Synchronization

// The forward sweep.
//
// 1. A source is a selected neuron or an input embedding. Its perturbation of the residual stream starts as its own
//   contribution, h * Wd[:, n] or E[token], at its position q. It reaches only positions q..last: one row for each.
// 2. On the way up every MLP in between is cut, so a layer only computes
//        X += (A' . (X . Wv^T)) . Wo^T      with A' = A times the keys' inverse rms, frozen.
//    All sources of a block are one matrix [rows, D]: a layer is two large products and one mixing of segments.
// 3. After the attention of layer l the rows are perturbations of mid_l. The direct effect on a selected neuron of
//   layer l is the dot product of the row at the neuron's position with the neuron's start vector
//        (dgate * Wg[n] + dup * Wu[n]) * inverse rms,
//    which is the neuron's gradient with respect to mid_l. Logits are read after the last layer.
// 4. One more source, "everything", adds the true MLP updates on its way up. Its effect on a target is the sum of all
//   direct effects on that target, which must equal the target's value. The difference is the edges' conservation
//   residual.

/// Edges before they are sorted.
package struct EdgeList: Sendable {
  package var columns = EdgeColumns()
  var pairCount: Int64 = 0
  var allFlow = 0.0
  var keptFlow = 0.0
  /// `[targets]`: the effect of "everything" on each target; filled by the block that carries it.
  var totals: [Float]? = nil
  /// `[targets]`: the largest |effect| on each target.
  var largest: [Float] = []
}

/// Computes the edges of one graph.
package struct EdgeSweep<Backend: ComputeBackend>: Sendable {
  let transformer: Transformer<Backend>
  let backend: Backend
  let trace: ForwardTrace<Backend>
  let metric: Metric
  /// The layer before which the metric is read. The sweep ends there.
  let depth: Int
  let nodes: NodeAttribution
  /// `[targets, D]`: gradients of each selected neuron with respect to mid of its layer, then of each logit, then of the
  /// metric's linear part if it is a node.
  let starts: Region<Backend.Buffer>
  /// The target numbers by layer. The last entry holds the logits.
  let targetsByLayer: [[Int]]
  let settings: AttributionSettings
  /// What the edge threshold is relative to.
  let scale: Double
  /// The number of tokens of the whole prompt, by which embeddings are numbered. The trace may hold fewer.
  let tokenCount: Int

  var targetCount: Int { nodes.neurons.count + metric.targets.count + (metric.hasNode ? 1 : 0) }

  package init(
    _ relevance: RelevancePropagation<Backend>, trace: ForwardTrace<Backend>, reading: MetricReading,
    nodes: NodeAttribution, starts metricStarts: MetricStarts<Backend>, settings: AttributionSettings, scale: Double,
    tokenCount: Int
  ) {
    transformer = relevance.transformer
    backend = relevance.backend
    self.trace = trace
    metric = reading.metric
    depth = reading.depth
    self.nodes = nodes
    self.scale = scale
    self.settings = settings
    self.tokenCount = tokenCount
    let (neurons, width) = (nodes.neurons, transformer.configuration.modelDimension)
    let starts = Region(
      backend.makeBuffer(count: (neurons.count + metric.targets.count + 1) * width), stride: width)
    var byLayer = [[Int]](repeating: [], count: depth + 1)
    for i in 0..<neurons.count { byLayer[Int(neurons.layer[i])].append(i) }
    for (l, members) in byLayer.enumerated() where !members.isEmpty {
      let first = starts.at(row: members[0])
      let factors = [nodes.gateFactors, nodes.upFactors]
      let offsets = [0, Int32(transformer.configuration.feedForwardDimension)]
      for (part, offset) in zip(factors, offsets) {
        backend.gatherOutputs(
          backend.upload(members.map { offset + neurons.index[$0] }), count: members.count,
          of: transformer.layers[l].gateUp, scales: backend.upload(members.map { part[$0] * nodes.inverses[$0] }),
          into: first, accumulate: offset > 0)
      }
    }
    let logits = metric.targets.count
    backend.copy(metricStarts.logits, rows: logits, columns: width, into: starts.at(row: neurons.count))
    backend.copy(metricStarts.linear, rows: 1, columns: width, into: starts.at(row: neurons.count + logits))
    byLayer[depth] = (0..<logits + (metric.hasNode ? 1 : 0)).map { neurons.count + $0 }
    self.starts = starts
    targetsByLayer = byLayer
  }

  func position(ofTarget t: Int) -> Int {
    t < nodes.neurons.count ? Int(nodes.neurons.position[t]) : trace.tokens.count - 1
  }

  /// The division of the sources into blocks.
  var plan: SweepPlan {
    let neurons = nodes.neurons
    return SweepPlan(
      neurons: (0..<neurons.count).map { (Int(neurons.layer[$0]), Int(neurons.position[$0])) },
      tokens: trace.tokens.count, layerCount: depth, maximumRows: settings.maximumSweepRows)
  }

  /// How many rows the sweep computes: those of all blocks, once for each layer whose attention they pass.
  package var rowCount: Int {
    plan.blocks.joined().reduce(0) {
      $0 + (trace.tokens.count - $1.position) * (transformer.layers.count - 1 - $1.layer)
    }
  }

  /// Returns all kept edges, sorted by target, then source, and the residual of the direct effects.
  package func run(progress: @Sendable () -> Void) throws(AttributionError) -> (edges: EdgeList, residual: Double) {
    let plan = plan
    let lanes = min(backend.laneCount, plan.blocks.count)
    let results = Mutex([EdgeList?](repeating: nil, count: plan.blocks.count))
    if lanes == 1 {
      for (i, block) in plan.blocks.enumerated() {
        let list = sweep(block, on: backend.lane(0), progress: progress)
        results.withLock { $0[i] = list }
      }
    } else {
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: lanes) { lane in
        let queue = backend.lane(lane)
        while true {
          let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if i >= plan.blocks.count { return }
          let list = sweep(plan.blocks[i], on: queue, progress: progress)
          results.withLock { $0[i] = list }
        }
      }
    }
    var all = EdgeList()
    all.largest = [Float](repeating: 0, count: targetCount)
    for case let list? in results.withLock({ $0 }) {
      all.columns.append(list.columns)
      all.pairCount += list.pairCount
      all.allFlow += list.allFlow
      all.keptFlow += list.keptFlow
      all.totals = all.totals ?? list.totals
      for t in 0..<targetCount { all.largest[t] = max(all.largest[t], list.largest[t]) }
    }
    guard all.allFlow.isFinite else { throw .notFinite(what: "a direct effect") }
    all.columns.sortByTargetAndSource()
    return (all, residual(of: all))
  }

  private func value(ofTarget t: Int) -> Float {
    let logit = t - nodes.neurons.count
    if logit < 0 { return nodes.neurons.activation[t] }
    return logit < metric.targets.count ? metric.targets[logit].logit : Float(metric.linear)
  }

  /// Returns the largest `|sum of direct effects - value|` of a target, relative to the size of the summands.
  private func residual(of list: EdgeList) -> Double {
    guard let totals = list.totals else { return 0 }
    return (0..<targetCount).map { t in
      let value = value(ofTarget: t)
      return Double(abs(totals[t] - value)) / Double(max(abs(value), list.largest[t], .leastNormalMagnitude))
    }.max() ?? 0
  }
}

extension EdgeColumns {
  mutating func append(_ other: EdgeColumns) {
    source += other.source
    target += other.target
    effect += other.effect
    flow += other.flow
  }

  mutating func append(source: Int32, target: Int32, effect: Float, flow: Float) {
    self.source.append(source)
    self.target.append(target)
    self.effect.append(effect)
    self.flow.append(flow)
  }

  mutating func sortByTargetAndSource() {
    let keys = (0..<count).map { UInt64(UInt32(bitPattern: target[$0])) << 32 | UInt64(UInt32(bitPattern: source[$0])) }
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    source = order.map { source[$0] }
    target = order.map { target[$0] }
    effect = order.map { effect[$0] }
    flow = order.map { flow[$0] }
  }
}

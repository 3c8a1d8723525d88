// autointerp
// A graph as a person wants to see it in a terminal.
// SPDX-License-Identifier: Apache-2.0

extension GraphExport {
  private static let width = 100
  private static let shownNeurons = 12
  private static let shownEdges = 4
  private static let shownChains = 10
  /// Above this a conservation residual is called out: RelP conserves to rounding.
  static let residualBound: Float = 1e-4

  /// Tokens, predictions, checks, the strongest neurons with their strongest edges, and the strongest chains; ASCII, at
  /// most 100 columns.
  package func text() -> String {
    var lines = [
      "\(labels.modelName): \(graph.tokens.count) tokens, \(String(grouped: graph.neurons.count)) neurons, "
        + "\(String(grouped: graph.edges.count)) edges", "",
    ]
    lines += tokenLines() + [""]
    lines += predictionLines() + [""]
    lines += checkLines() + [""]
    lines += neuronLines() + [""]
    lines += chainLines()
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Tokens, predictions, checks

  private func tokenLines() -> [String] {
    let pieces = graph.tokens.enumerated().map { position, token in
      "\(position):\(String(token: labels.text(of: token))) #\(token)"
    }
    return ["Tokens (position:text #id)"] + Self.wrapped(pieces)
  }

  private func predictionLines() -> [String] {
    let metric = graph.metric
    let what =
      switch metric.kind {
      case .topLogits: "sum of the top \(metric.targets.count) logits"
      case .tokens: "sum of the logits of \(metric.targets.count) given tokens"
      case .contrast: "difference of two logits"
      }
    let value = String(fixed: metric.value, decimals: 4)
    var lines = ["Predictions after position \(metric.position); metric = \(what) = \(value)"]
    lines.append(
      "  " + "token".leading(26) + "id".trailing(9) + "logit".trailing(12) + "probability".trailing(14)
        + "weight".trailing(9))
    for target in metric.targets {
      lines.append(
        "  " + String(token: labels.text(of: target.token)).leading(26) + "#\(target.token)".trailing(9)
          + String(fixed: Double(target.logit), decimals: 4).trailing(12)
          + "\(String(fixed: Double(target.probability) * 100, decimals: 2)) %".trailing(14)
          + String(fixed: Double(target.weight), decimals: 0, signed: true).trailing(9))
    }
    return lines
  }

  private func checkLines() -> [String] {
    let (conservation, counts) = (graph.conservation, graph.counts)
    let residuals = [
      ("node total", conservation.nodeTotal), ("layer cuts", conservation.layerCut),
      ("direct effects", conservation.directEffects),
    ]
    var lines = [
      "Checks",
      "  conservation residuals: "
        + residuals.map { "\($0.0) \(String(scientific: Double($0.1)))" }.joined(separator: ", "),
      "  neurons kept: \(String(grouped: graph.neurons.count)) of \(String(grouped: counts.candidateNeurons)) over "
        + "tau, with \(percent(counts.keptRelpShare)) of their |relp|",
      "  edges kept: \(String(grouped: graph.edges.count)) of \(String(grouped: counts.candidateEdges)), "
        + "with \(percent(counts.keptFlowShare)) of the |flow|",
    ]
    for (name, residual) in residuals where residual > Self.residualBound {
      lines.append("  WARNING: \(name): attributions do not add up; do not trust this graph")
    }
    if counts.truncated {
      lines.append("  WARNING: truncated by the node cap; raise --max-nodes or --tau to see a complete graph")
    }
    return lines
  }

  // MARK: Neurons

  private func neuronLines() -> [String] {
    let neurons = graph.neurons
    let strongest = (0..<neurons.count).sorted {
      (-abs(neurons.relp[$0]), $0) < (-abs(neurons.relp[$1]), $1)
    }.prefix(Self.shownNeurons)
    guard !strongest.isEmpty else { return ["Strongest neurons", "  none reaches tau"] }
    var incoming: [Int: [Int]] = [:]
    var outgoing: [Int: [Int]] = [:]
    let shown = Set(strongest)
    for edge in 0..<graph.edges.count {
      if shown.contains(Int(graph.edges.target[edge])) {
        incoming[Int(graph.edges.target[edge]), default: []].append(edge)
      }
      if shown.contains(Int(graph.edges.source[edge])) {
        outgoing[Int(graph.edges.source[edge]), default: []].append(edge)
      }
    }
    var lines = [
      "Strongest neurons (relp: total effect on the metric; edges: direct flow)",
      "  " + "neuron".leading(14) + "at".trailing(5) + "  " + "token".leading(26) + "activation".trailing(12)
        + "relp".trailing(12) + "of metric".trailing(12),
    ]
    for i in strongest {
      let position = Int(neurons.position[i])
      lines.append(
        "  " + "L\(neurons.layer[i])/N\(neurons.index[i])".leading(14) + "@\(position)".trailing(5) + "  "
          + String(token: labels.text(of: graph.tokens[position])).leading(26)
          + String(fixed: Double(neurons.activation[i]), decimals: 3).trailing(12)
          + String(fixed: Double(neurons.relp[i]), decimals: decimals + 1, signed: true).trailing(12)
          + share(Double(neurons.relp[i])).trailing(12))
      lines += edgeLine("from", incoming[i] ?? [], other: graph.edges.source)
      lines += edgeLine("to", outgoing[i] ?? [], other: graph.edges.target)
    }
    return lines
  }

  private func edgeLine(_ title: String, _ edges: [Int], other: [Int32]) -> [String] {
    let flow = graph.edges.flow
    let best = edges.sorted { (-abs(flow[$0]), $0) < (-abs(flow[$1]), $1) }.prefix(Self.shownEdges)
    guard !best.isEmpty else { return [] }
    var line = "      " + title.leading(5)
    for (number, edge) in best.enumerated() {
      let piece =
        (number == 0 ? "" : ", ") + name(other[edge]) + " "
        + String(fixed: Double(flow[edge]), decimals: decimals, signed: true)
      if line.utf8.count + piece.utf8.count > Self.width { break }
      line += piece
    }
    return [line]
  }

  // MARK: Chains

  private func chainLines() -> [String] {
    let chains = graph.strongestChains().prefix(Self.shownChains)
    var lines = ["Strongest chain from each token (what passes along exactly this path to the metric)"]
    guard !chains.isEmpty else { return lines + ["  none: no kept edges lead from a token over a neuron to a logit"] }
    let others = graph.metric.targets.count > 1 ? ", .." : ""
    for chain in chains {
      var line = "  " + share(chain.contribution).trailing(9) + "  "
      let nodes =
        [Int32(graph.neurons.count + chain.position)] + chain.neurons
        + [Int32(graph.neurons.count + graph.tokens.count + chain.mainTarget)]
      for (number, node) in nodes.enumerated() {
        let end = number == nodes.count - 1 ? others : ""
        let piece = (number == 0 ? "" : " -> ") + name(node) + end
        // A long chain goes on below.
        if line.utf8.count + piece.utf8.count > Self.width {
          lines.append(line)
          line = String(repeating: " ", count: 13)
        }
        line += piece
      }
      lines.append(line)
    }
    return lines
  }

  // MARK: Words

  /// `L15/N7890@11`, or the token of an embedding with its position, or the token of a logit.
  private func name(_ number: Int32) -> String {
    switch node(number) {
    case .neuron(let i): "L\(graph.neurons.layer[i])/N\(graph.neurons.index[i])@\(graph.neurons.position[i])"
    case .embedding(let position): "\(String(token: labels.text(of: graph.tokens[position]), width: 16))@\(position)"
    case .logit(let j): "logit \(String(token: labels.text(of: graph.metric.targets[j].token), width: 16))"
    }
  }

  /// Enough that a thousandth of the metric shows.
  private var decimals: Int {
    let size = abs(graph.metric.value)
    return size >= 10 ? 2 : size >= 1 ? 3 : 5
  }

  private func share(_ contribution: Double) -> String {
    guard graph.metric.value != 0 else { return "-" }
    return "\(String(fixed: contribution / abs(graph.metric.value) * 100, decimals: 2, signed: true)) %"
  }

  private func percent(_ share: Float) -> String { "\(String(fixed: Double(share) * 100, decimals: 1)) %" }

  /// Pieces in lines of at most the width, two spaces in and between.
  private static func wrapped(_ pieces: [String]) -> [String] {
    var lines: [String] = []
    var line = ""
    for piece in pieces {
      if !line.isEmpty, line.utf8.count + 2 + piece.utf8.count > width {
        lines.append(line)
        line = ""
      }
      line += "  " + piece
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

// autointerp
// `GraphExport.text` shows a graph in a terminal: tokens, predictions, checks, neurons and chains.
// SPDX-License-Identifier: Apache-2.0

extension GraphExport {
  private static let width = 100
  private static let shownNeurons = 12
  private static let shownEdges = 4
  private static let shownChains = 10
  /// A larger conservation residual is reported as an error, because RelP conserves up to rounding. Rounding alone reaches
  /// 1.3e-4 (the worst of 330 prompts on a model of 30 layers, whose median was 8e-6), because massive activations
  /// nearly cancel; a wrong factor gives 1e-2 or more.
  static let residualBound: Float = 1e-3

  /// Returns tokens, predictions, checks, the strongest neurons with their strongest edges, and the strongest chains.
  /// At most 100 columns, safe for a terminal.
  package func text() -> String {
    var lines = [
      "\(labels.modelName): \(graph.tokens.count) tokens, \(ReadableNumber.grouped(graph.neurons.count)) neurons, "
        + "\(ReadableNumber.grouped(graph.edges.count)) edges", "",
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
      case .logProbability:
        "log p of \(metric.targets.first.map { String(token: labels.text(of: $0.token)) } ?? "")"
      case .direction: "product with the given direction"
      }
    let value = ReadableNumber.fixed(metric.value, decimals: 4)
    var lines = ["Predictions after position \(metric.position); metric = \(what) = \(value)"]
    lines.append(
      "  " + "token".leading(26) + "id".trailing(9) + "logit".trailing(12) + "probability".trailing(14)
        + "weight".trailing(9))
    for target in metric.targets {
      lines.append(
        "  " + String(token: labels.text(of: target.token)).leading(26) + "#\(target.token)".trailing(9)
          + ReadableNumber.fixed(Double(target.logit), decimals: 4).trailing(12)
          + "\(ReadableNumber.fixed(Double(target.probability) * 100, decimals: 2)) %".trailing(14)
          + ReadableNumber.fixed(Double(target.weight), decimals: metric.hasNode ? 4 : 0, signed: true).trailing(9))
    }
    return lines
  }

  private func checkLines() -> [String] {
    let (conservation, counts) = (graph.conservation, graph.counts)
    // Node total and layer cuts are those of RelP's scores.
    let residuals =
      (graph.hasRelp ? [("node total", conservation.nodeTotal), ("layer cuts", conservation.layerCut)] : [])
      + [("direct effects", conservation.directEffects)]
    var lines = [
      "Checks",
      "  conservation residuals: "
        + residuals.map { "\($0.0) \(ReadableNumber.scientific(Double($0.1)))" }.joined(separator: ", "),
      "  neurons kept: \(ReadableNumber.grouped(graph.neurons.count)) of \(ReadableNumber.grouped(counts.candidateNeurons)) "
        + "selected, with \(percent(counts.keptScoreShare)) of the |score| of all neurons",
      "  edges kept: \(ReadableNumber.grouped(graph.edges.count)) of \(ReadableNumber.grouped(counts.candidateEdges)), "
        + "with \(percent(counts.keptFlowShare)) of the |flow|",
    ]
    if let thirds = LayerCoverage(graph).thirdsText { lines.insert("    by layers: \(thirds)", at: 3) }
    lines += trustLines()
    if let agreement = GraphAgreement(graph) {
      let sinks = agreement.later.nodes - agreement.ordinary.nodes
      for (part, place) in [
        (agreement.later, "beyond position 0"), (agreement.ordinary, "beyond position 0 without sinks"),
        (agreement.first, "at position 0"),
      ] where part.nodes > 0 && (sinks > 0 || place != "beyond position 0 without sinks") {
        let r = part.correlation.map { ReadableNumber.fixed($0.value, decimals: 2) } ?? "-"
        lines.append(
          "  \(part.nodes) nodes \(place) verified: r \(r), signs right "
            + "\(percent(Float(part.signAgreement?.value ?? 0))), within 25 % "
            + "\(percent(Float(part.withinQuarter?.value ?? 0)))")
      }
      if agreement.isPoor {
        lines.append(
          agreement.isPoorWithoutSinks || agreement.ordinary.nodes == 0
            ? "  WARNING: on this prompt scores predict removals badly; read the column zero, not the scores"
            : "  WARNING: scores of sinks predict removals badly; read the column zero for them, not the scores")
      }
    }
    for (name, residual) in residuals where residual > Self.residualBound {
      lines.append("  WARNING: \(name): attributions do not add up; do not trust this graph")
    }
    if counts.truncated {
      lines.append("  WARNING: truncated by the node cap; raise --max-nodes or select fewer to see a complete graph")
    }
    return lines
  }

  private func trustLines() -> [String] {
    guard graph.hasBothRules else {
      return ["  trust: unknown, because it needs both rules and only \(graph.rule.rawValue) was computed"]
    }
    guard let calibration = labels.calibration else {
      let reason = labels.missingCalibration ?? "uncalibrated; autointerp calibrate measures this model"
      let parts = reason.utf8.count < 88 ? [reason[...]] : reason.split(separator: "; ", maxSplits: 1)
      return parts.enumerated().map { ($0 == 0 ? "  trust: " : "    ") + $1 }
    }
    return ["  trust: \(calibration.summary)"]
  }

  // MARK: Neurons

  private func neuronLines() -> [String] {
    let neurons = graph.neurons
    let strongest = (0..<neurons.count).sorted {
      (-abs(graph.score(ofNeuron: $0)), $0) < (-abs(graph.score(ofNeuron: $1)), $1)
    }.prefix(Self.shownNeurons)
    guard !strongest.isEmpty else { return ["Strongest neurons", "  none is selected"] }
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
      "Strongest neurons (score by the rule \(graph.rule.rawValue); \(graph.verified.legend); edges: flow)",
      "  " + "neuron".leading(14) + "at".trailing(5) + "  " + "token".leading(tokenWidth) + "activation".trailing(12)
        + "score".trailing(12) + graph.verified.shownChanges.map { $0.name.trailing(changeWidth) }.joined() + "  trust",
    ]
    let trust = trust
    for i in strongest {
      let position = Int(neurons.position[i])
      lines.append(
        "  " + "L\(neurons.layer[i])/N\(neurons.index[i])".leading(14) + "@\(position)".trailing(5) + "  "
          + String(token: labels.text(of: graph.tokens[position]), width: tokenWidth - 2).leading(tokenWidth)
          + ReadableNumber.fixed(Double(neurons.activation[i]), decimals: 3).trailing(12)
          + ReadableNumber.fixed(Double(graph.score(ofNeuron: i)), decimals: decimals + 1, signed: true).trailing(12)
          + measured(i) + "  \(trust[i].rawValue)\(graph.isSink(i) ? ", sink" : "")")
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
        + ReadableNumber.fixed(Double(flow[edge]), decimals: decimals, signed: true)
      if line.utf8.count + piece.utf8.count > Self.width { break }
      line += piece
    }
    return [line]
  }

  // MARK: Chains

  private func chainLines() -> [String] {
    let chains = graph.strongestChains().prefix(Self.shownChains)
    var lines = ["Strongest chain from each token (what passes along exactly this path to the metric)"]
    guard !chains.isEmpty else {
      return lines + ["  none: no kept edges lead from a token through a neuron to a logit"]
    }
    let others = graph.metric.targets.count > 1 && !graph.metric.hasNode ? ", .." : ""
    for chain in chains {
      var line = "  " + share(chain.contribution).trailing(9) + "  "
      let nodes =
        [Int32(graph.neurons.count + chain.position)] + chain.neurons
        + [Int32(graph.metricNode ?? graph.neurons.count + graph.tokens.count + chain.mainTarget)]
      for (number, node) in nodes.enumerated() {
        let end = number == nodes.count - 1 ? others : ""
        let piece = (number == 0 ? "" : " -> ") + name(node) + end
        // Continue a long chain on the next line.
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

  /// Widths that keep a row within 100 columns, for one to three measured changes.
  private var tokenWidth: Int { 25 - 5 * graph.verified.shownChanges.count }
  private var changeWidth: Int { graph.verified.shownChanges.count == 1 ? 12 : 10 }

  /// What was measured when the neuron was changed, a column for each change.
  private func measured(_ i: Int) -> String {
    let place = graph.verified.neuron.firstIndex(of: Int32(i))
    return graph.verified.shownChanges.map { change in
      place.map { ReadableNumber.fixed(Double(change.values[$0]), decimals: decimals + 1, signed: true) } ?? "-"
    }.map { $0.trailing(changeWidth) }.joined()
  }

  // MARK: Words

  /// `L15/N7890@11`, or the token and position of an embedding, or the token of a logit.
  private func name(_ number: Int32) -> String {
    switch node(number) {
    case .neuron(let i): "L\(graph.neurons.layer[i])/N\(graph.neurons.index[i])@\(graph.neurons.position[i])"
    case .embedding(let position): "\(String(token: labels.text(of: graph.tokens[position]), width: 16))@\(position)"
    case .logit(let j): "logit \(String(token: labels.text(of: graph.metric.targets[j].token), width: 16))"
    case .metric: "metric"
    }
  }

  /// As many decimals as show a thousandth of the metric.
  private var decimals: Int {
    let size = graph.scale
    return size >= 10 ? 2 : size >= 1 ? 3 : 5
  }

  private func share(_ contribution: Double) -> String {
    guard graph.metric.linear != 0 else { return "-" }
    return "\(ReadableNumber.fixed(contribution / abs(graph.metric.linear) * 100, decimals: 2, signed: true)) %"
  }

  private func percent(_ share: Float) -> String { "\(ReadableNumber.fixed(Double(share) * 100, decimals: 1)) %" }

  /// Puts pieces on lines of at most the width, indented and separated by two spaces.
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

extension VerifiedNodes {
  /// The columns of a table: those that were measured, or that of removal, empty, if none was.
  fileprivate var shownChanges: [(name: String, values: [Float])] { count == 0 ? [("zero", [])] : changes }

  /// What these columns mean.
  fileprivate var legend: String {
    shownChanges.map(\.name) == ["zero"]
      ? "zero: the metric's change without it"
      : "\(shownChanges.map(\.name).joined(separator: ", ")): the metric's change"
  }
}

// autointerp
// `Samples` makes one message of every kind, and deltas of any size, for tests.
// SPDX-License-Identifier: Apache-2.0

import Circuits

@testable import ClusterProtocol

enum Samples {
  static let fence = Fence(
    run: "medical-smollm2-5f3a", file: .max - 1, prompt: 17, attempt: 2, incarnation: .max, epoch: 3,
    proof: GrantProof((0..<16).map { 0xF0 + $0 })!)

  static let hello = WorkerMessage.Hello(
    worker: "node-1", incarnation: 0x8000_0000_0000_0001, host: "node-1.example.org", slots: 8, modelName: "SmolLM2",
    modelFingerprint: "abc123", softwareVersion: "0.1.0", computeKernel: "Haswell")

  static let settings: [AttributionSettings] = {
    var other = AttributionSettings()
    other.metric = .tokens([5, 0, 2_000_000_000])
    other.position = 3
    other.rule = .relp
    other.selection = .tau(0)
    other.verification = .budget(rowLayers: 70)
    other.verifiedChanges = [.zero, .twice]
    other.edgeThreshold = 0.125
    other.maximumNodeCount = 0
    other.maximumSweepRows = 1
    var contrast = AttributionSettings()
    contrast.metric = .contrast(7, 9)
    return [AttributionSettings(), other, contrast]
  }()

  static let workerMessages: [WorkerMessage] = [
    .hello(hello), .ready(credit: 0), .ready(credit: 4096),
    .delta(.init(fence: fence, delta: delta(), computeMilliseconds: 812)),
    .delta(.init(fence: fence, payload: [], computeMilliseconds: 0)),
    .failed(.init(fence: fence, kind: .prompt, error: "zu lang: „ü“ 🙂")),
    .failed(.init(fence: fence, kind: .worker, error: "")),
    .heartbeat(.init(slots: [], residentBytes: 0)),
    .heartbeat(
      .init(
        slots: [
          .init(fence: fence, phase: .executing, progress: .min), .init(fence: fence, phase: .reported, progress: .max),
        ], residentBytes: 1 << 40)),
    .model(card: [1, 2, 3]), .goodbye(reason: "shutdown"),
  ]

  static let coordinatorMessages: [CoordinatorMessage] =
    [
      .welcome(.init(epoch: 9, heartbeatMilliseconds: 2000, deadAfterMilliseconds: 15000)),
      .refused(reason: "another model"), .acknowledged(fence), .heartbeat, .describeModel, .unknownWorker,
      .drain(reason: "upgrade"),
    ]
    + settings.map {
      .lease(
        .init(
          fence: fence, origin: .baseline, text: "The\n\"heart\" \u{0} pumps", answerPrefix: " blood",
          target: .contrast(" red", "#17"),
          template: .init(name: "chatml", system: $0.position == nil ? nil : ""), settings: $0,
          leaseMilliseconds: 60_000))
    }

  static let run: RunSpecification = {
    var run = plainRun
    run.spotCheckShare = 0.125
    return run
  }()

  private static let plainRun = RunSpecification(
    name: "medical-smollm2-5f3a", modelName: "SmolLM2", modelFingerprint: nil, template: .init(name: "raw"),
    settings: settings[1], corpusDigest: "00ff", corpusName: "medical", seed: .max,
    prompts: [
      .init(origin: .domain, text: "Insulin is made in the", answerPrefix: " pancreas", target: .tokens(["a", " b"])),
      .init(origin: .baseline, text: "", answerPrefix: "", target: .contrast("ü", "#3")),
    ])

  static let requests: [NumberedRequest] = [
    .submit(run), .status, .cancel(run: "a"), .retry(run: "b"), .export(run: "c", offset: 1 << 40),
    .summary(run: "d", seconds: 1.5), .summary(run: "", seconds: nil),
    .submitPiece(
      .init(digest: Array(0..<32), offset: 5, totalBytes: Int64(FrameLimits.maximumDocumentBytes), bytes: [7])),
  ].enumerated().map { NumberedRequest(number: UInt64.max - UInt64($0), request: $1) }

  static let replies: [NumberedReply] = [
    .submitted(run: "a", finishedPrompts: 12), .refused(reason: "no such run"), .status(status),
    .done(.queuedAgain(prompts: 3)),
    .exported(piece: [1, 2, 3, 255], offset: 7, totalBytes: 11, generation: -1),
    .exported(piece: [], offset: 7, totalBytes: nil, generation: 0),
    .summary("medical on SmolLM2\n"), .submitting(receivedBytes: 1 << 40),
  ].enumerated().map { NumberedReply(number: UInt64($0), reply: $1) }

  static let status: FleetStatus = {
    var run = RunStatus(name: "a", corpusName: "b", modelName: "c", state: .active, promptCount: 3)
    run.secondsLeft = 2.5
    run.worstConservationResidual = .infinity
    run.quarantined = [.init(prompt: 1, excerpt: "…", errors: ["x"])]
    return FleetStatus(
      softwareVersion: "0.1.0", epoch: 1, startedAt: 2, now: 3, runs: [run],
      workers: [.init(name: "w", host: "h", state: .working, slots: 2)], counters: .init(),
      recentErrors: [.init(at: 4, text: "</script>")])
  }()

  /// Every frame, with a decoder that says whether it accepts the bytes.
  static let frames: [Frame] =
    workerMessages.map { Frame($0.encoded()) { (f) throws(ProtocolError) in _ = try WorkerMessage(frame: f) } }
    + coordinatorMessages.map {
      Frame($0.encoded()) { (f) throws(ProtocolError) in _ = try CoordinatorMessage(frame: f) }
    }
    + requests.map { Frame($0.encoded()) { (f) throws(ProtocolError) in _ = try InboundMessage(frame: f) } }
    + replies.map { Frame($0.encoded()) { (f) throws(ProtocolError) in _ = try NumberedReply(frame: f) } }
    + [Frame(delta().payload()) { (f) throws(ProtocolError) in _ = try EdgeDelta(payload: f) }]

  struct Frame: Sendable {
    let bytes: [UInt8]
    let decode: @Sendable ([UInt8]) throws(ProtocolError) -> Void

    init(_ bytes: [UInt8], _ decode: @escaping @Sendable ([UInt8]) throws(ProtocolError) -> Void) {
      self.bytes = bytes
      self.decode = decode
    }
  }

  /// A valid delta with `neurons` neurons over the positions. Each is driven by the embedding at its position and
  /// drives every logit.
  static func delta(neurons neuronCount: Int = 3, tokens tokenCount: Int = 4) -> EdgeDelta {
    let tokens = (0..<tokenCount).map { Int32($0 * 3) }
    let targets = (0..<2).map {
      Metric.Target(token: Int32(1000 + $0), logit: 3.5, probability: 0.25, weight: 1)
    }
    var neurons = NeuronColumns()
    for i in 0..<neuronCount {
      neurons.layer.append(Int32(i / tokenCount))
      neurons.position.append(Int32(i % tokenCount))
      neurons.index.append(Int32(i))
      neurons.activation.append(Float(i) - 1.5)
      neurons.gradient.append(0.1)
      neurons.relp.append((Float(i) - 1.5) * 0.1)
    }
    var edges = EdgeColumns()
    for i in 0..<neuronCount {
      edges.source.append(Int32(neuronCount + i % tokenCount))
      edges.target.append(Int32(i))
      edges.effect.append(0.5)
      edges.flow.append(-0.5)
    }
    for target in 0..<targets.count {
      for i in 0..<neuronCount where i % tokenCount < tokenCount {
        edges.source.append(Int32(i))
        edges.target.append(Int32(neuronCount + tokenCount + target))
        edges.effect.append(Float(i))
        edges.flow.append(Float(i))
      }
    }
    var graph = AttributionGraph(
      tokens: tokens, metric: Metric(kind: .topLogits, position: Int32(tokenCount - 1), value: 7, targets: targets),
      neurons: neurons, embeddingRelp: tokens.map { Float($0) / 7 }, edges: edges,
      conservation: .init(nodeTotal: 1e-6, layerCut: 2e-6, directEffects: 3e-6),
      counts: .init(
        candidateNeurons: Int32(neuronCount), candidateEdges: Int64(edges.count), truncated: false,
        keptScoreShare: 0.9, keptFlowShare: 0.8))
    graph.layerScores = (0...neuronCount / tokenCount).map { Float($0) + 0.5 }
    if tokenCount > 1 {
      graph.peaks.layer = [0, 0, 7]
      graph.peaks.index = [5, 5, 2]
      graph.peaks.position = [1, 0, Int32(tokenCount - 1)]
      graph.peaks.activation = [3, -2, 0.25]
    }
    return EdgeDelta(
      prompt: 17, origin: .domain, graph: graph,
      vocabulary: tokens.map { TokenText(id: $0, text: "t\($0)") }
        + targets.map { TokenText(id: $0.token, text: "<0xE2>") })
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SeededBits: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

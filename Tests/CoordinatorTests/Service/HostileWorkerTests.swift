// autointerp
// `HostileWorkerTests` tests what a worker with an allowed key can do to a coordinator, over real sockets.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import ClusterProtocol
import ClusterTransport
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct HostileWorkerTests {
  private let server: CurveKeyPair
  private let workers: [CurveKeyPair]
  private let card = ModelCard(
    layerCount: 12, neuronCount: 4096, vocabularySize: 300, tokenizer: "t", texts: (0..<300).map { "t\($0)" })

  init() throws { (server, workers) = (try .generate(), try (0..<2).map { _ in try .generate() }) }

  private var configuration: CoordinatorConfiguration {
    var configuration = testConfiguration()
    configuration.security = .curve(
      server, AllowList([workers[0].publicKey: .worker, workers[1].publicKey: .worker]))
    return configuration
  }

  private func security(_ number: Int) -> ClientSecurity { .curve(workers[number], server: server.publicKey) }

  /// A run whose model has a card, and a worker that has it.
  private func carded(prompts: Int) -> (run: RunSpecification, worker: FakeWorker) {
    let fingerprint = ModelCard.fingerprint(weights: "w", payload: card.payload())
    var worker = FakeWorker(name: "honest", fingerprint: fingerprint)
    worker.card = card.payload()
    return (FleetFixture.run(prompts: prompts, fingerprint: fingerprint), worker)
  }

  @Test func deltasWithForgedFencesReachNoFile() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 4))
        var forger = FakeWorker(name: "forger")
        forger.forging = { report, _ in (report.fence.attempt, report.fence.epoch) = (77, 12345) }
        let hostile = forger
        await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await hostile.run(at: endpoint, security: security(0)) }
          while await coordinator.status().counters.framesRefused < 4 { await Task.yield() }
          #expect(await coordinator.status().runs[0].done == 0)
          group.cancelAll()
        }
      }
    }
  }

  /// It costs as much if its sender never said hello.
  @Test func forgedDeltasOfAPeerThatNeverSaidHelloAreStrikes() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 4))
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: security(0))
        let fence = Fence(run: "run", prompt: 0, attempt: 77, incarnation: 1, epoch: 12345)
        let report = WorkerMessage.DeltaReport(fence: fence, payload: [1], computeMilliseconds: 1)
        for _ in 0..<60 { try await dealer.send(WorkerMessage.delta(report).encoded()) }
        while await coordinator.status().counters.framesRefused < 60 { await Task.yield() }
        let keys = await coordinator.status().keys
        #expect(keys.first?.key == workers[0].publicKey.text && (keys.first?.framesRefused ?? 0) >= 20)
        await loop.shutDown()
      }
    }
  }

  /// Answers to it would count for no client, and nothing would bound them.
  @Test func aWorkerKeyThatAsksLikeAClientIsRefusedAndLeavesNothingUnread() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: security(0))
        for number in 1...150 {
          try await dealer.send(NumberedRequest(number: UInt64(number), request: .status).encoded())
        }
        while await coordinator.status().counters.framesRefused < 150 { await Task.yield() }
        #expect(coordinator.replies.withLock { $0.bytes } == 0)
        await loop.shutDown()
      }
    }
  }

  private static func isBroken(_ delta: EdgeDelta, _ contract: DeltaContract) -> Bool {
    do { try contract.check(delta) } catch { return true }
    return false
  }

  private static func peaks(layer: Int32 = 0, index: Int32 = 0, count: Int32 = 1) -> PeakActivations {
    var peaks = PeakActivations()
    peaks.layer = (0..<count).map { _ in layer }
    peaks.index = (0..<count).map { index + $0 }
    peaks.position = (0..<count).map { _ in 0 }
    peaks.activation = (0..<count).map { _ in 1 }
    return peaks
  }

  /// Each is refused as an invalid delta of its sender.
  @Test func aDeltaBeyondItsModelIsInvalid() {
    let spoils: [(inout EdgeDelta) -> Void] = [
      { $0.graph.neurons.layer[$0.graph.neurons.count - 1] = 12 },
      { $0.graph.neurons.index[$0.graph.neurons.count - 1] = 4096 },
      { delta in
        delta.graph.metric.targets[0].token = 300
        delta.vocabulary[delta.vocabulary.count - 1] = TokenText(id: 300, text: "#300")
      },
      { $0.vocabulary[0].text = "" }, { $0.vocabulary.append(TokenText(id: 250, text: "t250")) },
      { $0.graph.neurons.gradient[0] = 3e38 }, { $0.graph.edges.effect[0] = 3e38 },
      { $0.graph.metric.value = 1e308 }, { $0.graph.conservation.layerCut = 1e30 },
      { $0.graph.tokens += Array(repeating: 100, count: 2000) },
      { $0.graph.peaks = Self.peaks(layer: 12) }, { $0.graph.peaks = Self.peaks(index: 4096) },
      { $0.graph.peaks = Self.peaks(count: 3) }, { $0.graph.layerScores = Array(repeating: 1, count: 13) },
    ]
    let prompt = RunPrompt(origin: .domain, text: "six words of a short prompt")
    let contract = DeltaContract(
      origin: .domain, card: card,
      maximumTokens: DeltaContract.maximumTokens(of: prompt, TemplateSpecification(name: "raw")), peakCount: 2)
    var sound = EdgeDelta.synthetic(prompt: 0, origin: .domain)
    sound.graph.peaks = Self.peaks(count: 2)
    sound.graph.layerScores = Array(repeating: 1, count: 12)
    #expect(!Self.isBroken(sound, contract))
    for (number, spoil) in spoils.enumerated() {
      var delta = sound
      spoil(&delta)
      #expect(Self.isBroken(delta, contract), "number \(number)")
    }
  }

  @Test func tokenTextsOfADeltaThatAreNotTheModelsBlankNothing() async throws {
    try await withTemporaryDirectory { directory in
      let (specification, honest) = carded(prompts: 60)
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        var blanking = honest
        (blanking.name, blanking.slots) = ("blanking", 1)
        blanking.forging = { _, delta in for i in delta.vocabulary.indices { delta.vocabulary[i].text = "" } }
        let hostile = blanking
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await hostile.run(at: endpoint, security: security(0)) }
          group.addTask { try await honest.run(at: endpoint, security: security(1)) }
          // A prompt that one key spoils goes to the other, so both are there from the beginning.
          while await coordinator.status().workers.count < 2 { await Task.yield() }
          try await coordinator.submit(specification)
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 60)
          #expect(await coordinator.status().counters.framesRefused > 0)
          group.cancelAll()
        }
        #expect(try await coordinator.texts(ofTokens: [100, 200], run: "run") == [100: "t100", 200: "t200"])
      }
      // The model's card is in the file.
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, _ in
        let fence = Fence(run: "run", prompt: 0, attempt: 1, incarnation: 1, epoch: 1)
        #expect(coordinator.contracts.contract(of: fence, from: PeerID(bytes: [1]), fingerprint: "") == nil)
        #expect(coordinator.contracts.card(of: honest.fingerprint) == card)
      }
    }
  }

  /// Which model a delta is checked for must not depend on what its sender says at that moment.
  @Test func aDeltaIsCheckedForItsRunsModelEvenIfItsSenderIsNotKnown() async throws {
    try await withTemporaryDirectory { directory in
      let (specification, _) = carded(prompts: 1)
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, _ in
        try await coordinator.submit(specification)
        let model = await coordinator.core.modelFingerprint(of: "run", for: PeerID(bytes: [9]))
        #expect(model == specification.modelFingerprint)
      }
    }
  }

  @Test func cardsThatNobodyAskedForAreNotKept() async throws {
    try await withTemporaryDirectory { directory in
      var configuration = configuration
      // Frames are then decoded in the order of their arrival.
      configuration.parallelDecodes = 1
      let (specification, honest) = carded(prompts: 1)
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        let loop = try SocketLoop()
        let dealer = DealerSocket(loop: loop)
        try await dealer.connect(endpoint, security: security(0))
        var unwanted: [String] = []
        for number in UInt64(1)...3 {
          let card = ModelCard(
            layerCount: Int(number), neuronCount: 1, vocabularySize: 1, tokenizer: "t", texts: ["a"]
          ).payload()
          unwanted.append(ModelCard.fingerprint(weights: "w", payload: card))
          let hello = FleetFixture.hello("hostile", incarnation: number, fingerprint: unwanted.last!)
          try await dealer.send(WorkerMessage.hello(hello).encoded())
          try await dealer.send(WorkerMessage.model(card: card).encoded())
        }
        while await coordinator.status().counters.framesReceived < 6 { try await Task.sleep(for: .milliseconds(5)) }
        try await coordinator.submit(specification)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await honest.run(at: endpoint, security: security(1)) }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 1)
          group.cancelAll()
        }
        for fingerprint in unwanted { #expect(coordinator.contracts.card(of: fingerprint) == nil) }
        #expect(coordinator.contracts.card(of: honest.fingerprint) == card)
        await dealer.close()
        await loop.shutDown()
      }
    }
  }

  @Test func aCardThatIsNotTheFingerprintsIsRefusedAndItsWorkerGetsNothing() async throws {
    try await withTemporaryDirectory { directory in
      let (specification, honest) = carded(prompts: 3)
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(specification)
        var liar = honest
        liar.name = "liar"
        liar.card = ModelCard(
          layerCount: 1 << 20, neuronCount: 1 << 30, vocabularySize: 1 << 30, tokenizer: "t", texts: []
        ).payload()
        let hostile = liar
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            let leases = try await hostile.run(at: endpoint, security: security(0))
            #expect(leases == 0)
          }
          while await coordinator.status().counters.framesRefused == 0 { await Task.yield() }
          group.addTask { try await honest.run(at: endpoint, security: security(1)) }
          let run = try await coordinator.waitForCompletion(of: "run")
          #expect(run.done == 3)
          group.cancelAll()
        }
      }
    }
  }

  /// The key is ignored, not just the connection.
  @Test func whoSendsTooManyForgedDeltasIsNotHeardOverANewConnectionEither() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory), configuration) { coordinator, endpoint in
        try await coordinator.submit(FleetFixture.run(prompts: 2))
        let loop = try SocketLoop()
        for connection in 0..<2 {
          let dealer = DealerSocket(loop: loop)
          try await dealer.connect(endpoint, security: security(0))
          try await dealer.send(WorkerMessage.hello(FleetFixture.hello("forger")).encoded())
          let before = await coordinator.status().counters.framesRefused
          for _ in 0..<FrameStrikes.limit {
            let fence = Fence(run: "run", prompt: 0, attempt: 1, incarnation: 1, epoch: 1)
            try await dealer.send(
              WorkerMessage.delta(.init(fence: fence, payload: [], computeMilliseconds: 0)).encoded())
          }
          while await coordinator.status().counters.framesRefused < before + Int64(FrameStrikes.limit) {
            await Task.yield()
          }
          #expect(await coordinator.status().workers.count == 1, "connection \(connection)")
          await dealer.close()
        }
        await loop.shutDown()
        #expect(await coordinator.status().runs[0].done == 0)
      }
    }
  }
}

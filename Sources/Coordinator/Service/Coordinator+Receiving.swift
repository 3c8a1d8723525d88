// autointerp
// `Coordinator` reads frames from its socket, decodes them and passes them on.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Platform

/// A frame that takes milliseconds to decode.
struct Undecoded: Sendable {
  enum Body: Sendable {
    case delta(WorkerMessage.DeltaReport)
    case card([UInt8])
  }
  var body: Body
  var peer: PeerID

  var byteCount: Int {
    switch body {
    case .delta(let report): report.payload.count
    case .card(let bytes): bytes.count
    }
  }
}

/// Decodes one delta or card at a time, on a thread of its own.
actor DeltaDecoder {
  private let executor = BlockingExecutor(label: "decoder")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func decode(_ report: WorkerMessage.DeltaReport, _ contract: DeltaContract) throws -> CheckedDelta {
    try CheckedDelta(report, contract)
  }

  func decode(_ card: [UInt8], of fingerprint: String) throws -> ModelCard {
    try ModelCard(payload: card, of: fingerprint)
  }
}

extension Coordinator {
  /// Reads what arrives and passes it on. It never waits for the decoding of a delta, so that heartbeats and requests
  /// are not delayed. If too many bytes wait, nothing more is read, the socket's queue fills, and TCP makes the workers
  /// wait.
  func receive(from router: RouterSocket) async {
    let budget = ByteBudget(limit: configuration.maximumUndecodedBytes)
    let (deltas, input) = AsyncStream<Undecoded>.makeStream()
    await withDiscardingTaskGroup { group in
      group.addTask { await self.decode(deltas, budget) }
      for await frame in router.incoming {
        core.traffic.withLock {
          $0.framesReceived += 1
          $0.bytesReceived += Int64(frame.bytes.count)
        }
        core.keys.count(frame.peer) {
          $0.framesReceived += 1
          $0.bytesReceived += Int64(frame.bytes.count)
        }
        let message: InboundMessage
        do { message = try InboundMessage(frame: frame.bytes) } catch {
          await core.refuse(frame.peer, reason: "\(error)")
          continue
        }
        switch message {
        case .worker where !frame.speaks(as: .worker):
          await core.refuse(frame.peer, reason: "this key is a client key; a worker key is needed")
        case .worker(.delta(let report)):
          await budget.acquire(report.payload.count)
          input.yield(Undecoded(body: .delta(report), peer: frame.peer))
        case .worker(.model(let card)):
          await budget.acquire(card.count)
          input.yield(Undecoded(body: .card(card), peer: frame.peer))
        case .worker(let message):
          await core.receive(message, from: frame.peer)
        case .client where !frame.speaks(as: .client):
          // Not a reply, which would count for no client: the worker's unread answers would grow without a bound.
          await core.refuse(frame.peer, reason: "this key is a worker key; a client key is needed")
        case .client(let request):
          let now = core.clock.now
          let bytes = expectedBytes(answering: request.request)
          let verdict = replies.withLock { replies in
            replies.received(request.receipt, by: frame.peer, now: now)
            return replies.begin(request.number, expecting: bytes, for: frame.peer, now: now)
          }
          switch verdict {
          case .refuse: refusals.note(unread: frame.peer)
          case .isUnderWay: break
          case .answer: group.addTask { await self.answer(request, to: frame.peer) }
          }
        }
      }
      input.finish()
      group.cancelAll()
    }
  }

  /// Decodes deltas in parallel on dedicated threads and leaves one core free, because a status request must not wait
  /// for the cooperative pool.
  private func decode(_ deltas: AsyncStream<Undecoded>, _ budget: ByteBudget) async {
    await withTaskGroup(of: DeltaDecoder.self) { group in
      var idle = (0..<configuration.parallelDecodes).map { _ in DeltaDecoder() }
      for await delta in deltas {
        if idle.isEmpty, let decoder = await group.next() { idle.append(decoder) }
        let decoder = idle.removeLast()
        group.addTask {
          await self.take(delta, decoder)
          await budget.release(delta.byteCount)
          return decoder
        }
      }
    }
  }

  private func take(_ undecoded: Undecoded, _ decoder: DeltaDecoder) async {
    let peer = undecoded.peer
    switch undecoded.body {
    case .delta(let report):
      let fingerprint = await core.modelFingerprint(of: report.fence.run, for: peer)
      guard let contract = contracts.contract(of: report.fence, from: peer, fingerprint: fingerprint) else {
        return await core.acknowledgeForged(report.fence, from: peer)
      }
      do { await core.accept(try await decoder.decode(report, contract), from: peer) } catch {
        await core.reject(report.fence, error: "\(error)", from: peer)
      }
    case .card(let bytes):
      guard let fingerprint = await core.wantedCard(from: peer) else {
        return await core.receive(.model(card: []), from: peer)
      }
      do {
        let card = try await decoder.decode(bytes, of: fingerprint)
        // The checks need it before the machine grants leases, and keep it only if the machine does.
        contracts.add(card, of: fingerprint)
        if await !core.learn(card: bytes, of: fingerprint, from: peer) { contracts.dropCard(of: fingerprint) }
      } catch {
        await core.refuse(peer, weight: FrameStrikes.deltaWeight, reason: "\(error)")
      }
    }
  }

  private func reply(_ reply: ClientReply, to request: NumberedRequest, at peer: PeerID) {
    let receipt = UInt64.random(in: 1 ... .max)
    var frame = NumberedReply(number: request.number, receipt: receipt, reply: reply).encoded()
    if frame.count > configuration.socket.maximumSentBytes {
      let reason = "the answer has \(frame.count) bytes, more than a message may hold; use the status port"
      frame = NumberedReply(number: request.number, receipt: receipt, reply: .refused(reason: reason)).encoded()
    }
    replies.withLock { [count = frame.count] in
      $0.end(request.number, for: peer)
      $0.sent(count, receipt: receipt, to: peer, now: core.clock.now)
    }
    core.outbox.add([.init(message: .reply(frame, receipt: receipt), peer: peer)])
  }

  /// About what the answer takes, to count while it is made. The state of a fleet of thousands takes more.
  private func expectedBytes(answering request: ClientRequest) -> Int {
    switch request {
    case .export, .quarantine: configuration.exportPieceBytes
    case .status: 1 << 20
    case .submit, .submitPiece, .cancel, .retry, .discard, .summary: 16 << 10
    }
  }

  private func answer(_ request: NumberedRequest, to peer: PeerID) async {
    do {
      guard let answer = try await answer(request.request, of: peer) else {
        replies.withLock { $0.end(request.number, for: peer) }
        return
      }
      reply(answer, to: request, at: peer)
    } catch {
      reply(.refused(reason: "\(error)"), to: request, at: peer)
    }
  }

  /// Returns nil if another request gets the answer.
  private func answer(_ request: ClientRequest, of peer: PeerID) async throws -> ClientReply? {
    let requester = await core.requester(at: peer)
    switch request {
    case .submitPiece(let piece):
      switch try submissions.withLock({ try $0.take(piece, from: peer.publicKey, now: core.clock.now) }) {
      case .received(let bytes): return .submitting(receivedBytes: bytes)
      case .underWay: return nil
      case .complete(let bytes, let identity):
        defer { submissions.withLock { $0.finish(identity) } }
        let specification = try await offPool { try RunSpecification(submission: bytes) }
        let finished = try await submit(specification, by: requester)
        return .submitted(run: specification.name, finishedPrompts: finished)
      }
    case .submit(let specification):
      let finished = try await submit(specification, by: requester)
      return .submitted(run: specification.name, finishedPrompts: finished)
    case .status:
      return .status(await status())
    case .cancel(let run):
      return .done(try await core.cancel(run, by: requester))
    case .retry(let run):
      return .done(try await core.retry(run, by: requester))
    case .discard(let run, let key, let worker):
      return .done(try await core.discard(run, key: key, worker: worker, by: requester))
    case .quarantine(let run, let from):
      let page = try await core.quarantinedPrompts(
        of: run, from: from, maximumBytes: configuration.exportPieceBytes)
      return .quarantine(page.prompts, isLast: page.isLast)
    case .export(let run, let offset):
      return try await piece(ofExport: run, offset: offset)
    case .summary(let run, let seconds):
      return .summary(try await summary(of: run, seconds: seconds))
    }
  }

  /// A piece of an export, as soon as it is written. After a while without one the answer is empty, so that the client
  /// knows that there is progress.
  private func piece(ofExport run: String, offset: Int64) async throws -> ClientReply {
    let (vaultGeneration, isComplete) = try await generation(of: run)
    let end = ContinuousClock.now + configuration.exportPatience
    while true {
      let export = try await exports.export(
        of: run, offset: offset, vaultGeneration: vaultGeneration, isComplete: isComplete
      ) { core.begin(spooling: $0) }
      if let export {
        let (bytes, totalBytes) = try export.piece(from: offset, limit: configuration.exportPieceBytes)
        if !bytes.isEmpty || totalBytes != nil || ContinuousClock.now >= end {
          return .exported(piece: bytes, offset: offset, totalBytes: totalBytes, generation: export.number)
        }
      } else if ContinuousClock.now >= end {
        return .exported(piece: [], offset: offset, totalBytes: nil, generation: 0)
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

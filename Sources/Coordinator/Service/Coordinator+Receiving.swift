// autointerp
// From frames to events.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport

/// A delta that waits to be decoded.
struct UndecodedDelta: Sendable {
  var report: WorkerMessage.DeltaReport
  var peer: PeerID
}

/// A request of one connection.
struct RequestKey: Hashable, Sendable {
  var peer: PeerID
  var number: UInt64
}

/// Decodes one delta at a time on a thread of its own: a few milliseconds each.
actor DeltaDecoder {
  private let executor = BlockingExecutor(label: "decoder")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func decode(_ report: WorkerMessage.DeltaReport, expectedOrigin: PromptOrigin?) throws -> CheckedDelta {
    try CheckedDelta(report, expectedOrigin: expectedOrigin)
  }
}

extension Coordinator {
  /// Reads what arrives and hands it on, without ever waiting for the decoding of a delta, so that heartbeats and
  /// requests do not wait behind them. Beyond the bound on waiting bytes nothing more is read, the socket's queue fills
  /// up, and TCP makes the workers wait.
  func receive(from router: RouterSocket) async {
    let budget = ByteBudget(limit: configuration.maximumUndecodedBytes)
    let (deltas, input) = AsyncStream<UndecodedDelta>.makeStream()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.decode(deltas, budget) }
      for await frame in router.incoming {
        core.traffic.withLock {
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
          await core.refuse(frame.peer, reason: "this key is a client's, it may not work")
        case .worker(.delta(let report)):
          await budget.acquire(report.payload.count)
          input.yield(UndecodedDelta(report: report, peer: frame.peer))
        case .worker(let message):
          await core.receive(message, from: frame.peer)
        case .client(let request) where !frame.speaks(as: .client):
          reply(.refused(reason: "this key is a worker's, it may not give orders"), to: request, at: frame.peer)
        case .client(let request):
          // Asked again while the answer is being made: one answer is enough.
          let key = RequestKey(peer: frame.peer, number: request.number)
          guard requestsUnderWay.withLock({ $0.insert(key).inserted }) else { continue }
          core.jobs.yield {
            await self.answer(request, to: frame.peer)
            self.requestsUnderWay.withLock { _ = $0.remove(key) }
          }
        }
      }
      input.finish()
      group.cancelAll()
    }
  }

  /// Decodes so many deltas beside each other that a core is left for everything else, on threads of their own: whoever
  /// asks for the status must not wait for the cooperative pool.
  private func decode(_ deltas: AsyncStream<UndecodedDelta>, _ budget: ByteBudget) async {
    await withTaskGroup(of: DeltaDecoder.self) { group in
      var idle = (0..<configuration.parallelDecodes).map { _ in DeltaDecoder() }
      for await delta in deltas {
        if idle.isEmpty, let decoder = await group.next() { idle.append(decoder) }
        let decoder = idle.removeLast()
        group.addTask {
          await self.take(delta.report, from: delta.peer, decoder)
          await budget.release(delta.report.payload.count)
          return decoder
        }
      }
    }
  }

  private func take(_ report: WorkerMessage.DeltaReport, from peer: PeerID, _ decoder: DeltaDecoder) async {
    do {
      let delta = try await decoder.decode(report, expectedOrigin: knownPrompts.origin(of: report.fence))
      await core.accept(delta, report, from: peer)
    } catch {
      await core.reject(report.fence, error: "\(error)", from: peer)
    }
  }

  private func reply(_ reply: ClientReply, to request: NumberedRequest, at peer: PeerID) {
    var frame = NumberedReply(number: request.number, reply: reply).encoded()
    if frame.count > configuration.socket.maximumSentBytes {
      let reason = "the answer has \(frame.count) bytes, more than a message holds; ask the status port"
      frame = NumberedReply(number: request.number, reply: .refused(reason: reason)).encoded()
    }
    core.outbox.add([.init(message: .frame(frame), peer: peer)])
  }

  private func answer(_ request: NumberedRequest, to peer: PeerID) async {
    do {
      guard let answer = try await answer(request.request, of: peer.publicKey) else { return }
      reply(answer, to: request, at: peer)
    } catch {
      reply(.refused(reason: "\(error)"), to: request, at: peer)
    }
  }

  /// Nil when another request gets the answer.
  private func answer(_ request: ClientRequest, of key: CurvePublicKey?) async throws -> ClientReply? {
    switch request {
    case .submitPiece(let piece):
      switch try submissions.withLock({ try $0.take(piece, from: key, now: core.clock.now) }) {
      case .received(let bytes): return .submitting(receivedBytes: bytes)
      case .underWay: return nil
      case .complete(let bytes, let identity):
        defer { submissions.withLock { $0.finish(identity) } }
        let specification = try await offPool { try RunSpecification(submission: bytes) }
        let finished = try await submit(specification)
        return .submitted(run: specification.name, finishedPrompts: finished)
      }
    case .submit(let specification):
      let finished = try await submit(specification)
      return .submitted(run: specification.name, finishedPrompts: finished)
    case .status:
      return .status(await status())
    case .cancel(let run):
      return .done(try await cancel(run))
    case .retry(let run):
      return .done(try await retry(run))
    case .quarantine(let run, let from):
      guard let page = await core.quarantinedPrompts(of: run, from: from, maximumBytes: configuration.exportPieceBytes)
      else { throw CoordinatorError.unknownRun(run) }
      return .quarantine(page.prompts, isLast: page.isLast)
    case .export(let run, let offset):
      let export = try await exports.piece(of: run, offset: offset, limit: configuration.exportPieceBytes, from: self)
      return .exported(
        piece: export.piece, offset: offset, totalBytes: export.totalBytes, generation: export.generation)
    case .summary(let run, let seconds):
      return .summary(try await summary(of: run, seconds: seconds))
    }
  }
}

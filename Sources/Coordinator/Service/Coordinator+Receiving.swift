// autointerp
// From frames to events.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport

extension Coordinator {
  /// Decodes what arrives and hands it on. Deltas are decoded beside each other; when too many are under way, nothing
  /// more is read, the socket's queue fills up, and TCP makes the workers wait.
  func receive(from router: RouterSocket) async {
    await withTaskGroup(of: Void.self) { group in
      var decodes = 0
      for await frame in router.incoming {
        await core.count(received: frame.bytes.count)
        let message: InboundMessage
        do { message = try InboundMessage(frame: frame.bytes) } catch {
          await core.refuse(frame.peer, reason: "\(error)")
          continue
        }
        switch message {
        case .worker(let message):
          guard frame.speaks(as: .worker) else {
            await core.refuse(frame.peer, reason: "this key is a client's, it may not work")
            continue
          }
          if case .delta(let report) = message {
            if decodes >= configuration.parallelDecodes {
              await group.next()
              decodes -= 1
            }
            decodes += 1
            group.addTask { await self.take(report, from: frame.peer) }
          } else {
            await core.receive(message, from: frame.peer)
          }
        case .client(let request):
          guard frame.speaks(as: .client) else {
            let reply = ClientReply.refused(reason: "this key is a worker's, it may not give orders")
            core.outbox.yield([
              .init(message: .client(NumberedReply(number: request.number, reply: reply)), peer: frame.peer)
            ])
            continue
          }
          core.jobs.yield { await self.answer(request, to: frame.peer) }
        }
      }
    }
  }

  private func take(_ report: WorkerMessage.DeltaReport, from peer: PeerID) async {
    do {
      let delta = try CheckedDelta(report, expectedOrigin: knownPrompts.origin(of: report.fence))
      await core.accept(delta, report, from: peer)
    } catch {
      await core.reject(report.fence, error: "\(error)", from: peer)
    }
  }

  private func answer(_ request: NumberedRequest, to peer: PeerID) async {
    let reply: ClientReply
    do {
      reply = try await answer(request.request)
    } catch {
      reply = .refused(reason: "\(error)")
    }
    core.outbox.yield([.init(message: .client(NumberedReply(number: request.number, reply: reply)), peer: peer)])
  }

  private func answer(_ request: ClientRequest) async throws -> ClientReply {
    switch request {
    case .submit(let specification):
      let run = try await submit(specification)
      return .submitted(run: specification.name, finishedPrompts: run)
    case .status:
      return .status(await status())
    case .cancel(let run):
      try await cancel(run)
      return .done
    case .retry(let run):
      try await retry(run)
      return .done
    case .export(let run, let offset):
      let export = try await exports.piece(of: run, offset: offset, limit: configuration.exportPieceBytes, from: self)
      return .exported(
        piece: export.piece, offset: offset, totalBytes: export.totalBytes, generation: export.generation)
    }
  }
}

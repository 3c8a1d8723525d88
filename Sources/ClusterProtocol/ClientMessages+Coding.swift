// autointerp
// `NumberedRequest` and `NumberedReply` encode themselves as frames and decode frames; `InboundMessage` decodes only.
// SPDX-License-Identifier: Apache-2.0

extension NumberedRequest {
  /// Encodes the request as one frame. `WireFormat` describes the fields.
  package func encoded() -> [UInt8] {
    let writer = MessageWriter()
    switch request {
    case .submit(let run):
      start(writer, .submit, fieldCount: 1)
      writer.write(run)
    case .submitPiece(let piece):
      start(writer, .submitPiece, fieldCount: 4)
      writer.field("digest", piece.digest)
      writer.field("offset", piece.offset)
      writer.field("total", piece.totalBytes)
      writer.field("piece", piece.bytes)
    case .status:
      start(writer, .status, fieldCount: 0)
    case .cancel(let run):
      start(writer, .cancel, fieldCount: 1)
      writer.field("run", run)
    case .retry(let run):
      start(writer, .retry, fieldCount: 1)
      writer.field("run", run)
    case .discard(let run, let key, let worker):
      start(writer, .discard, fieldCount: 3)
      writer.field("run", run)
      writer.field("key", key)
      writer.field("worker", worker)
    case .quarantine(let run, let from):
      start(writer, .quarantine, fieldCount: 2)
      writer.field("run", run)
      writer.field("from", from)
    case .export(let run, let offset):
      start(writer, .export, fieldCount: 2)
      writer.field("run", run)
      writer.field("offset", offset)
    case .summary(let run, let seconds):
      start(writer, .summary, fieldCount: 2)
      writer.field("run", run)
      writer.field("seconds", seconds)
    }
    return writer.bytes
  }

  private func start(_ writer: MessageWriter, _ type: WireFormat.MessageType, fieldCount: Int) {
    writer.message(type, fieldCount: fieldCount + 2)
    writer.field("n", number)
    writer.field("receipt", receipt)
  }

  /// Returns nil if `type` is not a client's message.
  init?(_ type: WireFormat.MessageType, _ fields: FieldMap) throws(ProtocolError) {
    let request: ClientRequest
    switch type {
    case .submit: request = .submit(try .init(fields))
    case .submitPiece: request = .submitPiece(try .init(fields))
    case .status: request = .status
    case .cancel: request = .cancel(run: try fields.shortString("run"))
    case .quarantine:
      request = .quarantine(run: try fields.shortString("run"), from: try fields.integer("from", in: 0 ... .max))
    case .discard:
      request = .discard(
        run: try fields.shortString("run"), key: try fields.optionalString("key"),
        worker: try fields.optionalString("worker"))
    case .retry: request = .retry(run: try fields.shortString("run"))
    case .export:
      request = .export(run: try fields.shortString("run"), offset: try fields.integer("offset", in: 0 ... .max))
    case .summary:
      request = .summary(
        run: try fields.shortString("run"),
        seconds: try fields.isNull("seconds") ? nil : min(max(fields.double("seconds"), 0), 1e9))
    default: return nil
    }
    self.init(
      number: try fields.integer("n"), receipt: try fields.integer("receipt"), request: request)
  }
}

extension NumberedReply {
  /// Encodes the reply as one frame. `WireFormat` describes the fields.
  package func encoded() -> [UInt8] {
    let writer = MessageWriter()
    switch reply {
    case .submitted(let run, let finishedPrompts):
      start(writer, .submitted, fieldCount: 2)
      writer.field("run", run)
      writer.field("finished", finishedPrompts)
    case .submitting(let receivedBytes):
      start(writer, .submitting, fieldCount: 1)
      writer.field("received", receivedBytes)
    case .refused(let reason):
      start(writer, .requestRefused, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
    case .status(let status):
      start(writer, .fleetStatus, fieldCount: 1)
      writer.field("json", json(of: status))
    case .done(let outcome):
      start(writer, .done, fieldCount: OrderOutcome.fieldCount)
      outcome.write(to: writer)
    case .quarantine(let prompts, let isLast):
      start(writer, .quarantinedPrompts, fieldCount: 2)
      writer.field("json", json(of: prompts))
      writer.field("last", isLast)
    case .exported(let piece, let offset, let totalBytes, let generation):
      start(writer, .exported, fieldCount: 4)
      writer.field("piece", piece)
      writer.field("offset", offset)
      writer.key("total")
      if let totalBytes { writer.integer(totalBytes) } else { writer.null() }
      writer.field("generation", generation)
    case .summary(let text):
      start(writer, .runSummary, fieldCount: 1)
      writer.field("text", text)
    }
    return writer.bytes
  }

  private func json(of value: some Encodable) -> [UInt8] {
    // Cannot fail: structs of strings, integers and floats always have this form.
    guard let bytes = try? StatusJSON.encode(value) else { preconditionFailure("a status must be encodable") }
    return bytes
  }

  private func start(_ writer: MessageWriter, _ type: WireFormat.MessageType, fieldCount: Int) {
    writer.message(type, fieldCount: fieldCount + 2)
    writer.field("n", number)
    writer.field("receipt", receipt)
  }

  /// Decodes a frame. Depends only on the bytes.
  ///
  /// - Throws: `ProtocolError` if the frame is not a reply to a client.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .reply) { type, fields throws(ProtocolError) in
      let reply: ClientReply
      switch type {
      case .submitted:
        reply = .submitted(
          run: try fields.shortString("run"), finishedPrompts: try fields.integer("finished", in: 0 ... .max))
      case .submitting: reply = .submitting(receivedBytes: try fields.integer("received", in: 0 ... .max))
      case .requestRefused: reply = .refused(reason: try fields.reason())
      case .fleetStatus:
        do {
          reply = .status(try StatusJSON.decode(FleetStatus.self, from: try fields.binary("json")))
        } catch let error as ProtocolError {
          throw error
        } catch {
          throw fields.invalid("json", "is not a fleet status: \(error)")
        }
      case .done: reply = .done(try OrderOutcome(fields))
      case .quarantinedPrompts:
        do {
          reply = .quarantine(
            try StatusJSON.decode([QuarantinedPrompt].self, from: try fields.binary("json")),
            isLast: try fields.bool("last"))
        } catch let error as ProtocolError {
          throw error
        } catch {
          throw fields.invalid("json", "is not a list of quarantined prompts: \(error)")
        }
      case .exported:
        reply = .exported(
          piece: try fields.binary("piece"), offset: try fields.integer("offset", in: 0 ... .max),
          totalBytes: try fields.isNull("total") ? nil : fields.integer("total", in: 0 ... .max),
          generation: try fields.integer("generation"))
      case .runSummary: reply = .summary(try fields.string("text"))
      default: return nil
      }
      return NumberedReply(
        number: try fields.integer("n"), receipt: try fields.integer("receipt"), reply: reply)
    }
  }
}

extension InboundMessage {
  /// Decodes a frame that arrived at the coordinator's socket. Depends only on the bytes.
  ///
  /// - Throws: `ProtocolError` if the frame is not a message of a worker or a client.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .frame) { type, fields throws(ProtocolError) in
      if let message = try WorkerMessage(type, fields) { return .worker(message) }
      return try NumberedRequest(type, fields).map { .client($0) }
    }
  }
}

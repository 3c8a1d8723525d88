// autointerp
// Requests of clients and their replies, as frames.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension NumberedRequest {
  /// The request as one frame; see `WireFormat` for the fields.
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
    writer.message(type, fieldCount: fieldCount + 1)
    writer.field("n", number)
  }

  /// Nil when `type` is not a client's.
  init?(_ type: WireFormat.MessageType, _ fields: FieldMap) throws(ProtocolError) {
    let request: ClientRequest
    switch type {
    case .submit: request = .submit(try .init(fields))
    case .submitPiece: request = .submitPiece(try .init(fields))
    case .status: request = .status
    case .cancel: request = .cancel(run: try fields.shortString("run"))
    case .quarantine:
      request = .quarantine(run: try fields.shortString("run"), from: try fields.integer("from", in: 0 ... .max))
    case .retry: request = .retry(run: try fields.shortString("run"))
    case .export:
      request = .export(run: try fields.shortString("run"), offset: try fields.integer("offset", in: 0 ... .max))
    case .summary:
      request = .summary(
        run: try fields.shortString("run"),
        seconds: try fields.isNull("seconds") ? nil : min(max(fields.double("seconds"), 0), 1e9))
    default: return nil
    }
    self.init(number: try fields.integer("n"), request: request)
  }
}

extension NumberedReply {
  /// The reply as one frame; see `WireFormat` for the fields.
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
      writer.field("json", status.json())
    case .done(let outcome):
      start(writer, .done, fieldCount: OrderOutcome.fieldCount)
      outcome.write(to: writer)
    case .quarantine(let prompts, let isLast):
      start(writer, .quarantinedPrompts, fieldCount: 2)
      writer.field("json", prompts.json())
      writer.field("last", isLast)
    case .exported(let piece, let offset, let totalBytes, let generation):
      start(writer, .exported, fieldCount: 4)
      writer.field("piece", piece)
      writer.field("offset", offset)
      writer.field("total", totalBytes)
      writer.field("generation", generation)
    case .summary(let text):
      start(writer, .runSummary, fieldCount: 1)
      writer.field("text", text)
    }
    return writer.bytes
  }

  private func start(_ writer: MessageWriter, _ type: WireFormat.MessageType, fieldCount: Int) {
    writer.message(type, fieldCount: fieldCount + 1)
    writer.field("n", number)
  }

  /// Decodes a frame. A pure function of the bytes.
  ///
  /// - Throws: `ProtocolError` for anything that is not a reply to a client.
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
          reply = .status(try FleetStatus(json: try fields.binary("json")))
        } catch let error as ProtocolError {
          throw error
        } catch {
          throw fields.invalid("json", "is not a fleet status: \(error)")
        }
      case .done: reply = .done(try OrderOutcome(fields))
      case .quarantinedPrompts:
        do {
          reply = .quarantine(
            try [QuarantinedPrompt](json: try fields.binary("json")), isLast: try fields.bool("last"))
        } catch let error as ProtocolError {
          throw error
        } catch {
          throw fields.invalid("json", "is not a list of quarantined prompts: \(error)")
        }
      case .exported:
        reply = .exported(
          piece: try fields.binary("piece"), offset: try fields.integer("offset", in: 0 ... .max),
          totalBytes: try fields.integer("total", in: 0 ... .max), generation: try fields.integer("generation"))
      case .runSummary: reply = .summary(try fields.string("text"))
      default: return nil
      }
      return NumberedReply(number: try fields.integer("n"), reply: reply)
    }
  }
}

extension InboundMessage {
  /// Decodes what arrived at a coordinator's socket. A pure function of the bytes.
  ///
  /// - Throws: `ProtocolError` for anything that is not a message of a worker or a client.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .frame) { type, fields throws(ProtocolError) in
      if let message = try WorkerMessage(type, fields) { return .worker(message) }
      return try NumberedRequest(type, fields).map { .client($0) }
    }
  }
}

extension [QuarantinedPrompt] {
  fileprivate func json() -> [UInt8] {
    // Strings and integers in structs: there is nothing that JSON cannot say.
    guard let data = try? JSONEncoder().encode(self) else { preconditionFailure("prompts must be encodable") }
    return [UInt8](data)
  }

  fileprivate init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }
}

extension FleetStatus {
  /// The status as JSON with sorted keys, as the status port serves it.
  package func json() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    // Strings, integers and floats in structs: with the strategy above there is nothing that JSON cannot say.
    guard let data = try? encoder.encode(self) else { preconditionFailure("a fleet status must be encodable") }
    return [UInt8](data)
  }

  /// Reads what `json()` wrote.
  package init(json: [UInt8]) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(FleetStatus.self, from: Data(json))
  }
}

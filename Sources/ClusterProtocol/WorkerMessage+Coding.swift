// autointerp
// `WorkerMessage` encodes itself as a frame and decodes a frame.
// SPDX-License-Identifier: Apache-2.0

extension WorkerMessage {
  /// Encodes the message as one frame. `WireFormat` describes the fields.
  package func encoded() -> [UInt8] {
    switch self {
    case .hello(let hello):
      let writer = MessageWriter()
      writer.message(.hello, fieldCount: 8)
      writer.field("worker", hello.worker)
      writer.field("incarnation", hello.incarnation)
      writer.field("host", hello.host)
      writer.field("slots", hello.slots)
      writer.field("model", hello.modelName)
      writer.field("fingerprint", hello.modelFingerprint)
      writer.field("software", hello.softwareVersion)
      writer.field("kernel", hello.computeKernel)
      return writer.bytes
    case .ready(let credit):
      let writer = MessageWriter()
      writer.message(.ready, fieldCount: 1)
      writer.field("credit", credit)
      return writer.bytes
    case .delta(let report):
      let writer = MessageWriter(capacity: report.payload.count + 512)
      writer.message(.delta, fieldCount: 3)
      writer.write(report.fence)
      writer.field("milliseconds", report.computeMilliseconds)
      writer.field("payload", report.payload)
      return writer.bytes
    case .failed(let report):
      let writer = MessageWriter()
      writer.message(.failed, fieldCount: 3)
      writer.write(report.fence)
      writer.field("kind", report.kind.rawValue)
      writer.field("error", WireFormat.cut(report.error))
      return writer.bytes
    case .heartbeat(let heartbeat):
      let writer = MessageWriter()
      writer.message(.heartbeat, fieldCount: 2)
      writer.field("resident", heartbeat.residentBytes)
      writer.key("leases")
      writer.array(count: heartbeat.slots.count)
      for slot in heartbeat.slots {
        writer.map(count: 3)
        writer.write(slot.fence)
        writer.field("phase", slot.phase.rawValue)
        writer.field("progress", slot.progress)
      }
      return writer.bytes
    case .model(let card):
      let writer = MessageWriter(capacity: card.count + 64)
      writer.message(.model, fieldCount: 1)
      writer.field("card", card)
      return writer.bytes
    case .goodbye(let reason):
      let writer = MessageWriter()
      writer.message(.goodbye, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
      return writer.bytes
    }
  }

  /// Decodes a frame. Depends only on the bytes.
  ///
  /// - Throws: `ProtocolError` if the frame is not a message of a worker.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .frame) { type, fields throws(ProtocolError) in
      try WorkerMessage(type, fields)
    }
  }

  /// Returns nil if `type` is not a worker's message.
  init?(_ type: WireFormat.MessageType, _ fields: FieldMap) throws(ProtocolError) {
    switch type {
    case .hello:
      self = .hello(
        Hello(
          worker: try fields.shortString("worker"), incarnation: try fields.integer("incarnation"),
          host: try fields.shortString("host"), slots: try fields.integer("slots", in: WireFormat.slotRange),
          modelName: try fields.shortString("model"), modelFingerprint: try fields.shortString("fingerprint"),
          softwareVersion: try fields.shortString("software"), computeKernel: try fields.shortString("kernel")))
    case .ready:
      self = .ready(credit: try fields.integer("credit", in: 0...WireFormat.slotRange.upperBound))
    case .delta:
      self = .delta(
        DeltaReport(
          fence: try Fence(fields), payload: try fields.binary("payload"),
          computeMilliseconds: try fields.integer("milliseconds", in: DeltaReport.computeRange)))
    case .failed:
      self = .failed(
        FailureReport(
          fence: try Fence(fields), kind: try fields.choice("kind", of: FailureReport.Kind.self),
          error: try fields.reason("error")))
    case .heartbeat:
      let slots = try fields.maps("leases") { slot throws(ProtocolError) in
        SlotProgress(
          fence: try Fence(slot), phase: try slot.choice("phase", of: SlotProgress.Phase.self),
          progress: try slot.integer("progress"))
      }
      self = .heartbeat(
        WorkerHeartbeat(slots: slots, residentBytes: try fields.integer("resident", in: 0 ... .max)))
    case .model:
      self = .model(card: try fields.binary("card"))
    case .goodbye:
      self = .goodbye(reason: try fields.reason())
    default:
      return nil
    }
  }
}

extension MessageWriter {
  func write(_ fence: Fence) {
    key("fence")
    map(count: 7)
    field("run", fence.run)
    field("file", fence.file)
    field("prompt", fence.prompt)
    field("attempt", fence.attempt)
    field("incarnation", fence.incarnation)
    field("epoch", fence.epoch)
    field("proof", fence.proof.bytes)
  }
}

extension Fence {
  /// Reads the field `fence` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("fence")
    let proof = try fields.binary("proof")
    guard let proof = GrantProof(proof) else {
      throw fields.invalid("proof", "has \(proof.count) bytes, expected \(GrantProof.byteCount)")
    }
    self.init(
      run: try fields.shortString("run"), file: try fields.integer("file"),
      prompt: try fields.integer("prompt", in: 0 ... .max), attempt: try fields.integer("attempt", in: 1 ... .max),
      incarnation: try fields.integer("incarnation"), epoch: try fields.integer("epoch", in: 0 ... .max), proof: proof)
  }
}

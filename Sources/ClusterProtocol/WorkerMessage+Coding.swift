// autointerp
// What workers say, as frames.
// SPDX-License-Identifier: Apache-2.0

extension WorkerMessage {
  /// The message as one frame; see `WireFormat` for the fields.
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
    case .goodbye(let reason):
      let writer = MessageWriter()
      writer.message(.goodbye, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
      return writer.bytes
    }
  }

  /// Decodes a frame. A pure function of the bytes.
  ///
  /// - Throws: `ProtocolError` for anything that is not a message of a worker.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .frame) { type, fields throws(ProtocolError) in
      try WorkerMessage(type, fields)
    }
  }

  /// Nil when `type` is not a worker's.
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
    map(count: 5)
    field("run", fence.run)
    field("prompt", fence.prompt)
    field("attempt", fence.attempt)
    field("incarnation", fence.incarnation)
    field("epoch", fence.epoch)
  }
}

extension Fence {
  /// The field `fence` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("fence")
    self.init(
      run: try fields.shortString("run"), prompt: try fields.integer("prompt", in: 0 ... .max),
      attempt: try fields.integer("attempt", in: 1 ... .max), incarnation: try fields.integer("incarnation"),
      epoch: try fields.integer("epoch", in: 0 ... .max))
  }
}

// autointerp
// What a coordinator says to workers, as frames.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension CoordinatorMessage {
  /// The message as one frame; see `WireFormat` for the fields.
  package func encoded() -> [UInt8] {
    let writer = MessageWriter()
    switch self {
    case .welcome(let welcome):
      writer.message(.welcome, fieldCount: 3)
      writer.field("epoch", welcome.epoch)
      writer.field("heartbeat", welcome.heartbeatMilliseconds)
      writer.field("dead_after", welcome.deadAfterMilliseconds)
    case .refused(let reason):
      writer.message(.refused, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
    case .lease(let lease):
      writer.message(.lease, fieldCount: 7)
      writer.write(lease.fence)
      writer.field("origin", lease.origin.rawValue)
      writer.field("text", lease.text)
      writer.field("answer_prefix", lease.answerPrefix)
      writer.write(lease.template)
      writer.write(lease.settings)
      writer.field("milliseconds", lease.leaseMilliseconds)
    case .acknowledged(let fence):
      writer.message(.acknowledged, fieldCount: 1)
      writer.write(fence)
    case .heartbeat:
      writer.message(.heartbeat, fieldCount: 0)
    case .unknownWorker:
      writer.message(.unknownWorker, fieldCount: 0)
    case .drain(let reason):
      writer.message(.drain, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
    }
    return writer.bytes
  }

  /// Decodes a frame. A pure function of the bytes.
  ///
  /// - Throws: `ProtocolError` for anything that is not a message of a coordinator to a worker.
  package init(frame: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(frame, within: .reply) { type, fields throws(ProtocolError) in
      try CoordinatorMessage(type, fields)
    }
  }

  private init?(_ type: WireFormat.MessageType, _ fields: FieldMap) throws(ProtocolError) {
    switch type {
    case .welcome:
      self = .welcome(
        Welcome(
          epoch: try fields.integer("epoch", in: 0 ... .max),
          heartbeatMilliseconds: try fields.integer("heartbeat", in: Self.milliseconds),
          deadAfterMilliseconds: try fields.integer("dead_after", in: Self.milliseconds)))
    case .refused:
      self = .refused(reason: try fields.reason())
    case .lease:
      self = .lease(
        Lease(
          fence: try Fence(fields), origin: try fields.choice("origin", of: PromptOrigin.self),
          text: try fields.string("text"), answerPrefix: try fields.string("answer_prefix"),
          template: try TemplateSpecification(fields), settings: try AttributionSettings(fields),
          leaseMilliseconds: try fields.integer("milliseconds", in: Self.milliseconds)))
    case .acknowledged:
      self = .acknowledged(try Fence(fields))
    case .heartbeat:
      self = .heartbeat
    case .unknownWorker:
      self = .unknownWorker
    case .drain:
      self = .drain(reason: try fields.reason())
    default:
      return nil
    }
  }

  /// Spans of time a peer may ask for: up to 30 days, far from the ends of Int64.
  private static let milliseconds: ClosedRange<Int64> = 1...2_592_000_000
}

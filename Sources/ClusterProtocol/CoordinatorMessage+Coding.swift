// autointerp
// `CoordinatorMessage` encodes itself as a frame and decodes a frame.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension CoordinatorMessage {
  /// Encodes the message as one frame. `WireFormat` describes the fields.
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
      writer.message(.lease, fieldCount: 8)
      writer.write(lease.fence)
      writer.field("origin", lease.origin.rawValue)
      writer.field("text", lease.text)
      writer.field("answer_prefix", lease.answerPrefix)
      writer.field("target", lease.target?.text)
      writer.write(lease.template)
      writer.write(lease.settings)
      writer.field("milliseconds", lease.leaseMilliseconds)
    case .acknowledged(let fence):
      writer.message(.acknowledged, fieldCount: 1)
      writer.write(fence)
    case .heartbeat:
      writer.message(.heartbeat, fieldCount: 0)
    case .describeModel:
      writer.message(.describeModel, fieldCount: 0)
    case .unknownWorker:
      writer.message(.unknownWorker, fieldCount: 0)
    case .drain(let reason):
      writer.message(.drain, fieldCount: 1)
      writer.field("reason", WireFormat.cut(reason))
    }
    return writer.bytes
  }

  /// Decodes a frame. Depends only on the bytes.
  ///
  /// - Throws: `ProtocolError` if the frame is not a message of a coordinator to a worker.
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
          fence: try Fence(fields), origin: try fields.group("origin"),
          text: try fields.string("text"), answerPrefix: try fields.string("answer_prefix"),
          target: try fields.promptTarget("target"),
          template: try TemplateSpecification(fields), settings: try AttributionSettings(fields),
          leaseMilliseconds: try fields.integer("milliseconds", in: Self.milliseconds)))
    case .acknowledged:
      self = .acknowledged(try Fence(fields))
    case .heartbeat:
      self = .heartbeat
    case .describeModel:
      self = .describeModel
    case .unknownWorker:
      self = .unknownWorker
    case .drain:
      self = .drain(reason: try fields.reason())
    default:
      return nil
    }
  }

  /// The times that a peer may ask for: up to 30 days, which is far from the ends of Int64.
  private static let milliseconds: ClosedRange<Int64> = 1...2_592_000_000
}

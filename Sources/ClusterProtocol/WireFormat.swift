// autointerp
// `WireFormat` documents every message on the wire, and reads the fields that all of them have.
// SPDX-License-Identifier: Apache-2.0

/// Every frame is one MessagePack map. Two keys are in all of them:
///
/// | key | type | meaning |
/// |---|---|---|
/// | `v` | integer | protocol version, 2; a frame with another one is refused with a reason |
/// | `t` | string | the message's type, below |
///
/// Keys a reader does not know are ignored; a missing one, one of another type or one that occurs twice makes the frame
/// malformed. `int` is a MessagePack integer of any width, `column` a `bin` of little-endian 4-byte values, `fence` the
/// map `{run: string, file: uint64, prompt: int32, attempt: int32, incarnation: uint64, epoch: int64, proof: bin of 16
/// bytes}` that names one grant and proves it.
/// Optional fields (`?`) are present as nil.
///
/// Worker to coordinator
///
/// | `t` | fields |
/// |---|---|
/// | `hello` | `worker` string, `incarnation` uint64, `host` string, `slots` int 1…4096, `model` string, `fingerprint` string, `software` string, `kernel` string |
/// | `ready` | `credit` int 0…4096: room for leases at the time of sending, absolute |
/// | `delta` | `fence`, `milliseconds` int64 of compute, `payload` bin (`EdgeDelta.payload()`, its own table there) |
/// | `failed` | `fence`, `kind` string `prompt` or `worker`, `error` string |
/// | `heartbeat` | `resident` int64 bytes, `leases` array of maps `{fence, phase: string executing or reported, progress: int64}` |
/// | `model` | `card` bin (`ModelCard.payload()`, whose digest is part of the fingerprint) |
/// | `goodbye` | `reason` string |
///
/// Coordinator to worker
///
/// | `t` | fields |
/// |---|---|
/// | `welcome` | `epoch` int64, `heartbeat` int64 milliseconds, `dead_after` int64 milliseconds |
/// | `refused` | `reason` string; also the answer to a frame that cannot be read |
/// | `lease` | `fence`, `origin` string, `text` string, `answer_prefix` string, `target` string? (`PromptTarget.text`), `template` map, `settings` map, `milliseconds` int64 to live from receipt |
/// | `acknowledged` | `fence` |
/// | `heartbeat` | none |
/// | `describe-model` | none |
/// | `unknown-worker` | none |
/// | `drain` | `reason` string |
///
/// `template` is `{name: string, system: string?}`. `settings` has every setting of
/// `AttributionSettings.list` by its name: an integer, a float64, a string (the metric: `topk 5`, `tokens 12 7`,
/// `contrast 3 4`) or nil.
///
/// Client to coordinator. Each request carries `n`, a uint64 that the client chooses, and `receipt`, the uint64 of the last
/// reply that it has read on this connection, or 0.
///
/// | `t` | fields |
/// |---|---|
/// | `submit` | `run` map: `name`, `model` strings, `fingerprint` string?, `template`, `settings`, `corpus_digest`, `corpus` strings, `seed` uint64, `spot_check` float64 (a share; absent means 0), and of each prompt: `groups` array of strings and `origins` bin (places in `groups`), `texts`, `answer_prefixes`, `targets` arrays of strings |
/// | `submit-piece` | `digest` bin: 32 bytes, BLAKE2b-256 of the whole; `offset`, `total` int64, `piece` bin: bytes `offset…` of the frame of a `submit` that is too large for one (its `n` does not matter) |
/// | `status` | none |
/// | `cancel`, `retry` | `run` string |
/// | `discard` | `run` string, `key` string?, `worker` string? |
/// | `quarantine` | `run` string, `from` int32: the first prompt of interest |
/// | `export` | `run` string, `offset` int64 |
/// | `summary` | `run` string, `seconds` float64? |
///
/// Coordinator to client, with the request's `n` and a random uint64 `receipt`
///
/// | `t` | fields |
/// |---|---|
/// | `submitted` | `run` string, `finished` int; also the answer to the last `submit-piece` |
/// | `submitting` | `received` int64: bytes that are here, where the next piece begins |
/// | `request-refused` | `reason` string |
/// | `fleet-status` | `json` bin: the JSON of `FleetStatus` |
/// | `done` | `outcome` string: `cancelled`, `already-cancelled`, `already-complete`, `queued-again`, `nothing-quarantined`, `discarded`, `run-is-cancelled`; `prompts` int: those queued again |
/// | `quarantined-prompts` | `json` bin: a JSON array of `{prompt, excerpt, errors}`; `last` bool: there are none after these |
/// | `exported` | `piece` bin (empty while it is being made), `offset` int64, `total` int64? (nil while it is not known), `generation` int64 |
/// | `run-summary` | `text` string |
package enum WireFormat {
  /// The type of a message, as in `t`.
  enum MessageType: String {
    case hello, ready, delta, failed, heartbeat, model, goodbye
    case welcome, refused, lease, acknowledged, drain
    case describeModel = "describe-model"
    case unknownWorker = "unknown-worker"
    case submit, status, cancel, retry, discard, quarantine, export, summary
    case submitPiece = "submit-piece"
    case submitted, submitting, done, exported
    case requestRefused = "request-refused"
    case fleetStatus = "fleet-status"
    case quarantinedPrompts = "quarantined-prompts"
    case runSummary = "run-summary"
  }

  /// The permitted numbers of slots and of credit.
  static let slotRange = 1...4096
  /// The largest length of a worker's, host's, run's or model's name.
  static let maximumNameBytes = 512
  /// The largest length of reasons and error texts. Senders cut longer ones.
  package static let maximumReasonBytes = 16 << 10

  /// Reads version and type of a frame, then lets `body` read the fields.
  static func read<Message>(
    _ frame: [UInt8], within limits: FrameLimits, _ body: (MessageType, FieldMap) throws(ProtocolError) -> Message?
  ) throws(ProtocolError) -> Message {
    try FieldMap.read(frame, limits) { fields throws(ProtocolError) in
      let version: Int64 = try fields.integer("v")
      guard version == ProtocolVersion.current else {
        throw .unsupportedVersion(found: version, supported: ProtocolVersion.current)
      }
      let name = try fields.string("t", maximumBytes: maximumNameBytes)
      guard let type = MessageType(rawValue: name), let message = try body(type, fields) else {
        throw .unknownType(name)
      }
      return message
    }
  }

  /// Returns `reason`, cut to the length that a message may carry.
  static func cut(_ reason: String) -> String {
    guard reason.utf8.count > maximumReasonBytes else { return reason }
    return String(decoding: reason.utf8.prefix(maximumReasonBytes - 16), as: UTF8.self) + " …"
  }
}

extension MessageWriter {
  func message(_ type: WireFormat.MessageType, fieldCount: Int) {
    message(type.rawValue, fieldCount: fieldCount)
  }
}

extension FieldMap {
  /// Reads a name of a worker, host, run or model.
  func shortString(_ key: String) throws(ProtocolError) -> String {
    try string(key, maximumBytes: WireFormat.maximumNameBytes)
  }

  /// Reads an error text or a reason.
  func reason(_ key: String = "reason") throws(ProtocolError) -> String {
    try string(key, maximumBytes: WireFormat.maximumReasonBytes)
  }
}

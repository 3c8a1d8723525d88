// autointerp
// `ClientRequest` and `ClientReply` are the messages between a researcher's command and the coordinator.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A client's request. The coordinator answers each with one reply that carries the same number.
package enum ClientRequest: Equatable, Sendable {
  /// Queues the run, or resumes the existing run with this specification.
  case submit(RunSpecification)
  /// Like `submit`, for a run that is too large for one frame. Nothing is queued before all pieces have arrived.
  case submitPiece(SubmissionPiece)
  case status
  case cancel(run: String)
  /// Asks for the quarantined prompts of a run from this number on, as many as fit into one reply.
  case quarantine(run: String, from: Int32)
  /// Puts the quarantined prompts of a run back into its queue.
  case retry(run: String)
  /// Queues again the prompts of the run that workers with this key or of this name have done or failed. If both are
  /// given, both must match.
  case discard(run: String, key: String?, worker: String?)
  /// Asks for a piece of the run's edge-statistics JSON: its current state or, if the run is finished, its final one.
  case export(run: String, offset: Int64)
  /// Asks for a readable summary of the run. `seconds`, if given, is the duration that the summary shows.
  case summary(run: String, seconds: Double?)
}

/// A part of a submission. The digest of the whole submission connects the pieces, so a client may send them again, and
/// over any of its connections.
package struct SubmissionPiece: Equatable, Sendable {
  /// BLAKE2b-256 of all bytes of the submission.
  package var digest: [UInt8]
  package var offset: Int64
  package var totalBytes: Int64
  package var bytes: [UInt8]

  package init(digest: [UInt8], offset: Int64, totalBytes: Int64, bytes: [UInt8]) {
    self.digest = digest
    self.offset = offset
    self.totalBytes = totalBytes
    self.bytes = bytes
  }

  init(_ fields: FieldMap) throws(ProtocolError) {
    self.init(
      digest: try fields.binary("digest"), offset: try fields.integer("offset", in: 0 ... .max),
      totalBytes: try fields.integer("total", in: 1...Int64(FrameLimits.maximumDocumentBytes)),
      bytes: try fields.binary("piece"))
    guard digest.count == 32 else { throw fields.invalid("digest", "has \(digest.count) bytes, expected 32") }
    guard !bytes.isEmpty, Int64(bytes.count) <= totalBytes - offset else {
      throw fields.invalid("piece", "has \(bytes.count) bytes at \(offset) of \(totalBytes)")
    }
  }
}

/// The coordinator's answer to a client.
package enum ClientReply: Equatable, Sendable {
  /// The run's name, and how many of its prompts were already done.
  case submitted(run: String, finishedPrompts: Int)
  /// How many bytes of a submission in pieces have arrived.
  case submitting(receivedBytes: Int64)
  case refused(reason: String)
  case status(FleetStatus)
  /// A cancellation or retry was carried out and written to disk.
  case done(OrderOutcome)
  /// `isLast` is true if no prompts follow these.
  case quarantine([QuarantinedPrompt], isLast: Bool)
  /// The bytes `offset...` of an export of `totalBytes`, or of one whose size is not known yet (nil). No bytes mean that
  /// they are being made: ask again. If `generation` changes between pieces, the export was made
  /// again; start again at 0.
  case exported(piece: [UInt8], offset: Int64, totalBytes: Int64?, generation: Int64)
  /// Lines of ASCII text.
  case summary(String)
}

/// A request and the number that its reply will carry. The client chooses the number. If no reply comes, it sends the
/// request again under the same number, so a time-out does not mean that the request was lost.
package struct NumberedRequest: Equatable, Sendable {
  package var number: UInt64
  /// That of the last reply that the client has read on this connection; 0 before the first. It shows the coordinator
  /// how much of what it sent was read.
  package var receipt: UInt64
  package var request: ClientRequest

  package init(number: UInt64, receipt: UInt64 = 0, request: ClientRequest) {
    self.number = number
    self.receipt = receipt
    self.request = request
  }
}

/// A reply with the number of its request.
package struct NumberedReply: Equatable, Sendable {
  package var number: UInt64
  /// Random, for the next request.
  package var receipt: UInt64
  package var reply: ClientReply

  package init(number: UInt64, receipt: UInt64 = 0, reply: ClientReply) {
    self.number = number
    self.receipt = receipt
    self.reply = reply
  }
}

/// What may arrive at a coordinator's socket.
package enum InboundMessage: Equatable, Sendable {
  case worker(WorkerMessage)
  case client(NumberedRequest)
}

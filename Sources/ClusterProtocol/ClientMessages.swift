// autointerp
// What a researcher's command asks of a coordinator, over the same socket as the workers.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// A client's request; the coordinator answers each with one reply that carries the same number.
package enum ClientRequest: Equatable, Sendable {
  /// Queues the run, or resumes the one with this specification.
  case submit(RunSpecification)
  /// As `submit`, for a run that is too large for a frame. Nothing is queued before all pieces are there.
  case submitPiece(SubmissionPiece)
  case status
  case cancel(run: String)
  /// Asks for the quarantined prompts of a run from this number on, as many as go into one reply.
  case quarantine(run: String, from: Int32)
  /// Puts the quarantined prompts of a run back into its queue.
  case retry(run: String)
  /// Asks for a piece of the run's edge-statistics JSON, as it stands now or, once finished, for good.
  case export(run: String, offset: Int64)
  /// Asks for the summary of the run for people; `seconds`, when given, is the time that it says the run took.
  case summary(run: String, seconds: Double?)
}

/// A part of a submission. The digest of the whole tells which, so that pieces may be sent again and by any connection of
/// the same client.
package struct SubmissionPiece: Equatable, Sendable {
  /// BLAKE2b-256 of all bytes.
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

/// A coordinator's answer to a client.
package enum ClientReply: Equatable, Sendable {
  /// The run's name; `finishedPrompts` were already done before.
  case submitted(run: String, finishedPrompts: Int)
  /// So many bytes of a submission in pieces are here.
  case submitting(receivedBytes: Int64)
  case refused(reason: String)
  case status(FleetStatus)
  /// A cancellation or retry is carried out, and on the disk.
  case done(OrderOutcome)
  /// `isLast`: there are none after these.
  case quarantine([QuarantinedPrompt], isLast: Bool)
  /// Bytes `offset...` of an export of `totalBytes`; `generation` differs when the export was made anew between pieces
  /// (start again from 0).
  case exported(piece: [UInt8], offset: Int64, totalBytes: Int64, generation: Int64)
  /// Lines of ASCII text.
  case summary(String)
}

/// A request with the number that its reply will carry. Numbers are the client's own: it sends a request again under the
/// same number when no reply comes, so a time-out never means "not delivered".
package struct NumberedRequest: Equatable, Sendable {
  package var number: UInt64
  package var request: ClientRequest

  package init(number: UInt64, request: ClientRequest) {
    self.number = number
    self.request = request
  }
}

/// A reply with the number of its request.
package struct NumberedReply: Equatable, Sendable {
  package var number: UInt64
  package var reply: ClientReply

  package init(number: UInt64, reply: ClientReply) {
    self.number = number
    self.reply = reply
  }
}

/// What can arrive at a coordinator's socket.
package enum InboundMessage: Equatable, Sendable {
  case worker(WorkerMessage)
  case client(NumberedRequest)
}

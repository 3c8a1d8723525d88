// autointerp
// Submissions that come in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport

/// Puts submissions together: a run is submitted when all of it is here, and of a client that goes away nothing is left.
/// Bounded in number and bytes, whatever clients announce.
struct Submissions: Sendable {
  /// What a piece led to.
  enum Step: Equatable {
    /// So many bytes are here; the client goes on from there.
    case received(Int64)
    /// All of it, checked against its digest; `finish` must follow.
    case complete([UInt8], Identity)
    /// Complete before, and not finished: whoever sent the last piece gets the answer.
    case underWay
  }

  /// Clients of the same key may go on with each other's submission: it is the same.
  struct Identity: Hashable, Sendable {
    var key: CurvePublicKey?
    var digest: [UInt8]
  }

  private struct Entry {
    var totalBytes: Int64
    var bytes: [UInt8] = []
    var isComplete = false
    var lastHeard: Duration
  }

  private static let maximumCount = 8
  private static let maximumBytes = Int64(2 * FrameLimits.maximumDocumentBytes)
  /// A client sends a piece after the other, and again after seconds when no answer comes.
  static let patience: Duration = .seconds(60)

  private var entries: [Identity: Entry] = [:]

  var count: Int { entries.count }

  /// Takes a piece. One that does not begin where the bytes that are here end changes nothing.
  ///
  /// - Throws: `CoordinatorError.refused` when there is no room, or the whole is not what its digest says.
  mutating func take(
    _ piece: SubmissionPiece, from key: CurvePublicKey?, now: Duration
  ) throws(CoordinatorError) -> Step {
    let identity = Identity(key: key, digest: piece.digest)
    if entries[identity] == nil {
      guard piece.offset == 0 else { return .received(0) }
      try makeRoom(for: piece.totalBytes, now: now)
      entries[identity] = Entry(totalBytes: piece.totalBytes, lastHeard: now)
    }
    guard !entries[identity]!.isComplete else { return .underWay }
    guard entries[identity]!.totalBytes == piece.totalBytes else {
      throw .refused(reason: "a piece of another size is here of the same submission")
    }
    entries[identity]!.lastHeard = now
    if Int64(entries[identity]!.bytes.count) == piece.offset { entries[identity]!.bytes += piece.bytes }
    let received = Int64(entries[identity]!.bytes.count)
    guard received == piece.totalBytes else { return .received(received) }
    let bytes = entries[identity]!.bytes
    guard DeltaDigest(of: bytes).bytes == piece.digest else {
      entries[identity] = nil
      throw .refused(reason: "the submission is not what its digest says; submit it again")
    }
    entries[identity]!.bytes = []
    entries[identity]!.isComplete = true
    return .complete(bytes, identity)
  }

  /// The complete submission was queued or refused.
  mutating func finish(_ identity: Identity) { entries[identity] = nil }

  /// Forgets the submissions of clients that are gone.
  mutating func expire(now: Duration) {
    entries = entries.filter { $0.value.isComplete || now - $0.value.lastHeard < Self.patience }
  }

  private mutating func makeRoom(for bytes: Int64, now: Duration) throws(CoordinatorError) {
    expire(now: now)
    let announced = entries.values.reduce(0) { $0 + $1.totalBytes }
    guard entries.count < Self.maximumCount, announced + bytes <= Self.maximumBytes else {
      throw .refused(reason: "\(entries.count) other submissions are coming in; try again in a minute")
    }
  }
}

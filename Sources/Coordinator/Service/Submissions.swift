// autointerp
// `Submissions` puts together runs that clients submit in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Platform

/// Collects the pieces of submissions. A run is submitted when all of it has arrived, and nothing stays of a client
/// that goes away. Number and bytes are bounded, whatever clients announce.
struct Submissions: Sendable {
  /// The effect of a piece.
  enum Step: Equatable {
    /// This many bytes have arrived. The client continues from there.
    case received(Int64)
    /// All bytes, checked against their digest. `finish` must follow.
    case complete([UInt8], Identity)
    /// The submission was complete before and is not finished. The sender of the last piece gets the answer.
    case underWay
  }

  /// Clients with the same key may continue each other's submission, because it is the same.
  struct Identity: Hashable, Sendable {
    var key: CurvePublicKey?
    var digest: [UInt8]
  }

  private struct Entry {
    var totalBytes: Int64
    var bytes: [UInt8] = []
    var isComplete = false
    let begunAt: Duration
    var lastHeard: Duration

    /// True if its client went away, or sends so slowly that it only takes the place of others.
    func isOverdue(now: Duration) -> Bool {
      if isComplete { return false }
      let allowed = Submissions.grace + .milliseconds(Int64(bytes.count) / Submissions.leastBytesPerMillisecond)
      return now - lastHeard >= Submissions.patience || now - begunAt >= allowed
    }
  }

  private static let maximumCount = 8
  private static let maximumBytes = Int64(2 * FrameLimits.maximumDocumentBytes)
  /// How many submissions one key may have under way, and their bytes: what one client needs.
  private static let maximumCountPerKey = 2
  private static let maximumBytesPerKey = Int64(FrameLimits.maximumDocumentBytes)
  /// A submission may take this long, and longer by the time for what has arrived at 64 kB a second.
  static let grace: Duration = .seconds(15)
  static let leastBytesPerMillisecond: Int64 = 64
  /// A client sends one piece after the other, and repeats a piece if no answer comes within seconds.
  static let patience: Duration = .seconds(60)

  private var entries: [Identity: Entry] = [:]

  var count: Int { entries.count }

  /// Takes a piece. A piece that does not start where the received bytes end changes nothing.
  ///
  /// - Throws: `CoordinatorError.refused` if there is no room, or if the bytes do not match their digest.
  mutating func take(
    _ piece: SubmissionPiece, from key: CurvePublicKey?, now: Duration
  ) throws(CoordinatorError) -> Step {
    let identity = Identity(key: key, digest: piece.digest)
    if entries[identity] == nil {
      guard piece.offset == 0 else { return .received(0) }
      try makeRoom(for: piece.totalBytes, of: key, now: now)
      entries[identity] = Entry(totalBytes: piece.totalBytes, begunAt: now, lastHeard: now)
    }
    guard !entries[identity]!.isComplete else { return .underWay }
    guard entries[identity]!.totalBytes == piece.totalBytes else {
      throw .refused(reason: "earlier pieces of this submission announced another total size; submit the run again")
    }
    entries[identity]!.lastHeard = now
    if Int64(entries[identity]!.bytes.count) == piece.offset { entries[identity]!.bytes += piece.bytes }
    let received = Int64(entries[identity]!.bytes.count)
    guard received == piece.totalBytes else { return .received(received) }
    let bytes = entries[identity]!.bytes
    guard DeltaDigest(of: bytes).bytes == piece.digest else {
      entries[identity] = nil
      throw .refused(reason: "the submission does not match its digest; submit it again")
    }
    entries[identity]!.bytes = []
    entries[identity]!.isComplete = true
    return .complete(bytes, identity)
  }

  /// The complete submission was queued or refused.
  mutating func finish(_ identity: Identity) { entries[identity] = nil }

  /// Drops the submissions of clients that have gone away.
  mutating func expire(now: Duration) {
    entries = entries.filter { !$0.value.isOverdue(now: now) }
  }

  private mutating func makeRoom(
    for bytes: Int64, of key: CurvePublicKey?, now: Duration
  ) throws(CoordinatorError) {
    expire(now: now)
    let own = entries.filter { $0.key.key == key }.values
    guard own.count < Self.maximumCountPerKey, own.reduce(0, { $0 + $1.totalBytes }) + bytes <= Self.maximumBytesPerKey
    else {
      throw .refused(reason: "\(own.count) other submissions of this key are being received; try again in a minute")
    }
    let announced = entries.values.reduce(0) { $0 + $1.totalBytes }
    guard entries.count < Self.maximumCount, announced + bytes <= Self.maximumBytes else {
      throw .refused(reason: "\(entries.count) other submissions are being received; try again in a minute")
    }
  }
}

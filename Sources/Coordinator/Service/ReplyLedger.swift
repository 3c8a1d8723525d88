// autointerp
// `ReplyLedger` counts the bytes of replies that clients have not shown to have received.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import DequeModule

/// Bounds what a client that asks and does not read can keep in the coordinator's memory.
///
/// ZeroMQ does not say how much of its queues a peer has read. So each reply carries a random receipt, and each request
/// the receipt of the last reply that the client has read, which it cannot guess. A client with too much unread gets no
/// answers, as if they were lost; an honest one repeats its request after seconds, with its latest receipt.
struct ReplyLedger: Sendable {
  struct Limits: Sendable {
    var bytesPerPeer = 12 << 20
    var repliesPerPeer = 256
    var bytesPerSender = 64 << 20
    var bytesInAll = 256 << 20
    /// A client that has nothing unread still gets answers beyond `bytesInAll`, up to this.
    var bytesInAllAtMost = 512 << 20
    /// After this silence the coordinator looks whether the connection still exists, and again after twice that time, and
    /// so on up to `longestProbeInterval`. A command that asks once and ends must not count for long.
    var firstProbeInterval: Duration = .seconds(2)
    var longestProbeInterval: Duration = .seconds(60)
  }

  private struct Account {
    var unread: Deque<(receipt: UInt64, bytes: Int)> = []
    var bytes = 0
    var probeAt: Duration
    var pause: Duration
  }

  private let limits: Limits
  private var accounts: [PeerID: Account] = [:]
  private var bySender: [PeerID.Sender: Int] = [:]
  /// All bytes that may still wait in queues.
  private(set) var bytes = 0

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// How many connections have replies that they have not shown to have read.
  var count: Int { accounts.count }

  /// The client has read all replies up to the one with this receipt.
  mutating func received(_ receipt: UInt64, by peer: PeerID, now: Duration) {
    guard let place = accounts[peer]?.unread.firstIndex(where: { $0.receipt == receipt }) else { return }
    let read = accounts[peer]!.unread.prefix(place + 1).reduce(0) { $0 + $1.bytes }
    accounts[peer]!.unread.removeFirst(place + 1)
    accounts[peer]!.bytes -= read
    accounts[peer]!.pause = limits.firstProbeInterval
    accounts[peer]!.probeAt = now + limits.firstProbeInterval
    subtract(read, of: peer)
    if accounts[peer]!.unread.isEmpty { accounts[peer] = nil }
  }

  /// True if a request of this client may be answered.
  func mayAnswer(_ peer: PeerID) -> Bool {
    guard let account = accounts[peer] else {
      return (bySender[peer.sender] ?? 0) < limits.bytesPerSender && bytes < limits.bytesInAllAtMost
    }
    return account.bytes < limits.bytesPerPeer && account.unread.count < limits.repliesPerPeer
      && (bySender[peer.sender] ?? 0) < limits.bytesPerSender && bytes < limits.bytesInAll
  }

  mutating func sent(_ count: Int, receipt: UInt64, to peer: PeerID, now: Duration) {
    let pause = limits.firstProbeInterval
    accounts[peer, default: Account(probeAt: now + pause, pause: pause)].unread.append((receipt, count))
    accounts[peer]!.bytes += count
    bySender[peer.sender, default: 0] += count
    bytes += count
  }

  /// The connection does not exist any more, and neither do its queues.
  mutating func forget(_ peer: PeerID) {
    guard let account = accounts.removeValue(forKey: peer) else { return }
    subtract(account.bytes, of: peer)
  }

  /// Connections with unread replies of which nothing was heard for a while. A small frame to each shows whether it still
  /// exists.
  mutating func overdue(now: Duration) -> [PeerID] {
    let overdue = accounts.filter { now >= $0.value.probeAt }.map(\.key)
    for peer in overdue {
      accounts[peer]!.pause = min(accounts[peer]!.pause * 2, limits.longestProbeInterval)
      accounts[peer]!.probeAt = now + accounts[peer]!.pause
    }
    return overdue
  }

  private mutating func subtract(_ count: Int, of peer: PeerID) {
    bytes -= count
    bySender[peer.sender]! -= count
    if bySender[peer.sender] == 0 { bySender[peer.sender] = nil }
  }
}

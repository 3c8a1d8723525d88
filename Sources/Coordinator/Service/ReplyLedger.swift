// autointerp
// `ReplyLedger` counts the bytes of replies that are being made and of those that clients have not shown to have read.
// SPDX-License-Identifier: Apache-2.0

package import ClusterTransport
internal import DequeModule

/// Bounds what a client that asks and does not read can keep in the coordinator's memory.
///
/// ZeroMQ does not say how much of its queues a peer has read. So each reply carries a random receipt, and each request
/// the receipt of the last reply that the client has read, which it cannot guess. A client with too much unread gets no
/// answers, as if they were lost; an honest one repeats its request after seconds, with its latest receipt.
///
/// An answer counts from the request on, with the bytes that it may need, because a client that asks faster than it is
/// answered would otherwise be past every bound before the first answer is sent.
package struct ReplyLedger: Sendable {
  package struct Limits: Sendable {
    package var bytesPerPeer = 12 << 20
    /// Those that are being made count too.
    package var repliesPerPeer = 256
    package var bytesPerSender = 64 << 20
    package var bytesInAll = 256 << 20
    /// A client that has nothing unread still gets answers beyond `bytesInAll`, up to this.
    package var bytesInAllAtMost = 512 << 20
    /// After this silence the coordinator looks whether the connection still exists, and again after twice that time, and
    /// so on up to `longestProbeInterval`. A command that asks once and ends must not count for long.
    package var firstProbeInterval: Duration = .seconds(2)
    package var longestProbeInterval: Duration = .seconds(60)

    package init() {}
  }

  private struct Account {
    var unread: Deque<(receipt: UInt64, bytes: Int)> = []
    /// The bytes that the answers under way may need, by the number of their request.
    var making: [UInt64: Int] = [:]
    /// Those of all unread replies and of all that are being made.
    var bytes = 0
    var probeAt: Duration
    var pause: Duration
  }

  private let limits: Limits
  private var accounts: [PeerID: Account] = [:]
  private var bySender: [PeerID.Sender: Int] = [:]
  /// All bytes that are counted.
  package private(set) var bytes = 0
  private var makingBytes = 0

  package init(_ limits: Limits = Limits()) { self.limits = limits }

  /// How many connections wait for replies or have some that they have not shown to have read.
  package var count: Int { accounts.count }

  /// All bytes of replies that may still wait in queues.
  package var unreadBytes: Int { bytes - makingBytes }

  package enum Verdict: Equatable, Sendable {
    /// The answer may be made. `end` must be called when it was.
    case answer
    /// The request was repeated while its answer is being made. One answer is enough.
    case isUnderWay
    /// The client has too much unread.
    case refuse
  }

  /// Says whether a request is answered, and counts the bytes that its answer may need.
  package mutating func begin(_ number: UInt64, expecting count: Int, for peer: PeerID, now: Duration) -> Verdict {
    if accounts[peer]?.making[number] != nil { return .isUnderWay }
    guard mayAnswer(peer) else { return .refuse }
    open(peer, now: now)
    accounts[peer]!.making[number] = count
    makingBytes += count
    add(count, of: peer)
    return .answer
  }

  /// The answer to this request is made; if there is one, `sent` counts what it takes.
  package mutating func end(_ number: UInt64, for peer: PeerID) {
    guard let count = accounts[peer]?.making.removeValue(forKey: number) else { return }
    makingBytes -= count
    subtract(count, of: peer)
    closeIfEmpty(peer)
  }

  /// The client has read all replies up to the one with this receipt.
  package mutating func received(_ receipt: UInt64, by peer: PeerID, now: Duration) {
    guard let place = accounts[peer]?.unread.firstIndex(where: { $0.receipt == receipt }) else { return }
    let read = accounts[peer]!.unread.prefix(place + 1).reduce(0) { $0 + $1.bytes }
    accounts[peer]!.unread.removeFirst(place + 1)
    accounts[peer]!.pause = limits.firstProbeInterval
    accounts[peer]!.probeAt = now + limits.firstProbeInterval
    subtract(read, of: peer)
    closeIfEmpty(peer)
  }

  private func mayAnswer(_ peer: PeerID) -> Bool {
    guard let account = accounts[peer] else {
      return (bySender[peer.sender] ?? 0) < limits.bytesPerSender && bytes < limits.bytesInAllAtMost
    }
    let hasReadAll = account.unread.isEmpty
    return account.bytes < limits.bytesPerPeer
      && account.unread.count + account.making.count < limits.repliesPerPeer
      && (bySender[peer.sender] ?? 0) < limits.bytesPerSender
      && bytes < (hasReadAll ? limits.bytesInAllAtMost : limits.bytesInAll)
  }

  package mutating func sent(_ count: Int, receipt: UInt64, to peer: PeerID, now: Duration) {
    open(peer, now: now)
    // Nothing can be overdue before there is something to read.
    if accounts[peer]!.unread.isEmpty { accounts[peer]!.probeAt = now + accounts[peer]!.pause }
    accounts[peer]!.unread.append((receipt, count))
    add(count, of: peer)
  }

  /// The reply with this receipt never reached the connection's queue.
  package mutating func dropped(_ receipt: UInt64, for peer: PeerID) {
    guard let place = accounts[peer]?.unread.firstIndex(where: { $0.receipt == receipt }) else { return }
    subtract(accounts[peer]!.unread.remove(at: place).bytes, of: peer)
    closeIfEmpty(peer)
  }

  /// The connection does not exist any more, and neither do its queues.
  package mutating func forget(_ peer: PeerID) {
    guard let account = accounts[peer] else { return }
    makingBytes -= account.making.values.reduce(0, +)
    subtract(account.bytes, of: peer)
    accounts[peer] = nil
  }

  /// Connections with unread replies of which nothing was heard for a while. A small frame to each shows whether it still
  /// exists.
  package mutating func overdue(now: Duration) -> [PeerID] {
    let overdue = accounts.filter { !$0.value.unread.isEmpty && now >= $0.value.probeAt }.map(\.key)
    for peer in overdue {
      accounts[peer]!.pause = min(accounts[peer]!.pause * 2, limits.longestProbeInterval)
      accounts[peer]!.probeAt = now + accounts[peer]!.pause
    }
    return overdue
  }

  private mutating func open(_ peer: PeerID, now: Duration) {
    guard accounts[peer] == nil else { return }
    accounts[peer] = Account(probeAt: now + limits.firstProbeInterval, pause: limits.firstProbeInterval)
  }

  private mutating func closeIfEmpty(_ peer: PeerID) {
    if let account = accounts[peer], account.unread.isEmpty, account.making.isEmpty { accounts[peer] = nil }
  }

  private mutating func add(_ count: Int, of peer: PeerID) {
    accounts[peer]!.bytes += count
    bySender[peer.sender, default: 0] += count
    bytes += count
  }

  private mutating func subtract(_ count: Int, of peer: PeerID) {
    accounts[peer]!.bytes -= count
    bytes -= count
    bySender[peer.sender]! -= count
    if bySender[peer.sender] == 0 { bySender[peer.sender] = nil }
  }
}

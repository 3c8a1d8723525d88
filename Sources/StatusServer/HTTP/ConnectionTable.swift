// autointerp
// `ConnectionTable` decides which connections of the status port may stay.
// SPDX-License-Identifier: Apache-2.0

/// The connections of the status port. Nobody can block others by holding connections: if there are too many, a new one
/// replaces the connection that has had no request for the longest time. Only if all have requests in progress is a new
/// one limited to probes; a few of those are admitted.
///
/// O(connections) for a new connection beyond a bound, otherwise O(1).
struct ConnectionTable<Connection> {
  enum Admission: Equatable {
    case full
    /// Only for `/healthz` and `/readyz`.
    case probesOnly
    case refused
  }

  private struct Entry {
    var connection: Connection
    var address: String
    var isReserve: Bool
    /// Since when it has no request in progress, as a sequence number; nil while it has one.
    var waitingSince: Int?
  }

  private let maximum: Int
  private let maximumPerAddress: Int
  private let reserve: Int
  private var entries: [Int: Entry] = [:]
  private var perAddress: [String: Int] = [:]
  private var reserved = 0
  private var next = 0

  init(maximum: Int, maximumPerAddress: Int, reserve: Int) {
    self.maximum = maximum
    self.maximumPerAddress = maximumPerAddress
    self.reserve = reserve
  }

  var count: Int { entries.count }

  /// Decides about a new connection. `closing` must be closed to make room for it.
  mutating func admit(
    _ connection: Connection, from address: String
  ) -> (number: Int, admission: Admission, closing: Connection?) {
    var closing: Connection?
    var isReserve = false
    if perAddress[address, default: 0] >= maximumPerAddress {
      closing = evictOldestWaiting { !$0.isReserve && $0.address == address }
      isReserve = closing == nil
    } else if entries.count - reserved >= maximum {
      closing = evictOldestWaiting { !$0.isReserve }
      isReserve = closing == nil
    }
    next += 1
    if isReserve, reserved >= reserve {
      closing = evictOldestWaiting(where: \.isReserve)
      guard closing != nil else { return (next, .refused, nil) }
    }
    entries[next] = Entry(connection: connection, address: address, isReserve: isReserve, waitingSince: next)
    if isReserve { reserved += 1 } else { perAddress[address, default: 0] += 1 }
    return (next, isReserve ? .probesOnly : .full, closing)
  }

  /// The header of a request has arrived.
  mutating func beganRequest(_ number: Int) { entries[number]?.waitingSince = nil }

  /// All requests are answered.
  mutating func endedRequest(_ number: Int) {
    next += 1
    entries[number]?.waitingSince = next
  }

  mutating func remove(_ number: Int) {
    guard let entry = entries.removeValue(forKey: number) else { return }
    if entry.isReserve {
      reserved -= 1
    } else {
      perAddress[entry.address]! -= 1
      if perAddress[entry.address] == 0 { perAddress[entry.address] = nil }
    }
  }

  private mutating func evictOldestWaiting(where isMeant: (Entry) -> Bool) -> Connection? {
    let waiting = entries.compactMap { number, entry in
      isMeant(entry) ? entry.waitingSince.map { (number: number, since: $0) } : nil
    }
    guard let oldest = waiting.min(by: { $0.since < $1.since }) else { return nil }
    let connection = entries[oldest.number]?.connection
    remove(oldest.number)
    return connection
  }
}

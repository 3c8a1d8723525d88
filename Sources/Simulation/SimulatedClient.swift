// autointerp
// `SimulatedClient` is a client that asks again and again, and reads the answers or does not.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport

/// One client. An honest one repeats a request that is not answered, and says with each request what it has read. One
/// that does not read asks as fast as it can, over more and more connections.
struct SimulatedClient {
  let number: Int
  let reads: Bool
  private(set) var peer: PeerID
  private var connections = 0
  /// The receipt of the last reply that it has read.
  private(set) var receipt: UInt64 = 0
  /// The number of the last request, and when it was sent first; nil if it was answered.
  private(set) var request: UInt64 = 0
  private(set) var asksSince: SimulatedTime?

  init(number: Int, reads: Bool) {
    self.number = number
    self.reads = reads
    peer = Self.peer(number, connection: 0)
  }

  private static func peer(_ number: Int, connection: Int) -> PeerID {
    PeerID(
      bytes: [255, number, connection >> 8, connection].map { UInt8($0 & 0xFF) },
      publicKey: SimulatedWorker.key(100_000 + number), address: "client \(number)")
  }

  /// Asks something new, unless an honest client still waits for an answer.
  mutating func ask(at now: SimulatedTime, overNewConnection isNew: Bool) {
    if isNew {
      connections += 1
      peer = Self.peer(number, connection: connections)
    }
    guard !reads || asksSince == nil else { return }
    request += 1
    asksSince = now
  }

  mutating func read(_ receipt: UInt64, answering number: UInt64) {
    self.receipt = receipt
    if number == request { asksSince = nil }
  }
}

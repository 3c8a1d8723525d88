// autointerp
// `KeyCounters` says what the holders of one key have sent and received.
// SPDX-License-Identifier: Apache-2.0

/// Counts of one key since the coordinator started.
package struct KeyCounters: Codable, Equatable, Sendable {
  /// The public key; empty for all keys together that have no entry of their own.
  package var key: String
  /// The name that the allow-list gives the key; may be empty.
  package var name: String
  package var framesReceived: Int64 = 0
  /// Messages that were malformed, forged, not permitted to this key or from a client that does not read.
  package var framesRefused: Int64 = 0
  package var bytesReceived: Int64 = 0
  package var bytesSent: Int64 = 0
  /// Deltas that agree with their run and model, also repeated ones and those that nobody wanted any more.
  package var deltas: Int64 = 0
  /// Deltas that differ from the stored one of the same prompt.
  package var deltasConflicting: Int64 = 0
  /// Failed attempts that its workers reported.
  package var failuresReported: Int64 = 0

  package init(key: String, name: String = "") {
    self.key = key
    self.name = name
  }

  package static func += (sum: inout KeyCounters, other: KeyCounters) {
    sum.framesReceived += other.framesReceived
    sum.framesRefused += other.framesRefused
    sum.bytesReceived += other.bytesReceived
    sum.bytesSent += other.bytesSent
    sum.deltas += other.deltas
    sum.deltasConflicting += other.deltasConflicting
    sum.failuresReported += other.failuresReported
  }
}

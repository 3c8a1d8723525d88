// autointerp
// `AtlasReader` digests the set of committed deltas, so that an index made from an earlier set is recognised as stale.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Platform

/// Which prompts of a run's file are merged, at one moment.
package struct AtlasState: Equatable, Sendable {
  /// Hexadecimal: equal states have equal digests.
  package var digest: String
  package var mergedPrompts: Int
  /// Prompts that were given up after they had failed.
  package var quarantinedPrompts: Int
  package var promptCount: Int
  /// The run's state as its coordinator stored it last; see `progress`.
  package var state: String

  /// Prompts that are neither merged nor given up.
  package var openPrompts: Int { max(0, promptCount - mergedPrompts - quarantinedPrompts) }

  /// `cancelled`, `complete` if nothing is left to do, else `unfinished`. A run with quarantined prompts is complete, as
  /// everywhere; whether its coordinator has noted that yet does not matter.
  package var progress: String {
    if state == StoredRunState.cancelled.rawValue { return state }
    return (openPrompts == 0 ? StoredRunState.complete : .unfinished).rawValue
  }
}

extension AtlasReader {
  /// The committed deltas and the prompts that were given up, by a digest. Payloads are not read.
  ///
  /// - Complexity: O(prompts)
  package func state() throws(AtlasError) -> AtlasState {
    try surfacing(path) { try queue.read(Self.state) }
  }

  /// The state, after `body` was called with the payload of every delta that belongs to it, in order of the prompts. What is
  /// committed meanwhile is not seen.
  ///
  /// - Throws: what `body` throws, as it is; otherwise an `AtlasError`.
  package func state(visiting body: (_ prompt: Int32, _ payload: [UInt8]) throws -> Void) throws -> AtlasState {
    try surfacingVisits(path) {
      // One transaction, so that both see the same deltas.
      try queue.read { db in
        let rows = try Row.fetchCursor(db, sql: "SELECT prompt, payload FROM deltas ORDER BY prompt")
        while let row = try rows.next() {
          let (prompt, payload): (Int32, Data) = (try row.checked("prompt"), try row.checked("payload"))
          try visiting { try body(prompt, [UInt8](payload)) }
        }
        return try Self.state(db)
      }
    }
  }

  private static func state(_ db: Database) throws -> AtlasState {
    var digest = Digest(byteCount: 16)
    let rows = try Row.fetchCursor(db, sql: "SELECT prompt, digest FROM deltas ORDER BY prompt")
    var merged = 0
    while let row = try rows.next() {
      let prompt: Int64 = try row.checked("prompt")
      digest.update("\(prompt):")
      digest.update([UInt8](try row.checked("digest") as Data))
      merged += 1
    }
    let quarantined = try Int64.fetchAll(db, sql: "SELECT prompt FROM quarantine ORDER BY prompt")
    for prompt in quarantined { digest.update("quarantined \(prompt);") }
    return AtlasState(
      digest: digest.bytes().hexadecimal, mergedPrompts: merged, quarantinedPrompts: quarantined.count,
      promptCount: try Int.fetchOne(db, sql: "SELECT count(*) FROM prompts") ?? 0,
      state: try String.fetchOne(db, sql: "SELECT state FROM run") ?? "")
  }

  /// The payload of one prompt's delta; nil if the prompt is not merged.
  package func payload(ofPrompt prompt: Int32) throws(AtlasError) -> [UInt8]? {
    try surfacing(path) {
      try queue.read { db in
        try Data.fetchOne(db, sql: "SELECT payload FROM deltas WHERE prompt = ?", arguments: [prompt]).map {
          [UInt8]($0)
        }
      }
    }
  }
}

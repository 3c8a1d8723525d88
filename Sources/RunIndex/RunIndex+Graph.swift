// autointerp
// `RunIndex.graph` reads the stored graph of one prompt; `agreement` reads how well scores predicted removals in the run.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import ClusterProtocol
internal import GRDB

/// How well scores predict what the removal of a node does: a figure and its 95 % interval.
package struct MeasuredAgreement: Equatable, Sendable {
  package struct Figure: Equatable, Sendable {
    package var value: Double
    package var low: Double?
    package var high: Double?
  }

  package var nodes: Int
  package var prompts: Int
  package var correlation: Figure?
  package var signs: Figure?
  package var withinQuarter: Figure?
}

extension RunIndex {
  /// The graph of one prompt; nil if the prompt is not merged.
  package func graph(ofPrompt prompt: Int32) throws -> EdgeDelta? {
    guard let payload = try reader.payload(ofPrompt: prompt) else { return nil }
    do {
      return try EdgeDelta(payload: payload)
    } catch {
      throw RunIndexError.damaged(path: path, prompt: prompt, reason: "\(error)")
    }
  }

  /// The agreement at position 0 and beyond it; nil where nothing was removed.
  package func agreement() throws -> (first: MeasuredAgreement?, later: MeasuredAgreement?) {
    func agreement(_ place: String, _ db: Database) throws -> MeasuredAgreement? {
      guard let row = try Row.fetchOne(db, sql: "SELECT * FROM agreement WHERE place = ?", arguments: [place]) else {
        return nil
      }
      func figure(_ name: String) -> MeasuredAgreement.Figure? {
        (row[name] as Double?).map {
          MeasuredAgreement.Figure(value: $0, low: row["\(name)_low"], high: row["\(name)_high"])
        }
      }
      return MeasuredAgreement(
        nodes: row["nodes"], prompts: row["prompts"], correlation: figure("correlation"), signs: figure("signs"),
        withinQuarter: figure("within_quarter"))
    }
    return try read { db in (try agreement("first", db), try agreement("later", db)) }
  }
}

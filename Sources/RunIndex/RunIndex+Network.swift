// autointerp
// `RunIndex.statistics` and `groupCounts` read the figures of many neurons at once, for whole pages and graphs.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation
internal import GRDB

extension RunIndex {
  /// The statistics of all neurons that are in at least this many prompts.
  package func statistics(fewestPrompts: Int) throws -> [NeuronID: NeuronStatistics] {
    try read { db in
      var found: [NeuronID: NeuronStatistics] = [:]
      let rows = try Row.fetchCursor(
        db, sql: "SELECT node, numbers FROM neuron WHERE prompts >= ?", arguments: [fewestPrompts])
      while let row = try rows.next() {
        guard let neuron = Endpoint(stored: row[0]).neuron else { continue }
        found[neuron] = NeuronStatistics(bytes: [UInt8](row[1] as Data))
      }
      return found
    }
  }

  /// In how many prompts of each group every neuron was selected, for neurons in at least so many prompts of all groups.
  package func groupCounts(fewestPrompts: Int) throws -> [NeuronID: [String: Int]] {
    try read { db in
      var counts: [NeuronID: [String: Int]] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT node, group_name, prompts FROM neuron_group
          WHERE node IN (SELECT node FROM neuron WHERE prompts >= ?)
          """, arguments: [fewestPrompts])
      while let row = try rows.next() {
        if let neuron = Endpoint(stored: row[0]).neuron { counts[neuron, default: [:]][row[1]] = row[2] }
      }
      return counts
    }
  }

  /// How far scores of this run can be trusted, from the random samples of all its prompts.
  package func trustCalibration() throws -> TrustCalibration {
    let samples = try read(Self.samples)
    return TrustCalibration(
      samples.sorted { $0.key < $1.key }.flatMap(\.value), rule: specification.settings.rule)
  }
}

// autointerp
// `SimulationReport` shows the totals of a simulation as text or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Console
internal import Foundation
internal import Simulation

/// The figures of a simulation that kept every promise.
struct SimulationReport {
  private let total: SimulationStatistics
  private let seeds: Int
  private let seconds: Double

  init(_ total: SimulationStatistics, seeds: Int, seconds: Double) {
    self.total = total
    self.seeds = seeds
    self.seconds = seconds
  }

  func text(asJSON: Bool) -> String { asJSON ? json : text }

  private struct Figures: Encodable {
    var seeds: Int
    var seconds: Double
    var events: Int
    var messages: Int
    var executions: Int
    var longestCalmSeconds: Double
    var promptsMerged: Int
    var simulatedSeconds: Int
    var occurrences: [String: Int]
  }

  private var json: String {
    let occurrences = Dictionary(
      uniqueKeysWithValues: Occurrence.allCases.map { ("\($0)", total.occurrences[$0]) })
    let figures = Figures(
      seeds: seeds, seconds: seconds, events: total.events, messages: total.messages, executions: total.executions,
      longestCalmSeconds: Double(total.longestCalm) / 1e6, promptsMerged: total.promptsMerged,
      simulatedSeconds: Int(total.simulatedTime / 1_000_000), occurrences: occurrences)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let bytes = try? encoder.encode(figures) else { preconditionFailure("numbers can be encoded") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private var text: String {
    func rate(_ count: Int) -> String { String(Int(Double(count) / max(seconds, 0.001))) }
    var lines = [
      "\(seeds) histories kept every promise in \(String(format: "%.1f", seconds)) s",
      "  \(total.events) events (\(rate(total.events)) a second), \(total.messages) messages",
      "  \(total.promptsMerged) prompts merged (\(rate(total.promptsMerged)) a second), \(total.executions) executions",
      "  \(total.simulatedTime / 1_000_000) s of simulated time, "
        + "all done at most \(total.longestCalm / 1_000_000) s after the faults",
    ]
    for occurrence in Occurrence.allCases {
      let count = String(total.occurrences[occurrence])
      lines.append(String(repeating: " ", count: max(0, 12 - count.count)) + "\(count) \(occurrence.rawValue)")
    }
    return lines.joined(separator: "\n")
  }
}

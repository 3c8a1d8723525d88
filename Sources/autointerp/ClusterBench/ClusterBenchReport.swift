// autointerp
// The figures of a loaded coordinator as a table or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Simulation

/// What `autointerp bench-cluster` measured, with the targets beside it.
struct ClusterBenchReport {
  /// One figure.
  struct Line {
    var what: String
    var figure: String
    /// Empty where there is none.
    var target = ""
    var isMet = true
  }

  /// A status is answered within this many seconds.
  static let statusLimit = 0.1

  let merge: MergeBenchmark
  let flood: ClusterLoad.Outcome
  let finished: ClusterLoad.Outcome
  /// Seconds.
  let restart: Double

  private var megabytesPerMillionEdges: Double {
    Double(finished.aggregateBytes) / Double(max(1, finished.distinctEdges))
  }

  var lines: [Line] {
    [
      Line(
        what: "edge updates a second on one core: decode \(share(merge.decode)), SQLite \(share(merge.commit)), "
          + "merge \(share(merge.merge))",
        figure: "\(Self.text(merge.edgesPerSecond / 1e6)) million", target: ">= 1 million",
        isMet: merge.edgesPerSecond >= 1e6),
      Line(
        what: "prompts lost with \(flood.workersSeen) workers, \(flood.prompts) prompts in "
          + "\(Self.text(flood.seconds, 1)) s",
        figure: "\(flood.lost)", target: "0", isMet: flood.lost == 0 && flood.merged == flood.prompts),
      Line(
        what: "deltas told to be safe and then not in the run", figure: "\(max(0, flood.acknowledged - flood.merged))",
        target: "0", isMet: flood.acknowledged <= flood.merged),
      latency("status over HTTP meanwhile", flood.http),
      latency("status for a client meanwhile", flood.client),
      Line(
        what: "last delta to edge statistics in a file, \(finished.prompts) prompts, \(finished.exportBytes >> 20) MiB",
        figure: "\(Self.text(finished.export)) s", target: "< 1 s", isMet: finished.export < 1),
      Line(
        what: "restart with \(finished.prompts) finished prompts until neurons are told",
        figure: "\(Self.text(restart)) s", target: "< 5 s", isMet: restart < 5),
      Line(
        what:
          "aggregate in memory for each million of its \(Self.text(Double(finished.distinctEdges) / 1e6)) million edges",
        figure: "\(Self.text(megabytesPerMillionEdges, 0)) MB"),
    ]
  }

  private func latency(_ what: String, _ latencies: StatusProbe.Latencies) -> Line {
    func milliseconds(_ share: Double) -> String { Self.text(latencies.at(share) * 1000, 0) }
    return Line(
      what: "\(what): median \(milliseconds(0.5)) ms, 99 % \(milliseconds(0.99)) ms, slowest of "
        + "\(latencies.sorted.count)",
      figure: "\(milliseconds(1)) ms", target: "< 100 ms",
      isMet: !latencies.sorted.isEmpty && latencies.at(1) < Self.statusLimit)
  }

  private func share(_ time: Duration) -> String {
    Self.text(100 * (time / (merge.decode + merge.commit + merge.merge)), 0) + " %"
  }

  private static func text(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

  /// A table: the figure, its target, whether it is met, and what it is.
  func text() -> String {
    lines.map { line in
      let figure = line.figure.padding(toLength: 14, withPad: " ", startingAt: 0)
      let target = line.target.padding(toLength: 14, withPad: " ", startingAt: 0)
      let verdict = line.target.isEmpty ? "      " : line.isMet ? "met   " : "MISSED"
      return "\(figure)\(target)\(verdict)  \(line.what)"
    }.joined(separator: "\n")
  }

  /// One JSON object with sorted keys.
  func json() -> String {
    let figures: [String: Double] = [
      "acknowledged": Double(flood.acknowledged), "aggregate_bytes_per_edge": megabytesPerMillionEdges,
      "client_status_median_seconds": flood.client.at(0.5), "client_status_slowest_seconds": flood.client.at(1),
      "export_seconds": finished.export, "fleet_edges_per_second": Double(flood.edgeUpdates) / flood.seconds,
      "fleet_seconds": flood.seconds, "http_status_median_seconds": flood.http.at(0.5),
      "http_status_slowest_seconds": flood.http.at(1), "lost_prompts": Double(flood.lost),
      "merge_edges_per_second": merge.edgesPerSecond, "merged": Double(flood.merged),
      "prompts": Double(flood.prompts), "restart_seconds": restart, "workers_seen": Double(flood.workersSeen),
    ]
    return "{" + figures.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }
}

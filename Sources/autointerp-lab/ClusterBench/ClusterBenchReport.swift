// autointerp
// `ClusterBenchReport` shows the figures of a loaded coordinator as a table or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What `autointerp-lab bench-cluster` measured, beside the targets.
struct ClusterBenchReport {
  /// One figure.
  struct Line {
    var what: String
    var figure: String
    /// Empty if there is no target.
    var target = ""
    var isMet = true
  }

  /// A status must be answered within this many seconds.
  static let statusLimit = 0.1

  /// Nil if no model was named.
  let real: RealRun.Outcome?
  let merge: MergeBenchmark
  let flood: ClusterLoad.Outcome
  let finished: ClusterLoad.Outcome
  /// Seconds.
  let restart: Double

  private static func perMillion(_ bytes: Int, _ edges: Int) -> Double { Double(bytes) / Double(max(1, edges)) }

  /// Megabytes per million edges: of the aggregate by its own count, and of the process's growth at its peak.
  private var aggregatePerMillion: Double {
    Self.perMillion(Int(finished.aggregateBytes), finished.distinctEdges)
  }
  private var residentPerMillion: Double {
    Self.perMillion(finished.residentPeak - finished.residentBefore, finished.distinctEdges)
  }

  var lines: [Line] {
    let edges = Self.text(Double(finished.distinctEdges) / 1e6)
    var lines = [
      Line(
        what: "edge updates a second, frame to aggregate: frames and decoding \(share(merge.decode)), "
          + "SQLite and merging \(share(merge.store))",
        figure: "\(Self.text(merge.edgesPerSecond / 1e6)) million", target: ">= 1 million",
        isMet: merge.edgesPerSecond >= 1e6),
      Line(
        what: "prompts not merged once with \(flood.workersSeen) workers, \(flood.prompts) prompts in "
          + "\(Self.text(flood.seconds, 1)) s",
        figure: "\(abs(flood.prompts - flood.merged) + abs(flood.prompts - flood.done))", target: "0",
        isMet: flood.merged == flood.prompts && flood.done == flood.prompts),
      Line(
        what: "messages lost or made up: \(flood.framesReceived) of \(flood.framesSent) frames arrived, "
          + "\(flood.acknowledged) prompts acknowledged, \(flood.merged) merged, \(flood.duplicates) came twice",
        figure: "\(flood.unaccounted)",
        target: "0", isMet: flood.isConsistent),
      latency("status over HTTP meanwhile", flood.probe.http),
      latency("status for a client meanwhile", flood.probe.client),
      Line(
        what: "last delta leaves its worker to edge statistics in a client's file, \(finished.prompts) prompts, "
          + "\(finished.exportBytes >> 20) MiB",
        figure: "\(Self.text(finished.export)) s", target: "< 1 s", isMet: finished.export < 1),
      Line(
        what: "restart with \(finished.prompts) finished prompts until neurons are told",
        figure: "\(Self.text(restart)) s", target: "< 5 s", isMet: restart < 5),
      Line(
        what: "aggregate in memory for each million of its \(edges) million edges",
        figure: "\(Self.text(aggregatePerMillion, 0)) MB"),
      Line(
        what: "resident memory of the coordinator for each million, at its peak "
          + "(\(finished.residentPeak >> 20) MiB, export included; \(finished.residentBefore >> 20) MiB before)",
        figure: "\(Self.text(residentPerMillion, 0)) MB"),
      Line(
        what: "peak of the coordinator with \(flood.workersSeen) workers", figure: "\(flood.residentPeak >> 20) MiB"),
    ]
    if let real {
      lines.append(
        Line(
          what: "fleet efficiency: compute over slots times wall, \(real.prompts) real prompts on \(real.slots) slots "
            + "in \(Self.text(real.wall, 1)) s (\(Self.text(real.command, 1)) s with start, export and end)",
          figure: "\(Self.text(100 * real.share, 1)) %", target: ">= 95 %", isMet: real.share >= 0.95))
    }
    return lines
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
    Self.text(100 * (time / (merge.decode + merge.store)), 0) + " %"
  }

  private static func text(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

  /// A table: the figure, its target, whether it is met, and what it means.
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
    var figures: [String: Double] = [
      "acknowledged": Double(flood.acknowledged), "aggregate_bytes_per_edge": aggregatePerMillion,
      "client_status_median_seconds": flood.probe.client.at(0.5),
      "client_status_slowest_seconds": flood.probe.client.at(1), "duplicates": Double(flood.duplicates),
      "export_seconds": finished.export, "fleet_edges_per_second": Double(flood.edgeUpdates) / flood.seconds,
      "fleet_seconds": flood.seconds, "frames_received": Double(flood.framesReceived),
      "frames_sent": Double(flood.framesSent), "http_status_median_seconds": flood.probe.http.at(0.5),
      "http_status_slowest_seconds": flood.probe.http.at(1), "merge_edges_per_second": merge.edgesPerSecond,
      "merged": Double(flood.merged), "prompts": Double(flood.prompts), "resident_bytes_per_edge": residentPerMillion,
      "resident_peak_bytes": Double(finished.residentPeak), "restart_seconds": restart,
      "workers_seen": Double(flood.workersSeen),
    ]
    if let real {
      figures["fleet_efficiency"] = real.share
      figures["real_run_seconds"] = real.wall
    }
    return "{" + figures.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }
}

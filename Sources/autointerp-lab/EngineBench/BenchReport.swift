// autointerp
// `BenchReport` shows the figures of the engine's benchmark as text or JSON.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import JSON

/// What `autointerp-lab bench` measured.
struct BenchReport {
  var modelName: String
  var kernel: String
  var threads: Int
  /// From opening the checkpoint until the weights are in place.
  var ready: Duration
  var graph: EngineBenchmark.Graph
  /// OpenBLAS's own floating-point operations per second.
  var peak: Double
  var throughput: [(slots: Int, perSecond: Double)] = []
  var scaling: [EngineBenchmark.Graph] = []
  var peakResidentBytes = 0

  private var forwardShare: Double { graph.forwardOperations / seconds(graph.forward.least) / peak }
  private var edgeShare: Double { graph.edgeOperations / seconds(graph.edgePass.least) / peak }

  private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

  func text() -> String {
    func line(_ name: String, _ timing: EngineBenchmark.Timing, _ more: String = "") -> String {
      let label = name.padding(toLength: 9, withPad: " ", startingAt: 0)
      return String(
        format: "  %@ %7.3f s  (median %.3f)%@\n", label, seconds(timing.least), seconds(timing.median), more)
    }
    func rate(_ operations: Double, _ timing: EngineBenchmark.Timing, _ share: Double) -> String {
      String(format: "  %.0f GFLOP/s, %.0f %% of peak", operations / seconds(timing.least) / 1e9, 100 * share)
    }
    var text = """
      \(modelName), \(threads) threads, OpenBLAS kernel \(kernel), peak \(Int(peak / 1e9)) GFLOP/s
      model ready in \(String(format: "%.2f", seconds(ready))) s, \(peakResidentBytes >> 20) MiB resident at most
      \(graph.tokens) tokens, \(graph.nodes) neurons, \(graph.edges) edges kept, \(graph.sweepRows) rows in the sweep

      """
    text += line("forward", graph.forward, rate(graph.forwardOperations, graph.forward, forwardShare))
    text += line("nodes", graph.nodePass)
    text += line("edges", graph.edgePass, rate(graph.edgeOperations, graph.edgePass, edgeShare))
    text += line("graph", graph.whole)
    for entry in throughput {
      text += String(
        format: "  %d slot%@: %.2f graphs/s, %.2f times one slot\n", entry.slots, entry.slots == 1 ? " " : "s",
        entry.perSecond, entry.perSecond / throughput[0].perSecond)
    }
    if !scaling.isEmpty {
      text += "  tokens  nodes    rows   seconds  microseconds a row\n"
      for entry in scaling {
        text += String(
          format: "  %6d %6d %7d %9.3f %9.1f\n", entry.tokens, entry.nodes, entry.sweepRows,
          seconds(entry.whole.least), 1e6 * seconds(entry.edgePass.least) / Double(max(1, entry.sweepRows)))
      }
    }
    return text
  }

  func json() -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("model", modelName)
    json.field("kernel", kernel)
    json.field("threads", threads)
    json.field("peak_gflops", peak / 1e9)
    json.field("ready_seconds", seconds(ready))
    json.field("peak_resident_bytes", peakResidentBytes)
    json.key("graph")
    write(graph, to: &json)
    json.field("forward_share_of_peak", forwardShare)
    json.field("edges_share_of_peak", edgeShare)
    json.key("slots")
    json.beginArray()
    for entry in throughput {
      json.beginObject()
      json.field("slots", entry.slots)
      json.field("graphs_per_second", entry.perSecond)
      json.end()
    }
    json.end()
    json.key("scaling")
    json.beginArray(lines: true)
    for entry in scaling { write(entry, to: &json) }
    json.end()
    json.end()
    return json.bytes
  }

  private func write(_ graph: EngineBenchmark.Graph, to json: inout JSONByteWriter) {
    json.beginObject()
    json.field("tokens", graph.tokens)
    json.field("nodes", graph.nodes)
    json.field("edges", graph.edges)
    json.field("sweep_rows", graph.sweepRows)
    for (name, timing) in [
      ("forward_seconds", graph.forward), ("nodes_seconds", graph.nodePass), ("edges_seconds", graph.edgePass),
      ("graph_seconds", graph.whole),
    ] as [(StaticString, EngineBenchmark.Timing)] {
      json.key(name)
      json.beginArray()
      json.value(seconds(timing.least))
      json.value(seconds(timing.median))
      json.end()
    }
    json.end()
  }
}

// autointerp
// Tests that a scrape stays small, however many workers and runs there are.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import Testing

@testable import StatusServer

@Suite struct CardinalityTests {
  @Test func theNumberOfSamplesIsBounded() {
    var status = FleetStatus(
      softwareVersion: "1", epoch: 1, startedAt: 0, now: 0, runs: [], workers: [], counters: .init(), recentErrors: [])
    for number in 0..<20_000 {
      let isLost = number < 19_000
      status.workers.append(
        WorkerStatus(name: "w\(number)", host: "h", state: isLost ? .lost : .idle, slots: 1))
    }
    for number in 0..<2000 {
      let state: RunState = number == 3 ? .active : .complete
      status.runs.append(
        RunStatus(name: "r\(number)", corpusName: "c", modelName: "m", state: state, promptCount: 1))
    }
    var text = PrometheusText()
    text.add(status)
    let lines = text.text.split(separator: "\n")
    #expect(text.text.utf8.count < 6 << 20)
    let slots = lines.filter { $0.hasPrefix("autointerp_worker_slots{") }
    #expect(slots.count == PrometheusText.listedAtMost.workers)
    #expect(slots.contains { $0.contains("\"w19999\"") }, "those that are connected come first")
    let prompts = lines.filter { $0.hasPrefix("autointerp_run_prompts{") }
    #expect(prompts.count == PrometheusText.listedAtMost.runs)
    #expect(prompts.contains { $0.contains("\"r3\"") } && prompts.contains { $0.contains("\"r1999\"") })
    #expect(lines.contains("autointerp_workers{state=\"lost\"} 19000"))
    #expect(lines.contains("autointerp_workers_unlisted 18000"))
  }
}

@Suite struct KeyMetricsTests {
  @Test func keysHaveSamplesWithTheirNames() {
    var status = FleetStatus(
      softwareVersion: "1", epoch: 1, startedAt: 0, now: 0, runs: [], workers: [], counters: .init(), recentErrors: [])
    var text = PrometheusText()
    text.add(status)
    #expect(!text.text.contains("autointerp_key_"), "without CURVE there are no keys")
    var bad = KeyCounters(key: "K", name: "gpu \"7\"")
    (bad.framesRefused, bad.deltasConflicting) = (12, 3)
    var others = KeyCounters(key: "")
    others.deltas = 5
    status.keys = [bad, others]
    text = PrometheusText()
    text.add(status)
    let lines = text.text.split(separator: "\n")
    #expect(lines.contains(#"autointerp_key_frames_refused_total{key="K",name="gpu \"7\""} 12"#))
    #expect(lines.contains(#"autointerp_key_deltas_conflicting_total{key="K",name="gpu \"7\""} 3"#))
    #expect(!text.text.contains("name=\"\""), "a sum that may fall is no counter")
  }
}

@Suite struct HistogramTests {
  @Test func durationsAreCumulatedAsPrometheusWantsThem() {
    var histogram = TimeHistogram()
    for seconds in [0.0005, 0.001, 0.5, 2000] { histogram.record(.seconds(seconds)) }
    #expect(histogram.count == 4)
    var text = PrometheusText()
    text.histogram("x_seconds", "X.", histogram)
    let lines = text.text.split(separator: "\n")
    #expect(lines.first == "# HELP x_seconds X.")
    #expect(lines.contains("x_seconds_bucket{le=\"0.001\"} 2"), "a bound belongs to its bucket")
    #expect(lines.contains("x_seconds_bucket{le=\"0.3\"} 2") && lines.contains("x_seconds_bucket{le=\"1\"} 3"))
    #expect(lines.contains("x_seconds_bucket{le=\"1000\"} 3") && lines.contains("x_seconds_bucket{le=\"+Inf\"} 4"))
    #expect(lines.suffix(2) == ["x_seconds_sum 2000.5015", "x_seconds_count 4"])
  }
}

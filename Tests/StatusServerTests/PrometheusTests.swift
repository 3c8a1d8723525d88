// autointerp
// `PrometheusTests` tests that the metrics follow Prometheus' text format line by line.
// SPDX-License-Identifier: Apache-2.0

import ClusterProtocol
import TestSupport
import Testing

@testable import StatusServer

@Suite struct PrometheusTests {
  private func text(of status: FleetStatus) -> String {
    var text = PrometheusText()
    text.add(status)
    text.add(Readiness())
    return text.text
  }

  /// Checks what Prometheus and promtool would check: HELP and TYPE once before the samples of each family; valid
  /// names; counters end in `_total`, gauges do not; labels are quoted and escaped; no sample occurs twice.
  private func check(_ text: String) throws -> [String: Double] {
    var samples: [String: Double] = [:]
    var families: Set<String> = []
    var family = ""
    var type = ""
    #expect(text.hasSuffix("\n"))
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()[...]
    while let line = lines.popFirst() {
      if let help = line.wholeMatch(of: /# HELP ([a-z_]+) (\S.*)/) {
        family = String(help.1)
        #expect(families.insert(family).inserted, "\(family) twice")
        let next = lines.popFirst() ?? ""
        let match = try #require(next.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/), "\(next)")
        #expect(match.1 == family)
        type = String(match.2)
        #expect(family.hasSuffix("_total") == (type == "counter"), "\(family) is a \(type)")
        #expect(family.hasPrefix("autointerp_"))
        continue
      }
      let sample = try #require(
        line.wholeMatch(
          of: /([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? (\+Inf|-Inf|NaN|-?[0-9.]+(e[-+]?[0-9]+)?)/),
        "\(line)")
      let parts = type == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
      #expect(parts.contains(String(sample.1)))
      let key = String(sample.1) + String(sample.2 ?? "")
      let number = sample.5 == "+Inf" ? Double.infinity : try #require(Double(sample.5), "\(line)")
      #expect(samples.updateValue(number, forKey: key) == nil, "\(key) twice")
    }
    return samples
  }

  @Test func theFormatIsKeptAndTheNumbersAreThose() throws {
    let samples = try check(text(of: .sample()))
    #expect(samples["autointerp_deltas_total{result=\"merged\"}"] == 25)
    #expect(samples["autointerp_received_bytes_total"] == 5_300_000)
    #expect(samples["autointerp_run_prompts_done{run=\"capitals-smollm2-3f9a\"}"] == 25)
    #expect(samples["autointerp_run_prompts_quarantined{run=\"capitals-smollm2-3f9a\"}"] == 1)
    #expect(samples["autointerp_run_remaining_seconds{run=\"capitals-smollm2-3f9a\"}"] == 13.6)
    #expect(samples["autointerp_run_remaining_seconds{run=\"math-aa01\"}"] == nil)
    #expect(samples["autointerp_run_compute_seconds_total{run=\"capitals-smollm2-3f9a\"}"] == 22.5)
    #expect(samples["autointerp_workers{state=\"lost\"}"] == 1)
    #expect(samples["autointerp_worker_prompts_per_second{worker=\"node-a\"}"] == 1.5)
    #expect(samples["autointerp_ready"] == 1)
    #expect(samples["autointerp_connections_refused_total"] == 3)
    #expect(samples["autointerp_runs_unusable"] == 1)
  }

  @Test func timesAndWhatWaitsForTheSocket() throws {
    var status = FleetStatus.sample()
    status.timings.commit.record(.milliseconds(20))
    status.timings.sync.record(.milliseconds(2))
    status.timings.sync.record(.seconds(2))
    (status.counters.outboxMessages, status.counters.outboxBytes) = (7, 4096)
    let samples = try check(text(of: status))
    #expect(samples["autointerp_sync_seconds_count"] == 2 && samples["autointerp_commit_seconds_count"] == 1)
    #expect(samples["autointerp_sync_seconds_bucket{le=\"0.003\"}"] == 1)
    #expect(samples["autointerp_sync_seconds_sum"] == 2.002)
    #expect(samples["autointerp_outbox_messages"] == 7 && samples["autointerp_outbox_bytes"] == 4096)
  }

  @Test func spotChecksOfARunThatHasThem() throws {
    var status = FleetStatus.sample()
    var checks = SpotCheckStatus(share: 0.1, chosen: 6, promptCount: 60)
    (checks.agreed, checks.computations) = (3, 3)
    status.runs[0].spotChecks = checks
    let samples = try check(text(of: status))
    let name = status.runs[0].name
    #expect(samples["autointerp_run_spot_checks{run=\"\(name)\",state=\"agreed\"}"] == 3)
    #expect(samples["autointerp_run_spot_check_ratio{run=\"\(name)\"}"] == 0.05)
    #expect(samples["autointerp_run_spot_check_ratio{run=\"\(status.runs[1].name)\"}"] == nil)
  }

  @Test func hostileLabelsStayInsideTheirQuotes() throws {
    var status = FleetStatus.sample()
    status.runs[0].name = hostileText
    status.workers[0].name = hostileText
    status.workers[0].host = "a\"} 1\nautointerp_fake 1"
    let text = text(of: status)
    let samples = try check(text)
    let escaped = #"<script>alert(1)</script>\"\\\n?[31m"# + "\u{202E}}{ é"
    #expect(samples["autointerp_worker_slots{worker=\"\(escaped)\"}"] == 2)
    #expect(!text.contains("\nautointerp_fake"))
    #expect(!text.contains("\u{1B}"))
  }

  @Test func aFleetWithoutRunsAndWorkersIsWellFormed() throws {
    var status = FleetStatus.sample()
    status.runs = []
    status.workers = []
    #expect(try check(text(of: status))["autointerp_workers{state=\"idle\"}"] == 0)
  }

  @Test func aWorkersTwoIncarnationsAreOneSeries() throws {
    var status = FleetStatus.sample()
    status.workers[1].name = status.workers[0].name
    #expect(try check(text(of: status))["autointerp_worker_slots{worker=\"node-a\"}"] == 2)
    #expect(try check(text(of: status))["autointerp_worker_state{worker=\"node-a\",state=\"working\"}"] == 1)
  }

  @Test(arguments: [
    (0.0, "0"), (25, "25"), (-1.5, "-1.5"), (1e15, "1000000000000000"), (3e-6, "3e-06"), (.infinity, "+Inf"),
    (-.infinity, "-Inf"), (.nan, "NaN"),
  ])
  func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
    #expect(PrometheusText.number(value) == text)
  }
}

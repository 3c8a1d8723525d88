// autointerp
// `FleetStatus.sample` makes the state of a small fleet for tests; `hostileText` breaks code that does not escape it.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import ClusterProtocol

/// Text that breaks code which does not escape it.
package let hostileText = "<script>alert(1)</script>\"\\\n\u{1B}[31m\u{202E}}{ é"

extension FleetStatus {
  /// A working fleet: one active run of 60 prompts, one queued run, and two workers, one of them lost.
  package static func sample() -> FleetStatus {
    var active = RunStatus(
      name: "capitals-smollm2-3f9a", corpusName: "capitals", modelName: "SmolLM2-135M", state: .active, promptCount: 60)
    active.done = 25
    active.inFlight = 2
    active.queued = 32
    active.quarantined = [
      QuarantinedPrompt(prompt: 7, excerpt: "too long", errors: ["a: 9210 tokens", "b: 9210 tokens"])
    ]
    active.promptsPerSecond = 2.5
    active.secondsLeft = 13.6
    active.neurons = 4321
    active.edges = 1_234_567
    active.edgeUpdates = 2_345_678
    active.deltaBytes = 5_250_000
    active.computeMilliseconds = 22_500
    active.worstConservationResidual = 3e-6
    active.metric = "logprob"
    active.rule = "gradient"
    active.agreement = [
      AgreementStatus(
        AgreementTable.Row(
          rule: .gradient, position: .later, layers: .all,
          agreement: ScoreAgreement((0..<25).map { [(1, 1), (2, Float($0) / 5), (-1, -0.9)] })))
    ]
    var working = WorkerStatus(name: "node-a", host: "gpu-0", state: .working, slots: 2)
    working.busySlots = 2
    working.done = 20
    working.promptsPerMinute = 90
    working.residentBytes = 812_000_000
    working.lastHeardAt = 1_700_000_099_500
    var lost = WorkerStatus(name: "node-b", host: "gpu-1", state: .lost, slots: 2)
    lost.done = 5
    lost.failed = 1
    lost.lastHeardAt = 1_700_000_052_000
    var counters = FleetStatus.Counters()
    counters.deltasMerged = 25
    counters.deltasDuplicate = 1
    counters.leasesGranted = 29
    counters.bytesReceived = 5_300_000
    counters.connectionsRefused = 3
    counters.runsUnusable = 1
    return FleetStatus(
      softwareVersion: "0.1.0", epoch: 3, startedAt: 1_700_000_000_000, now: 1_700_000_100_000,
      runs: [
        active,
        RunStatus(name: "math-aa01", corpusName: "math", modelName: "SmolLM2-135M", state: .queued, promptCount: 200),
      ],
      workers: [working, lost], counters: counters,
      recentErrors: [RecordedError(at: 1_700_000_082_000, text: "node-b was not heard from for 30 s")])
  }
}

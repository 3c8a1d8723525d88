// autointerp
// `PrometheusText` writes the metrics of a coordinator, its runs and its workers.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

extension PrometheusText {
  mutating func add(_ status: FleetStatus) {
    gauge(
      "autointerp_build_info", "Version of the coordinator; the value is always 1.",
      [Sample([("version", status.softwareVersion)], 1)])
    gauge(
      "autointerp_start_time_seconds", "When the coordinator started, in seconds since 1970.",
      Double(status.startedAt) / 1000)
    gauge("autointerp_coordinator_epoch", "Number of the coordinator's start; higher is newer.", Double(status.epoch))
    add(status.counters)
    add(status.timings)
    gauge(
      "autointerp_runs_rebuilding", "Runs whose stored results are being read.",
      Double(status.closedRuns.count { $0.kind == .rebuilding }))
    gauge("autointerp_problems", "Problems that keep runs from going on.", Double(status.problems.count))
    add(status.keys)
    add(status.runs)
    add(status.workers)
  }

  mutating func add(_ readiness: Readiness) {
    gauge(
      "autointerp_ready", "1 if leases can be granted and results stored, otherwise 0.", readiness.isReady ? 1 : 0)
  }

  private mutating func add(_ timings: FleetTimings) {
    histogram(
      "autointerp_lease_to_delta_seconds", "Time from a lease to its accepted delta.", timings.leaseToDelta)
    histogram("autointerp_write_seconds", "Time of a batch of writes with the merge of its deltas.", timings.write)
    histogram("autointerp_commit_seconds", "Time of a transaction until the disk confirmed it.", timings.commit)
    histogram(
      "autointerp_sync_seconds", "Time from a transaction's last statement until the disk confirmed it.", timings.sync)
    histogram("autointerp_export_seconds", "Time to make an export.", timings.export)
  }

  private mutating func add(_ counters: FleetStatus.Counters) {
    gauge(
      "autointerp_unread_reply_bytes", "Bytes of replies that clients have not shown to have read.",
      Double(counters.unreadReplyBytes))
    gauge(
      "autointerp_outbox_messages", "Messages to workers and clients that wait for the socket.",
      Double(counters.outboxMessages))
    gauge(
      "autointerp_outbox_bytes", "Bytes of answers to clients that wait for the socket.", Double(counters.outboxBytes))
    counter("autointerp_frames_received_total", "Messages received.", counters.framesReceived)
    counter("autointerp_frames_refused_total", "Messages refused as malformed or unknown.", counters.framesRefused)
    counter("autointerp_received_bytes_total", "Bytes of messages received.", counters.bytesReceived)
    counter("autointerp_sent_bytes_total", "Bytes of messages sent.", counters.bytesSent)
    counter("autointerp_leases_granted_total", "Leases granted.", counters.leasesGranted)
    counter("autointerp_leases_expired_total", "Leases that expired before a report arrived.", counters.leasesExpired)
    counter(
      "autointerp_deltas_total",
      "Edge deltas by what became of them; a conflicting one differs from the stored one of the same prompt.",
      [
        Sample([("result", "merged")], Double(counters.deltasMerged)),
        Sample([("result", "duplicate")], Double(counters.deltasDuplicate)),
        Sample([("result", "conflicting")], Double(counters.deltasConflicting)),
      ])
    counter("autointerp_failures_reported_total", "Failed attempts that workers reported.", counters.failuresReported)
    counter("autointerp_workers_refused_total", "Workers refused.", counters.workersRefused)
    counter(
      "autointerp_connections_refused_total", "Connections refused because their key is not on the allow-list.",
      counters.connectionsRefused)
    gauge(
      "autointerp_runs_unusable", "Files of runs that could not be opened at the start.", Double(counters.runsUnusable))
  }

  /// The sum of those that the status does not list has no sample: it would fall when one of them gets into the list.
  private mutating func add(_ all: [KeyCounters]) {
    let keys = all.filter { !$0.key.isEmpty }
    guard !keys.isEmpty else { return }
    func perKey(_ value: (KeyCounters) -> Int64) -> [Sample] {
      keys.map { Sample([("key", $0.key), ("name", $0.name)], Double(value($0))) }
    }
    counter("autointerp_key_frames_received_total", "Messages received from a key.", perKey(\.framesReceived))
    counter(
      "autointerp_key_frames_refused_total", "Messages of a key that were refused or not answered.",
      perKey(\.framesRefused))
    counter("autointerp_key_received_bytes_total", "Bytes of messages received from a key.", perKey(\.bytesReceived))
    counter("autointerp_key_sent_bytes_total", "Bytes of messages sent to a key.", perKey(\.bytesSent))
    counter("autointerp_key_deltas_total", "Valid deltas from a key, repeated ones too.", perKey(\.deltas))
    counter(
      "autointerp_key_deltas_conflicting_total", "Deltas from a key that differ from the stored one.",
      perKey(\.deltasConflicting))
    counter(
      "autointerp_key_failures_reported_total", "Failed attempts that a key's workers reported.",
      perKey(\.failuresReported))
  }

  /// How many runs and workers have samples of their own. A scrape must stay small, however many names peers invent.
  static let listedAtMost = (runs: 500, workers: 2000)

  private mutating func add(_ all: [RunStatus]) {
    // Runs that go on come before those that ended, and later ones before earlier ones.
    let ranked = all.enumerated().sorted { a, b in
      let (isAOpen, isBOpen) = (a.element.state.isOpen, b.element.state.isOpen)
      return isAOpen == isBOpen ? a.offset > b.offset : isAOpen
    }
    let runs = ranked.prefix(Self.listedAtMost.runs).sorted { $0.offset < $1.offset }.map(\.element)
    gauge("autointerp_runs_unlisted", "Runs without samples of their own.", Double(all.count - runs.count))
    func perRun(_ value: (RunStatus) -> Double?) -> [Sample] {
      runs.compactMap { run in value(run).map { Sample([("run", run.name)], $0) } }
    }
    gauge(
      "autointerp_run_info", "Runs with their corpus and model; the value is always 1.",
      runs.map { Sample([("run", $0.name), ("corpus", $0.corpusName), ("model", $0.modelName)], 1) })
    gauge(
      "autointerp_run_state", "1 for the run's state, 0 for other states.",
      runs.flatMap { run in
        RunState.allCases.map { Sample([("run", run.name), ("state", $0.rawValue)], run.state == $0 ? 1 : 0) }
      })
    gauge("autointerp_run_prompts", "Prompts of the run.", perRun { Double($0.promptCount) })
    gauge("autointerp_run_prompts_done", "Prompts merged.", perRun { Double($0.done) })
    gauge("autointerp_run_prompts_in_flight", "Prompts leased to workers.", perRun { Double($0.inFlight) })
    gauge("autointerp_run_prompts_queued", "Prompts waiting.", perRun { Double($0.queued) })
    gauge(
      "autointerp_run_prompts_quarantined", "Prompts quarantined after failures.",
      perRun { Double($0.quarantinedCount) })
    gauge(
      "autointerp_run_prompts_per_second", "Prompts finished per second over the last minute of work.",
      perRun { $0.promptsPerSecond })
    gauge(
      "autointerp_run_remaining_seconds", "Time left at this rate, if known.", perRun { $0.secondsLeft })
    gauge("autointerp_run_neurons", "Distinct neurons in the aggregate.", perRun { Double($0.neurons) })
    gauge("autointerp_run_edges", "Distinct edges in the aggregate.", perRun { Double($0.edges) })
    counter(
      "autointerp_run_edge_updates_total", "Edges of deltas added to the aggregate.", perRun { Double($0.edgeUpdates) })
    counter("autointerp_run_delta_bytes_total", "Bytes of the deltas merged.", perRun { Double($0.deltaBytes) })
    counter(
      "autointerp_run_compute_seconds_total", "Compute time of the merged prompts.",
      perRun { Double($0.computeMilliseconds) / 1000 })
    gauge("autointerp_run_merge_lag", "Deltas received and not committed yet.", perRun { Double($0.mergeLag) })
    gauge(
      "autointerp_run_worst_conservation_residual_ratio", "Largest relative error of a conservation identity so far.",
      perRun { $0.worstConservationResidual })
    gauge(
      "autointerp_run_spot_checks", "Prompts that a second key is to compute as well, by what became of them.",
      runs.flatMap { run -> [Sample] in
        guard let checks = run.spotChecks else { return [] }
        let counts = [
          ("agreed", checks.agreed), ("disagreed", checks.disagreed), ("due", checks.due),
          ("under_way", checks.underWay), ("unmade", checks.unmade),
        ]
        return counts.map { Sample([("run", run.name), ("state", $0.0)], Double($0.1)) }
      })
    gauge(
      "autointerp_run_spot_check_ratio", "Results that were only computed to compare, as a share of the prompts.",
      perRun { $0.spotChecks?.computedTwice })
    gauge("autointerp_run_aggregate_bytes", "Memory of the aggregate.", perRun { Double($0.aggregateBytes) })
  }

  private mutating func add(_ all: [WorkerStatus]) {
    // A name that occurs twice (a lost incarnation beside its successor) would break the scrape.
    let latest = Dictionary(all.map { ($0.name, $0) }) { $0.lastHeardAt >= $1.lastHeardAt ? $0 : $1 }
    let everybody = latest.values.sorted { $0.name < $1.name }
    let workers = (everybody.filter(\.isConnected) + everybody.filter { !$0.isConnected })
      .prefix(Self.listedAtMost.workers).sorted { $0.name < $1.name }
    gauge(
      "autointerp_workers_unlisted", "Workers without samples of their own.", Double(everybody.count - workers.count))
    func perWorker(_ value: (WorkerStatus) -> Double) -> [Sample] {
      workers.map { Sample([("worker", $0.name)], value($0)) }
    }
    gauge(
      "autointerp_workers", "Workers by state.",
      WorkerState.allCases.map { state in
        Sample([("state", state.rawValue)], Double(everybody.count { $0.state == state }))
      })
    gauge(
      "autointerp_worker_info", "Workers with host, BLAS kernel and version; the value is always 1.",
      workers.map {
        Sample(
          [("worker", $0.name), ("host", $0.host), ("kernel", $0.computeKernel), ("version", $0.softwareVersion)], 1)
      })
    gauge(
      "autointerp_worker_state", "1 for the worker's state, 0 for other states.",
      workers.flatMap { worker in
        WorkerState.allCases.map {
          Sample([("worker", worker.name), ("state", $0.rawValue)], worker.state == $0 ? 1 : 0)
        }
      })
    gauge("autointerp_worker_slots", "Prompts that the worker computes at a time.", perWorker { Double($0.slots) })
    gauge("autointerp_worker_busy_slots", "Prompts that the worker computes now.", perWorker { Double($0.busySlots) })
    counter("autointerp_worker_prompts_done_total", "Prompts the worker finished.", perWorker { Double($0.done) })
    counter("autointerp_worker_prompts_failed_total", "Attempts the worker failed.", perWorker { Double($0.failed) })
    gauge(
      "autointerp_worker_prompts_per_second", "Prompts the worker finishes per second.",
      perWorker { $0.promptsPerMinute / 60 })
    gauge("autointerp_worker_resident_bytes", "Memory of the worker.", perWorker { Double($0.residentBytes) })
    gauge(
      "autointerp_worker_last_heard_timestamp_seconds", "When the worker was last heard from, in seconds since 1970.",
      perWorker { Double($0.lastHeardAt) / 1000 })
  }
}

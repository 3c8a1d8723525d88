// autointerp
// `ClusterConfiguration.settings` lists every key of cluster.toml.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator
internal import StatusServer

extension ClusterConfiguration {
  /// Every key, in the order of the file.
  static let settings: [Setting] =
    modelSettings + attributionSettings + runSettings + coordinatorSettings + workerSettings + statusSettings
    + securitySettings

  private static let modelSettings: [Setting] = [
    .string("model", "path", \.model.path),
    .string("template", "name", \.template.name),
    .string("template", "system", \.template.system),
  ]

  /// The list, and two abbreviations.
  private static let attributionSettings: [Setting] =
    AttributionSettings.list.map { .attribution($0) } + [
      .integer("attribution", "top_logits", \.attribution.topLogitCount, in: 1...10_000),
      .number("attribution", "tau", \.attribution.tau, in: 0...1),
    ]

  private static let runSettings: [Setting] = [
    .integer("run", "local", \.run.local, in: 1...1024),
    .integer("run", "limit", \.run.limit, in: 0...1_000_000_000),
    .integer("run", "seed", \.run.seed, in: 0...Int.max),
    .number("run", "spot_check", \.run.spotCheck, in: 0...1),
    .string("run", "output", \.run.output),
    .string("run", "directory", \.run.directory),
  ]

  private static let coordinatorSettings: [Setting] = [
    .string("coordinator", "listen", \.coordinator.listen),
    .string("coordinator", "directory", \.coordinator.directory),
    .duration("coordinator", "heartbeat", \.coordinator.fleet.heartbeat, in: times),
    .duration("coordinator", "dead_after", \.coordinator.fleet.deadAfter, in: times),
    .duration("coordinator", "lease", \.coordinator.fleet.lease, in: times),
    .duration("coordinator", "progress_deadline", \.coordinator.fleet.progressDeadline, in: times),
    .integer("coordinator", "reports_to_quarantine", \.coordinator.fleet.reportsToQuarantine, in: 1...100),
    .integer("coordinator", "failures_to_quarantine", \.coordinator.fleet.failuresToQuarantine, in: 1...100),
    .integer("coordinator", "prompts_to_set_aside", \.coordinator.fleet.promptsToSetAside, in: 1...1_000_000),
    .duration("coordinator", "parole", \.coordinator.fleet.parole, in: times),
    .duration("coordinator", "second_opinion_patience", \.coordinator.fleet.secondOpinionPatience, in: times),
    .duration("coordinator", "spot_check_patience", \.coordinator.fleet.spotCheckPatience, in: times),
    .integer("coordinator", "backup_factor", \.coordinator.fleet.backupFactor, in: 1...1000),
    .duration("coordinator", "backup_after", \.coordinator.fleet.backupAfter, in: times),
    .integer("coordinator", "max_uncommitted_deltas", \.coordinator.fleet.maximumUncommittedDeltas, in: 1...100_000),
    .integer("coordinator", "max_writes_per_batch", \.coordinator.fleet.maximumWritesPerBatch, in: 1...10_000),
    .duration("coordinator", "first_storage_retry", \.coordinator.fleet.firstStorageRetry, in: times),
    .duration("coordinator", "last_storage_retry", \.coordinator.fleet.lastStorageRetry, in: times),
    .integer("coordinator", "max_workers", \.coordinator.fleet.maximumWorkers, in: 1...1_000_000),
    .duration("coordinator", "forget_after", \.coordinator.fleet.forgetAfter, in: times),
    .flag("coordinator", "allow_mixed_kernels", \.coordinator.fleet.allowsMixedKernels),
    .integer("coordinator", "max_aggregate_mib", \.coordinator.fleet.maximumAggregateMebibytes, in: 0...1 << 30),
  ]

  private static let workerSettings: [Setting] = [
    .string("worker", "coordinator", \.worker.coordinator),
    .string("worker", "name", \.worker.name),
    .integer("worker", "slots", \.worker.slots, in: 1...1024),
    .string("worker", "kernel", \.worker.kernel),
    .choice("worker", "weights", \.worker.weights, of: EngineOptions.weightChoices),
    .duration("worker", "drain_limit", \.worker.drainLimit, in: .zero...Duration.seconds(24 * 3600)),
    .duration("worker", "give_up_after", \.worker.giveUpAfter, in: .zero...Duration.seconds(7 * 24 * 3600)),
  ]

  private static let statusSettings: [Setting] = [
    .string("status", "host", \.status.host),
    .integer("status", "port", \.status.port, in: 0...65535),
    .flag("status", "allow_remote", \.status.allowRemote),
    .strings("status", "allowed_hosts", \.status.allowedHosts),
    .string("status", "token_file", \.status.tokenFile),
    .duration("status", "event_interval", \.status.eventInterval, in: times),
    .duration("status", "heartbeat_interval", \.status.heartbeatInterval, in: times),
    .integer("status", "max_event_streams", \.status.maximumEventStreams, in: 1...10_000),
    .integer("status", "max_connections", \.status.maximumConnections, in: 2...100_000),
    .integer("status", "max_connections_per_address", \.status.maximumConnectionsPerAddress, in: 1...100_000),
    .integer("status", "max_neurons", \.status.maximumNeurons, in: 1...100_000),
  ]

  private static let securitySettings: [Setting] = [
    .string("security", "key_file", \.security.keyFile),
    .string("security", "server_key", \.security.serverKey),
    .string("security", "allow", \.security.allow),
    .flag("security", "insecure", \.security.insecure),
  ]

  private static let times: ClosedRange<Duration> = .milliseconds(1)...Duration.seconds(7 * 24 * 3600)
}

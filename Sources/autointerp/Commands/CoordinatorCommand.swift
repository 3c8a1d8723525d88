// autointerp
// `CoordinatorCommand` is `autointerp coordinator`: it starts the coordinator of a fleet.
// SPDX-License-Identifier: Apache-2.0

internal import AgentTools
internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import Coordinator
internal import Foundation
internal import Logging
internal import Platform
internal import ServiceLifecycle
internal import Settings
internal import StatusServer

/// Serves workers, clients and the status port until it is asked to stop.
struct CoordinatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Lead a fleet of workers.",
    discussion: """
      Keeps the queue of runs, gives prompts to workers and merges their results. Every run is one SQLite file in \
      --runs-dir; a result that was acknowledged is on disk. SIGTERM stops cleanly, but a kill loses nothing \
      either: after a restart the coordinator continues. Logs go to standard error.

      Without --key-file it uses plain TCP, only on loopback unless --insecure is given. The allow-list is read \
      again on SIGHUP, and within seconds of a change of its file: new keys get in, removed ones lose access at once, \
      also over connections that are up. A list with a mistake changes nothing and is logged.

      EXAMPLES
        autointerp coordinator
        autointerp coordinator --bind 'tcp://*:7645' --key-file coordinator.key --allow allowed.keys

      Exit codes: 0 stopped as asked, 2 it could not start or the command line is wrong.
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Option(help: ArgumentHelp("The address for workers and clients.", valueName: "tcp://host:port"))
  var bind: String?

  @Option(help: ArgumentHelp("Folder with the file of every run.", valueName: "dir"))
  var runsDir: String?

  @Option(help: ArgumentHelp("This coordinator's key pair, as keygen writes it.", valueName: "file"))
  var keyFile: String?

  @Option(help: ArgumentHelp("Allowed keys: a line `worker KEY` or `client KEY` each.", valueName: "file"))
  var allow: String?

  @Flag(help: "Permit plain TCP to other machines, where anyone can read, join and give orders.")
  var insecure = false

  @Flag(help: "Let workers with different BLAS kernels work on one run; their results differ by rounding.")
  var allowMixedKernels = false

  @Option(help: ArgumentHelp("Port of the status server; 0 means any free port.", valueName: "port"))
  var status: Int?

  @Flag(help: "Serve no status port.")
  var noStatus = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: String = "info"

  @Option(help: "text or json: one object a line, with the facts as fields.")
  var logFormat: LogFormat = .text

  func validate() throws {
    if let status, !(0...65535).contains(status) { throw ValidationError("--status must be a port, 0 to 65535.") }
    guard Logger.Level(rawValue: logLevel) != nil else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--log-level must be one of \(levels).")
    }
  }

  func run() async throws {
    let logger = logFormat.logger(label: "autointerp.coordinator", level: Logger.Level(rawValue: logLevel) ?? .info)
    do {
      try await serve(logger)
    } catch {
      logger.critical("\(error)")
      throw ExitCode(2)
    }
  }

  private func serve(_ logger: Logger) async throws {
    let settings = try merged()
    logger.info("Files and connections", metadata: ["limit": "\(OpenFileLimit.raise())"])
    var coordinatorSettings = CoordinatorConfiguration(softwareVersion: SoftwareVersion.current)
    coordinatorSettings.endpoint = settings.coordinator.listen
    coordinatorSettings.security = try settings.security.server()
    // Check this before starting anything that would have to be stopped.
    _ = try coordinatorSettings.security.endpoint(settings.coordinator.listen)
    coordinatorSettings.fleet = settings.coordinator.fleet
    var allowList = AllowList()
    switch coordinatorSettings.security {
    case .plain(insecure: true):
      logger.warning("INSECURE: plain TCP; anyone who can reach this port can read, join the fleet and give orders")
    case .curve(let keys, let allowed):
      allowList = allowed
      logger.notice("CURVE", metadata: ["public-key": "\(keys.publicKey.text)", "allowed-keys": "\(allowed.count)"])
      if allowed.count == 0 { logger.warning("the allow-list is empty: nobody can connect") }
    case .plain:
      break
    }
    let coordinator = Coordinator(
      configuration: coordinatorSettings, stores: try RunsDirectory(path: settings.coordinator.directory),
      logger: logger)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(
        service: coordinator, successTerminationBehavior: .gracefullyShutdownGroup,
        failureTerminationBehavior: .cancelGroup),
      .init(
        service: AllowListReload(
          coordinator: coordinator, path: settings.security.reloadableAllowList, current: allowList, logger: logger),
        successTerminationBehavior: .ignore),
    ]
    if !noStatus {
      let api = RunAPI(
        .folder(settings.coordinator.directory), comparer: ReportComparer(), version: SoftwareVersion.current)
      let server = try StatusServer(
        configuration: settings.status, source: CoordinatorStatusSource(coordinator: coordinator),
        atlas: AtlasPage(AtlasQuestions(api: api)), logger: logger)
      services.append(
        .init(
          service: server, successTerminationBehavior: .ignore, failureTerminationBehavior: .cancelGroup))
    }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }

  /// The file's settings, overridden by flags and, for the status port's token, by the environment.
  private func merged() throws -> ClusterConfiguration {
    var settings = try configuration.load()
    if let bind { settings.coordinator.listen = bind }
    if let runsDir { settings.coordinator.directory = runsDir }
    if let keyFile { settings.security.keyFile = keyFile }
    if let allow { settings.security.allow = allow }
    if insecure { settings.security.insecure = true }
    if allowMixedKernels { settings.coordinator.fleet.allowsMixedKernels = true }
    if let status { settings.status.port = status }
    if !noStatus { try settings.takeStatusToken() }
    return settings
  }
}

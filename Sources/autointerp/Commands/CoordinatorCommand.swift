// autointerp
// `autointerp coordinator`: the daemon that leads a fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterTransport
internal import Coordinator
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import StatusServer

/// Serves workers, clients and the status port until it is asked to stop.
struct CoordinatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Lead a fleet of workers.",
    discussion: """
      Keeps the queue of runs, hands prompts to workers and merges what they send. Every run is one SQLite file in \
      --runs-dir; what a worker was told to be done is on the disk. SIGTERM stops cleanly, but a kill loses nothing \
      either: started again, the coordinator goes on where it was. Logs go to standard error.

      Without --key-file plain TCP is spoken, and only on loopback unless --insecure is given. The allow-list is read \
      again on SIGHUP, and within seconds of a change of its file: new keys get in, removed ones lose access at once, \
      also over connections that are up. A list with a mistake changes nothing and is logged.

      EXAMPLES
        autointerp coordinator
        autointerp coordinator --bind 'tcp://*:7645' --key-file coordinator.key --allow allowed.keys

      Exit codes: 0 stopped as asked, 2 it could not start or the command line is wrong.
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Option(help: ArgumentHelp("Where workers and clients connect.", valueName: "tcp://host:port"))
  var bind: String?

  @Option(help: ArgumentHelp("Folder with the file of every run.", valueName: "dir"))
  var runsDir: String?

  @Option(help: ArgumentHelp("This coordinator's key pair, as keygen writes it.", valueName: "file"))
  var keyFile: String?

  @Option(help: ArgumentHelp("Keys that get in: a line `worker KEY` or `client KEY` each.", valueName: "file"))
  var allow: String?

  @Flag(help: "Permit plain TCP to other machines, where anyone can read, join and give orders.")
  var insecure = false

  @Option(help: ArgumentHelp("Port of the status server; 0 takes a free one.", valueName: "port"))
  var status: Int?

  @Flag(help: "Serve no status port.")
  var noStatus = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: String = "info"

  func validate() throws {
    if let status, !(0...65535).contains(status) { throw ValidationError("--status must be a port, 0 to 65535.") }
    guard Logger.Level(rawValue: logLevel) != nil else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--log-level must be one of \(levels).")
    }
  }

  func run() async throws {
    var logger = Logger(label: "autointerp.coordinator") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
    do {
      try await serve(logger)
    } catch {
      logger.critical("\(error)")
      throw ExitCode(2)
    }
  }

  private func serve(_ logger: Logger) async throws {
    let settings = try merged()
    var coordinatorSettings = CoordinatorConfiguration(softwareVersion: SoftwareVersion.current)
    coordinatorSettings.endpoint = settings.coordinator.listen
    coordinatorSettings.security = try settings.security.server()
    // Before anything is started that would have to be stopped again.
    _ = try coordinatorSettings.security.endpoint(settings.coordinator.listen)
    coordinatorSettings.fleet = settings.coordinator.fleet
    var allowList = AllowList()
    switch coordinatorSettings.security {
    case .plain(insecure: true):
      logger.warning("INSECURE: plain TCP; anyone who can reach this port can read, join the fleet and give orders")
    case .curve(let keys, let allowed):
      allowList = allowed
      logger.notice("CURVE", metadata: ["public-key": "\(keys.publicKey.text)", "allowed-keys": "\(allowed.count)"])
      if allowed.count == 0 { logger.warning("the allow-list is empty: nobody gets in") }
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
      let server = try StatusServer(
        configuration: settings.status, source: CoordinatorStatusSource(coordinator: coordinator), logger: logger)
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
    if let status { settings.status.port = status }
    if !noStatus { try settings.takeStatusToken() }
    return settings
  }
}

// autointerp
// `ServeCommand` is `autointerp serve`: it shows the file of a run in a browser.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Console
internal import Coordinator
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import StatusServer

/// Serves the dashboard of a run that is not under way.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Show the file of a run in a browser.",
    discussion: """
      Serves the dashboard that a run has while it goes on: progress, agreement of scores with removals, the list of \
      neurons, and for each one what drives it and what it drives. The file is read once and never changed, so a run that \
      goes on is shown as it was at the start. Reads [status] of the settings; an address that other machines can reach \
      needs a token, as in a coordinator. Ctrl-C ends it. Without a run, it is the one whose file in the folder of runs \
      was changed last.

      EXAMPLES
        autointerp serve runs/medical-smollm2-1f2e3d4c
        autointerp serve run.sqlite --port 8080
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Argument(help: ArgumentHelp("The SQLite file or folder of a run.", valueName: "run"))
  var name: String?

  @Option(help: "Port to serve on; 0 takes a free one (default: that of the settings).")
  var port: Int?

  func validate() throws {
    if let port, !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535.") }
  }

  func run() async throws {
    var settings = try configuration.load()
    let path = try RunFile.path(name, in: settings.run.directory)
    try settings.takeStatusToken()
    if let port { settings.status.port = port }
    StandardError.say("Reading \(path)")
    let run = try ArchivedRun(path: path)
    let host = settings.status.host.contains(":") ? "[\(settings.status.host)]" : settings.status.host
    // What ServiceLifecycle and the server tell about themselves is of no use here; what concerns people is.
    var logger = Logger(label: "status", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    let server = try StatusServer(
      configuration: settings.status,
      source: ArchivedStatusSource(run, softwareVersion: SoftwareVersion.current), logger: logger
    ) { port in
      StandardError.say("Serving \(run.specification.name) at http://\(host):\(port)/ until Ctrl-C")
    }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }
}

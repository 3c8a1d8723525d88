// autointerp
// `ServeCommand` is `autointerp serve`: it shows the file of a run in a browser, and answers questions about it over HTTP.
// SPDX-License-Identifier: Apache-2.0

internal import AgentExperiments
internal import AgentTools
internal import ArgumentParser
internal import Atlas
internal import Console
internal import Coordinator
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import StatusServer

/// Serves the pages of a run.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Show the file of a run in a browser.",
    discussion: """
      Serves a page to explore the run: search, each neuron with its texts, histogram, drivers, targets, role, specificity \
      and removals, each prompt's graph as a picture, and comparisons of groups. Every view has an address of its own. \
      The page follows a run that goes on. With several runs, each can be looked at and two can be compared; /dashboard \
      shows of the first what a run shows while it goes on, as it was at the start. With --model, texts of your own can be tried on a neuron.

      Programs ask the same at /api/v1: one address for each of the agents' tools, such as \
      /api/v1/get_neuron_profile?neuron=L29/N560, described at /api/v1/openapi.json. Nothing is ever written to the run. \
      Reads [status] of the settings; an address that other machines can reach needs a token, as in a coordinator, which \
      has the same page at /atlas. Ctrl-C ends it. Without a run, it is the one whose file in the folder of runs was \
      changed last.

      EXAMPLES
        autointerp serve runs/medical-smollm2-1f2e3d4c
        autointerp serve run.sqlite --port 8080
        autointerp serve run.sqlite --model model.gguf
        autointerp serve runs/before runs/after
        curl 'http://127.0.0.1:7646/api/v1/search_neurons?class=domain&sort=specificity'
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Argument(
    help: ArgumentHelp(
      "The SQLite file or folder of a run; more of them can be looked at and compared too.", valueName: "run"))
  var names: [String] = []

  @Option(help: "The run's model, for experiments too: what a neuron does in a text of your own.")
  var model: String?

  @Option(help: "Port to serve on; 0 takes a free one (default: that of the settings).")
  var port: Int?

  func validate() throws {
    if let port, !(0...65535).contains(port) { throw ValidationError("--port must be 0 to 65535.") }
    guard model == nil || names.count < 2 else {
      throw ValidationError("--model goes with one run, because experiments use its template and settings.")
    }
  }

  func run() async throws {
    var settings = try configuration.load()
    let path = try RunFile.path(names.first, in: settings.run.directory)
    let others = try names.dropFirst().map { try RunFile.path($0, in: settings.run.directory) }
    try settings.takeStatusToken()
    if let port { settings.status.port = port }
    StandardError.say("Reading \(path)")
    let run = try ArchivedRun(path: path)
    let files = try others.map { (try AtlasReader(path: $0).specification().name, $0) }
    let api = RunAPI(
      .files([(run.specification.name, path)] + files),
      model: try model.map { try LoadedModel.load($0, forRunAt: path) },
      comparer: ReportComparer(), version: SoftwareVersion.current)
    let host = settings.status.host.contains(":") ? "[\(settings.status.host)]" : settings.status.host
    // What ServiceLifecycle and the server tell about themselves is of no use here; what concerns people is.
    var logger = Logger(label: "status", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = .warning
    let server = try StatusServer(
      configuration: settings.status,
      source: ArchivedStatusSource(run, softwareVersion: SoftwareVersion.current),
      atlas: AtlasPage(AtlasQuestions(api: api), isHome: true), logger: logger
    ) { port in
      StandardError.say("Serving \(run.specification.name) at http://\(host):\(port)/ until Ctrl-C")
    }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }
}

// autointerp
// `WorkerCommand` is `autointerp worker`: it computes prompts for a coordinator.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Inference
internal import Logging
internal import Platform
internal import ServiceLifecycle
internal import Settings
internal import Worker

struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Compute prompts for a coordinator.",
    discussion: """
      Connects to a coordinator (and keeps trying), takes prompts and sends back their graphs. SIGTERM and SIGINT let it \
      finish what it is computing, for a limited time, and hand back the rest. Logs go to standard error.

      EXAMPLES
        autointerp worker --slots 8
        autointerp worker --connect tcp://head:7645 --key-file node-1.key --server-key coordinator.pub
      """)

  @Option(help: "Settings (default: cluster.toml in the working directory, if there is one).")
  var config: String?

  @Option(help: "The coordinator, tcp://HOST:PORT.")
  var connect: String?

  @Option(help: "A GGUF file, a safetensors file or a folder with one; the coordinator's run decides which is wanted.")
  var model: String?

  @Option(help: "resident: weights as Float32 in memory; mapped: in the file, unpacked at each use; auto: what fits.")
  var weights: String?

  @Option(help: "How many prompts are computed at once, one thread each.")
  var slots: Int?

  @Option(help: "Name of the worker, unique in the fleet (default: host name and process).")
  var name: String?

  @Option(help: "OpenBLAS core type, such as Haswell, to pin a fleet's last bits (default: what suits the processor).")
  var kernel: String?

  @Option(help: "File with this worker's key pair, as keygen writes it.")
  var keyFile: String?

  // A key is any Z85 text and may start with a dash.
  @Option(parsing: .unconditional, help: "The coordinator's public key, or a file with it.")
  var serverKey: String?

  @Flag(help: "Permit plain TCP to another machine, where anyone can read and join.")
  var insecure = false

  @Option(help: "End after this many seconds without a coordinator (default: never).")
  var giveUpAfter: Double?

  @Option(help: "Leave, with exit code 0, after this many seconds without work from the coordinator (default: stay).")
  var leaveWhenIdle: Double?

  @Option(help: "Seconds to finish what is being computed when asked to leave.")
  var drainLimit: Double?

  @Flag(help: "End when standard input ends, which means that the process that started this one is gone.")
  var exitWithParent = false

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: String = "info"

  @Option(help: "text or json: one object a line, with the facts as fields.")
  var logFormat: LogFormat = .text

  func validate() throws {
    if let slots, !(1...1024).contains(slots) { throw ValidationError("--slots must be from 1 to 1024.") }
    if let giveUpAfter, !(giveUpAfter > 0) { throw ValidationError("--give-up-after must be above 0.") }
    if let leaveWhenIdle, !(leaveWhenIdle > 0) { throw ValidationError("--leave-when-idle must be above 0.") }
    if let drainLimit, !(drainLimit >= 0) { throw ValidationError("--drain-limit must be at least 0.") }
    if let weights { try EngineOptions.validate(weights: weights) }
    guard Logger.Level(rawValue: logLevel) != nil else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--log-level must be one of \(levels).")
    }
  }

  func run() async throws {
    let settings = try merged()
    try ComputeKernel.settle(settings.worker.kernel)
    let logging = logFormat.logger(label: "autointerp.worker", level: Logger.Level(rawValue: logLevel) ?? .info)
    let logger = logging
    let security = try settings.security.client()
    if case .plain(insecure: true) = security {
      logger.warning("insecure: anyone on the network between here and the coordinator can read and join")
    }

    let engine = try EngineOptions.parse(
      ["--weights", settings.worker.weights] + (settings.model.path.isEmpty ? [] : ["--model", settings.model.path]))
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(engine.model)
    let model = ModelIdentity(checkpoint, tokenizer)
    let attributor = ModelAttributor(
      checkpoint: checkpoint, tokenizer: tokenizer, storage: engine.storage(for: checkpoint))

    let host = hostName()
    var behaviour = WorkerSettings()
    behaviour.giveUpAfter = settings.worker.giveUpAfter > .zero ? settings.worker.giveUpAfter : nil
    behaviour.leaveWhenIdle = leaveWhenIdle.map { .seconds($0) }
    behaviour.drainLimit = settings.worker.drainLimit
    let hello = WorkerMessage.Hello(
      worker: settings.worker.name.isEmpty ? "\(host)-\(getpid())" : settings.worker.name,
      incarnation: UInt64.random(in: 1 ... .max), host: host, slots: settings.worker.slots,
      modelName: model.name, modelFingerprint: model.fingerprint,
      softwareVersion: SoftwareVersion.current, computeKernel: OpenBLASBackend.kernelName)
    let service = WorkerService(
      configuration: WorkerConfiguration(
        coordinator: settings.worker.coordinator, security: security, hello: hello, card: model.card,
        settings: behaviour),
      attributor: attributor, logger: logger)

    if exitWithParent { try endWithInput(logger) }
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .cancelGroup)
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
  }

  /// The file's settings, overridden by flags.
  private func merged() throws -> ClusterConfiguration {
    var settings = try ClusterConfiguration.load(path: config)
    if let connect { settings.worker.coordinator = connect }
    if let model { settings.model.path = model }
    if let slots { settings.worker.slots = slots }
    if let name { settings.worker.name = name }
    if let kernel { settings.worker.kernel = kernel }
    if let weights { settings.worker.weights = weights }
    if let drainLimit { settings.worker.drainLimit = .seconds(drainLimit) }
    if let giveUpAfter { settings.worker.giveUpAfter = .seconds(giveUpAfter) }
    if let keyFile { settings.security.keyFile = keyFile }
    if let serverKey { settings.security.serverKey = serverKey }
    if insecure { settings.security.insecure = true }
    return settings
  }

  /// Ends this process at the end of standard input: the parent and with it the coordinator are gone, so nobody is left
  /// to hand anything back to.
  private func endWithInput(_ logger: Logger) throws {
    try DedicatedThread.start(name: "input") {
      var buffer = [UInt8](repeating: 0, count: 256)
      while true {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count == 0 || count < 0 && errno != EINTR { break }
      }
      logger.notice("the parent process is gone")
      _exit(EXIT_FAILURE)
    }
  }

  private func hostName() -> String {
    ProcessInfo.processInfo.hostName
  }
}

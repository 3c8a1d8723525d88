// autointerp
// `RunCommand` is `autointerp run`: it computes a corpus of prompts and writes the edge statistics.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import ClusterProtocol
internal import Console
internal import Coordinator
internal import Corpora
internal import Foundation
internal import Knowledge
internal import Platform
internal import Settings

/// Runs a corpus on workers of this machine or of a coordinator elsewhere.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Attribute a corpus of prompts and write the edge statistics.",
    discussion: """
      Starts a coordinator and --local worker processes on this machine, or hands the run to the coordinator daemon of \
      --coordinator. Ctrl-C stops cleanly; the same command again resumes where it stopped, and prints the summary again \
      when everything is done. A run of the same --name with other settings is refused, naming them; one that another \
      version of autointerp began goes on with a warning in the log and the status. A new run on this machine that has all \
      prompts of an earlier one and more, as with a higher --limit, takes over its results. The result does not depend on \
      that, on the number of workers or on interruptions. Prompts that cannot be attributed are listed at the end, and the \
      exit code is then 1. A run on this machine can be watched in a browser meanwhile, at the address that it prints, or \
      with `autointerp status --watch`.

      EXAMPLES
        autointerp run --local 2 --prompts scripts/corpora/medical.yaml --baseline scripts/corpora/baseline.txt \
      --limit 24
        autointerp run --coordinator tcp://head:7645 --prompts domain.jsonl --baseline fineweb.jsonl -o stats.json
      """)

  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var metric: MetricOptions
  @OptionGroup var security: ClientSecurityOptions

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Domain prompts: .yaml, .json, .jsonl or .txt.", valueName: "file"))
  var prompts: [String]

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Baseline prompts or texts, same formats.", valueName: "file"))
  var baseline: [String] = []

  @Option(
    help: ArgumentHelp(
      "Prompts of one more group to compare the domain with; may be repeated, also with the same name.",
      valueName: "name=file"))
  var group: [GroupFile] = []

  @Option(
    help: ArgumentHelp(
      """
      Cut sentences of the baseline in mid-sentence: auto (sentences out of running text, if most domain prompts do not \
      end a sentence), mid-sentence (all that end a sentence) or none.
      """, valueName: "which"))
  var baselineCut: BaselineCut = .auto

  @Option(help: "Prompts in all, as many of each group, drawn by the seed; 0 for all.")
  var limit: Int?

  @Option(help: "Decides which prompts are drawn and in which order.")
  var seed: Int?

  @Option(
    help: ArgumentHelp(
      """
      Have this share of the prompts, 0 to 1, computed by a worker of a second key as well, and compare. Where they differ, \
      both are named and kept, and a third key decides. The seed decides which prompts, so a worker that knows it knows \
      them. Needs workers with two keys, as --local 2 has them (default: 0).
      """, valueName: "share"))
  var spotCheck: Double?

  @Option(help: "Name of the run (default: made of corpus, model and settings, the same for the same run).")
  var name: String?

  @Option(help: "Worker processes to start on this machine.")
  var local: Int?

  @Option(help: ArgumentHelp("Use this coordinator and its workers instead.", valueName: "tcp://host:port"))
  var coordinator: String?

  @Option(help: "A GGUF file, a safetensors file or a folder with one.")
  var model: String?

  @Option(help: "raw, chatml, llama3, or a text with {prompt} and {answer_prefix}.")
  var template: String?

  @Option(help: "System turn of a chat template; empty for none (default: the template's own).")
  var system: String?

  @OptionGroup var scores: ScoreOptions

  @Option(help: "Keep edges whose |flow| is at least this share of |metric|, or of all nodes' |score| for logprob.")
  var edgeThreshold: Double?

  @Option(help: "Keep at most this many neurons of a prompt, those with the largest |score|.")
  var maxNodes: Int?

  @Option(
    help: """
      Record this many of the strongest activations of each prompt, among all neurons: how often neurons fire, and where \
      most (default 1000; 0 for none).
      """)
  var peaks: Int?

  @Option(help: "Rows of the edge sweep in memory at once.")
  var maxSweepRows: Int?

  @Option(name: .shortAndLong, help: "Where the edge statistics go (default: edge_stats.json).")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Folder of the run's SQLite file and logs (default: in runs/, named after corpus, model and settings).",
      valueName: "dir"))
  var runDir: String?

  @Option(
    help: ArgumentHelp(
      """
      Take the results of equal prompts from the file of an earlier run of the same model, template and settings; may be \
      repeated. Without it, a new run in the usual folder takes those of the runs there that it extends, as with a higher \
      --limit.
      """, valueName: "run"))
  var reuse: [String] = []

  @Flag(help: "Compute everything, whatever earlier runs have.")
  var noReuse = false

  @Option(help: ArgumentHelp("Port of the live status page; 0 takes a free one.", valueName: "port"))
  var status: Int?

  @Flag(help: "Serve no status page.")
  var noStatus = false

  @Flag(help: "Try failed prompts again.")
  var retryFailed = false

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    try metric.requireNoText()
    if coordinator != nil, local != nil || runDir != nil || status != nil {
      throw ValidationError(
        "--coordinator excludes --local, --run-dir and --status: it has its own workers, folder and status page."
      )
    }
    if noReuse, !reuse.isEmpty { throw ValidationError("--no-reuse excludes --reuse.") }
    if coordinator != nil, !reuse.isEmpty || noReuse {
      throw ValidationError("--reuse and --no-reuse are for runs on this machine: a coordinator computes everything.")
    }
    if let status, !(0...65535).contains(status) { throw ValidationError("--status must be a port, 0 to 65535.") }
    if let name, !RunName.isValid(name) {
      throw ValidationError(
        "--name: it becomes a file name, so it may have at most 200 bytes, no slash and no leading dot.")
    }
    if let local, !(1...1024).contains(local) { throw ValidationError("--local: expected 1 to 1024 workers.") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    if let seed, seed < 0 { throw ValidationError("--seed must not be negative.") }
    if let spotCheck, !(0...1).contains(spotCheck) { throw ValidationError("--spot-check: expected 0 to 1.") }
    if let edgeThreshold, !(0...1).contains(edgeThreshold) {
      throw ValidationError("--edge-threshold: expected 0 to 1.")
    }
    if Set(group.map(\.group)).count > 100 { throw ValidationError("--group: expected at most 100 groups.") }
    if let peaks, !(0...PeakActivations.maximumCount).contains(peaks) {
      throw ValidationError("--peaks must be from 0 to \(PeakActivations.maximumCount).")
    }
    if let maxNodes, maxNodes < 0 { throw ValidationError("--max-nodes must not be negative.") }
  }

  func run() async throws {
    let settings = try settings()
    let plan = try plan(settings)
    if let (setting, expected) = plan.specification.settings.contradictionInRun {
      throw ValidationError("\(setting) is \(plan.specification.settings.text(of: setting)), expected \(expected).")
    }
    guard !plan.specification.prompts.isEmpty else { throw RunError.noPrompts }
    try OutputFile(settings.run.output).check()
    let display = ProgressDisplay(isQuiet: quiet)
    for note in plan.notes { await display.tell(note) }
    if let coordinator {
      try await runRemotely(plan, settings, endpoint: coordinator, display: display)
    } else {
      try await runLocally(plan, settings, display: display)
    }
  }

  // MARK: Settings

  /// The file's settings, overridden by flags.
  private func settings() throws -> ClusterConfiguration {
    var settings = try configuration.load()
    if let model { settings.model.path = model }
    if settings.model.path.isEmpty { settings.model.path = DefaultModel.path }
    if let template { settings.template.name = template }
    if let system { settings.template.system = system }
    if let limit { settings.run.limit = limit }
    if let seed { settings.run.seed = seed }
    if let spotCheck { settings.run.spotCheck = spotCheck }
    if let local { settings.run.local = local }
    if let output { settings.run.output = output }
    if let position = metric.position { settings.attribution.position = position }
    scores.apply(to: &settings.attribution)
    if let edgeThreshold { settings.attribution.edgeThreshold = edgeThreshold }
    if let maxNodes { settings.attribution.maximumNodeCount = maxNodes }
    if let peaks { settings.attribution.peakCount = peaks }
    if let maxSweepRows { settings.attribution.maximumSweepRows = maxSweepRows }
    if let status { settings.status.port = status }
    try settings.takeStatusToken()
    security.apply(to: &settings.security)
    return settings
  }

  private func plan(_ settings: ClusterConfiguration) throws -> RunPlan {
    let path = settings.model.path
    let isThere = FileManager.default.fileExists(atPath: path)
    // The workers of a coordinator elsewhere have the model, so it need not be here.
    guard isThere || coordinator != nil else {
      throw RunError.noModel(path: path, isDefault: path == DefaultModel.path)
    }
    return try RunPlan(
      promptFiles: prompts, baselineFiles: baseline, groupFiles: group.map { ($0.group, $0.path) },
      baselineCut: baselineCut, configuration: settings,
      metric: metric.isGiven ? metric.specification { try Tokenizer.open(path) } : nil,
      model: isThere ? ModelIdentity(path: path) : nil, name: name)
  }

  // MARK: Running

  private func runLocally(_ plan: RunPlan, _ settings: ClusterConfiguration, display: ProgressDisplay) async throws {
    let folder = RunFolder(path: runDir ?? "\(settings.run.directory)/\(plan.specification.name)")
    if !noReuse {
      let earlier = EarlierResults(
        named: try reuse.map { try RunFile.path($0, in: "") }, runsFolder: runDir == nil ? settings.run.directory : nil,
        kernel: ComputeKernel.expected(settings.worker.kernel))
      for line in try earlier.take(into: folder, plan.specification) { await display.tell(line) }
    }
    let start = ContinuousClock.now
    let ending = try await LocalRun(
      plan: plan, configuration: settings, folder: folder, configurationFile: configuration.config,
      retriesFailed: retryFailed, servesStatus: !noStatus
    ).run(output: settings.run.output, display: display)
    switch ending {
    case .complete(let status, let aggregate, let efficiency):
      let report = RunReport(
        run: status, output: settings.run.output, database: folder.database, efficiency: efficiency,
        calibration: CalibrationStore().quote(for: plan.specification))
      let summary = RunSummary(
        aggregate: aggregate, specification: plan.specification, seconds: (ContinuousClock.now - start).seconds,
        quarantined: status.quarantinedCount,
        findings: RunKnowledge(aggregate: aggregate, specification: plan.specification).summaryFindings())
      try finish(report, summary: summary.text())
    case .interrupted(let signal):
      tell("stopped; the same command resumes the run, which is in \(folder.path)")
      throw ExitCode(Interrupts.exitCode(for: signal))
    }
  }

  private func runRemotely(
    _ plan: RunPlan, _ settings: ClusterConfiguration, endpoint: String, display: ProgressDisplay
  ) async throws {
    let remote = RemoteRun(endpoint: endpoint, security: try settings.security.client(), retriesFailed: retryFailed)
    switch try await remote.run(plan.specification, output: settings.run.output, display: display) {
    case .complete(let status, let summary, let efficiency):
      if plan.specification.spotCheckShare > 0, status.spotChecks == nil {
        tell("no spot checks were made: the coordinator is of a version without them")
      }
      let report = RunReport(
        run: status, output: settings.run.output, database: nil, efficiency: efficiency,
        calibration: CalibrationStore().quote(for: plan.specification))
      try finish(report, summary: summary)
    case .interrupted(let signal):
      tell("the run goes on in the coordinator; the same command waits for it again")
      throw ExitCode(Interrupts.exitCode(for: signal))
    }
  }

  private func finish(_ report: RunReport, summary: String) throws {
    if json {
      try FileHandle.standardOutput.write(contentsOf: Data(try report.json().utf8))
    } else {
      try FileHandle.standardOutput.write(contentsOf: Data((summary + "\n" + report.text).utf8))
    }
    guard report.run.quarantined.isEmpty else {
      try FileHandle.standardError.write(contentsOf: Data(report.failures.utf8))
      throw ExitCode.failure
    }
  }

  private func tell(_ message: String) {
    try? FileHandle.standardError.write(contentsOf: Data("autointerp: \(message)\n".utf8))
  }
}

extension Duration {
  fileprivate var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

extension BaselineCut: ExpressibleByArgument {}

/// The value of --group, such as `control=general.yaml`.
struct GroupFile: ExpressibleByArgument {
  let group: PromptGroup
  let path: String

  /// Nil if there is no `=`, or if what is before it cannot be the name of a group.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let group = PromptGroup(rawValue: String(parts[0])) else { return nil }
    self.group = group
    path = String(parts[1])
  }
}

// autointerp
// `autointerp slice`: what a task of a batch job does without a fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import Worker

/// The other side of `scripts/compare-slurm`: loads the model, goes through its prompts on one thread, keeps counts and sums
/// in memory and writes them as one partial at its end, for a merge job to add up. Nothing of it survives a kill.
struct SliceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slice",
    abstract: "Attribute prompts in this process alone and write one partial JSON at the end.",
    discussion: """
      For comparison with a fleet: a task of a job array, whose partials another job merges. A line on standard error tells \
      of every finished prompt, with the seconds since 1970.
      """,
    shouldDisplay: false)

  @OptionGroup var configuration: ConfigurationOptions

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Domain prompts.", valueName: "file"))
  var prompts: [String]

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Baseline prompts or texts.", valueName: "file"))
  var baseline: [String] = []

  @Option(help: "A GGUF file, a safetensors file or a folder with one.")
  var model: String?

  @Option(name: .shortAndLong, help: "Where the partial goes (default: standard output).")
  var output: String?

  func run() async throws {
    try OutputFile(output).check()
    var settings = try configuration.load()
    if let model { settings.model.path = model }
    if settings.model.path.isEmpty { settings.model.path = DefaultModel.path }
    let engine = try EngineOptions.parse(["--model", settings.model.path, "--weights", settings.worker.weights])
    let checkpoint = try engine.checkpoint()
    let plan = try RunPlan(
      promptFiles: prompts, baselineFiles: baseline, configuration: settings, metric: nil, model: checkpoint)
    let attributor = ModelAttributor(
      checkpoint: checkpoint, tokenizer: try Tokenizer.open(engine.model), storage: engine.storage(for: checkpoint))

    let specification = plan.specification
    var aggregate = EdgeAggregate()
    for (number, prompt) in specification.prompts.enumerated() {
      let lease = CoordinatorMessage.Lease(
        fence: Fence(run: specification.name, prompt: Int32(number), attempt: 1, incarnation: 1, epoch: 1),
        origin: prompt.origin, text: prompt.text, answerPrefix: prompt.answerPrefix, template: specification.template,
        settings: specification.settings, leaseMilliseconds: 0)
      try aggregate.merge(try attributor.attribute(lease, progress: ProgressCounter()))
      let now = Date().timeIntervalSince1970
      CoordinatorOptions.tell("\(number + 1) of \(specification.prompts.count) prompts at \(now)")
    }
    try OutputFile(output).write(Self.partial(aggregate))
  }

  /// Counts and sums that can be added to those of other prompts, of every neuron and every edge:
  /// `{"prompts": N, "neurons": [[neuron, domain, baseline, relp]], "edges": [[source, target, prompts, flow]]}`.
  static func partial(_ aggregate: EdgeAggregate) -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("prompts", aggregate.totals.prompts)
    json.key("neurons")
    json.beginArray(lines: true)
    for neuron in aggregate.sortedNeurons() {
      guard let statistics = aggregate.statistics(of: neuron) else { continue }
      json.beginArray()
      json.value(neuron)
      json.value(statistics.domainPrompts)
      json.value(statistics.baselinePrompts)
      json.value(statistics.relpSum)
      json.end()
    }
    json.end()
    json.key("edges")
    json.beginArray(lines: true)
    aggregate.forEachEdge { source, target, statistics in
      json.beginArray()
      json.value(source)
      json.value(target)
      json.value(statistics.domainPrompts + statistics.baselinePrompts)
      json.value(statistics.sum)
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }
}

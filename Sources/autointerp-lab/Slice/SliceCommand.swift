// autointerp
// `SliceCommand` is `autointerp-lab slice`: it computes the prompts of one batch task, as a job does without a fleet.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import JSON
internal import Platform
internal import Settings
internal import Worker

/// The counterpart in `scripts/compare-slurm`: loads the model, computes its prompts on one thread, keeps counts and
/// sums in memory and finally writes them as one partial, which a merge job adds up. A kill loses everything.
struct SliceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slice",
    abstract: "Attribute prompts in this process alone and write one partial JSON at the end.",
    discussion: """
      For comparison with a fleet: a task of a job array, whose partials another job merges. A line on standard error tells \
      of every finished prompt, with the seconds since 1970.
      """)

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
    let tokenizer = try Tokenizer.open(engine.model)
    let plan = try RunPlan(
      promptFiles: prompts, baselineFiles: baseline, configuration: settings, metric: nil,
      model: ModelIdentity(checkpoint, tokenizer))
    let attributor = ModelAttributor(
      checkpoint: checkpoint, tokenizer: tokenizer, storage: engine.storage(for: checkpoint))

    let specification = plan.specification
    var aggregate = EdgeAggregate()
    for (number, prompt) in specification.prompts.enumerated() {
      let lease = CoordinatorMessage.Lease(
        fence: Fence(run: specification.name, prompt: Int32(number), attempt: 1, incarnation: 1, epoch: 1),
        origin: prompt.origin, text: prompt.text, answerPrefix: prompt.answerPrefix, template: specification.template,
        settings: specification.settings, leaseMilliseconds: 0)
      try aggregate.merge(try attributor.attribute(lease, progress: ProgressCounter()))
      let now = Date().timeIntervalSince1970
      let line = "\(number + 1) of \(specification.prompts.count) prompts at \(now)\n"
      try FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
    try OutputFile(output).write(Self.partial(aggregate))
  }

  /// Counts and sums of every neuron and every edge, which can be added to those of other prompts:
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

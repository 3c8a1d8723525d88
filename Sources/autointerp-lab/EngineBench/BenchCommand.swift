// autointerp
// `BenchCommand` is `autointerp-lab bench`: it measures how fast this machine computes graphs.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Causality
internal import Checkpoints
internal import Circuits
internal import Foundation
internal import Inference
internal import JSON
internal import Platform
internal import Settings

/// Times the engine and compares it with OpenBLAS's peak.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this machine computes graphs.",
    discussion: """
      Times the parts of one graph, their floating-point operations per second as a share of OpenBLAS's own peak \
      (square products of order 1024 on as many threads, measured in the same run), and how throughput grows with \
      slots. --scaling adds a table of seconds by tokens and nodes, --interventions one of interventions a second against \
      one forward pass for each.

      EXAMPLES
        autointerp-lab bench
        autointerp-lab bench --threads 1 --runs 10 --json
        autointerp-lab bench --scaling
        autointerp-lab bench --interventions
      """)

  @OptionGroup var engine: EngineOptions

  @Option(help: "Graphs to time; the least and the median are shown.")
  var runs: Int = 5

  @Option(help: "Compare throughput with this many slots to one; 0 leaves it out.")
  var slots: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Time graphs of more tokens and nodes too.")
  var scaling = false

  @Flag(help: "Time interventions on neurons of several layers instead of graphs.")
  var interventions = false

  @Flag(help: "Print a JSON object.")
  var json = false

  @Option(help: "raw, chatml, llama3, or a text with {prompt} and {answer_prefix}.")
  var template: String = "chatml"

  @Option(help: "Token ids separated by commas, instead of a text; needs no tokenizer.")
  var tokens: String?

  @Argument(help: "The prompt.")
  var text: String = "Which inherited disease of the brain is named after George Huntington?"

  func run() async throws {
    let clock = ContinuousClock()
    let opening = clock.now
    let checkpoint = try engine.checkpoint()
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    let ready = opening.duration(to: clock.now)
    let ids =
      try tokens.map { try PromptTokens.parse($0) }
      ?? PromptTemplate(name: template).tokens(for: text, tokenizer: Tokenizer.open(engine.model))
    let relevance = RelevancePropagation(transformer: transformer, backend: backend)
    if interventions { return try timeInterventions(relevance, tokens: ids) }
    let benchmark = EngineBenchmark(relevance)
    let settings = AttributionSettings()
    let graph = try benchmark.graph(of: ids, settings: settings, runs: runs)
    var report = BenchReport(
      modelName: checkpoint.name, kernel: backend.kernelName, threads: engine.threads, ready: ready, graph: graph,
      peak: PeakRate.operationsPerSecond(threads: engine.threads))
    if slots > 1 {
      let counts = [1, slots]
      let rates = benchmark.graphsPerSecond(of: ids, settings: settings, slotCounts: counts, rounds: max(2, runs))
      report.throughput = zip(counts, rates).map { (slots: $0, perSecond: $1) }
    }
    if scaling {
      for tokenCount in [16, 32, 64, 128] where tokenCount <= checkpoint.configuration.contextLength {
        for nodeCount in [125, 250, 500, 1000] {
          var capped = settings
          capped.selection = .top(nodeCount)
          capped.maximumNodeCount = 0
          let repeated = (0..<tokenCount).map { ids[$0 % ids.count] }
          report.scaling.append(try benchmark.graph(of: repeated, settings: capped, runs: 1))
        }
      }
    }
    report.peakResidentBytes = Int(ProcessMemory.peakBytes())
    try OutputFile(nil).write(json ? report.json() : Array(report.text().utf8))
  }

  private func timeInterventions(_ relevance: RelevancePropagation<OpenBLASBackend>, tokens: [Int32]) throws {
    let benchmark = InterventionBenchmark(relevance)
    let layers = relevance.transformer.layers.count
    var rates: [InterventionBenchmark.Rate] = []
    for layer in [0, layers / 2, layers * 2 / 3, layers * 5 / 6, layers - 2, layers - 1] {
      for positions in [PositionChoice.all, .last] {
        rates.append(
          try benchmark.rate(of: tokens, layer: layer, positions: positions, count: 192, rounds: max(1, runs / 2)))
      }
    }
    if json {
      var json = JSONByteWriter()
      json.beginArray(lines: true)
      for rate in rates {
        json.beginObject()
        json.field("layer", rate.layer)
        json.field("positions", "\(rate.positions)")
        json.field("interventions_per_second", rate.perSecond)
        json.field("forward_passes_per_second", rate.passesPerSecond)
        json.field("ratio", rate.ratio)
        json.end()
      }
      json.end()
      return try OutputFile(nil).write(json.bytes)
    }
    var text = "\(tokens.count) tokens, \(engine.threads) threads; interventions with KL, metric and top tokens\n"
    text += "  layer  positions  interventions/s  forward passes/s  ratio\n"
    for rate in rates {
      text += "  " + "\(rate.layer)".trailing(5) + "\(rate.positions)".trailing(11)
      text += String(format: "%17.0f %17.1f %6.1f\n", rate.perSecond, rate.passesPerSecond, rate.ratio)
    }
    try OutputFile(nil).write(Array(text.utf8))
  }
}

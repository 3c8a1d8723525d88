// autointerp
// `autointerp bench`: how fast this machine computes graphs.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Attribution
internal import Checkpoints
internal import Circuits
internal import Foundation
internal import Inference

/// Times the engine and relates it to what the BLAS can do.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this machine computes graphs.",
    discussion: """
      Times the parts of one graph, their floating-point operations per second as a share of OpenBLAS's own peak \
      (square products of order 1024 on as many threads, measured in the same run), and how throughput grows with \
      slots. --scaling adds a table of seconds by tokens and nodes.

      EXAMPLES
        autointerp bench
        autointerp bench --threads 1 --runs 10 --json
        autointerp bench --scaling
      """)

  @OptionGroup var engine: EngineOptions

  @Option(help: "Graphs to time; the least and the median are shown.")
  var runs: Int = 5

  @Option(help: "Compare throughput with this many slots to one; 0 leaves it out.")
  var slots: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Time graphs of more tokens and nodes too.")
  var scaling = false

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
    let benchmark = EngineBenchmark(relevance)
    let settings = AttributionSettings()
    let graph = try benchmark.graph(of: ids, settings: settings, runs: runs)
    var report = BenchReport(
      modelName: checkpoint.name, kernel: backend.kernelName, threads: engine.threads, ready: ready, graph: graph,
      peak: OpenBLASBackend.peakOperationsPerSecond(threads: engine.threads))
    if slots > 1 {
      let counts = [1, slots]
      let rates = benchmark.graphsPerSecond(of: ids, settings: settings, slotCounts: counts, rounds: max(2, runs))
      report.throughput = zip(counts, rates).map { (slots: $0, perSecond: $1) }
    }
    if scaling {
      for tokenCount in [16, 32, 64, 128] where tokenCount <= checkpoint.configuration.contextLength {
        for nodeCount in [125, 250, 500, 1000] {
          var capped = settings
          (capped.tau, capped.maximumNodeCount) = (0, nodeCount)
          let repeated = (0..<tokenCount).map { ids[$0 % ids.count] }
          report.scaling.append(try benchmark.graph(of: repeated, settings: capped, runs: 1))
        }
      }
    }
    report.peakResidentBytes = PeakMemory.residentBytes
    try OutputFile(nil).write(json ? report.json() : Array(report.text().utf8))
  }
}

/// Prompts given as token ids.
enum PromptTokens {
  /// Reads `5,17,3`.
  static func parse(_ list: String) throws -> [Int32] {
    try list.split(separator: ",").map { part in
      guard let id = Int32(part.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--tokens: \"\(part)\" is not a token id.")
      }
      return id
    }
  }
}

/// The most memory that this process has held.
enum PeakMemory {
  static var residentBytes: Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}

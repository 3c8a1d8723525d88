// autointerp
// `ProjectCommand` is `autointerp project`: it shows which tokens neurons promote, suppress and read.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Circuits
internal import Console
internal import Inference
internal import Platform
internal import Settings

/// Projects neurons on the vocabulary.
struct ProjectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Show which tokens a neuron promotes, suppresses and reads.",
    discussion: """
      The output projection is the neuron's column of down_proj through the unembedding: what a unit of activation adds \
      to each logit directly, before the final norm divides by the size of the whole residual stream. It needs no prompt \
      and says most for late layers. A neuron that fires negatively suppresses what it promotes when it fires positively. \
      The input projection is what gate and up would read if the residual stream were one token's embedding: it says \
      something for the first layers only. z is the value over its standard deviation for random directions of the same \
      norm; below the chance level that is printed, a top token is noise.

      EXAMPLES
        autointerp project --neurons L28/N1095 27:318
        autointerp project --layer 29 --top-k 5 --json -o layer29.json
        autointerp project --from-graph graph.json
      """)

  @OptionGroup var engine: EngineOptions

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Neurons as L15/N7890 or 15:7890.", valueName: "neuron"))
  var neurons: [NeuronID] = []

  @Option(parsing: .unconditional, help: "All neurons of this layer; layers count from 0.")
  var layer: Int?

  @Option(help: "The neurons of a file that `graph` wrote with --format full or neuronpedia; - reads standard input.")
  var fromGraph: String?

  @Option(help: "Tokens to show in each direction.")
  var topK: Int = 10

  @Flag(
    name: .customLong("no-final-norm"),
    help: "Leave the final norm's gain out of the output projection (default: with it).")
  var omitsFinalNorm = false

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    if [!neurons.isEmpty, layer != nil, fromGraph != nil].filter({ $0 }).count != 1 {
      throw ValidationError("Give one of --neurons, --layer and --from-graph.")
    }
    if topK < 1 { throw ValidationError("--top-k must be at least 1.") }
  }

  func run() async throws {
    try OutputFile(output).check()
    let checkpoint = try engine.checkpoint()
    let wanted = try selection(checkpoint)
    let tokenizer = engine.tokenizerIfUsable()
    let backend = OpenBLASBackend(threadCount: engine.threads)
    let transformer = Transformer(checkpoint, backend: backend, storage: engine.storage(for: checkpoint))
    let projector = NeuronProjector(transformer, backend: backend, appliesFinalGain: !omitsFinalNorm)
    var report = ProjectionReport(
      modelName: checkpoint.name, appliesFinalGain: !omitsFinalNorm, chanceZScore: projector.chanceZScore,
      json: json, tokenText: { tokenizer?.displayText(of: $0) ?? "#\($0)" })
    // Projecting one layer at a time is cheapest. Neurons are reported in the given order.
    var projections: [NeuronID: NeuronProjection] = [:]
    for layer in Set(wanted.map(\.layer)).sorted() {
      let indices = Set(wanted.filter { $0.layer == layer }.map { Int($0.index) }).sorted()
      for projection in try projector.project(layer: Int(layer), indices: indices, topCount: topK) {
        projections[NeuronID(layer: projection.layer, index: projection.index)] = projection
      }
    }
    for neuron in wanted { projections[neuron].map { report.append($0) } }
    try OutputFile(output).write(report.finish())
  }

  private func selection(_ checkpoint: Checkpoint) throws -> [NeuronID] {
    let configuration = checkpoint.configuration
    if let layer {
      guard (0..<configuration.layerCount).contains(layer) else {
        throw ValidationError("--layer: the model has layers 0 to \(configuration.layerCount - 1).")
      }
      return (0..<configuration.feedForwardDimension).map { NeuronID(layer: layer, index: $0) }
    }
    if let fromGraph {
      var file = try InputFile(fromGraph)
      let bytes = try file.rest()
      let graph: ImportedGraph
      do throws(CircuitError) {
        graph = try GraphImport.read(bytes)
      } catch {
        throw InputError(path: file.name, problem: "\(error)")
      }
      if !graph.isOf(modelNamed: checkpoint.name) {
        StandardError.warn("\(file.name) is a graph of \(graph.modelName), but the model is \(checkpoint.name)")
      }
      StandardError.say("\(file.name): \(graph.neuronIDs.count) neurons; \(graph.scoreText)")
      return graph.neuronIDs
    }
    return neurons
  }
}

extension NeuronID: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

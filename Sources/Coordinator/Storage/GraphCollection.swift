// autointerp
// `GraphCollection` reads graph files that are put together into the file of a run, and checks that they go together.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
package import Circuits
internal import ClusterProtocol
internal import Foundation

/// Graphs of single prompts that become a run: of one model, with one set of settings, each prompt once.
package struct GraphCollection: Sendable {
  /// A file, and the group that its prompt belongs to.
  package struct Entry: Hashable, Sendable {
    package var path: String
    package var group: PromptGroup

    package init(path: String, group: PromptGroup) {
      self.path = path
      self.group = group
    }
  }

  /// A file that is left out, and why.
  package struct Skipped: Hashable, Sendable {
    package var path: String
    package var reason: String
  }

  /// The files that are used, in the order in which they were given.
  package private(set) var entries: [Entry] = []
  package private(set) var skipped: [Skipped] = []
  /// In how many of the used files something is missing.
  package private(set) var gaps: [GraphFile.Gap: Int] = [:]
  /// How many of the used files have each format.
  package private(set) var formats: [ImportedGraph.Format: Int] = [:]
  private var prompts: [RunPrompt] = []
  private var first: (path: String, graph: GraphFile)?
  private var modelName = ""
  var numbers = TokenNumbers()

  /// Reads all files. Only one of them is in memory at a time. Blocks.
  ///
  /// - Parameters:
  ///   - files: in an order that decides nothing but which of two equal graphs is left out.
  ///   - skipsInvalid: true to leave out files that are no graphs or do not belong to the others, with the reason.
  /// - Throws: an `AtlasError` that names the first file that cannot be used, or if none can.
  package init(_ files: [Entry], skipsInvalid: Bool) throws {
    var seen: [PromptContent: (path: String, digest: DeltaDigest)] = [:]
    for file in files {
      do throws(AtlasError) {
        let graph = try Self.read(file.path, &numbers)
        let obstacles = obstacles(graph)
        guard obstacles.isEmpty else {
          throw .failed(
            path: file.path,
            detail: "it cannot be combined with \(first?.path ?? ""):\n"
              + obstacles.map { "  \($0)" }.joined(separator: "\n"))
        }
        let prompt = graph.runPrompt(in: file.group)
        let digest = DeltaDigest(of: graph.delta(prompt: 0, in: .domain).payload())
        if let earlier = seen[PromptContent(prompt)] {
          guard earlier.digest == digest else {
            throw .failed(
              path: file.path,
              detail:
                "it is another graph of the prompt of \(earlier.path), and each prompt counts once; name one of them")
          }
          skipped.append(Skipped(path: file.path, reason: "the same graph as \(earlier.path)"))
          continue
        }
        seen[PromptContent(prompt)] = (file.path, digest)
        take(graph, of: file, prompt)
      } catch {
        guard skipsInvalid else { throw error }
        skipped.append(Skipped(path: file.path, reason: Self.reason(of: error)))
      }
    }
    guard !entries.isEmpty else {
      let reason = skipped.first.map { ", the first because: \($0.reason)" } ?? ""
      throw AtlasError.failed(
        path: files.first?.path ?? "no file", detail: "none of \(files.count) files can be used\(reason)")
    }
  }

  /// The run of these graphs, still without a name and in the order of the files.
  ///
  /// - Parameter corpusName: the name of the prompts for people.
  /// - Returns: a specification without name, digest and fingerprint.
  package func specification(corpusName: String) -> RunSpecification {
    var settings = AttributionSettings()
    if let graph = first?.graph { settings = graph.runSettings }
    // Graphs hold prompts as the model reads them, after templating.
    return RunSpecification(
      name: "", modelName: modelName.isEmpty ? "unnamed model" : modelName, modelFingerprint: nil,
      template: TemplateSpecification(name: "raw"), settings: settings, corpusDigest: "", corpusName: corpusName,
      seed: 0, prompts: prompts)
  }

  /// Reads one file.
  ///
  /// - Throws: an `AtlasError` that names it.
  static func read(_ path: String, _ numbers: inout TokenNumbers) throws(AtlasError) -> GraphFile {
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .failed(path: path, detail: "it cannot be read: \((error as NSError).localizedDescription)")
    }
    let graph: GraphFile
    do throws(CircuitError) {
      graph = try GraphFile(bytes, numbers: &numbers)
    } catch { throw .failed(path: path, detail: "\(error)") }
    do {
      try DeltaContract().check(try ValidDelta(graph.delta(prompt: 0, in: .domain)).delta)
    } catch CircuitError.malformedGraph(let part, _, _) where part == "neuron column relp" {
      throw .failed(
        path: path,
        detail: "it has no scores of RelP, which statistics need; compute it again without --one-rule")
    } catch { throw .failed(path: path, detail: "\(error)") }
    return graph
  }

  /// What is wrong, without the file's name.
  private static func reason(of error: AtlasError) -> String {
    if case .failed(_, let detail) = error { detail } else { "\(error)" }
  }

  private mutating func take(_ graph: GraphFile, of file: Entry, _ prompt: RunPrompt) {
    if first == nil { first = (file.path, graph) }
    // A full name is better than the form that Neuronpedia's format permits.
    if modelName.isEmpty || graph.format == .full { modelName = graph.modelName }
    entries.append(file)
    prompts.append(prompt)
    formats[graph.format, default: 0] += 1
    for gap in graph.gaps { gaps[gap, default: 0] += 1 }
  }

  /// Why a graph does not belong to the first, a line each.
  private func obstacles(_ graph: GraphFile) -> [String] {
    guard let first = first?.graph else { return [] }
    var obstacles: [String] = []
    let names = [graph.modelName, modelName]
    if !names.contains(""), GraphExport.slug(names[0]) != GraphExport.slug(names[1]) {
      obstacles.append("model: \(names[0]) is another model than \(names[1])")
    }
    guard (graph.settings == nil) == (first.settings == nil) else {
      return obstacles + ["settings: one of them does not say its metric and thresholds"]
    }
    obstacles += graph.runSettings.differences(from: first.runSettings)
    return obstacles
  }
}

extension GraphFile {
  /// Tokens that a graph asked about, which are its prompt's and not the run's.
  private var askedTokens: [Int32] {
    if case .logProbability(let tokens)? = settings?.metric { tokens } else { [] }
  }

  /// The settings of a run of such graphs. What is unknown has no limit.
  var runSettings: AttributionSettings {
    var settings = settings ?? AttributionSettings()
    if case .logProbability = settings.metric { settings.metric = .logProbability([]) }
    guard self.settings == nil else { return settings }
    if !graph.metric.hasNode { settings.metric = .tokens(graph.metric.targets.map(\.token)) }
    settings.rule = graph.rule
    settings.selection = .tau(0)
    settings.edgeThreshold = 0
    settings.maximumNodeCount = 0
    settings.verification = .none
    return settings
  }

  func runPrompt(in group: PromptGroup) -> RunPrompt {
    let asked = askedTokens
    return RunPrompt(
      origin: group, text: promptText, target: asked.isEmpty ? nil : .tokens(asked.map { "#\($0)" }))
  }

  /// The result of a prompt of a run.
  func delta(prompt: Int32, in group: PromptGroup) -> EdgeDelta {
    EdgeDelta(prompt: prompt, origin: group, graph: graph, vocabulary: vocabulary)
  }
}

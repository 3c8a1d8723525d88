// autointerp
// `RunAPI` answers questions over HTTP with the agents' tools: the same arguments, the same answers.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import JSON
internal import Labels
internal import Platform

/// What `/api/v1` answers. Each tool that takes plain values is one path, `/api/v1/get_neuron_profile?neuron=L29/N560`; the
/// answer's body is the structured content that an agent gets.
///
/// Nothing is written but indexes, which are made when they are missing or stale, as for agents.
package struct RunAPI: Sendable {
  package enum Answer: Equatable, Sendable {
    /// JSON.
    case content([UInt8])
    /// A status code of HTTP, and what is wrong.
    case failure(status: Int, String)
  }

  static let prefix = "/api/v1"

  /// Tools whose arguments fit into an address. Only `find_circuit` and `investigate` take lists.
  static func tools(hasModel: Bool) -> [Tool] {
    (RunTools.tools + Tool.page + (hasModel ? Tool.experiments : [])).filter { tool in
      let properties = tool.description.input["properties"]?.object?.members ?? []
      return properties.allSatisfy { $0.value.object?["type"]?.string != "array" }
    }
  }

  let runs: ServedRuns
  let model: (any ModelExperiments)?
  let comparer: (any RunComparer)?
  let version: String
  private let tools: [String: Tool]
  /// What takes long, and uses all processors.
  private let heavy: Set<String>
  /// Questions mostly read one file; more at once would not be faster.
  private let turns = Turns(atOnce: 4, waiting: 64)
  private let heavyTurns = Turns(atOnce: 1, waiting: 4)

  /// With a model, which must be that of the runs, its experiments are answered too; with a comparer, comparisons of runs.
  package init(
    _ runs: ServedRuns, model: (any ModelExperiments)? = nil, comparer: (any RunComparer)? = nil, version: String
  ) {
    self.runs = runs
    self.comparer = comparer
    self.model = model
    self.version = version
    tools = Dictionary(
      uniqueKeysWithValues: Self.tools(hasModel: model != nil).map { ($0.description.name, $0) })
    heavy = Set(Tool.experiments.map(\.description.name) + [Self.comparison.name])
  }

  /// Answers one GET, on a thread of its own, because files are read and indexes built meanwhile.
  ///
  /// - Parameters:
  ///   - path: what follows `/api/v1`, such as `/search_neurons`.
  ///   - query: names and values, decoded; no name twice.
  /// - Returns: the answer; it never throws, because every mistake has a status code.
  package func answer(_ path: String, _ query: [(name: String, value: String)]) async -> Answer {
    let turns = heavy.contains(String(path.dropFirst())) ? heavyTurns : turns
    guard await turns.take() else {
      return .failure(status: 503, "too many questions wait already; ask again in a few seconds")
    }
    let answer = await withCheckedContinuation { continuation in
      do {
        try DedicatedThread.start(name: "question") { continuation.resume(returning: answerBlocking(path, query)) }
      } catch {
        continuation.resume(returning: .failure(status: 503, "\(error)"))
      }
    }
    await turns.give()
    return answer
  }

  /// The same on the calling thread.
  func answerBlocking(_ path: String, _ query: [(name: String, value: String)]) -> Answer {
    do {
      switch path {
      case "", "/":
        try refuse(query)
        return .content(JSONValue.object(contents).bytes)
      case "/openapi.json":
        try refuse(query)
        return .content(document.bytes)
      case "/\(Self.comparison.name)":
        guard let comparer else { throw nothing(at: path) }
        return .content(JSONValue.object(try compared(query, by: comparer)).bytes)
      default:
        guard let tool = tools[String(path.dropFirst())], path.hasPrefix("/") else {
          throw nothing(at: path)
        }
        return .content(JSONValue.object(try content(of: tool, query)).bytes)
      }
    } catch let error as ToolError {
      return .failure(status: error.status, error.description.harmless(maximumBytes: 2000))
    } catch {
      return .failure(status: 500, "\(error)".harmless(maximumBytes: 2000))
    }
  }

  private func content(of tool: Tool, _ query: [(name: String, value: String)]) throws -> JSONObject {
    let live = try runs.index(of: query.first { $0.name == "run" }?.value)
    let arguments = try QueryArguments.arguments(query.filter { $0.name != "run" }, schema: tool.description.input)
    return try RunTools(live: live, model: model)
      .answer(tool, arguments, live.snapshot(), .detached).json
  }

  private func nothing(at path: String) -> ToolError {
    ToolError("there is nothing at \(Quoted.text(Self.prefix + path)); \(Self.prefix)/ lists what there is", .absent)
  }

  private func refuse(_ query: [(name: String, value: String)]) throws(ToolError) {
    guard let first = query.first else { return }
    throw ToolError("there is no argument \(Quoted.text(first.name)): this address takes none")
  }

  private var operations: [String] { (tools.keys + (comparer == nil ? [] : [Self.comparison.name])).sorted() }

  /// What there is to ask.
  var contents: JSONObject {
    [
      "name": "autointerp", "version": .string(version), "runs": .array(runs.names.map { Quoted.value($0) }),
      "operations": .array(operations.map { .string($0) }), "has_model": .boolean(model != nil),
    ]
  }
}

extension ToolError {
  /// The status code of HTTP.
  var status: Int {
    switch kind {
    case .argument: 400
    case .absent: 404
    case .outdated: 409
    case .early: 503
    }
  }
}

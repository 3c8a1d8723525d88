// autointerp
// A run's specification in its file, and the comparison that guards a resume.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import GRDB

/// Reading and writing of `RunSpecification`.
enum StoredSpecification {
  static func insert(
    _ specification: RunSpecification, softwareVersion: String, at now: Int64, into db: Database
  ) throws {
    let settings = specification.settings
    try db.execute(
      sql: """
        INSERT INTO run (id, name, state, model_name, model_fingerprint, template_name, template_system, metric, position,
          tau, edge_threshold, maximum_node_count, maximum_sweep_rows, corpus_name, corpus_digest, seed, software_version,
          created_at)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        specification.name, StoredRunState.unfinished.rawValue, specification.modelName,
        specification.modelFingerprint, specification.template.name, specification.template.system,
        settings.metric.storedText, settings.position, settings.tau, settings.edgeThreshold,
        settings.maximumNodeCount, settings.maximumSweepRows, specification.corpusName, specification.corpusDigest,
        String(specification.seed), softwareVersion, now,
      ])
    let statement = try db.makeStatement(
      sql: "INSERT INTO prompts (prompt, origin, text, answer_prefix) VALUES (?, ?, ?, ?)")
    for (number, prompt) in specification.prompts.enumerated() {
      try statement.execute(arguments: [number, prompt.origin.rawValue, prompt.text, prompt.answerPrefix])
    }
  }

  static func fetch(_ db: Database) throws -> RunSpecification {
    guard let row = try Row.fetchOne(db, sql: "SELECT * FROM run") else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it has no run")
    }
    guard let metric = MetricSpecification(storedText: try row.checked("metric")),
      let seed = UInt64(try row.checked("seed") as String)
    else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "its settings cannot be read") }
    var settings = AttributionSettings()
    settings.metric = metric
    settings.position = try optional(row, "position")
    settings.tau = try row.checked("tau")
    settings.edgeThreshold = try row.checked("edge_threshold")
    settings.maximumNodeCount = try row.checked("maximum_node_count")
    settings.maximumSweepRows = try row.checked("maximum_sweep_rows")
    return RunSpecification(
      name: try row.checked("name"), modelName: try row.checked("model_name"),
      modelFingerprint: try optional(row, "model_fingerprint"),
      template: TemplateSpecification(
        name: try row.checked("template_name"), system: try optional(row, "template_system")),
      settings: settings, corpusDigest: try row.checked("corpus_digest"), corpusName: try row.checked("corpus_name"),
      seed: seed, prompts: try prompts(db))
  }

  private static func optional<Value: DatabaseValueConvertible>(_ row: Row, _ column: String) throws -> Value? {
    (row[column] as DatabaseValue).isNull ? nil : try row.checked(column)
  }

  /// Records the model of the run, if it is not known yet.
  static func adopt(fingerprint: String?, in db: Database) throws {
    guard let fingerprint else { return }
    try db.execute(
      sql: "UPDATE run SET model_fingerprint = ? WHERE model_fingerprint IS NULL", arguments: [fingerprint])
  }

  private static func prompts(_ db: Database) throws -> [RunPrompt] {
    var prompts: [RunPrompt] = []
    let rows = try Row.fetchCursor(db, sql: "SELECT prompt, origin, text, answer_prefix FROM prompts ORDER BY prompt")
    while let row = try rows.next() {
      guard try row.checked("prompt") as Int == prompts.count,
        let origin = PromptOrigin(rawValue: try row.checked("origin"))
      else {
        throw DatabaseError(
          resultCode: .SQLITE_CORRUPT, message: "its prompts are not numbered 0, 1, 2 … or have no origin")
      }
      prompts.append(
        RunPrompt(
          origin: origin, text: try row.checked("text"), answerPrefix: try row.checked("answer_prefix")))
    }
    return prompts
  }
}

extension RunSpecification {
  /// One line for every setting in which `requested` differs from this stored specification.
  ///
  /// The name is not compared (it follows from the rest), nor a model fingerprint that one side does not know.
  package func differences(from requested: RunSpecification) -> [String] {
    var lines: [String] = []
    func compare<Value: Equatable>(_ what: String, _ stored: Value, _ asked: Value) {
      if stored != asked { lines.append("\(what): it has \(stored), asked for is \(asked)") }
    }
    if modelFingerprint == nil || requested.modelFingerprint == nil {
      compare("model", modelName, requested.modelName)
    } else if modelFingerprint != requested.modelFingerprint {
      lines.append(
        "model: it has \(modelName) (\(modelFingerprint ?? "")), "
          + "asked for is \(requested.modelName) (\(requested.modelFingerprint ?? ""))")
    }
    compare("template", template.storedText, requested.template.storedText)
    compare("metric", settings.metric.storedText, requested.settings.metric.storedText)
    compare("position", settings.position?.description ?? "last", requested.settings.position?.description ?? "last")
    compare("tau", settings.tau, requested.settings.tau)
    compare("edge_threshold", settings.edgeThreshold, requested.settings.edgeThreshold)
    compare("max_nodes", settings.maximumNodeCount, requested.settings.maximumNodeCount)
    compare("max_sweep_rows", settings.maximumSweepRows, requested.settings.maximumSweepRows)
    compare("seed", seed, requested.seed)
    compare("number of prompts", prompts.count, requested.prompts.count)
    if prompts.count == requested.prompts.count {
      if let first = prompts.indices.first(where: { prompts[$0] != requested.prompts[$0] }) {
        lines.append(
          "prompts: number \(first) is \"\(prompts[first].text.prefix(60))\", "
            + "asked for is \"\(requested.prompts[first].text.prefix(60))\"")
      } else {
        compare("corpus digest", corpusDigest, requested.corpusDigest)
      }
    }
    return lines
  }
}

extension TemplateSpecification {
  var storedText: String { system.map { "\(name) with system turn \"\($0)\"" } ?? name }
}

extension MetricSpecification {
  /// Such as `topk 5`, `tokens 12 7`, `contrast 3 4`.
  var storedText: String {
    switch self {
    case .topLogits(let count): "topk \(count)"
    case .tokens(let tokens): (["tokens"] + tokens.map(String.init)).joined(separator: " ")
    case .contrast(let first, let second): "contrast \(first) \(second)"
    }
  }

  init?(storedText: String) {
    let words = storedText.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Int32($0) }
    guard let kind = words.first, numbers.count == words.count - 1 else { return nil }
    switch (kind, numbers.count) {
    case ("topk", 1): self = .topLogits(count: Int(numbers[0]))
    case ("tokens", 1...): self = .tokens(numbers)
    case ("contrast", 2): self = .contrast(numbers[0], numbers[1])
    default: return nil
    }
  }
}

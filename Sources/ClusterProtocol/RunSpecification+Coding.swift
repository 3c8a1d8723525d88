// autointerp
// Templates, settings and run specifications inside messages.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits

extension MessageWriter {
  func write(_ template: TemplateSpecification) {
    key("template")
    map(count: 2)
    field("name", template.name)
    field("system", template.system)
  }

  func write(_ settings: AttributionSettings) {
    key("settings")
    map(count: 6)
    write(settings.metric)
    key("position")
    if let position = settings.position { integer(position) } else { null() }
    field("tau", settings.tau)
    field("edge_threshold", settings.edgeThreshold)
    field("maximum_nodes", settings.maximumNodeCount)
    field("maximum_sweep_rows", settings.maximumSweepRows)
  }

  func write(_ metric: MetricSpecification) {
    key("metric")
    map(count: 2)
    switch metric {
    case .topLogits(let count):
      field("kind", Metric.Kind.topLogits.rawValue)
      field("count", count)
    case .tokens(let tokens):
      field("kind", Metric.Kind.tokens.rawValue)
      field("tokens", tokens)
    case .contrast(let first, let second):
      field("kind", Metric.Kind.contrast.rawValue)
      field("tokens", [first, second])
    }
  }

  func write(_ run: RunSpecification) {
    key("run")
    map(count: 11)
    field("name", run.name)
    field("model", run.modelName)
    field("fingerprint", run.modelFingerprint)
    write(run.template)
    write(run.settings)
    field("corpus_digest", run.corpusDigest)
    field("corpus", run.corpusName)
    field("seed", run.seed)
    field("origins", run.prompts.map { UInt8($0.origin == .domain ? 0 : 1) })
    key("texts")
    array(count: run.prompts.count)
    for prompt in run.prompts { string(prompt.text) }
    key("answer_prefixes")
    array(count: run.prompts.count)
    for prompt in run.prompts { string(prompt.answerPrefix) }
  }
}

extension TemplateSpecification {
  /// The field `template` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("template")
    self.init(name: try fields.string("name"), system: try fields.optionalString("system"))
  }
}

extension AttributionSettings {
  /// The field `settings` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("settings")
    self.init()
    metric = try MetricSpecification(fields)
    position = try fields.isNull("position") ? nil : fields.integer("position", in: 0...Int(Int32.max))
    tau = try fields.double("tau")
    edgeThreshold = try fields.double("edge_threshold")
    maximumNodeCount = try fields.integer("maximum_nodes", in: 0...Int(Int32.max))
    maximumSweepRows = try fields.integer("maximum_sweep_rows", in: 1...Int(Int32.max))
    if tau < 0 { throw fields.invalid("tau", "is negative") }
    if edgeThreshold < 0 { throw fields.invalid("edge_threshold", "is negative") }
  }
}

extension MetricSpecification {
  /// The field `metric` of the settings.
  init(_ settings: FieldMap) throws(ProtocolError) {
    let fields = try settings.fields("metric")
    switch try fields.choice("kind", of: Metric.Kind.self) {
    case .topLogits:
      self = .topLogits(count: try fields.integer("count", in: 1...Int(Int32.max)))
    case .tokens:
      let tokens = try fields.int32Column("tokens")
      guard !tokens.isEmpty, tokens.allSatisfy({ $0 >= 0 }) else {
        throw fields.invalid("tokens", "is empty or has a negative token id")
      }
      self = .tokens(tokens)
    case .contrast:
      let tokens = try fields.int32Column("tokens", count: 2)
      guard tokens.allSatisfy({ $0 >= 0 }) else { throw fields.invalid("tokens", "has a negative token id") }
      self = .contrast(tokens[0], tokens[1])
    }
  }
}

extension RunSpecification {
  /// The frame of a `submit`, of any size.
  package func submission() -> [UInt8] { NumberedRequest(number: 0, request: .submit(self)).encoded() }

  /// Reads a submission that was put together from its pieces. A pure function of the bytes.
  ///
  /// - Throws: `ProtocolError` for anything else.
  package init(submission bytes: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(bytes, within: .document) { type, fields throws(ProtocolError) in
      guard type == .submit else { return nil }
      return try RunSpecification(fields)
    }
  }

  /// True when a coordinator takes this submission as one frame.
  package static func fitsFrame(submission bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      do {
        try FrameLimits.frame.check(bytes)
        return true
      } catch {
        return false
      }
    }
  }

  /// Checks that the run can be submitted and each of its leases fits into a frame: a worker would refuse another again
  /// and again.
  ///
  /// - Complexity: O(bytes of the prompts)
  package func checkFitsFrames() throws(ProtocolError) {
    _ = try RunSpecification(submission: submission())
  }

  /// The field `run` of a submission.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("run")
    let origins = try fields.binary("origins")
    let texts = try fields.strings("texts", count: origins.count)
    let answerPrefixes = try fields.strings("answer_prefixes", count: origins.count)
    guard origins.allSatisfy({ $0 <= 1 }) else { throw fields.invalid("origins", "has a byte other than 0 and 1") }
    self.init(
      name: try fields.shortString("name"), modelName: try fields.shortString("model"),
      modelFingerprint: try fields.optionalString("fingerprint"), template: try TemplateSpecification(fields),
      settings: try AttributionSettings(fields), corpusDigest: try fields.shortString("corpus_digest"),
      corpusName: try fields.shortString("corpus"), seed: try fields.integer("seed"),
      prompts: origins.indices.map {
        RunPrompt(
          origin: origins[$0] == 0 ? .domain : .baseline, text: texts[$0], answerPrefix: answerPrefixes[$0])
      })
  }
}

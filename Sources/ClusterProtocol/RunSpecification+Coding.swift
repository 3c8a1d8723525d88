// autointerp
// `MessageWriter.write` encodes a `RunSpecification`, its template and its settings; their `init` decodes them.
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
    map(count: settings.written.count)
    for setting in settings.written {
      key(setting.name)
      switch setting.read(settings) {
      case .none: null()
      case .integer(let value): integer(value)
      case .number(let value): double(value)
      case .text(let value): string(value)
      }
    }
  }

  func write(_ run: RunSpecification) {
    key("run")
    map(count: 14)
    field("name", run.name)
    field("model", run.modelName)
    field("fingerprint", run.modelFingerprint)
    write(run.template)
    write(run.settings)
    field("corpus_digest", run.corpusDigest)
    field("corpus", run.corpusName)
    field("seed", run.seed)
    field("spot_check", run.spotCheckShare)
    let groups = run.groups
    key("groups")
    array(count: groups.count)
    for group in groups { string(group.rawValue) }
    field("origins", run.prompts.map { UInt8(groups.firstIndex(of: $0.origin) ?? 0) })
    key("texts")
    array(count: run.prompts.count)
    for prompt in run.prompts { string(prompt.text) }
    key("answer_prefixes")
    array(count: run.prompts.count)
    for prompt in run.prompts { string(prompt.answerPrefix) }
    key("targets")
    array(count: run.prompts.count)
    for prompt in run.prompts { string(prompt.target?.text ?? "") }
  }
}

extension TemplateSpecification {
  /// Reads the field `template` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("template")
    self.init(name: try fields.string("name"), system: try fields.optionalString("system"))
  }
}

extension AttributionSettings {
  /// Reads the field `settings` of a message.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("settings")
    try self.init(
      reading: { (name) throws(ProtocolError) in try fields.settingValue(name) },
      failure: { name, reason in fields.invalid(name, reason) })
  }
}

extension FieldMap {
  /// What a prompt asks about. Nil means the run's metric.
  func promptTarget(_ key: String) throws(ProtocolError) -> PromptTarget? {
    try promptTarget(key, text: try optionalString(key) ?? "")
  }

  func promptTarget(_ key: String, text: String) throws(ProtocolError) -> PromptTarget? {
    if text.isEmpty { return nil }
    guard let target = PromptTarget(text: text) else { throw invalid(key, "names no tokens") }
    return target
  }
}

extension RunSpecification {
  /// Encodes the run as a `submit` frame of any size.
  package func submission() -> [UInt8] { NumberedRequest(number: 0, request: .submit(self)).encoded() }

  /// Reads a submission that was put together from its pieces. Depends only on the bytes.
  ///
  /// - Throws: `ProtocolError` if the bytes are not a submission.
  package init(submission bytes: [UInt8]) throws(ProtocolError) {
    self = try WireFormat.read(bytes, within: .document) { type, fields throws(ProtocolError) in
      guard type == .submit else { return nil }
      return try RunSpecification(fields)
    }
  }

  /// True if the coordinator accepts this submission as one frame.
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

  /// Checks that the run can be submitted and that each of its leases fits into a frame. Workers would refuse a larger
  /// lease again and again.
  ///
  /// - Complexity: O(bytes of the prompts)
  package func checkFitsFrames() throws(ProtocolError) {
    _ = try RunSpecification(submission: submission())
  }

  /// Reads the field `run` of a submission.
  init(_ message: FieldMap) throws(ProtocolError) {
    let fields = try message.fields("run")
    let origins = try fields.binary("origins")
    let texts = try fields.strings("texts", count: origins.count)
    let answerPrefixes = try fields.strings("answer_prefixes", count: origins.count)
    var targets: [PromptTarget?] = []
    for text in try fields.strings("targets", count: origins.count) {
      targets.append(try fields.promptTarget("targets", text: text))
    }
    let names = try fields.strings("groups")
    let groups = names.compactMap { PromptGroup(rawValue: $0) }
    guard groups.count == names.count, Set(groups).count == groups.count else {
      throw fields.invalid("groups", "has a name that is none, or one twice")
    }
    guard origins.allSatisfy({ Int($0) < groups.count }) else {
      throw fields.invalid("origins", "has the number of a group beyond the \(groups.count) that are named")
    }
    let share: Double =
      switch try fields.settingValue("spot_check") {
      // Earlier releases do not send it.
      case nil: 0
      case .number(let share)? where (0...1).contains(share): share
      case _?: throw fields.invalid("spot_check", "is not a share, 0 to 1")
      }
    self.init(
      name: try fields.shortString("name"), modelName: try fields.shortString("model"),
      modelFingerprint: try fields.optionalString("fingerprint"), template: try TemplateSpecification(fields),
      settings: try AttributionSettings(fields), corpusDigest: try fields.shortString("corpus_digest"),
      corpusName: try fields.shortString("corpus"), seed: try fields.integer("seed"),
      prompts: origins.indices.map {
        RunPrompt(
          origin: groups[Int(origins[$0])], text: texts[$0], answerPrefix: answerPrefixes[$0], target: targets[$0])
      })
    spotCheckShare = share
  }
}

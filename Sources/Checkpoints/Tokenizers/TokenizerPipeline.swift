// autointerp
// `TokenizerPipeline` reads a tokenizer.json's normaliser, pre-tokenizer, post-processor and decoder.
// SPDX-License-Identifier: Apache-2.0

/// The stages around the tokenizer's model, as far as they change token ids. A stage that is not known is refused.
struct TokenizerPipeline {
  private(set) var normalizers: [TextNormalizer] = []
  /// What Metaspace does to text before cutting it.
  private(set) var wordPreparation: [TextNormalizer] = []
  private(set) var preTokenizer: PreTokenizer = .none
  private(set) var isByteLevel = false
  private(set) var firstToken: Int32?
  private(set) var lastToken: Int32?
  private(set) var dropsLeadingSpace = false

  init(_ file: inout StrictObject) throws(CheckpointError) {
    if let stage = try file.object("normalizer") { try readNormalizer(stage) }
    if let stage = try file.object("pre_tokenizer") { try readPreTokenizer(stage) }
    if let stage = try file.object("post_processor") { try readPostProcessor(stage) }
    if let stage = try file.object("decoder") { try readDecoder(stage) }
  }

  private mutating func readNormalizer(_ stage: StrictObject) throws(CheckpointError) {
    var stage = stage
    switch try stage.type() {
    case "Sequence": for step in try stage.objects("normalizers") { try readNormalizer(step) }
    case "NFC": normalizers.append(.canonicalComposition)
    case "Prepend": normalizers.append(.prepend(try stage.required("prepend", \.string, "a string")))
    case "Replace":
      let (pattern, content) = try Self.replacement(&stage)
      normalizers.append(.replace(pattern, with: content))
    case let type: throw stage.unsupportedType(type, expected: "NFC, Prepend, Replace or a Sequence of them")
    }
    try stage.finish()
  }

  /// Reads a Replace: its pattern, which must be a non-empty text, and its content.
  private static func replacement(_ stage: inout StrictObject) throws(CheckpointError) -> (String, String) {
    guard var pattern = try stage.object("pattern") else { throw stage.error("pattern", "missing") }
    let text = try pattern.required("String", \.string, "a string")
    try pattern.finish()
    guard !text.isEmpty else { throw pattern.error("String", "empty") }
    return (text, try stage.required("content", \.string, "a string"))
  }

  private mutating func readPreTokenizer(_ stage: StrictObject) throws(CheckpointError) {
    var stage = stage
    switch try stage.type() {
    case "ByteLevel":
      guard try readByteLevel(&stage) else {
        throw stage.error("use_regex", "a byte-level pre-tokenizer without a pattern is not supported")
      }
      preTokenizer = .gpt2
    case "Metaspace": try readMetaspace(&stage)
    case "Sequence":
      let steps = try stage.objects("pretokenizers")
      guard steps.count == 2 else {
        throw stage.error("pretokenizers", "not supported", expected: "two steps", found: "\(steps.count)")
      }
      try readSplit(steps[0], then: steps[1])
    case let type: throw stage.unsupportedType(type, expected: "ByteLevel, Metaspace or a Sequence ending in ByteLevel")
    }
    try stage.finish()
  }

  /// Reads the two steps of a byte-level pre-tokenizer: Digits or Split, then ByteLevel.
  private mutating func readSplit(_ first: StrictObject, then second: StrictObject) throws(CheckpointError) {
    var first = first
    var second = second
    let firstType = try first.type()
    let secondType = try second.type()
    guard secondType == "ByteLevel" else { throw second.unsupportedType(secondType, expected: "ByteLevel") }
    let usesPattern = try readByteLevel(&second)
    switch (firstType, usesPattern) {
    case ("Digits", true):
      try first.require("individual_digits", .boolean(true))
      preTokenizer = .smollm
    case ("Split", false):
      preTokenizer = try Self.pattern(&first)
    case ("Digits", false), ("Split", true):
      throw second.error("use_regex", "not supported after \(firstType)", found: "\(usesPattern)")
    default: throw first.unsupportedType(firstType, expected: "Digits or Split")
    }
    try first.finish()
    try second.finish()
  }

  /// Reads a ByteLevel stage and returns true if it applies the GPT-2 pattern.
  private mutating func readByteLevel(_ stage: inout StrictObject) throws(CheckpointError) -> Bool {
    isByteLevel = true
    stage.ignore("trim_offsets")
    try stage.require("add_prefix_space", .boolean(false), byDefault: .boolean(true))
    return try stage.optional("use_regex", \.boolean, "a boolean") ?? true
  }

  private static func pattern(_ stage: inout StrictObject) throws(CheckpointError) -> PreTokenizer {
    try stage.require("behavior", .string("Isolated"))
    try stage.require("invert", .boolean(false), byDefault: .boolean(false))
    guard var pattern = try stage.object("pattern") else { throw stage.error("pattern", "missing") }
    let text = try pattern.required("Regex", \.string, "a string")
    try pattern.finish()
    guard let known = PreTokenizer(pattern: text) else {
      throw pattern.error("Regex", "not one of the known patterns", found: "\"\(CheckpointError.printable(text))\"")
    }
    return known
  }

  private mutating func readMetaspace(_ stage: inout StrictObject) throws(CheckpointError) {
    wordPreparation = [.replace(" ", with: SpaceMarker.text)]
    switch try Self.prependScheme(&stage) {
    case "always": wordPreparation.append(.prependIfMissing(SpaceMarker.text, onlyFirst: false))
    case "first": wordPreparation.append(.prependIfMissing(SpaceMarker.text, onlyFirst: true))
    default: break
    }
    preTokenizer = try stage.optional("split", \.boolean, "a boolean") ?? true ? .metaspace : .none
  }

  /// Returns the scheme of a Metaspace. Older files write it as `add_prefix_space`.
  private static func prependScheme(_ stage: inout StrictObject) throws(CheckpointError) -> String {
    try stage.require("replacement", .string(SpaceMarker.text))
    stage.ignore("str_rep")
    let adds = try stage.optional("add_prefix_space", \.boolean, "a boolean") ?? true
    let scheme = try stage.optional("prepend_scheme", \.string, "a string") ?? (adds ? "always" : "never")
    guard ["always", "first", "never"].contains(scheme) else {
      throw stage.error(
        "prepend_scheme", "not supported", expected: "always, first or never",
        found: "\"\(CheckpointError.printable(scheme))\"")
    }
    return scheme
  }

  private mutating func readPostProcessor(_ stage: StrictObject) throws(CheckpointError) {
    var stage = stage
    switch try stage.type() {
    case "Sequence": for step in try stage.objects("processors") { try readPostProcessor(step) }
    // These change only the offsets of tokens.
    case "ByteLevel": stage.ignore("add_prefix_space", "trim_offsets", "use_regex")
    case "TemplateProcessing": try readTemplate(&stage)
    case let type: throw stage.unsupportedType(type, expected: "TemplateProcessing, ByteLevel or a Sequence of them")
    }
    try stage.finish()
  }

  /// Reads the tokens around a single text: at most one before it and one after it.
  private mutating func readTemplate(_ stage: inout StrictObject) throws(CheckpointError) {
    stage.ignore("pair")
    var ids: [String: Int32] = [:]
    if let tokens = stage.take("special_tokens")?.object {
      for (name, value) in tokens.members {
        if let list = value.object?["ids"]?.array, list.count == 1, let id = list[0].integer {
          ids[name] = Int32(exactly: id)
        }
      }
    }
    var seesText = false
    for var piece in try stage.objects("single") {
      if try piece.object("Sequence") != nil {
        guard !seesText else { throw piece.error("Sequence", "the text occurs twice") }
        seesText = true
      } else if var token = try piece.object("SpecialToken") {
        let name = try token.required("id", \.string, "a string")
        guard let id = ids[name] else {
          throw token.error("id", "not one token of special_tokens", found: "\"\(name)\"")
        }
        guard (seesText ? lastToken : firstToken) == nil else {
          throw token.error("id", "more than one token on a side of the text is not supported")
        }
        if seesText { lastToken = id } else { firstToken = id }
      }
      try piece.finish()
    }
    guard seesText else { throw stage.error("single", "the text is missing") }
  }

  private mutating func readDecoder(_ stage: StrictObject) throws(CheckpointError) {
    var stage = stage
    switch try stage.type() {
    case "Sequence": for step in try stage.objects("decoders") { try readDecoder(step) }
    case "ByteLevel": stage.ignore("add_prefix_space", "trim_offsets", "use_regex")
    case "ByteFallback", "Fuse": break
    case "Replace":
      let (pattern, content) = try Self.replacement(&stage)
      guard pattern == SpaceMarker.text, content == " " else {
        throw stage.error("pattern", "not supported", expected: "\"\(SpaceMarker.text)\" to a space")
      }
    case "Strip":
      try stage.require("content", .string(" "))
      try stage.require("stop", .integer(0))
      dropsLeadingSpace = try stage.required("start", \.integer, "an integer") > 0
    case "Metaspace":
      dropsLeadingSpace = try Self.prependScheme(&stage) != "never"
      stage.ignore("split")
    case let type:
      throw stage.unsupportedType(
        type, expected: "ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace or a Sequence")
    }
    try stage.finish()
  }
}

extension PreTokenizer {
  /// Returns the pre-tokenizer whose published pattern equals this one character by character.
  fileprivate init?(pattern: String) {
    let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
    let rest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    switch pattern {
    case "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+": self = .gpt2
    case contractions + "\\p{N}{1,3}" + rest: self = .llama3
    case contractions + "\\p{N}" + rest: self = .qwen2
    default: return nil
    }
  }
}

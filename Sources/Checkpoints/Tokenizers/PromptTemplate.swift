// autointerp
// How a prompt becomes the text that the model reads.
// SPDX-License-Identifier: Apache-2.0

/// A prompt template: `raw`, `chatml`, `llama3`, or a text of one's own with `{prompt}` and `{answer_prefix}`.
///
/// Special tokens are parsed in what the template says, never in what people wrote, except in `raw`, whose whole point is
/// that nothing is between the text and the tokenizer. No template contains a BOS; `tokens(for:answerPrefix:tokenizer:)`
/// adds the one that the model wants.
package struct PromptTemplate: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    /// Prompt and answer prefix, with a space between them if neither brings whitespace.
    case raw
    case chat(ChatStyle)
    case custom([Part])
  }

  enum Part: Equatable, Sendable {
    case text(String)
    case prompt
    case answerPrefix
  }

  /// The name as given; of a template of one's own, its text.
  package let name: String
  /// The system turn; nil is the model's own default, empty is none.
  package let system: String?
  let kind: Kind

  /// - Parameters:
  ///   - name: `raw`, `chatml`, `llama3`, or a text that contains `{prompt}`.
  ///   - system: the system turn of a chat template; nil is the model's own default, empty is none.
  /// - Throws: when the name is none of these, or when there is a system text but no place for it.
  package init(name: String, system: String? = nil) throws(CheckpointError) {
    self.name = name
    self.system = system
    switch name {
    case "raw": self.kind = .raw
    case "chatml": self.kind = .chat(.chatML)
    case "llama3": self.kind = .chat(.llama3)
    default:
      let parts = Self.parts(of: name)
      guard parts.contains(.prompt) else {
        throw Self.error(
          name, "unknown prompt template", expected: "raw, chatml, llama3 or a text with {prompt} and {answer_prefix}")
      }
      self.kind = .custom(parts)
    }
    if let system, !system.isEmpty {
      guard case .chat = kind else {
        throw Self.error(name, "this prompt template has no place for a system text; chatml and llama3 have")
      }
    }
  }

  /// The text of a prompt.
  ///
  /// - Parameters:
  ///   - prompt: what the user says.
  ///   - answerPrefix: how the answer begins; may be empty.
  ///   - defaultSystem: the model's own system turn, for chat templates without a system text; nil is none.
  /// - Returns: the text in parts, which say where special tokens are parsed.
  /// - Throws: when there is an answer prefix but no place for it.
  package func render(
    prompt: String, answerPrefix: String = "", defaultSystem: String? = nil
  ) throws(CheckpointError) -> TemplatedText {
    switch kind {
    case .raw:
      let space = Self.needsSpace(between: prompt, and: answerPrefix) ? " " : ""
      return TemplatedText([.init(prompt + space + answerPrefix, .parsed)])
    case .chat(let style):
      return style.render(system: system ?? defaultSystem ?? "", prompt: prompt, answerPrefix: answerPrefix)
    case .custom(let parts):
      guard answerPrefix.isEmpty || parts.contains(.answerPrefix) else {
        throw Self.error(name, "the prompt has an answer prefix, but the template has no {answer_prefix}")
      }
      return TemplatedText(
        parts.map { part in
          switch part {
          case .text(let text): .init(text, .parsed)
          case .prompt: .init(prompt, .plainText)
          case .answerPrefix: .init(answerPrefix, .plainText)
          }
        })
    }
  }

  /// The tokens of a prompt, with exactly one BOS before them if the model wants one.
  ///
  /// - Parameters:
  ///   - prompt: what the user says.
  ///   - answerPrefix: how the answer begins; may be empty.
  ///   - tokenizer: the model's; a chat template must be made of its special tokens.
  /// - Returns: token ids, at least one.
  /// - Throws: when the model lacks the template's special tokens, when there is nothing to tokenize, or when the text
  ///   brings a BOS more than once.
  package func tokens(
    for prompt: String, answerPrefix: String = "", tokenizer: Tokenizer
  ) throws(CheckpointError) -> [Int32] {
    var defaultSystem: String?
    if case .chat(let style) = kind {
      for marker in style.markers where !tokenizer.hasSpecialToken(marker) {
        throw Self.error(name, "the model has no special token \(marker): this is not the template it was trained with")
      }
      if system == nil { defaultSystem = style.defaultSystem(in: tokenizer.chatTemplate) }
    }
    let text = try render(prompt: prompt, answerPrefix: answerPrefix, defaultSystem: defaultSystem)
    let ids = try tokenizer.addingBOS(to: tokenizer.encode(text))
    guard !ids.isEmpty else { throw Self.error(name, "the prompt has no tokens") }
    return ids
  }

  private static func needsSpace(between left: String, and right: String) -> Bool {
    guard let last = left.unicodeScalars.last, let first = right.unicodeScalars.first else { return false }
    return !last.properties.isWhitespace && !first.properties.isWhitespace
  }

  /// Cuts a template at its placeholders; other braces are text.
  private static func parts(of template: String) -> [Part] {
    var parts: [Part] = []
    var rest = template[...]
    while let brace = rest.firstIndex(of: "{") {
      let placeholders: [(String, Part)] = [("{prompt}", .prompt), ("{answer_prefix}", .answerPrefix)]
      if let (text, part) = placeholders.first(where: { rest[brace...].hasPrefix($0.0) }) {
        appendText(rest[..<brace], to: &parts)
        parts.append(part)
        rest = rest[brace...].dropFirst(text.count)
      } else {
        appendText(rest[...brace], to: &parts)
        rest = rest[rest.index(after: brace)...]
      }
    }
    appendText(rest, to: &parts)
    return parts
  }

  private static func appendText(_ text: Substring, to parts: inout [Part]) {
    if text.isEmpty { return }
    if case .text(let before)? = parts.last {
      parts[parts.count - 1] = .text(before + text)
    } else {
      parts.append(.text(String(text)))
    }
  }

  private static func error(_ name: String, _ problem: String, expected: String? = nil) -> CheckpointError {
    CheckpointError(path: "template \"\(CheckpointError.printable(name))\"", problem, expected: expected)
  }
}

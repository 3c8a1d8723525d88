// autointerp
// `PromptTemplate` turns a prompt into the text, and then the tokens, that the model reads.
// SPDX-License-Identifier: Apache-2.0

/// A prompt template: `raw`, `chatml`, `llama3`, or a custom text with `{prompt}` and `{answer_prefix}`.
///
/// Special tokens are parsed in the template's own text but not in the text that users wrote. Only `raw` parses them
/// everywhere, because it passes the text on unchanged. No template contains a BOS;
/// `tokens(for:answerPrefix:tokenizer:)` adds it if the model needs one.
package struct PromptTemplate: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    /// Prompt and answer prefix, separated by a space unless one of them brings whitespace.
    case raw
    case chat(ChatStyle)
    case custom([Part])
  }

  enum Part: Equatable, Sendable {
    case text(String)
    case prompt
    case answerPrefix
  }

  /// The name as given. For a custom template it is the template's text.
  package let name: String
  /// The system turn. Nil means the model's default, an empty text means no system turn.
  package let system: String?
  let kind: Kind

  /// - Parameters:
  ///   - name: `raw`, `chatml`, `llama3`, or a text that contains `{prompt}`.
  ///   - system: the system turn of a chat template. Nil means the model's default, an empty text means none.
  /// - Throws: an error if the name is unknown, or if there is a system text but the template has no place for it.
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

  /// Returns the text of a prompt, in parts that say where special tokens are parsed.
  ///
  /// - Parameters:
  ///   - prompt: what the user says.
  ///   - answerPrefix: how the answer begins; may be empty.
  ///   - defaultSystem: the model's own system turn, for chat templates without a system text; nil means none.
  /// - Returns: the text.
  /// - Throws: an error if there is an answer prefix but the template has no place for it.
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

  /// Returns the tokens of a prompt, with exactly one BOS before them if the model needs one.
  ///
  /// - Parameters:
  ///   - prompt: what the user says.
  ///   - answerPrefix: how the answer begins; may be empty.
  ///   - tokenizer: the model's tokenizer. It must have the special tokens of a chat template.
  /// - Returns: at least one token id.
  /// - Throws: an error if the model lacks the template's special tokens, if there are no tokens, or if the text
  ///   contains more than one BOS.
  package func tokens(
    for prompt: String, answerPrefix: String = "", tokenizer: Tokenizer
  ) throws(CheckpointError) -> [Int32] {
    var defaultSystem: String?
    if case .chat(let style) = kind {
      for marker in style.markers where !tokenizer.hasSpecialToken(marker) {
        throw Self.error(name, "the model has no special token \(marker), so it was not trained with this template")
      }
      if system == nil { defaultSystem = style.defaultSystem(in: tokenizer.chatTemplate) }
    }
    let text = try render(prompt: prompt, answerPrefix: answerPrefix, defaultSystem: defaultSystem)
    let ids = try tokenizer.addingBOS(to: tokenizer.encode(text))
    guard !ids.isEmpty else { throw Self.error(name, "the prompt is empty: it has no tokens") }
    return ids
  }

  private static func needsSpace(between left: String, and right: String) -> Bool {
    guard let last = left.unicodeScalars.last, let first = right.unicodeScalars.first else { return false }
    return !last.properties.isWhitespace && !first.properties.isWhitespace
  }

  /// Cuts a template at its placeholders. Other braces are ordinary text.
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

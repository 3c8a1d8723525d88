// autointerp
// `ChatStyle` writes a conversation as ChatML or Llama 3 turns.
// SPDX-License-Identifier: Apache-2.0

/// A way to write turns. A conversation is an optional system turn, the user's turn, and the beginning of the answer.
///
/// The model's own chat template is a Jinja program, which is not run. Only its default system text is used, if the
/// program holds it as a literal. Other things that such programs do are left out: Llama 3's trims the turns, and
/// Llama 3.1's adds a system turn with dates.
enum ChatStyle: Equatable, Sendable {
  case chatML
  case llama3

  /// Each of these must be a special token of the model.
  var markers: [String] {
    switch self {
    case .chatML: ["<|im_start|>", "<|im_end|>"]
    case .llama3: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    }
  }

  private func opening(_ role: String) -> String {
    switch self {
    case .chatML: "<|im_start|>\(role)\n"
    case .llama3: "<|start_header_id|>\(role)<|end_header_id|>\n\n"
    }
  }

  private var closing: String {
    switch self {
    case .chatML: "<|im_end|>\n"
    case .llama3: "<|eot_id|>"
    }
  }

  func render(system: String, prompt: String, answerPrefix: String) -> TemplatedText {
    var segments: [TemplatedText.Segment] = []
    if !system.isEmpty {
      segments += [.init(opening("system"), .parsed), .init(system, .plainText), .init(closing, .parsed)]
    }
    segments += [.init(opening("user"), .parsed), .init(prompt, .plainText), .init(closing, .parsed)]
    segments += [.init(opening("assistant"), .parsed)]
    if !answerPrefix.isEmpty { segments.append(.init(answerPrefix, .plainText)) }
    return TemplatedText(segments)
  }

  /// Returns the system text that the model's chat template adds to a conversation without one, or nil.
  ///
  /// It is found if a whole system turn, from opening to closing, stands in one string literal of the Jinja program,
  /// as SmolLM2 and Qwen2.5 write it. A template that builds the turn piece by piece has no such text.
  func defaultSystem(in chatTemplate: String?) -> String? {
    guard let chatTemplate else { return nil }
    // Inside a literal, a newline may be written as itself or as \n.
    let template = Array(chatTemplate.utf8)
    let newline = Array("\\n".utf8)
    for opening in [Array(opening("system").utf8), Self.replaceNewlines(in: opening("system"), with: newline)] {
      var start = 0
      while let found = Self.index(of: opening, in: template, from: start) {
        start = found + opening.count
        if let text = literal(in: template, at: found, textStart: start) { return text }
      }
    }
    return nil
  }

  /// Returns the literal's text up to the closing of the turn, if the literal begins at `start` and contains the
  /// closing.
  private func literal(in template: [UInt8], at start: Int, textStart: Int) -> String? {
    guard start > 0, case let quote = template[start - 1], quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return nil }
    let closing = Array(closing.utf8.prefix { $0 != 0x0A })
    guard let end = Self.index(of: closing, in: template, from: textStart), end > textStart else { return nil }
    let text = template[textStart..<end]
    // A quote ends the literal. A backslash begins an escape, which is not supported.
    if text.contains(quote) || text.contains(UInt8(ascii: "\\")) { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  private static func replaceNewlines(in text: String, with replacement: [UInt8]) -> [UInt8] {
    text.utf8.flatMap { $0 == 0x0A ? replacement : [$0] }
  }

  private static func index(of pattern: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard text.count - start >= pattern.count else { return nil }
    return (start...text.count - pattern.count).first { text[$0...].starts(with: pattern) }
  }
}

// autointerp
// The turns of a conversation as ChatML and Llama 3 write them.
// SPDX-License-Identifier: Apache-2.0

/// A way to write turns; the conversation is at most a system turn, then the user's, then the beginning of the answer.
///
/// The model's own chat template is a Jinja program; it is not run. Of it, only a default system text is taken over, where
/// it stands as a literal. What such a program would do besides is not done: Llama 3's trims the turns, and 3.1's adds a
/// system turn with dates.
enum ChatStyle: Equatable, Sendable {
  case chatML
  case llama3

  /// Every one of these must be a special token of the model.
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

  /// The system text that the model's chat template gives to a conversation without one, or nil.
  ///
  /// It is the text between the opening and the closing of a system turn, where all of it stands in one string literal of
  /// the Jinja program: SmolLM2 and Qwen2.5 write it so. A template that builds the turn piece by piece has no such text.
  func defaultSystem(in chatTemplate: String?) -> String? {
    guard let chatTemplate else { return nil }
    // In a literal a newline may be written as itself or as \n.
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

  /// The rest of a literal up to the closing of the turn, if the literal begins at `start` and goes on until there.
  private func literal(in template: [UInt8], at start: Int, textStart: Int) -> String? {
    guard start > 0, case let quote = template[start - 1], quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { return nil }
    let closing = Array(closing.utf8.prefix { $0 != 0x0A })
    guard let end = Self.index(of: closing, in: template, from: textStart), end > textStart else { return nil }
    let text = template[textStart..<end]
    // A quote ends the literal; a backslash is an escape that would have to be understood.
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

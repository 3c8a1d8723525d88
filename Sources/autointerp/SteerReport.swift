// autointerp
// `SteerReport` shows steered text beside plain text, and how doses move the next token.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Checkpoints
internal import Circuits
internal import JSON
internal import Platform

/// Shows what steering did.
struct SteerReport {
  let tokenizer: Tokenizer?
  let changes: [SteeredNeuron]

  private static let columnWidth = 44

  private func text(of tokens: [Int32]) -> String {
    tokenizer?.decode(tokens) ?? tokens.map { "#\($0)" }.joined(separator: " ")
  }

  private var names: String { changes.map(\.description).joined(separator: ", ") }

  // MARK: Generated text

  func text(_ prompt: [Int32], _ plain: [Int32], _ changed: [Int32]) -> [UInt8] {
    let (left, right) = (lines(text(of: plain)), lines(text(of: changed)))
    var lines = ["as it is".leading(Self.columnWidth + 2) + names]
    for row in 0..<max(left.count, right.count) {
      let before = row < left.count ? left[row] : ""
      let padding = String(repeating: " ", count: max(0, Self.columnWidth + 2 - before.count))
      lines.append(before + padding + (row < right.count ? right[row] : ""))
    }
    let same = zip(plain, changed).prefix { $0 == $1 }.count
    lines.append("")
    lines.append(
      same == plain.count && same == changed.count
        ? "The texts are equal (\(same) tokens)."
        : "The first \(same) of \(plain.count) and \(changed.count) tokens are equal.")
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  func json(_ prompt: [Int32], _ plain: [Int32], _ changed: [Int32]) -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("prompt", text(of: prompt))
    json.key("changes")
    json.beginArray()
    for change in changes { json.value("\(change)") }
    json.end()
    for (name, tokens) in [("plain", plain), ("steered", changed)] {
      json.key(named: name)
      json.beginObject()
      json.field("text", text(of: tokens))
      json.key("tokens")
      json.beginArray()
      for token in tokens { json.value(token) }
      json.end()
      json.end()
    }
    json.end()
    return json.bytes
  }

  /// Words in lines of at most the column's width; longer words are cut.
  private func lines(_ text: String) -> [String] {
    var lines: [String] = []
    for paragraph in text.harmlessLines {
      var line = ""
      for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
        var rest = word[...]
        if !line.isEmpty, line.count + 1 + rest.count > Self.columnWidth {
          lines.append(line)
          line = ""
        } else if !line.isEmpty {
          line += " "
        }
        while rest.count > Self.columnWidth {
          lines.append(String(rest.prefix(Self.columnWidth)))
          rest = rest.dropFirst(Self.columnWidth)
        }
        line += rest
      }
      lines.append(line)
    }
    return lines
  }

  // MARK: Doses

  func text(_ measured: PromptMeasurement, _ factors: [Float]) -> [UInt8] {
    func token(_ ranked: RankedToken?) -> String {
      guard let ranked else { return "-" }
      let text = tokenizer?.displayText(of: ranked.token) ?? "#\(ranked.token)"
      return "\(String(token: text)) \(ReadableNumber.fixed(ranked.probability * 100, decimals: 1)) %"
    }
    var lines = ["factor".trailing(8) + "KL".trailing(10) + "log p of answer".trailing(18) + "   answer"]
    for (factor, change) in zip(factors, measured.changes) {
      lines.append(
        ReadableNumber.fixed(Double(factor), decimals: 2).trailing(8)
          + ReadableNumber.fixed(change.divergence, decimals: 4).trailing(10)
          + ReadableNumber.fixed(change.answerAfter, decimals: 3).trailing(18) + "   " + token(change.topAfter.first))
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  func json(_ measured: PromptMeasurement, _ factors: [Float]) -> [UInt8] {
    var json = JSONByteWriter()
    json.beginObject(lines: true)
    json.field("neurons", changes.map(\.neuron.description).joined(separator: "+"))
    json.key("doses")
    json.beginArray(lines: true)
    for (factor, change) in zip(factors, measured.changes) {
      json.beginObject()
      json.field("factor", factor)
      json.field("kl_base_new", change.divergence)
      json.field("answer_logprob", change.answerAfter)
      json.field("answer_changed", change.answerChanged)
      json.end()
    }
    json.end()
    json.end()
    return json.bytes
  }
}

extension String {
  /// The lines of a text that a model wrote, without control characters.
  fileprivate var harmlessLines: [String] {
    unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).harmless }
  }
}

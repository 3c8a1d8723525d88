// autointerp
// `HypothesisReply` takes from a language model's reply what is exactly a hypothesis of a fixed kind, and counts the rest.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON

/// Reads an untrusted reply against what the run knows.
struct HypothesisReply {
  /// More hypotheses would need more random neurons, because q corrects over all of them.
  static let mostAccepted = 6

  /// Neurons that the run has as drivers and as targets.
  let drivers: Set<NeuronID>
  let targets: Set<NeuronID>
  let groups: [String]
  let rules: InvestigationRules
  /// The model's name.
  let model: String
  /// The token that a text spells exactly.
  let token: (String) -> Int32?

  /// Accepts in order, each statement once. A reply that is no JSON array counts as one refused entry.
  func hypotheses(in text: String, known: [Hypothesis]) -> ProposedHypotheses {
    guard let entries = Self.array(in: text) else { return ProposedHypotheses(refused: 1) }
    var result = ProposedHypotheses()
    for entry in entries {
      guard let hypothesis = entry.object.flatMap(hypothesis), result.accepted.count < Self.mostAccepted,
        !(known + result.accepted).contains(where: {
          $0.claim == hypothesis.claim && $0.direction == hypothesis.direction
        })
      else {
        result.refused += 1
        continue
      }
      result.accepted.append(hypothesis)
    }
    return result
  }

  /// A reply that is a JSON array, perhaps in a fence of Markdown.
  private static func array(in text: String) -> [JSONValue]? {
    var lines = text.split(whereSeparator: \.isNewline)
    if lines.first?.hasPrefix("```") == true { lines.removeFirst() }
    if lines.last?.hasPrefix("```") == true { lines.removeLast() }
    return (try? JSONValue(parsing: Array(lines.joined(separator: "\n").utf8)))?.array
  }

  /// Nil if a key is missing, wrong, or one too many.
  private func hypothesis(_ object: JSONObject) -> Hypothesis? {
    guard let kind = object["kind"]?.string else { return nil }
    func has(_ keys: String...) -> Bool { Set(object.members.map(\.key)) == Set(keys + ["kind"]) }
    let direction = object["direction"]?.integer
    guard object["direction"] == nil || direction == 1 || direction == -1 else { return nil }
    switch kind {
    case "detects", "promotes":
      let most = kind == "detects" ? rules.tokenCount : rules.promotedCount
      guard has("tokens"), let named = tokens(object["tokens"], most: most) else { return nil }
      let ids = named.map(\.id)
      return made(kind == "detects" ? .detects(ids) : .promotes(ids), tokenTexts: named.map(\.text))
    case "prefers":
      guard has("group", "over"), let group = object["group"]?.string, let over = object["over"]?.string, group != over,
        groups.contains(group), groups.contains(over)
      else { return nil }
      return made(.prefers(group: group, over: over))
    case "matters":
      guard has("direction"), let direction else { return nil }
      return made(.matters, direction: direction)
    case "driven_by", "drives":
      guard has("neuron", "direction"), let direction, let other = object["neuron"]?.string.flatMap({ NeuronID($0) }),
        (kind == "drives" ? targets : drivers).contains(other)
      else { return nil }
      return made(kind == "drives" ? .drives(other) : .isDrivenBy(other), direction: direction)
    default: return nil
    }
  }

  private func made(_ claim: Hypothesis.Claim, direction: Int = 1, tokenTexts: [String] = []) -> Hypothesis {
    Hypothesis(
      claim, direction: direction, tokenTexts: tokenTexts, basis: "a language model proposed it", proposer: model)
  }

  /// One to `most` different texts, each of exactly one token.
  private func tokens(_ value: JSONValue?, most: Int) -> [(id: Int32, text: String)]? {
    guard let texts = value?.array?.map(\.string), (1...most).contains(texts.count) else { return nil }
    let named = texts.compactMap { text in text.flatMap { text in token(text).map { (id: $0, text: text) } } }
    return named.count == texts.count && Set(named.map(\.id)).count == named.count ? named : nil
  }
}

// autointerp
// `ComparisonRequest` says what is compared, and `ComparisonSide` which prompts of which run a side consists of.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Platform
package import RunIndex

/// Two runs, two groups of a run, or two random halves of a run.
package enum ComparisonRequest: Sendable {
  /// All merged prompts of each run, or those of one group.
  case runs(RunIndex, RunIndex, group: String?)
  case groups(RunIndex, String, String)
  /// The control: whatever is found between halves drawn at random is chance.
  case halves(RunIndex, seed: UInt64)
}

/// One side of a comparison: some merged prompts of a run.
package struct ComparisonSide: Sendable {
  /// `A`, the name of a group, or `half 1`.
  package let name: String
  package let index: RunIndex
  /// Nil for all groups.
  package let group: String?
  /// The numbers of the prompts; if both sides have the same prompts, equal places hold equal prompts.
  package internal(set) var prompts: [Int32]

  /// The stored prompts, in the order of `prompts`.
  var texts: [RunPrompt] { prompts.map { index.specification.prompts[Int($0)] } }
}

/// Two sides, and how their prompts belong together.
struct ComparisonSides: Sendable {
  var first: ComparisonSide
  var second: ComparisonSide
  /// True if place `i` of both sides holds the same prompt.
  var isPaired = false
  /// Prompts of each side that were left out because the other side does not have them.
  var leftOut = (first: 0, second: 0)
  /// Prompts that both sides have although they are not compared in pairs.
  var inCommon = 0

  /// Runs with at least this share of the smaller one's prompts in common are compared in pairs. With a smaller share, what
  /// differs between the runs may be in the prompts that would be left out.
  private static let pairedShare = 0.9

  init(_ request: ComparisonRequest) throws {
    switch request {
    case .runs(let a, let b, let group):
      guard a.reader.path != b.reader.path else { throw ReportError.sameFile(a.path) }
      first = try Self.side("A", a, group)
      second = try Self.side("B", b, group)
      pair()
    case .groups(let index, let a, let b):
      guard a != b else { throw ReportError.sameGroup(a) }
      first = try Self.side(a, index, a)
      second = try Self.side(b, index, b)
    case .halves(let index, let seed):
      var prompts = try index.mergedPrompts()
      guard prompts.count > 1 else { throw ReportError.empty(path: index.path) }
      var random = SeededRandom(seed: seed)
      for last in stride(from: prompts.count - 1, to: 0, by: -1) {
        prompts.swapAt(last, random.integer(in: 0...last))
      }
      let half = prompts.count / 2
      first = ComparisonSide(name: "half 1", index: index, group: nil, prompts: prompts[..<half].sorted())
      second = ComparisonSide(name: "half 2", index: index, group: nil, prompts: prompts[half...].sorted())
    }
  }

  private static func side(_ name: String, _ index: RunIndex, _ group: String?) throws -> ComparisonSide {
    let prompts = try index.mergedPrompts(ofGroup: group)
    if prompts.isEmpty {
      guard let group else { throw ReportError.empty(path: index.path) }
      throw ReportError.unknownGroup(
        group, path: index.path, known: try index.groups().filter { $0.merged > 0 }.map(\.name))
    }
    return ComparisonSide(name: name, index: index, group: group, prompts: prompts)
  }

  /// What makes two prompts the same: bytes, not canonically equivalent characters.
  private struct PromptKey: Hashable {
    var text: [UInt8]
    var answerPrefix: [UInt8]
    var target: PromptTarget?

    init(_ prompt: RunPrompt) {
      text = Array(prompt.text.utf8)
      answerPrefix = Array(prompt.answerPrefix.utf8)
      target = prompt.target
    }
  }

  /// Finds the prompts that both sides have. A text that a run has several times is paired as often as both have it.
  private mutating func pair() {
    var waiting: [PromptKey: [Int32]] = [:]
    for (prompt, text) in zip(second.prompts, second.texts).reversed() {
      waiting[PromptKey(text), default: []].append(prompt)
    }
    var pairs: [(Int32, Int32)] = []
    for (prompt, text) in zip(first.prompts, first.texts) {
      if let other = waiting[PromptKey(text)]?.popLast() { pairs.append((prompt, other)) }
    }
    let smaller = min(first.prompts.count, second.prompts.count)
    isPaired = Double(pairs.count) >= Self.pairedShare * Double(smaller)
    guard isPaired else {
      inCommon = pairs.count
      return
    }
    leftOut = (first.prompts.count - pairs.count, second.prompts.count - pairs.count)
    first.prompts = pairs.map(\.0)
    second.prompts = pairs.map(\.1)
  }
}

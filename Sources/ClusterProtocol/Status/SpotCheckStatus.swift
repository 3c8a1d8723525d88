// autointerp
// `SpotCheckStatus` says how many prompts of a run a second key computed as well, whether it agreed, and what that cost.
// SPDX-License-Identifier: Apache-2.0

/// The spot checks of a run. A check is made when a second key's result of a chosen prompt has been compared.
package struct SpotCheckStatus: Codable, Equatable, Sendable {
  /// Keys with different results of one prompt. All results are in the run's file.
  package struct Disagreement: Codable, Equatable, Sendable {
    package struct Result: Codable, Equatable, Sendable {
      package var worker: String
      /// Nil without CURVE.
      package var key: String?
      package var address: String?
      /// The beginning of the digest, hexadecimal.
      package var digest: String
      /// True if this is what the statistics have.
      package var isResult: Bool

      package init(worker: String, key: String?, address: String?, digest: String, isResult: Bool) {
        self.worker = worker
        self.key = key
        self.address = address
        self.digest = digest
        self.isResult = isResult
      }
    }

    package var prompt: Int32
    /// True if two keys agree against another. Their result is in the statistics.
    package var isDecided: Bool
    package var results: [Result]

    package init(prompt: Int32, isDecided: Bool, results: [Result]) {
      self.prompt = prompt
      self.isDecided = isDecided
      self.results = results
    }

    /// For example `prompt 3: b (key K) was outvoted by a (key L) and c (key M)`.
    package var text: String {
      func names(_ results: [Result]) -> String {
        results.map { result in result.worker + (result.key.map { " (key \($0))" } ?? "") }.joined(separator: " and ")
      }
      let (kept, others) = (results.filter(\.isResult), results.filter { !$0.isResult })
      return isDecided
        ? "prompt \(prompt): \(names(others)) was outvoted by \(names(kept))"
        : "prompt \(prompt): \(names(others)) disagrees with \(names(kept)), whose result stays; no key has decided"
    }
  }

  /// The share of prompts that was asked for, and how many that are.
  package var share: Double
  package var chosen: Int
  package var agreed = 0
  package var disagreed = 0
  /// Disagreements that no further key has decided.
  package var undecided = 0
  package var underWay = 0
  /// Prompts with a result that wait for another key.
  package var due = 0
  /// Checks that could not be made, because nobody with another key was there.
  package var unmade = 0
  /// Results beside the first ones, as a count, as a share of the run's prompts, and their compute time.
  package var computations = 0 {
    didSet { computedTwice = promptCount > 0 ? Double(computations) / Double(promptCount) : 0 }
  }
  package private(set) var computedTwice = 0.0
  package var computeMilliseconds: Int64 = 0
  /// The first disagreements.
  package var disagreements: [Disagreement] = []
  private var promptCount: Int

  package init(share: Double, chosen: Int, promptCount: Int) {
    self.share = share
    self.chosen = chosen
    self.promptCount = promptCount
  }

  /// How many checks were made.
  package var made: Int { agreed + disagreed }

  /// What people should know of checks that ended without an answer, a sentence each.
  package var shortcomings: [String] {
    var lines: [String] = []
    if unmade > 0 { lines.append("\(unmade) of \(made + unmade) spot checks could not be made: no second key") }
    if undecided > 0, due + underWay == 0 {
      lines.append(
        "\(undecided) of \(disagreed) disagreements could not be decided: no third key. The first results stay")
    }
    return lines
  }

  /// For example `4 of 40 prompts checked: 4 agreed; 10 % computed twice`.
  package var text: String {
    var facts = ["\(agreed) agreed", "\(disagreed) disagreed"]
    if underWay > 0 { facts.append("\(underWay) under way") }
    if due > 0 { facts.append("\(due) due") }
    let percent = (computedTwice * 1000).rounded() / 10
    return "\(made) of \(chosen) spot checks made: \(facts.joined(separator: ", ")); \(percent) % computed twice"
  }
}

// autointerp
// `FleetMachine` lists the quarantined prompts: an excerpt for the status, all of them on request.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

extension FleetMachine {
  /// How many quarantined prompts of a run a status shows, and how much of their errors. A run of which every prompt
  /// fails must not make the status too large to send. `quarantinedPrompts(of:from:maximumBytes:)` returns everything.
  static let quarantineInStatus = (prompts: 100, errors: 4, errorCharacters: 240)

  /// Returns what a status shows of a run's quarantine, and how many prompts it leaves out. O(quarantined prompts).
  func quarantineExcerpt(of run: RunProgress) -> (told: [QuarantinedPrompt], beyond: Int) {
    let limits = Self.quarantineInStatus
    let told = run.quarantine.keys.sorted().prefix(limits.prompts).map { prompt in
      var told = quarantined(prompt, of: run)
      let left = told.errors.count - limits.errors
      told.errors = told.errors.prefix(limits.errors).map { error in
        error.count > limits.errorCharacters ? "\(error.prefix(limits.errorCharacters))…" : error
      }
      if left > 0 { told.errors.append("and \(left) more") }
      return told
    }
    return (told, run.quarantine.count - told.count)
  }

  /// Returns quarantined prompts with all of their errors, from number `first` on, until `maximumBytes` of text are
  /// reached; nil for an unknown run.
  package func quarantinedPrompts(
    of name: String, from first: Int32, maximumBytes: Int
  ) -> (prompts: [QuarantinedPrompt], isLast: Bool)? {
    guard let run = runs.run(named: name) else { return nil }
    var (prompts, bytes) = ([QuarantinedPrompt](), 0)
    for prompt in run.quarantine.keys.filter({ $0 >= first }).sorted() {
      guard prompts.isEmpty || bytes < maximumBytes else { return (prompts, false) }
      let told = quarantined(prompt, of: run)
      bytes += told.excerpt.utf8.count + told.errors.reduce(0) { $0 + $1.utf8.count }
      prompts.append(told)
    }
    return (prompts, true)
  }

  private func quarantined(_ prompt: Int32, of run: RunProgress) -> QuarantinedPrompt {
    QuarantinedPrompt(
      prompt: prompt, excerpt: String(run.specification.prompts[Int(prompt)].text.prefix(80)),
      errors: (run.quarantine[prompt] ?? "").split(separator: "\n").map(String.init))
  }
}

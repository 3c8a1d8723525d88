// autointerp
// `Conduct` counts the failures for which a voice is to blame: a key at an address or, without CURVE, a worker.
// SPDX-License-Identifier: Apache-2.0

/// The failures of a voice's workers since its last success that no other voice confirmed.
struct Conduct: Sendable {
  /// Prompts that a process failed by report.
  private var blamed: Set<PromptKey> = []
  /// One prompt for each death of a process, since a process with many slots dies once. Deaths are kept when a new
  /// process starts, so that a worker whose processes die one after the other is set aside.
  private var deaths: Set<PromptKey> = []
  private(set) var lastBlamed = Duration.zero
  /// How many prompts its workers hold.
  fileprivate(set) var held = 0
  /// How many of its workers are known.
  fileprivate(set) var workers = 0

  var blameCount: Int { blamed.count + deaths.count { !blamed.contains($0) } }

  mutating func blame(_ key: PromptKey, now: Duration) {
    blamed.insert(key)
    lastBlamed = now
  }

  mutating func blameForDeath(_ key: PromptKey, now: Duration) {
    deaths.insert(key)
    lastBlamed = now
  }

  mutating func exonerate(of key: PromptKey) {
    blamed.remove(key)
    deaths.remove(key)
  }

  /// The process fell silent and is back, so it had not died.
  mutating func forgiveDeaths(at keys: Set<PromptKey>) { deaths.subtract(keys) }

  /// A new process has started. The failures of the old one say nothing about it.
  mutating func forgiveFailures() { blamed = [] }

  /// A delta was accepted.
  mutating func succeed() { (blamed, deaths) = ([], []) }
}

/// The conduct of every voice that has a known worker.
struct Conducts: Sendable {
  private var byVoice: [Voice: Conduct] = [:]

  subscript(voice: Voice) -> Conduct { byVoice[voice] ?? Conduct() }

  mutating func change(_ voice: Voice, _ body: (inout Conduct) -> Void) {
    if byVoice[voice] != nil { body(&byVoice[voice]!) }
  }

  mutating func join(_ voice: Voice, holding leases: Int = 0) {
    byVoice[voice, default: Conduct()].workers += 1
    byVoice[voice]!.held += leases
  }

  mutating func leave(_ voice: Voice, holding leases: Int = 0) {
    byVoice[voice]!.workers -= 1
    byVoice[voice]!.held -= leases
    if byVoice[voice]!.workers == 0 { byVoice[voice] = nil }
  }

  mutating func hold(_ voice: Voice, _ change: Int) { byVoice[voice]!.held += change }
}

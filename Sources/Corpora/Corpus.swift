// autointerp
// `Corpus` draws the prompts of a run by a seed, in an order that makes early results representative.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The prompts of a run, numbered by their place, and their digest.
package struct Corpus: Sendable {
  package let prompts: [CorpusPrompt]
  /// BLAKE2b-256 of all prompts in order, in hexadecimal.
  package let digest: String
  /// How many prompts were left out because they occurred earlier.
  package let duplicateCount: Int

  /// Draws a corpus.
  ///
  /// A prompt that occurs twice (same text, same answer prefix) counts once. If it occurs in several groups it counts
  /// for the first of them; `domain` and `baseline` come before the others. Every group is shuffled by the seed, and
  /// the groups are interleaved in proportion, so that at any moment of a run the finished part is a sample of the
  /// whole. With a limit, all groups get the same number of prompts (the rest goes to the first groups); if one group
  /// has too few, the others fill up. A smaller limit draws a subset of what a larger one draws.
  ///
  /// - Parameters:
  ///   - candidates: in file order, which influences the draw.
  ///   - limit: the largest number of prompts; nil means all.
  ///   - seed: equal seeds draw the same prompts.
  package init(drawing candidates: [CorpusPrompt], limit: Int?, seed: UInt64) {
    let groups = Self.distinct(candidates)
    duplicateCount = candidates.count - groups.reduce(0) { $0 + $1.prompts.count }
    let shares = Self.shares(of: max(0, limit ?? candidates.count), among: groups.map(\.prompts.count))
    let drawn = zip(groups, shares).map { group, share in
      // Each group has its own stream, so that its draw does not depend on the size of the others.
      var generator = SplitMix64(seed: seed ^ Self.stream(of: group.group))
      return Array(generator.shuffled(group.prompts).prefix(share))
    }
    prompts = Self.interleave(drawn)
    digest = Self.digest(of: prompts)
  }

  /// The groups in order, with the distinct prompts of each.
  private static func distinct(_ candidates: [CorpusPrompt]) -> [(group: CorpusGroup, prompts: [CorpusPrompt])] {
    var groups: [CorpusGroup] = [.domain, .baseline]
    for prompt in candidates where !groups.contains(prompt.group) { groups.append(prompt.group) }
    var seen: Set<[[UInt8]]> = []
    // Compare bytes: Swift's strings also equal other encodings of the same characters, which give other tokens.
    func identity(_ prompt: CorpusPrompt) -> [[UInt8]] {
      ([prompt.text, prompt.answerPrefix, "\(prompt.contrast.count)"] + prompt.targetTokens + prompt.contrast)
        .map { Array($0.utf8) }
    }
    return groups.map { group in
      (group, candidates.filter { $0.group == group && seen.insert(identity($0)).inserted })
    }
  }

  /// Returns how many prompts each group gives: one in turn, as long as it has some.
  private static func shares(of limit: Int, among available: [Int]) -> [Int] {
    var shares = available.map { _ in 0 }
    var rest = limit
    while rest > 0 {
      let open = available.indices.filter { shares[$0] < available[$0] }
      guard !open.isEmpty else { break }
      let round = max(1, min(rest / open.count, open.map { available[$0] - shares[$0] }.min() ?? 0))
      for group in open where rest >= round {
        shares[group] += round
        rest -= round
      }
    }
    return shares
  }

  private static func stream(of group: CorpusGroup) -> UInt64 {
    switch group {
    case .domain: 0
    // "baseline" in ASCII.
    case .baseline: 0x6261_7365_6C69_6E65
    // FNV-1a.
    default: group.name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
  }

  /// Merges all groups in proportion and keeps the order of each.
  private static func interleave(_ groups: [[CorpusPrompt]]) -> [CorpusPrompt] {
    var taken = groups.map { _ in 0 }
    var merged: [CorpusPrompt] = []
    for _ in 0..<groups.reduce(0, { $0 + $1.count }) {
      // Take the next prompt from the group of which the smallest share was taken (the first of several such groups).
      var next: Int?
      for group in groups.indices where taken[group] < groups[group].count {
        guard let best = next else {
          next = group
          continue
        }
        if taken[group] * groups[best].count < taken[best] * groups[group].count { next = group }
      }
      guard let next else { break }
      merged.append(groups[next][taken[next]])
      taken[next] += 1
    }
    return merged
  }

  private static func digest(of prompts: [CorpusPrompt]) -> String {
    var bytes: [UInt8] = []
    func append(_ text: String) {
      withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: text.utf8)
    }
    for prompt in prompts {
      switch prompt.group {
      case .domain: bytes.append(0)
      case .baseline: bytes.append(1)
      default:
        bytes.append(2)
        append(prompt.group.name)
      }
      append(prompt.text)
      append(prompt.answerPrefix)
      // Add nothing for prompts without one, so that their digest stays the same.
      for (kind, names) in [("target_tokens", prompt.targetTokens), ("contrast", prompt.contrast)] where !names.isEmpty
      {
        append(kind)
        for name in names { append(name) }
      }
    }
    return Digest.of(bytes).hexadecimal
  }
}

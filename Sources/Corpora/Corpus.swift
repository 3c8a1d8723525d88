// autointerp
// The prompts of a run: drawn by a seed, in an order that makes early results representative.
// SPDX-License-Identifier: Apache-2.0

internal import CSodium

/// The prompts of a run, numbered by their place, and their digest.
package struct Corpus: Sendable {
  package let prompts: [CorpusPrompt]
  /// BLAKE2b-256 of all prompts in order, in hexadecimal.
  package let digest: String
  /// Prompts that were left out because the same prompt stood earlier.
  package let duplicateCount: Int

  /// Draws a corpus.
  ///
  /// A prompt that occurs twice (same text, same answer prefix) counts once; if it is of both origins it counts as
  /// domain. Both origins are shuffled by the seed and then interleaved in proportion, so that at any moment of a run the
  /// finished part is a sample of the whole. With a limit, half of the prompts are of each origin (an odd one is domain);
  /// what one origin lacks the other fills up. A smaller limit draws a subset of what a larger one draws.
  ///
  /// - Parameters:
  ///   - candidates: in file order, which is part of what decides the draw.
  ///   - limit: how many to draw at most, nil for all.
  ///   - seed: equal seeds draw equally.
  package init(drawing candidates: [CorpusPrompt], limit: Int?, seed: UInt64) {
    let (domain, baseline, duplicateCount) = Self.distinct(candidates)
    let limit = max(0, limit ?? candidates.count)
    let domainCount: Int
    if limit >= domain.count + baseline.count {
      domainCount = domain.count
    } else {
      domainCount = min(domain.count, max(limit - limit / 2, limit - baseline.count))
    }
    let baselineCount = min(baseline.count, limit - domainCount)
    var generator = SeededGenerator(seed: seed)
    let drawnDomain = generator.shuffled(domain).prefix(domainCount)
    // Its own stream, so that the baseline drawn does not depend on how many domain prompts there are.
    generator = SeededGenerator(seed: seed ^ 0x6261_7365_6C69_6E65)
    let drawnBaseline = generator.shuffled(baseline).prefix(baselineCount)
    prompts = Self.interleave(Array(drawnDomain), Array(drawnBaseline))
    digest = Self.digest(of: prompts)
    self.duplicateCount = duplicateCount
  }

  private static func distinct(
    _ candidates: [CorpusPrompt]
  ) -> (domain: [CorpusPrompt], baseline: [CorpusPrompt], duplicateCount: Int) {
    var seen: Set<[String]> = []
    func firsts(of origin: CorpusOrigin) -> [CorpusPrompt] {
      candidates.filter { $0.origin == origin && seen.insert([$0.text, $0.answerPrefix]).inserted }
    }
    let domain = firsts(of: .domain)
    let baseline = firsts(of: .baseline)
    return (domain, baseline, candidates.count - domain.count - baseline.count)
  }

  /// Merges both in proportion, each in its order.
  private static func interleave(_ first: [CorpusPrompt], _ second: [CorpusPrompt]) -> [CorpusPrompt] {
    var merged: [CorpusPrompt] = []
    merged.reserveCapacity(first.count + second.count)
    var (i, j) = (0, 0)
    while i < first.count || j < second.count {
      // The next is from the one of which the smaller share has been taken.
      if j == second.count || (i < first.count && i * second.count <= j * first.count) {
        merged.append(first[i])
        i += 1
      } else {
        merged.append(second[j])
        j += 1
      }
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
      bytes.append(prompt.origin.rawValue)
      append(prompt.text)
      append(prompt.answerPrefix)
    }
    var digest = [UInt8](repeating: 0, count: 32)
    let status = crypto_generichash(&digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
    precondition(status == 0, "BLAKE2b accepts any input with a 32-byte digest")
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

// autointerp
// `SpotCheckVotes` holds what several keys say about one prompt, and decides which result has the majority.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas

/// The results of one prompt by different keys. One of them, the result, is in the statistics.
struct SpotCheckVotes: Sendable {
  struct Vote: Sendable {
    let author: StoredAuthor
    let digest: DeltaDigest
    var milliseconds: Int64 = 0
  }

  enum Verdict: Equatable, Sendable {
    /// Only one key has computed the prompt.
    case unchecked
    /// All say the same.
    case agreed
    /// They differ, and none has a majority.
    case undecided
    /// They differ, and two keys, more than say anything else, say this.
    case decided(DeltaDigest)
  }

  /// After this many failed attempts nobody of a voice is asked for the prompt again.
  private static let maximumFailures = 2

  /// The digest of what is in the statistics.
  private(set) var result: DeltaDigest
  private(set) var votes: [Vote]
  private var failures: [Voice: Int] = [:]

  init(result: DeltaDigest, by author: StoredAuthor) {
    self.result = result
    votes = [Vote(author: author, digest: result)]
  }

  mutating func add(_ vote: Vote) { votes.append(vote) }

  /// The statistics have this result from now on.
  mutating func setResult(_ digest: DeltaDigest) { result = digest }

  mutating func fail(_ voice: Voice) { failures[voice, default: 0] += 1 }

  var verdict: Verdict {
    guard votes.count > 1 else { return .unchecked }
    if votes.allSatisfy({ $0.digest == votes[0].digest }) { return .agreed }
    // Who has one key at two addresses has one vote, except where everybody has the same key.
    let isOneKey = Set(votes.map(\.author.key)).count == 1
    var voters: [DeltaDigest: Set<String>] = [:]
    for vote in votes {
      let author = vote.author
      let voter = author.key.map { isOneKey ? author.address ?? "" : $0 } ?? author.worker
      voters[vote.digest, default: []].insert(voter)
    }
    let most = voters.values.map(\.count).max() ?? 0
    let leading = voters.filter { $0.value.count == most }.keys
    if most > 1, leading.count == 1, let winner = leading.first { return .decided(winner) }
    return .undecided
  }

  /// True if another key should compute the prompt.
  var isOpen: Bool {
    switch verdict {
    case .unchecked, .undecided: true
    case .agreed, .decided: false
    }
  }

  /// True if this worker may compute the prompt as well. Another kernel rounds differently. `isSoleKey` says that all
  /// workers have the same key, so that addresses must tell them apart.
  func admits(_ author: StoredAuthor, isSoleKey: Bool) -> Bool {
    guard isOpen, failures[author.voice] ?? 0 < Self.maximumFailures else { return false }
    return votes.allSatisfy { vote in
      vote.author.computeKernel == author.computeKernel && vote.author.voice != author.voice
        && (isSoleKey || author.key == nil || vote.author.key != author.key)
    }
  }

  /// Those who say something else than this.
  func opponents(of digest: DeltaDigest) -> [StoredAuthor] {
    votes.filter { $0.digest != digest }.map(\.author)
  }

  /// Those who say this.
  func supporters(of digest: DeltaDigest) -> [StoredAuthor] {
    votes.filter { $0.digest == digest }.map(\.author)
  }
}

extension StoredAuthor {
  var voice: Voice { key.map { .sender(StoredSender(key: $0, address: address ?? "")) } ?? .name(worker) }

  /// For example `node-1 (key abc, from 10.0.0.1)`.
  var text: String { key.map { "\(worker) (key \($0), from \(address ?? "unknown"))" } ?? worker }
}

// autointerp
// `SpotChecks` chooses the prompts of a run that a second key computes as well, and keeps count of them.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import DequeModule
internal import Platform

/// The spot checks of one run. Seed and number of a prompt decide alone whether it is checked, so that a run has the same
/// checks in any fleet. Nothing here decides about leases or writes.
struct SpotChecks: Sendable {
  /// Prompts that await a check, by the voice that has computed them.
  private struct Group: Sendable {
    let voice: Voice
    let key: String?
    var prompts: Deque<Int32> = []
  }

  /// How many prompts of a queue are searched for one that a worker may check.
  private static let reach = 64

  let share: Double
  private let chosen: Set<Int32>
  /// The chosen prompts that have a result.
  private var votes: [Int32: SpotCheckVotes] = [:]
  private var underWay: Set<Int32> = []
  private(set) var openCount = 0
  private(set) var agreedCount = 0
  /// The prompts about which keys disagree or disagreed, and those among them that are not decided.
  private(set) var disagreed: Set<Int32> = []
  private(set) var undecided: Set<Int32> = []
  /// How many results there are beside the first ones, and their compute time.
  private(set) var extra: (count: Int, milliseconds: Int64) = (0, 0)
  private var groups: [Group] = []
  private var places: [Voice: Int] = [:]
  private var disputes: Deque<Int32> = []
  /// Results that are on their way to the disk.
  private(set) var writing: [Fence: (worker: WorkerID, byteCount: Int)] = [:]
  /// True if nobody is left who could make the open checks.
  private(set) var hasGivenUp = false
  /// Since when nothing but checks is left and nobody makes one.
  private var idleSince: Duration?

  init(share: Double, seed: UInt64, promptCount: Int) {
    self.share = share
    chosen =
      share > 0 ? Set((0..<Int32(promptCount)).filter { Self.chooses($0, share: share, seed: seed) }) : []
  }

  /// True for a share of all prompts.
  static func chooses(_ prompt: Int32, share: Double, seed: UInt64) -> Bool {
    let key = Array("autointerp spot check ".utf8) + withUnsafeBytes(of: seed.littleEndian) { Array($0) }
    let digest = Digest.of(withUnsafeBytes(of: prompt.littleEndian) { Array($0) }, byteCount: 16, key: key)
    let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Double(number >> 11) * 0x1p-53 < share
  }

  var isOff: Bool { chosen.isEmpty }
  var chosenCount: Int { chosen.count }
  var underWayCount: Int { underWay.count }
  /// How many checks nobody makes now.
  var waitingCount: Int { openCount - underWay.count }
  /// True if no open check keeps the run from being complete.
  var isSettled: Bool { hasGivenUp || openCount == 0 }
  /// True if checks are left and nobody makes one.
  var isIdle: Bool { idleSince != nil }

  subscript(prompt: Int32) -> SpotCheckVotes? { votes[prompt] }

  // MARK: Results

  /// Notes the first result of a prompt.
  mutating func store(_ result: DeltaDigest, of prompt: Int32, by author: StoredAuthor) {
    guard chosen.contains(prompt) else { return }
    change(prompt) { $0 = SpotCheckVotes(result: result, by: author) }
    enqueue(prompt)
  }

  /// Notes another key's result of a prompt and returns what follows.
  mutating func add(
    _ digest: DeltaDigest, of prompt: Int32, by author: StoredAuthor, milliseconds: Int64
  ) -> SpotCheckVotes.Verdict {
    change(prompt) { $0?.add(.init(author: author, digest: digest, milliseconds: milliseconds)) }
    extra.count += 1
    extra.milliseconds.addSaturating(milliseconds)
    guard let verdict = votes[prompt]?.verdict else { return .unchecked }
    // One whose lease still counts as under way comes back when that ends.
    if verdict == .undecided, !underWay.contains(prompt), !disputes.contains(prompt) { disputes.append(prompt) }
    return verdict
  }

  /// Notes that the statistics now have this result of the prompt.
  mutating func setResult(_ digest: DeltaDigest, of prompt: Int32) { votes[prompt]?.setResult(digest) }

  /// Forgets what is known of a prompt whose results are discarded.
  mutating func forget(_ prompt: Int32) {
    for vote in votes[prompt]?.votes.dropFirst() ?? [] {
      extra.count -= 1
      extra.milliseconds -= vote.milliseconds
    }
    change(prompt) { $0 = nil }
  }

  /// The prompts that one of these workers has checked or computed, except where it was outvoted: there nothing of it is in
  /// the statistics, and what it said is evidence.
  func prompts(by isMeant: (StoredAuthor) -> Bool) -> Set<Int32> {
    let meant = votes.filter { _, known in
      let own = known.votes.filter { isMeant($0.author) }
      let isOutvoted = known.verdict == .decided(known.result) && own.allSatisfy { $0.digest != known.result }
      return !own.isEmpty && !isOutvoted
    }
    return Set(meant.keys)
  }

  /// Changes what is known of a prompt, and the counts with it.
  private mutating func change(_ prompt: Int32, _ body: (inout SpotCheckVotes?) -> Void) {
    count(prompt, by: -1)
    body(&votes[prompt])
    count(prompt, by: 1)
  }

  private mutating func count(_ prompt: Int32, by step: Int) {
    guard let verdict = votes[prompt]?.verdict else { return }
    func mark(_ prompts: inout Set<Int32>) {
      if step > 0 { prompts.insert(prompt) } else { prompts.remove(prompt) }
    }
    switch verdict {
    case .unchecked: openCount += step
    case .agreed: agreedCount += step
    case .undecided:
      openCount += step
      mark(&undecided)
      mark(&disagreed)
    case .decided: mark(&disagreed)
    }
  }

  // MARK: Work

  /// A prompt that this worker may check; nil if there is none. Disagreements come first. `isSoleKey` says that all workers
  /// have the same key, so that their addresses count instead. O(voices)
  mutating func next(for author: StoredAuthor, isSoleKey: Bool) -> Int32? {
    guard waitingCount > 0 else { return nil }
    dropStale()
    return find(for: author, isSoleKey: isSoleKey)
  }

  private func find(for author: StoredAuthor, isSoleKey: Bool) -> Int32? {
    func first(in queue: Deque<Int32>) -> Int32? {
      queue.prefix(Self.reach).first { isWaiting($0) && votes[$0]?.admits(author, isSoleKey: isSoleKey) == true }
    }
    if let prompt = first(in: disputes) { return prompt }
    for group in groups where group.voice != author.voice && (isSoleKey || group.key == nil || group.key != author.key)
    {
      if let prompt = first(in: group.prompts) { return prompt }
    }
    return nil
  }

  private func isWaiting(_ prompt: Int32) -> Bool { votes[prompt]?.isOpen == true && !underWay.contains(prompt) }

  /// Removes prompts at the heads of the queues that await nothing there. One with two results belongs to the disputes.
  private mutating func dropStale() {
    while let first = disputes.first, !isWaiting(first) { disputes.removeFirst() }
    for i in groups.indices {
      while let first = groups[i].prompts.first, !isWaiting(first) || isDisputed(first) {
        groups[i].prompts.removeFirst()
      }
    }
  }

  private func isDisputed(_ prompt: Int32) -> Bool { votes[prompt].map { $0.votes.count > 1 } ?? false }

  /// True if this worker could check a prompt that nobody checks now.
  func hasWork(for author: StoredAuthor) -> Bool { waitingCount > 0 && find(for: author, isSoleKey: false) != nil }

  /// Notes that a worker computes the prompt for a check. It leaves its queue, and comes back when the lease ends without a
  /// result.
  mutating func begin(_ prompt: Int32) {
    underWay.insert(prompt)
    idleSince = nil
    func remove(from queue: inout Deque<Int32>) {
      if let place = queue.prefix(Self.reach).firstIndex(of: prompt) { queue.remove(at: place) }
    }
    if isDisputed(prompt) { return remove(from: &disputes) }
    if let voice = votes[prompt]?.votes.first?.author.voice, let place = places[voice] {
      remove(from: &groups[place].prompts)
    }
  }

  /// Notes that a lease for a check ended, with or without a result.
  mutating func end(_ prompt: Int32) {
    underWay.remove(prompt)
    if isWaiting(prompt) { enqueue(prompt) }
  }

  /// Notes that a worker of this voice could not check the prompt.
  mutating func fail(_ prompt: Int32, _ voice: Voice) { votes[prompt]?.fail(voice) }

  private mutating func enqueue(_ prompt: Int32) {
    guard let author = votes[prompt]?.votes.first?.author else { return }
    if isDisputed(prompt) { return disputes.append(prompt) }
    let place =
      places[author.voice]
      ?? {
        groups.append(Group(voice: author.voice, key: author.key))
        places[author.voice] = groups.count - 1
        return groups.count - 1
      }()
    groups[place].prompts.append(prompt)
  }

  // MARK: Giving up

  /// Gives up the open checks if nothing else was left for `patience` and nobody could make one. Returns false if there is
  /// no reason to.
  mutating func giveUp(ifIdle isIdle: Bool, for patience: Duration, now: Duration) -> Bool {
    guard isIdle, waitingCount > 0, underWay.isEmpty, !hasGivenUp else {
      idleSince = nil
      return false
    }
    guard let since = idleSince else {
      idleSince = now
      return false
    }
    guard now - since >= patience else { return false }
    giveUp()
    return true
  }

  mutating func giveUp() { (hasGivenUp, idleSince) = (true, nil) }

  /// Leaves out the time in which the coordinator itself stood still.
  mutating func forgive(_ absence: Duration) { idleSince = idleSince.map { $0 + absence } }

  /// The run goes on, so that its open checks can be made.
  mutating func resume() { (hasGivenUp, idleSince) = (false, nil) }

  // MARK: The disk

  func isWriting(_ fence: Fence) -> Bool { writing[fence] != nil }

  mutating func write(_ fence: Fence, of worker: WorkerID, byteCount: Int) { writing[fence] = (worker, byteCount) }

  /// Notes that the result of this grant is on the disk. Returns who waits for that.
  mutating func written(_ fence: Fence) -> (worker: WorkerID, byteCount: Int)? { writing.removeValue(forKey: fence) }
}

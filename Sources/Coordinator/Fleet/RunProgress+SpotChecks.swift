// autointerp
// `RunProgress` takes second results of its prompts and puts the majority's result into the place of a wrong one.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol

extension RunProgress {
  /// The checks as they follow from what is stored.
  static func checks(_ stored: StoredRun) -> SpotChecks {
    let specification = stored.specification
    var checks = SpotChecks(
      share: specification.spotCheckShare, seed: specification.seed, promptCount: specification.prompts.count)
    guard !checks.isOff else { return checks }
    for (prompt, digest) in stored.ledger.digests.sorted(by: { $0.key < $1.key }) {
      guard let author = stored.ledger.authors[prompt] else { continue }
      checks.store(DeltaDigest(digest), of: prompt, by: author)
    }
    for check in stored.ledger.checks where checks[check.prompt] != nil {
      _ = checks.add(
        DeltaDigest(check.digest), of: check.prompt, by: check.author, milliseconds: check.computeMilliseconds)
    }
    return checks
  }

  /// Takes another key's result of a prompt that is done, and returns what follows. If the result in the statistics is in
  /// the minority, this one takes its place.
  mutating func check(
    _ delta: CheckedDelta, of worker: WorkerRecord, _ id: WorkerID, now: Duration
  ) -> SpotCheckVotes.Verdict {
    let prompt = delta.fence.prompt
    let verdict = checks.add(
      delta.digest, of: prompt, by: worker.author, milliseconds: delta.computeMilliseconds)
    checks.write(delta.fence, of: id, byteCount: delta.payload.count)
    introduce(worker.hello, now: now)
    let isReplacement = verdict == .decided(delta.digest) && digests[prompt] != delta.digest
    if isReplacement { replace(delta, by: worker.author) }
    storage.append(
      .check(
        delta, worker: worker.name, sender: StoredSender(worker.peer), computeKernel: worker.hello.computeKernel,
        isReplacement ? .replacement : delta.digest == digests[prompt] ? .agreement : .disagreement))
    return verdict
  }
}

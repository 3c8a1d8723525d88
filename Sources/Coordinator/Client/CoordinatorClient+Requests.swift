// autointerp
// The requests of a client, each as a call.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

extension CoordinatorClient {
  /// Half of what a frame to a coordinator holds.
  private static let submissionPieceBytes = FrameLimits.maximumFrameBytes / 2

  /// Queues a run, or resumes the one with this specification; returns its name and what was done before. What is too
  /// large for a frame goes in pieces, and is queued when all of them are there.
  package func submit(_ specification: RunSpecification) async throws -> (run: String, finishedPrompts: Int) {
    do { try specification.checkFitsFrames() } catch { throw CoordinatorError.refused(reason: "\(error)") }
    let bytes = specification.submission()
    guard RunSpecification.fitsFrame(submission: bytes) else { return try await submit(bytes, of: specification) }
    let request = ClientRequest.submit(specification)
    guard case .submitted(let run, let finishedPrompts) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return (run, finishedPrompts)
  }

  private func submit(
    _ bytes: [UInt8], of specification: RunSpecification
  ) async throws -> (run: String, finishedPrompts: Int) {
    let digest = DeltaDigest(of: bytes).bytes
    var offset = 0
    // The coordinator says where to go on; one that was started anew, or whose last answer was lost, has nothing. A few
    // beginnings are enough for all that.
    for _ in 0..<8 * (1 + bytes.count / Self.submissionPieceBytes) {
      let piece = Array(bytes[offset..<min(bytes.count, offset + Self.submissionPieceBytes)])
      let request = ClientRequest.submitPiece(
        SubmissionPiece(
          digest: digest, offset: Int64(offset), totalBytes: Int64(bytes.count), bytes: piece))
      switch try await self.request(request) {
      case .submitted(let run, let finishedPrompts): return (run, finishedPrompts)
      case .submitting(let received) where (0..<Int64(bytes.count)).contains(received): offset = Int(received)
      default: throw CoordinatorError.unexpectedAnswer(request: request.title)
      }
    }
    throw CoordinatorError.unexpectedAnswer(request: ClientRequest.submit(specification).title)
  }

  package func status() async throws -> FleetStatus {
    guard case .status(let status) = try await request(.status) else {
      throw CoordinatorError.unexpectedAnswer(request: ClientRequest.status.title)
    }
    return status
  }

  /// Ends a run where it stands; returns what became of the order, once that is on the disk.
  @discardableResult
  package func cancel(run: String) async throws -> OrderOutcome { try await order(.cancel(run: run)) }

  /// Puts the quarantined prompts of a run back into its queue; returns what became of the order, once that is on the
  /// disk.
  @discardableResult
  package func retry(run: String) async throws -> OrderOutcome { try await order(.retry(run: run)) }

  private func order(_ request: ClientRequest) async throws -> OrderOutcome {
    guard case .done(let outcome) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return outcome
  }

  /// All quarantined prompts of a run with all of their errors, in pages; a status has only the first of them.
  package func quarantine(of run: String) async throws -> [QuarantinedPrompt] {
    var prompts: [QuarantinedPrompt] = []
    while true {
      let request = ClientRequest.quarantine(run: run, from: prompts.last.map { $0.prompt + 1 } ?? 0)
      guard case .quarantine(let page, let isLast) = try await self.request(request),
        page.allSatisfy({ (prompts.last?.prompt ?? -1) < $0.prompt && $0.prompt < .max }), isLast || !page.isEmpty
      else { throw CoordinatorError.unexpectedAnswer(request: request.title) }
      prompts += page
      if isLast { return prompts }
    }
  }

  /// Fetches the edge-statistics JSON of a run, in pieces of one making.
  package func export(run: String) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    var making: Int64?
    // An export that is made anew between two pieces is fetched from its beginning; a run that changes all the time does
    // not keep us for ever.
    for _ in 0..<100_000 {
      let request = ClientRequest.export(run: run, offset: Int64(bytes.count))
      guard case .exported(let piece, let offset, let totalBytes, let generation) = try await self.request(request),
        offset == bytes.count, !piece.isEmpty || bytes.count == totalBytes
      else { throw CoordinatorError.unexpectedAnswer(request: request.title) }
      if let known = making, known != generation {
        making = nil
        bytes = []
        continue
      }
      making = generation
      bytes.reserveCapacity(Int(clamping: min(totalBytes, 1 << 32)))
      bytes += piece
      if bytes.count == totalBytes { return bytes }
    }
    throw CoordinatorError.unexpectedAnswer(request: "the export of run \(run)")
  }

  /// The summary of a run for people; `seconds` is the time that it says the run took.
  package func summary(of run: String, seconds: Double?) async throws -> String {
    let request = ClientRequest.summary(run: run, seconds: seconds)
    guard case .summary(let text) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return text
  }

  /// Does `body` until it gets an answer: a coordinator that is away for an hour comes back with everything it had.
  ///
  /// - Parameters:
  ///   - onSilence: Told when there was no answer, the first time and then at growing intervals.
  ///   - body: Requests that may be repeated.
  /// - Returns: What `body` returns.
  /// - Throws: what `body` throws, but `noAnswer`.
  package func persistently<Result: Sendable>(
    onSilence: @Sendable (CoordinatorError) async -> Void,
    _ body: @Sendable (CoordinatorClient) async throws -> Result
  ) async throws -> Result {
    var silences = 0
    while true {
      do {
        return try await body(self)
      } catch let error as CoordinatorError {
        guard case .noAnswer = error else { throw error }
        silences += 1
        if silences & (silences - 1) == 0 { await onSilence(error) }
      }
    }
  }

  /// Looks at a run every `interval`, and ten times as often when it is about to end, until it is complete or cancelled.
  /// A coordinator that does not answer is waited for.
  ///
  /// - Parameters:
  ///   - run: The run's name.
  ///   - interval: Time between looks.
  ///   - onSilence: Told when there was no answer, the first time and then at growing intervals.
  ///   - onStatus: Told of every look.
  /// - Returns: The run's status when it was complete.
  /// - Throws: `CoordinatorError.cancelled`, `unknownRun`, and as `request`, but not `noAnswer`.
  package func waitForCompletion(
    of run: String, every interval: Duration = .seconds(1),
    onSilence: @Sendable (CoordinatorError) async -> Void = { _ in },
    onStatus: @Sendable (FleetStatus) async -> Void = { _ in }
  ) async throws -> RunStatus {
    while true {
      let fleet = try await persistently(onSilence: onSilence) { try await $0.status() }
      await onStatus(fleet)
      guard let status = fleet.runs.first(where: { $0.name == run }) else {
        // Started anew, and not able to open every run yet.
        guard fleet.counters.runsUnusable > 0 else { throw CoordinatorError.unknownRun(run) }
        try await Task.sleep(for: interval)
        continue
      }
      switch status.state {
      case .complete: return status
      case .cancelled: throw CoordinatorError.cancelled(run: run)
      case .queued, .active:
        let isAboutToEnd = status.secondsLeft.map { $0 < 2 * (interval / .seconds(1)) } ?? false
        try await Task.sleep(for: isAboutToEnd ? interval / 10 : interval)
      }
    }
  }
}

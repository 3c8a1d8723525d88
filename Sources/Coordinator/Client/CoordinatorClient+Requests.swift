// autointerp
// `CoordinatorClient` offers each request as a method: submit, status, cancel, retry, export, summary.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol
internal import Platform

extension CoordinatorClient {
  /// Half of what a frame to a coordinator may hold.
  private static let submissionPieceBytes = FrameLimits.maximumFrameBytes / 2

  /// Queues a run, or resumes the one with this specification. Returns its name and how many prompts were done before.
  /// A run that is too large for one frame is sent in pieces and queued when all have arrived.
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
    // The coordinator says where to continue. After a restart, or if its last answer was lost, it has nothing, so the
    // upload begins again. The loop allows for a few such beginnings.
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

  /// Cancels a run. Returns the outcome once it is on disk.
  @discardableResult
  package func cancel(run: String) async throws -> OrderOutcome { try await order(.cancel(run: run)) }

  /// Puts the quarantined prompts of a run back into its queue. Returns the outcome once it is on disk.
  @discardableResult
  package func retry(run: String) async throws -> OrderOutcome { try await order(.retry(run: run)) }

  /// Takes back what workers with this key or name did and failed in a run. Returns the outcome once it is durable.
  @discardableResult
  package func discard(run: String, key: String?, worker: String?) async throws -> OrderOutcome {
    try await order(.discard(run: run, key: key, worker: worker))
  }

  private func order(_ request: ClientRequest) async throws -> OrderOutcome {
    guard case .done(let outcome) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return outcome
  }

  /// Fetches all quarantined prompts of a run with all of their errors, page by page. A status has only the first of
  /// them.
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

  /// The status of a run whose file is open. Waits while the coordinator still reads or waits for the run's file.
  ///
  /// - Throws: `CoordinatorError.storage` with the reason why the run cannot be used, `unknownRun`.
  package func openRun(
    _ run: String, every interval: Duration = .seconds(1), onWait: @Sendable (ClosedRun) async -> Void = { _ in }
  ) async throws -> RunStatus {
    var isFirst = true
    while true {
      switch try await status().standing(of: run) {
      case .open(let status): return status
      case .notYet(let closed): if isFirst { await onWait(closed) }
      }
      isFirst = false
      try await Task.sleep(for: interval)
    }
  }

  /// Fetches the edge-statistics JSON of a run. It waits as long as the coordinator answers, however long the making
  /// takes. All pieces belong to the same export.
  package func export(run: String) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    var making: Int64?
    // If the export is made again between two pieces, start again at its beginning. The bound ends this for a run that
    // changes all the time.
    var beginnings = 0
    while beginnings < 1000 {
      let request = ClientRequest.export(run: run, offset: Int64(bytes.count))
      guard case .exported(let piece, let offset, let totalBytes, let generation) = try await self.request(request),
        offset == bytes.count
      else { throw CoordinatorError.unexpectedAnswer(request: request.title) }
      if let known = making, known != generation {
        beginnings += 1
        (making, bytes) = (nil, [])
        continue
      }
      if piece.isEmpty, totalBytes == nil { continue }
      making = generation
      bytes += piece
      guard let totalBytes else { continue }
      if bytes.count == totalBytes { return bytes }
      guard bytes.count < totalBytes, !piece.isEmpty else {
        throw CoordinatorError.unexpectedAnswer(request: request.title)
      }
    }
    throw CoordinatorError.unexpectedAnswer(request: "the export of run \(run)")
  }

  /// Fetches the readable summary of a run. `seconds` is the duration that it shows.
  package func summary(of run: String, seconds: Double?) async throws -> String {
    let request = ClientRequest.summary(run: run, seconds: seconds)
    guard case .summary(let text) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return text
  }

  /// Repeats `body` until it gets an answer, because a coordinator that returns after an hour still has everything.
  ///
  /// - Parameters:
  ///   - onSilence: called when there was no answer, at first at once and then at growing intervals.
  ///   - body: requests that may be repeated.
  /// - Returns: the value of `body`.
  /// - Throws: the errors of `body`, except `noAnswer`.
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

  /// Polls a run every `interval`, and ten times as often when it is about to end, until it is complete or cancelled.
  /// Waits for a coordinator that does not answer.
  ///
  /// - Parameters:
  ///   - run: the run's name.
  ///   - interval: the time between polls.
  ///   - onSilence: called when there was no answer, at first at once and then at growing intervals.
  ///   - onStatus: called with every status.
  /// - Returns: the run's status when it was complete.
  /// - Throws: `CoordinatorError.cancelled`, `unknownRun`, and the errors of `request` except `noAnswer`.
  package func waitForCompletion(
    of run: String, every interval: Duration = .seconds(1),
    onSilence: @Sendable (CoordinatorError) async -> Void = { _ in },
    onStatus: @Sendable (FleetStatus) async -> Void = { _ in }
  ) async throws -> RunStatus {
    while true {
      let fleet = try await persistently(onSilence: onSilence) { try await $0.status() }
      await onStatus(fleet)
      guard case .open(let status) = try fleet.standing(of: run) else {
        // The coordinator has restarted and cannot open the run yet.
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

extension FleetStatus {
  fileprivate enum Standing {
    case open(RunStatus)
    /// Its file is being read, or waits for room on the disk.
    case notYet(ClosedRun)
  }

  /// - Throws: `CoordinatorError.storage` with the reason why the run cannot be used, `unknownRun`.
  fileprivate func standing(of run: String) throws(CoordinatorError) -> Standing {
    if let status = runs.first(where: { $0.name == run }) { return .open(status) }
    guard let closed = closedRun(run) else { throw .unknownRun(run) }
    guard closed.kind != .unusable else { throw .storage(run: run, reason: closed.reason) }
    return .notYet(closed)
  }
}

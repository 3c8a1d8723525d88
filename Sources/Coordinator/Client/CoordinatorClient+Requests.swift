// autointerp
// The requests of a client, each as a call.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
package import ClusterProtocol

extension CoordinatorClient {
  /// Queues a run, or resumes the one with this specification; returns its name and what was done before.
  package func submit(_ specification: RunSpecification) async throws -> (run: String, finishedPrompts: Int) {
    do { try specification.checkFitsFrames() } catch { throw CoordinatorError.refused(reason: "\(error)") }
    let request = ClientRequest.submit(specification)
    guard case .submitted(let run, let finishedPrompts) = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
    }
    return (run, finishedPrompts)
  }

  package func status() async throws -> FleetStatus {
    guard case .status(let status) = try await request(.status) else {
      throw CoordinatorError.unexpectedAnswer(request: ClientRequest.status.title)
    }
    return status
  }

  package func cancel(run: String) async throws { try await command(.cancel(run: run)) }

  package func retry(run: String) async throws { try await command(.retry(run: run)) }

  private func command(_ request: ClientRequest) async throws {
    guard case .done = try await self.request(request) else {
      throw CoordinatorError.unexpectedAnswer(request: request.title)
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

  /// Looks at a run every `interval`, and ten times as often when it is about to end, until it is complete or cancelled.
  ///
  /// - Parameters:
  ///   - run: The run's name.
  ///   - interval: Time between looks.
  ///   - onStatus: Told of every look.
  /// - Returns: The run's status when it was complete.
  /// - Throws: `CoordinatorError.cancelled`, `unknownRun`, and as `request`.
  package func waitForCompletion(
    of run: String, every interval: Duration = .seconds(1),
    onStatus: @Sendable (FleetStatus) async -> Void = { _ in }
  ) async throws -> RunStatus {
    while true {
      let fleet = try await status()
      await onStatus(fleet)
      guard let status = fleet.runs.first(where: { $0.name == run }) else { throw CoordinatorError.unknownRun(run) }
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

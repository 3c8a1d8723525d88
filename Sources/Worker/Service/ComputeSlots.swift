// autointerp
// `ComputeSlots` runs the threads on which prompts are computed.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Dispatch
internal import Platform
internal import Synchronization

/// One dedicated thread per slot. Each thread takes one lease at a time.
final class ComputeSlots: Sendable {
  typealias Completion = @Sendable (Fence, LeaseOutcome) -> Void

  private struct Queue {
    var waiting: [(lease: CoordinatorMessage.Lease, progress: ProgressCounter)] = []
    var underWay: [Fence: ProgressCounter] = [:]
    var isStopped = false
  }

  private let queue = Mutex(Queue())
  private let available = DispatchSemaphore(value: 0)
  private let count: Int

  /// - Parameters:
  ///   - count: Number of threads.
  ///   - attributor: Does the work.
  ///   - onFinish: Called on the thread that finished.
  /// - Throws: `PlatformError.system` when a thread cannot be started.
  init(count: Int, attributor: any PromptAttributing, onFinish: @escaping Completion) throws {
    self.count = count
    for number in 0..<count {
      try DedicatedThread.start(name: "slot-\(number)") { [weak self] in
        while let (lease, progress) = self?.next() {
          let outcome = Self.compute(lease, progress, attributor)
          self?.forget(lease.fence)
          onFinish(lease.fence, outcome)
        }
      }
    }
  }

  func submit(_ lease: CoordinatorMessage.Lease) {
    queue.withLock { queue in
      let progress = ProgressCounter()
      queue.waiting.append((lease, progress))
      queue.underWay[lease.fence] = progress
    }
    available.signal()
  }

  /// The progress of every lease that is not finished.
  var progress: [Fence: Int64] { queue.withLock { $0.underWay.mapValues(\.value) } }

  /// Ends each thread after its current lease.
  func stop() {
    queue.withLock { $0.isStopped = true }
    for _ in 0..<count { available.signal() }
  }

  private func next() -> (CoordinatorMessage.Lease, ProgressCounter)? {
    available.wait()
    return queue.withLock { queue in
      guard !queue.isStopped, !queue.waiting.isEmpty else { return nil }
      return queue.waiting.removeFirst()
    }
  }

  private func forget(_ fence: Fence) { queue.withLock { $0.underWay[fence] = nil } }

  /// Computes one prompt and returns its encoded delta or an error.
  static func compute(
    _ lease: CoordinatorMessage.Lease, _ progress: ProgressCounter, _ attributor: any PromptAttributing
  ) -> LeaseOutcome {
    let start = ContinuousClock.now
    do {
      let delta = try attributor.attribute(lease, progress: progress)
      // Check here what the coordinator would refuse, because here the reason can still be reported.
      guard delta.prompt == lease.fence.prompt, delta.origin == lease.origin else {
        return .failed(LeaseFailure(.worker, "the attribution gave the graph of another prompt"))
      }
      try delta.validate()
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      return .computed(
        payload: delta.payload(), computeMilliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    } catch let failure as LeaseFailure {
      return .failed(failure)
    } catch {
      return .failed(LeaseFailure(.prompt, "\(error)"))
    }
  }
}

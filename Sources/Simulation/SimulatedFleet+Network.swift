// autointerp
// `SimulatedFleet` simulates the network: messages get lost, doubled, delayed or cut off.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Coordinator

extension SimulatedFleet {
  /// Schedules the delivery of a message: never, once or twice, sooner or later.
  mutating func transmit(_ event: Event, worker: Int) {
    statistics.messages += 1
    guard hasFaults else { return schedule(event, within: scenario.latency) }
    if let cut = cut(event, worker: worker) {
      count(cut)
      touch(worker)
      return trace("cut off: message of or to \(workers[worker].name)")
    }
    if random.chance(faults.loss) {
      count(.messageLost)
      touch(worker)
      return trace("lost: message of or to \(workers[worker].name)")
    }
    if random.chance(faults.duplication) {
      count(.messageDoubled)
      schedule(event, after: travelTime(worker))
    }
    schedule(event, after: travelTime(worker))
  }

  private func cut(_ event: Event, worker: Int) -> Occurrence? {
    for partition in faults.partitions where partition.span.contains(phaseTime) && partition.workers.contains(worker) {
      switch (partition.direction, event) {
      case (.bothWays, _): return .messageCut
      case (.toWorkers, .toWorker): return .messageCutToWorker
      case (.toCoordinator, .toCoordinator): return .messageCutToCoordinator
      default: continue
      }
    }
    return nil
  }

  private mutating func travelTime(_ worker: Int) -> SimulatedTime {
    guard random.chance(faults.delay) else { return random.time(in: scenario.latency) }
    count(.messageLate)
    let time = random.time(in: 0...faults.longDelay)
    touch(worker, until: now + time)
    return time
  }

  /// From now, or until that time, a fault may explain what the coordinator thinks of the worker.
  mutating func touch(_ worker: Int, until time: SimulatedTime? = nil) {
    workers[worker].touchedAt = max(workers[worker].touchedAt, time ?? now)
  }

  mutating func touchEverybody() {
    for worker in workers.indices { touch(worker) }
  }

  func summary(_ message: WorkerMessage) -> String {
    switch message {
    case .hello(let hello): "hello \(hello.worker) \(hello.incarnation % 1000)"
    case .delta(let report): "delta \(name(report.fence))"
    case .failed(let report): "failed \(name(report.fence))"
    case .heartbeat(let beat): "heartbeat " + beat.slots.map { "\(name($0.fence)) \($0.phase)" }.joined(separator: ", ")
    case .model: "model"
    case .ready(let credit): "ready \(credit)"
    case .goodbye(let reason): "goodbye: \(reason)"
    }
  }

  func summary(_ message: CoordinatorMessage) -> String {
    switch message {
    case .lease(let lease): "lease \(name(lease.fence))"
    case .acknowledged(let fence): "acknowledged \(name(fence))"
    case .welcome, .refused, .heartbeat, .describeModel, .unknownWorker, .drain: "\(message)"
    }
  }

  /// Run, prompt and attempt.
  private func name(_ fence: Fence) -> String { "\(fence.run.dropFirst(4)):\(fence.prompt)/\(fence.attempt)" }
}

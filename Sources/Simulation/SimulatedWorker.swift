// autointerp
// A worker's process as far as the simulation needs it.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Worker

/// One worker: its process, when there is one, and what it computes.
struct SimulatedWorker {
  struct Process {
    var machine: WorkerMachine
    let incarnation: UInt64
    /// The present connection.
    var peer: PeerID
    /// What the slots are at work on, with their progress.
    var progress: [Fence: Int64] = [:]
    /// Executions that never end.
    var hanging: Set<Fence> = []
    /// When the next tick comes.
    var tickAt: SimulatedTime?

    /// A tick of the machine, at which everything that does not hang has got on.
    mutating func tick(at now: Duration) -> [WorkerAction] {
      for fence in progress.keys where !hanging.contains(fence) { progress[fence]! += 1 }
      return machine.tick(at: now, WorkerVitals(progress: progress))
    }
  }

  let number: Int
  let slots: Int
  let isSlow: Bool
  var process: Process?
  /// Counts connections, over all processes.
  private var connections = 0

  var name: String { "worker \(number)" }

  init(number: Int, slots: Int, isSlow: Bool) {
    self.number = number
    self.slots = slots
    self.isSlow = isSlow
  }

  /// The name of a new connection, from which `number(of:)` gets back to the worker.
  mutating func connect() -> PeerID {
    connections += 1
    return PeerID(bytes: [number >> 8, number, connections >> 8, connections].map { UInt8($0 & 0xFF) })
  }

  static func number(of peer: PeerID) -> Int { Int(peer.bytes[0]) << 8 | Int(peer.bytes[1]) }
}

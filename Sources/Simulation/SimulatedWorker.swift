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
    /// Stopped until then.
    var resumesAt: SimulatedTime = 0

    /// A tick of the machine, at which everything that does not hang has got on.
    mutating func tick(at now: Duration) -> [WorkerAction] {
      for fence in progress.keys where !hanging.contains(fence) { progress[fence]! += 1 }
      return machine.tick(at: now, WorkerVitals(progress: progress))
    }
  }

  let number: Int
  let slots: Int
  let isSlow: Bool
  /// Fails everything while there are faults.
  let isFailing: Bool
  let isForeign: Bool
  let kernel: DeltaSource.Kernel
  var process: Process?
  /// The last moment at which a fault may have kept it and the coordinator from each other.
  var touchedAt: SimulatedTime = .min / 2
  /// Counts connections, over all processes.
  private var connections = 0

  let name: String
  var model: String { SimulatedRun.models[isForeign ? 1 : 0] }

  init(number: Int, slots: Int, isSlow: Bool, isFailing: Bool, isForeign: Bool, kernel: DeltaSource.Kernel) {
    self.number = number
    self.slots = slots
    self.isSlow = isSlow
    self.isFailing = isFailing
    self.isForeign = isForeign
    self.kernel = kernel
    name = "worker \(number)"
  }

  /// The name of a new connection, from which `number(of:)` gets back to the worker.
  mutating func connect() -> PeerID {
    connections += 1
    return PeerID(bytes: [number >> 8, number, connections >> 8, connections].map { UInt8($0 & 0xFF) })
  }

  static func number(of peer: PeerID) -> Int { Int(peer.bytes[0]) << 8 | Int(peer.bytes[1]) }
  static func number(named name: String) -> Int { Int(name.dropFirst("worker ".count)) ?? 0 }
}

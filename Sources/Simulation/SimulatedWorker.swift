// autointerp
// `SimulatedWorker` is a worker's process in a simulation.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport
internal import Worker

/// One worker: its process, if it runs, and what it computes.
struct SimulatedWorker {
  struct Process {
    var machine: WorkerMachine
    let incarnation: UInt64
    /// The current connection.
    var peer: PeerID
    /// The computations of the slots, with their progress.
    var progress: [Fence: Int64] = [:]
    /// Computations that never end.
    var hanging: Set<Fence> = []
    /// The time of the next tick.
    var tickAt: SimulatedTime?
    /// The process is stopped until then.
    var resumesAt: SimulatedTime = 0

    /// Gives the machine a tick. Everything that does not hang has made progress.
    mutating func tick(at now: Duration) -> [WorkerAction] {
      for fence in progress.keys where !hanging.contains(fence) { progress[fence]! += 1 }
      return machine.tick(at: now, WorkerVitals(progress: progress))
    }
  }

  let number: Int
  let slots: Int
  let isSlow: Bool
  /// True if it fails everything during faults.
  let isFailing: Bool
  let isForeign: Bool
  let kernel: DeltaSource.Kernel
  /// Nil without CURVE. The names of the Byzantine worker share one.
  let key: CurvePublicKey?
  /// True for a name of the Byzantine worker, which has no process here; see `ByzantineWorker`.
  let isByzantine: Bool
  var process: Process?
  /// The last moment at which a fault may have separated it from the coordinator.
  var touchedAt: SimulatedTime = .min / 2
  /// The last moment at which the coordinator heard of it.
  var heardAt: SimulatedTime = .min / 2
  /// When the coordinator heard of the worker for the first time after the last mishap before that.
  var heardAgainAt: SimulatedTime = .min / 2
  /// Counts the connections of all its processes.
  private var connections = 0

  let name: String
  var model: String { SimulatedRun.models[isForeign ? 1 : 0] }

  init(
    number: Int, slots: Int, isSlow: Bool = false, isFailing: Bool = false, isForeign: Bool = false,
    kernel: DeltaSource.Kernel = .usual, key: CurvePublicKey? = nil, isByzantine: Bool = false
  ) {
    self.number = number
    self.slots = slots
    self.isSlow = isSlow
    self.isFailing = isFailing
    self.isForeign = isForeign
    self.kernel = kernel
    self.key = key
    self.isByzantine = isByzantine
    name = "worker \(number)"
  }

  /// Makes a new connection. `number(of:)` finds the worker by its name.
  mutating func connect() -> PeerID {
    connections += 1
    return PeerID(
      bytes: [number >> 8, number, connections >> 8, connections].map { UInt8($0 & 0xFF) }, publicKey: key,
      address: key == nil ? "" : "address of \(key!.text)")
  }

  /// The key with this number: its digits as Z85 text, which every text of 40 digits is.
  static func key(_ number: Int) -> CurvePublicKey? {
    try? CurvePublicKey(String((String(repeating: "0", count: 40) + "\(number)").suffix(40)))
  }

  /// Whose failures count as one opinion.
  var voice: String { key?.text ?? name }

  static func number(of peer: PeerID) -> Int { Int(peer.bytes[0]) << 8 | Int(peer.bytes[1]) }
  static func number(named name: String) -> Int { Int(name.dropFirst("worker ".count)) ?? 0 }
}

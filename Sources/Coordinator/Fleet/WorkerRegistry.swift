// autointerp
// The workers a coordinator knows, by name and by connection.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport

/// Stands for a worker's name inside the machine; never used again for another name.
typealias WorkerNumber = Int

/// A prompt of a run, whatever its attempt.
struct PromptKey: Hashable, Sendable {
  var run: Int
  var prompt: Int32
}

/// One worker, across restarts of its process.
struct WorkerRecord: Sendable {
  enum Phase: Equatable, Sendable {
    case present
    /// Asked to leave.
    case draining
    /// Not heard from.
    case lost
    /// Said goodbye.
    case departed
  }

  var hello: WorkerMessage.Hello
  var peer: PeerID
  var phase = Phase.present
  var lastHeard: Duration
  /// Room for leases, as last said, less what was granted since.
  var credit = 0
  /// In the order of their grants.
  var leases: [LeaseNumber] = []
  /// Holds the suspect of a death, and nothing else until that is over.
  var isIsolated = false
  /// Is in the list of those who wait for work.
  var isWaiting = false
  /// Prompts that this process failed and nobody else did, since the last success.
  var blamed: Set<PromptKey> = []
  /// For each death since the last success a prompt that was being executed, as long as nobody else failed it: a process
  /// with many slots dies once. They outlive the process, so that a name whose processes die one after the other is set
  /// aside.
  var deaths: Set<PromptKey> = []
  var lastBlamed = Duration.zero
  /// Prompts suspected because it fell silent; taken back when the same process returns.
  var silentSuspicions: Set<PromptKey> = []
  /// What it is at work on without a lease, with the last progress and when that was new.
  var unleased: [Fence: (progress: Int64, since: Duration)] = [:]
  /// Processes that another one with the same name replaced, newest last.
  var superseded: [UInt64] = []
  var returnsOfSuperseded = 0
  var done = 0
  var failed = 0
  var residentBytes: Int64 = 0
  var rate = RateMeter()

  var blameCount: Int { blamed.count + deaths.count { !blamed.contains($0) } }
  var isPresent: Bool { phase == .present || phase == .draining }
  var freeSlots: Int { min(credit, hello.slots - leases.count) }
}

/// All workers. Lookup by number, name or connection is O(1).
struct WorkerRegistry: Sendable {
  private(set) var records: [WorkerNumber: WorkerRecord] = [:]
  private var numbers: [String: WorkerNumber] = [:]
  private var peers: [PeerID: WorkerNumber] = [:]
  private var next = 0

  var count: Int { records.count }

  /// Ascending, so that whatever is done to all of them is done in the same order every time.
  var sortedNumbers: [WorkerNumber] { records.keys.sorted() }

  subscript(number: WorkerNumber) -> WorkerRecord {
    get { records[number]! }
    _modify { yield &records[number]! }
  }

  func number(named name: String) -> WorkerNumber? { numbers[name] }
  func number(at peer: PeerID) -> WorkerNumber? { peers[peer] }

  mutating func add(_ hello: WorkerMessage.Hello, peer: PeerID, now: Duration) -> WorkerNumber {
    precondition(numbers[hello.worker] == nil, "a worker is added once")
    detach(peer)
    let number = next
    next += 1
    records[number] = WorkerRecord(hello: hello, peer: peer, lastHeard: now)
    numbers[hello.worker] = number
    peers[peer] = number
    return number
  }

  /// From now on, `number` is at the other end of `peer`.
  mutating func attach(_ number: WorkerNumber, to peer: PeerID) {
    if peers[records[number]!.peer] == number { peers[records[number]!.peer] = nil }
    detach(peer)
    records[number]!.peer = peer
    peers[peer] = number
  }

  /// Nobody known is at the other end of `peer` any more.
  mutating func detach(_ peer: PeerID) {
    peers[peer] = nil
  }

  mutating func remove(_ number: WorkerNumber) {
    guard let record = records.removeValue(forKey: number) else { return }
    numbers[record.hello.worker] = nil
    if peers[record.peer] == number { peers[record.peer] = nil }
  }
}

// autointerp
// `WorkerRecord` holds what the fleet machine knows about one worker.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import ClusterProtocol
internal import ClusterTransport

/// A worker. The record stays the same when the worker's process is started again.
struct WorkerRecord: Sendable {
  enum Phase: Equatable, Sendable {
    /// The worker sends heartbeats.
    case present
    /// The worker was asked to leave and still sends heartbeats.
    case draining
    /// The worker was silent for too long or died.
    case lost
    /// The worker said goodbye, or its key was removed from the allow-list.
    case departed
  }

  private(set) var hello: WorkerMessage.Hello
  private(set) var peer: PeerID
  private(set) var phase = Phase.present
  private(set) var lastHeard: Duration
  /// For how many more leases the worker has room: what it said last, minus the leases granted since.
  private(set) var credit = 0
  /// The worker's leases, in the order in which they were granted.
  private(set) var leases: [LeaseID] = []
  /// True while the worker computes a suspect. It gets no other lease meanwhile.
  private(set) var isIsolated = false
  /// True if the worker is in the list of the workers that wait for a prompt.
  var isWaiting = false
  /// The prompts that became suspects because the worker fell silent. If the same process returns, they no longer are.
  private var silentSuspicions: Set<PromptKey> = []
  /// What the worker computes without a lease, with its last progress and the time at which that progress was new.
  private var unleased: [Fence: (progress: Int64, since: Duration)] = [:]
  /// The incarnations of earlier processes that a newer one with the same name replaced, newest last.
  private var superseded: [UInt64] = []
  /// How often such an earlier process said hello again.
  private var returnsOfSuperseded = 0
  /// True if the present process has sent something after its hello.
  private var hasSpoken = false
  private(set) var done = 0
  private(set) var failed = 0
  private(set) var residentBytes: Int64 = 0
  private(set) var rate = RateMeter()

  init(_ hello: WorkerMessage.Hello, at peer: PeerID, now: Duration) {
    (self.hello, self.peer, lastHeard) = (hello, peer, now)
  }

  var name: String { hello.worker }
  /// Who is named as the author of its results.
  var author: StoredAuthor {
    let sender = StoredSender(peer)
    return StoredAuthor(
      worker: name, key: sender?.key, address: sender?.address, computeKernel: hello.computeKernel)
  }
  /// The voice that is blamed for the worker's failures.
  var voice: Voice { StoredSender(peer).map { .sender($0) } ?? .name(name) }
  var isPresent: Bool { phase == .present || phase == .draining }
  var freeSlots: Int { min(credit, hello.slots - leases.count) }

  /// True if the present process replaced the process `incarnation` and has been heard since, or if replaced processes have
  /// come back three times. Then either that process is dead and its message is late, or two processes have one name.
  func hasReplaced(_ incarnation: UInt64) -> Bool {
    isPresent && superseded.contains(incarnation) && (hasSpoken || returnsOfSuperseded >= 3)
  }

  // MARK: Coming and going

  /// Notes that the worker sent something.
  mutating func hear(now: Duration) { (lastHeard, hasSpoken) = (now, true) }

  /// Leaves out the time in which the coordinator itself stood still.
  mutating func forgive(_ absence: Duration) { lastHeard += absence }

  /// Notes that the worker now uses this connection.
  mutating func move(to peer: PeerID) { self.peer = peer }

  /// Notes that the same process is back. Returns the prompts that became suspects because it was silent.
  mutating func comeBack(_ hello: WorkerMessage.Hello, now: Duration) -> Set<PromptKey> {
    begin(hello, now: now)
    defer { silentSuspicions = [] }
    return silentSuspicions
  }

  /// Notes that a new process has the worker's name.
  mutating func replace(with hello: WorkerMessage.Hello, now: Duration) {
    if superseded.contains(hello.incarnation) { returnsOfSuperseded += 1 }
    superseded.append(self.hello.incarnation)
    superseded.removeAll { $0 == hello.incarnation }
    if superseded.count > 8 { superseded.removeFirst() }
    begin(hello, now: now)
    (residentBytes, hasSpoken) = (0, false)
    // The silent process is known to be dead now, so its prompts stay suspects.
    silentSuspicions = []
    unleased = [:]
  }

  private mutating func begin(_ hello: WorkerMessage.Hello, now: Duration) {
    (self.hello, lastHeard, credit) = (hello, now, 0)
    // A worker that says hello does not know that it was asked to leave. If it must still leave, it is asked again.
    phase = .present
  }

  /// Notes that the worker was asked to leave.
  mutating func drain() { phase = .draining }

  /// Notes that the worker is gone. `phase` says how.
  mutating func leave(_ phase: Phase) { (self.phase, credit) = (phase, 0) }

  // MARK: Leases and results

  /// Notes for how many more leases the worker has room.
  mutating func pull(_ credit: Int) { self.credit = max(0, credit) }

  /// Makes room for the lease of a prompt that the worker computes already: its credit does not count that slot as free.
  mutating func countAdopted() { credit += 1 }

  /// Notes a new lease. `isAlone` is true if the worker gets no other lease beside it.
  mutating func take(_ lease: LeaseID, isAlone: Bool) {
    leases.append(lease)
    credit -= 1
    isIsolated = isAlone
  }

  /// Notes the end of a lease.
  mutating func drop(_ lease: LeaseID) {
    leases.removeAll { $0 == lease }
    isIsolated = false
  }

  /// Notes that a delta of the worker was accepted.
  mutating func succeed(now: Duration) {
    done += 1
    rate.record(at: now)
  }

  /// Notes that the worker failed a prompt.
  mutating func fail() { failed += 1 }

  /// Notes the prompts that become suspects because the worker is silent.
  mutating func suspectForSilence(_ keys: [PromptKey]) { silentSuspicions.formUnion(keys) }

  /// Takes in a heartbeat. `slots` are the slots that compute without a lease. Returns the fence of one that made no
  /// progress for `limit`, or nil if there is none.
  mutating func hear(
    _ beat: WorkerMessage.WorkerHeartbeat, unleased slots: [WorkerMessage.SlotProgress], limit: Duration, now: Duration
  ) -> Fence? {
    residentBytes = beat.residentBytes
    let known = unleased
    unleased = [:]
    for slot in slots {
      let before = known[slot.fence]
      unleased[slot.fence] = before?.progress == slot.progress ? before : (slot.progress, now)
    }
    return unleased.first { now - $0.value.since >= limit }?.key
  }
}

// autointerp
// `WorkerRegistry` holds the workers that a coordinator knows, by name and by connection.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import ClusterTransport

/// All workers. Lookup by number, name or connection takes O(1).
struct WorkerRegistry: Sendable {
  private(set) var records: [WorkerID: WorkerRecord] = [:]
  private var names: [String: WorkerID] = [:]
  private var peers: [PeerID: WorkerID] = [:]
  private var conducts = Conducts()
  private var next = 0

  var count: Int { records.count }

  /// In ascending order, so that events reach the workers in the same order every time.
  var sorted: [WorkerID] { records.keys.sorted() }

  subscript(worker: WorkerID) -> WorkerRecord {
    get { records[worker]! }
    _modify { yield &records[worker]! }
  }

  /// The failures of a voice.
  func conduct(of voice: Voice) -> Conduct { conducts[voice] }
  mutating func judge(_ voice: Voice, _ body: (inout Conduct) -> Void) { conducts.change(voice, body) }
  /// How many prompts the workers of a voice hold.
  func held(by voice: Voice) -> Int { conducts[voice].held }

  /// Why a new worker may not join at this connection. Nil if it may.
  func crowding(by hello: WorkerMessage.Hello, at peer: PeerID, _ settings: FleetSettings) -> String? {
    let count = conducts[WorkerRecord(hello, at: peer, now: .zero).voice].workers
    if count >= settings.maximumWorkersPerVoice { return "its key has \(count) workers at its address already" }
    return records.count < settings.maximumWorkers ? nil : "there are \(records.count) workers already"
  }

  /// Which worker to forget when there is no room: one that is gone, if possible one that never delivered anything. If
  /// the joining voice has too many workers, one of its own. O(workers).
  func leastMissed(by hello: WorkerMessage.Hello, at peer: PeerID, _ settings: FleetSettings) -> WorkerID? {
    let voice = WorkerRecord(hello, at: peer, now: .zero).voice
    let isCrowded = conducts[voice].workers >= settings.maximumWorkersPerVoice
    let gone = records.filter { !$0.value.isPresent && (!isCrowded || $0.value.voice == voice) }
    return gone.min { ($0.value.done, $0.value.lastHeard, $0.key) < ($1.value.done, $1.value.lastHeard, $1.key) }?.key
  }

  func id(named name: String) -> WorkerID? { names[name] }
  func id(at peer: PeerID) -> WorkerID? { peers[peer] }

  mutating func add(_ hello: WorkerMessage.Hello, peer: PeerID, now: Duration) {
    precondition(names[hello.worker] == nil, "a worker is added once")
    let worker = WorkerID(number: next)
    next += 1
    records[worker] = WorkerRecord(hello, at: peer, now: now)
    names[hello.worker] = worker
    peers[peer] = worker
    conducts.join(records[worker]!.voice)
  }

  /// From now on, `worker` uses the connection `peer`.
  mutating func attach(_ worker: WorkerID, to peer: PeerID) {
    detach(worker)
    let (former, leases) = (records[worker]!.voice, records[worker]!.leases.count)
    records[worker]!.move(to: peer)
    peers[peer] = worker
    conducts.join(records[worker]!.voice, holding: leases)
    conducts.leave(former, holding: leases)
  }

  mutating func take(_ lease: LeaseID, by worker: WorkerID, isAlone: Bool) {
    records[worker]!.take(lease, isAlone: isAlone)
    conducts.hold(records[worker]!.voice, 1)
  }

  mutating func drop(_ lease: LeaseID, of worker: WorkerID) {
    records[worker]!.drop(lease)
    conducts.hold(records[worker]!.voice, -1)
  }

  /// The worker no longer uses its connection.
  mutating func detach(_ worker: WorkerID) {
    if peers[records[worker]!.peer] == worker { peers[records[worker]!.peer] = nil }
  }

  mutating func remove(_ worker: WorkerID) {
    detach(worker)
    guard let record = records.removeValue(forKey: worker) else { return }
    names[record.name] = nil
    conducts.leave(record.voice)
  }
}

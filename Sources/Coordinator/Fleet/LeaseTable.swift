// autointerp
// `LeaseTable` holds the live leases, by number and by prompt.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// A worker's time-limited right to compute a prompt.
struct LiveLease: Sendable {
  let fence: Fence
  let run: RunIndex
  let worker: WorkerID
  /// True for a second copy of a prompt that takes long on another worker.
  let isBackup: Bool
  /// True if the prompt has a result already, which this one is compared with.
  let isCheck: Bool
  let grantedAt: Duration
  /// When it was granted, or sent again because the worker did not know it.
  private(set) var sentAt: Duration
  private(set) var deadline: Duration
  /// True if the worker said that its report is on the way.
  private(set) var isReported = false
  private var progress: Int64 = -1
  private(set) var progressAt: Duration
  private var resends = 0
  /// After this many resends to a worker that never knew the lease, its time is no longer extended.
  private static let maximumRenewals = 5

  init(
    _ fence: Fence, run: RunIndex, worker: WorkerID, isBackup: Bool, isCheck: Bool, lifetime: Duration, now: Duration
  ) {
    (self.fence, self.run, self.worker, self.isBackup, self.isCheck) = (fence, run, worker, isBackup, isCheck)
    (grantedAt, sentAt, progressAt, deadline) = (now, now, now, now + lifetime)
  }

  var key: PromptKey { PromptKey(run: run, prompt: fence.prompt) }

  /// A heartbeat mentioned the lease.
  mutating func hear(_ slot: WorkerMessage.SlotProgress, now: Duration) {
    isReported = slot.phase == .reported
    if slot.progress != progress { (progress, progressAt) = (slot.progress, now) }
  }

  /// Notes that the lease is sent again to a worker that does not know it, and extends its time a limited number of
  /// times.
  mutating func resend(lifetime: Duration, now: Duration) {
    sentAt = now
    resends += 1
    if resends <= Self.maximumRenewals { (progressAt, deadline) = (now, now + lifetime) }
  }

  /// Leaves out the time in which the coordinator itself stood still.
  mutating func forgive(_ absence: Duration) {
    deadline += absence
    progressAt += absence
  }
}

/// All live leases. Lookup takes O(1) by number and O(copies of the prompt) by fence.
struct LeaseTable: Sendable {
  private(set) var live: [LeaseID: LiveLease] = [:]
  private var byPrompt: [PromptKey: [LeaseID]] = [:]
  private var next = 0

  var count: Int { live.count }
  var sorted: [LeaseID] { live.keys.sorted() }

  subscript(lease: LeaseID) -> LiveLease {
    get { live[lease]! }
    _modify { yield &live[lease]! }
  }

  func copies(of key: PromptKey) -> [LeaseID] { byPrompt[key] ?? [] }

  func id(of fence: Fence, run: RunIndex) -> LeaseID? {
    byPrompt[PromptKey(run: run, prompt: fence.prompt)]?.first { live[$0]!.fence == fence }
  }

  mutating func insert(_ lease: LiveLease) -> LeaseID {
    let id = LeaseID(number: next)
    next += 1
    live[id] = lease
    byPrompt[lease.key, default: []].append(id)
    return id
  }

  mutating func remove(_ id: LeaseID) -> LiveLease {
    let lease = live.removeValue(forKey: id)!
    byPrompt[lease.key]!.removeAll { $0 == id }
    if byPrompt[lease.key]!.isEmpty { byPrompt[lease.key] = nil }
    return lease
  }
}

// autointerp
// Who may work on what, until when.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// Stands for one grant inside the machine; never used again.
typealias LeaseNumber = Int

/// A worker's time-limited right to process a prompt.
struct LiveLease: Sendable {
  let fence: Fence
  let run: Int
  let worker: WorkerNumber
  /// A second copy of a prompt that takes long elsewhere.
  let isBackup: Bool
  let grantedAt: Duration
  /// Granted, or sent again because the worker did not know of it.
  var sentAt: Duration
  var deadline: Duration
  /// The worker said that its report is under way.
  var isReported = false
  var progress: Int64 = -1
  var progressAt: Duration

  var key: PromptKey { PromptKey(run: run, prompt: fence.prompt) }
}

/// All live leases. Lookup by number is O(1), by fence O(copies of the prompt).
struct LeaseTable: Sendable {
  private(set) var live: [LeaseNumber: LiveLease] = [:]
  private var byPrompt: [PromptKey: [LeaseNumber]] = [:]
  private var next = 0

  var count: Int { live.count }
  var sortedNumbers: [LeaseNumber] { live.keys.sorted() }

  subscript(number: LeaseNumber) -> LiveLease {
    get { live[number]! }
    _modify { yield &live[number]! }
  }

  func copies(of key: PromptKey) -> [LeaseNumber] { byPrompt[key] ?? [] }

  func number(of fence: Fence, run: Int) -> LeaseNumber? {
    byPrompt[PromptKey(run: run, prompt: fence.prompt)]?.first { live[$0]!.fence == fence }
  }

  mutating func insert(_ lease: LiveLease) -> LeaseNumber {
    let number = next
    next += 1
    live[number] = lease
    byPrompt[lease.key, default: []].append(number)
    return number
  }

  mutating func remove(_ number: LeaseNumber) -> LiveLease {
    let lease = live.removeValue(forKey: number)!
    byPrompt[lease.key]!.removeAll { $0 == number }
    if byPrompt[lease.key]!.isEmpty { byPrompt[lease.key] = nil }
    return lease
  }
}

// autointerp
// A bound on what waits in memory.
// SPDX-License-Identifier: Apache-2.0

/// Lets one producer put in bytes up to a limit, and makes it wait beyond.
actor ByteBudget {
  private let limit: Int
  private var used = 0
  private var waiter: CheckedContinuation<Void, Never>?

  init(limit: Int) { self.limit = limit }

  /// Takes `bytes`, after waiting for room if there is none. Something larger than the limit gets in alone.
  func acquire(_ bytes: Int) async {
    while used > 0, used + bytes > limit {
      precondition(waiter == nil, "a budget has one producer")
      await withCheckedContinuation { waiter = $0 }
    }
    used += bytes
  }

  func release(_ bytes: Int) {
    used -= bytes
    waiter?.resume()
    waiter = nil
  }
}

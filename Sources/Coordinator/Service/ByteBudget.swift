// autointerp
// `ByteBudget` makes a producer wait while too many bytes are in memory.
// SPDX-License-Identifier: Apache-2.0

/// Lets one producer add bytes up to a limit and makes it wait beyond.
actor ByteBudget {
  private let limit: Int
  private var used = 0
  private var waiter: CheckedContinuation<Void, Never>?

  init(limit: Int) { self.limit = limit }

  /// Takes `bytes`, and waits if there is no room. More than the limit is admitted only alone.
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

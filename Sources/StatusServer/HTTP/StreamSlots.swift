// autointerp
// `StreamSlots` limits how many readers may follow the event stream.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Bounds the number of event streams.
final class StreamSlots: Sendable {
  private let maximum: Int
  private let count = Mutex(0)

  init(maximum: Int) { self.maximum = maximum }

  var taken: Int { count.withLock { $0 } }

  /// Returns a slot, or nil if all are taken. It is returned when its last reference goes away, so also when a reader
  /// leaves before its answer has begun.
  func take() -> Slot? {
    let isFree = count.withLock { count in
      guard count < maximum else { return false }
      count += 1
      return true
    }
    return isFree ? Slot(of: self) : nil
  }

  final class Slot: Sendable {
    private let slots: StreamSlots

    fileprivate init(of slots: StreamSlots) { self.slots = slots }

    deinit { slots.count.withLock { $0 -= 1 } }
  }
}

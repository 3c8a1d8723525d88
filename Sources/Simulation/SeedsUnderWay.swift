// autointerp
// `SeedsUnderWay` prints the seeds of the running histories if a failed precondition ends the process.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Synchronization

/// A failed precondition in a machine ends the process at once. To reproduce it, the seeds of the running histories are
/// enough. They are kept in a table that a signal handler may read.
package enum SeedsUnderWay {
  private static let capacity = 256
  /// A seed plus one; zero marks a vacant entry. It is written under the lock. The handler can read whole words at any
  /// time.
  private nonisolated(unsafe) static let table: UnsafeMutablePointer<UInt64> = {
    let table = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    table.initialize(repeating: 0, count: capacity)
    return table
  }()
  private static let lock = Mutex(())

  static func begin(_ seed: UInt64) -> Int? {
    lock.withLock { _ in
      let place = (0..<capacity).first { table[$0] == 0 }
      if let place { table[place] = seed &+ 1 }
      return place
    }
  }

  static func end(_ place: Int?) {
    guard let place else { return }
    lock.withLock { _ in table[place] = 0 }
  }

  /// Prints the seeds in progress on a trap (SIGILL, SIGTRAP) before the process ends.
  package static func noteWhenTrapped() {
    _ = table
    for number in [SIGILL, SIGTRAP] { signal(number) { SeedsUnderWay.leaveNote(becauseOf: $0) } }
  }

  /// Runs in a signal handler, so it only stores and calls `write`.
  private static func leaveNote(becauseOf number: Int32) {
    put("\nA machine trapped. Seeds under way:")
    for place in 0..<capacity where table[place] != 0 {
      put(" ")
      put(decimal: table[place] &- 1)
    }
    put("\nPlay one again, with the same options, by --first-seed SEED --history.\n")
    signal(number, SIG_DFL)
    raise(number)
  }

  private static func put(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  private static func put(decimal number: UInt64) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var (rest, place) = (number, 20)
      repeat {
        place -= 1
        digits[place] = UInt8(48 + rest % 10)
        rest /= 10
      } while rest > 0
      _ = write(STDERR_FILENO, digits.baseAddress! + place, 20 - place)
    }
  }
}

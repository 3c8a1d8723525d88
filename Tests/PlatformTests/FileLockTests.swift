// autointerp
// `FileLockTests` tests that one file lock excludes another, and that a failed one closes its descriptor once.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Platform

/// Serialized: the test of descriptors needs to be the only one of this suite that opens files.
@Suite(.serialized) struct FileLockTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID().uuidString)").path

  @Test func aHeldLockIsRefusedWithItsHolder() throws {
    let first = try FileLock(protecting: path)
    #expect {
      _ = try FileLock(protecting: path)
    } throws: { error in
      guard case PlatformError.inUse(path, let holder) = error else { return false }
      return holder.contains("process \(ProcessInfo.processInfo.processIdentifier)")
    }
    first.release()
    _ = try FileLock(protecting: path)
  }

  /// A process that is being started has copies of all descriptors until it executes its program.
  @Test func aCopyOfTheDescriptorDoesNotKeepTheLock() throws {
    var first: FileLock? = try FileLock(protecting: path)
    #expect(first != nil)
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    let descriptor = try #require(
      numbers.first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasSuffix(
          "\((path as NSString).lastPathComponent)-lock") == true
      })
    let copy = dup(descriptor)
    defer { close(copy) }
    first = nil
    _ = try FileLock(protecting: path)
  }

  @Test func nothingOfALongerHoldersNameStays() throws {
    try Data(String(repeating: "x", count: 300).utf8).write(to: URL(filePath: path + "-lock"))
    let first = try FileLock(protecting: path)
    #expect {
      _ = try FileLock(protecting: path)
    } throws: { error in
      guard case PlatformError.inUse(_, let holder) = error else { return false }
      return holder.hasPrefix("process ") && !holder.contains("xx")
    }
    first.release()
  }

  /// A second close of the same number would close whatever another thread has opened meanwhile. Threads that open and
  /// close files as fast as they can find that out within a few hundred refusals.
  @Test func aRefusedLockClosesNoFileOfAnotherThread() async throws {
    let first = try FileLock(protecting: path)
    let stolen = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          try await offPool {
            (0..<20_000).reduce(0) { count, _ in
              let descriptor = open("/dev/null", O_RDONLY)
              sched_yield()
              return count + (close(descriptor) == 0 ? 0 : 1)
            }
          }
        }
      }
      group.addTask { [path] in
        try await offPool {
          for _ in 0..<20_000 { _ = try? FileLock(protecting: path) }
          return 0
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(stolen == 0)
    first.release()
  }
}

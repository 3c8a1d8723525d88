// autointerp
// `DedicatedThread` starts a thread for work that blocks or computes for long.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A detached POSIX thread. Polling and attribution block for long and must not occupy Swift's cooperative pool.
package enum DedicatedThread {
  /// Room for the stack frames of BLAS and of deep call chains.
  private static let stackBytes = 16 << 20

  /// Starts a thread that runs `body` and then ends.
  ///
  /// - Parameters:
  ///   - name: shown by system tools, cut to 15 bytes.
  ///   - isBackground: the thread only uses processor time that no other thread wants.
  ///   - body: runs on the thread.
  /// - Throws: `system` if the machine cannot start another thread.
  package static func start(
    name: String, isBackground: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(PlatformError) {
    let status = create(ThreadStart(name: name, isBackground: isBackground, body: body))
    guard status == 0 else {
      throw .system(operation: "cannot start thread '\(name)'", reason: String(cString: strerror(status)))
    }
  }

  private static func create(_ start: ThreadStart) -> Int32 {
    let start = Unmanaged.passRetained(start)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackBytes)
    var thread = pthread_t()
    let status = pthread_create(&thread, &attributes, runThread, start.toOpaque())
    pthread_attr_destroy(&attributes)
    if status != 0 { start.release() }
    return status
  }

  /// Linux's `SCHED_IDLE`, which glibc shows only to GNU C.
  private static let idlePolicy: Int32 = 5

  /// Lets the calling thread (0) run only when no other thread wants to. Niceness is not enough: Linux treats a
  /// processor that runs a `SCHED_IDLE` thread as free when it wakes other threads. If the system refuses, nothing
  /// changes.
  fileprivate static func stayInBackground() {
    var parameters = sched_param()
    _ = sched_setscheduler(0, idlePolicy, &parameters)
  }

  /// Names the calling thread through /proc, because Swift does not see glibc's call. Without /proc it has no name.
  fileprivate static func setName(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}

private final class ThreadStart: Sendable {
  let name: String
  let isBackground: Bool
  let body: @Sendable () -> Void

  init(name: String, isBackground: Bool, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.isBackground = isBackground
    self.body = body
  }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
  DedicatedThread.setName(start.name)
  if start.isBackground { DedicatedThread.stayInBackground() }
  start.body()
  return nil
}

// autointerp
// Threads of our own, for work that blocks or computes for long.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A detached POSIX thread. Polling and attribution block for long and must not occupy the cooperative pool.
package enum DedicatedThread {
  /// Room for the frames of BLAS and of deep call chains.
  private static let stackBytes = 16 << 20

  /// Starts a thread that runs `body` and ends.
  ///
  /// - Parameters:
  ///   - name: Shown by the system's tools; cut to 15 bytes.
  ///   - isBackground: It takes the processor time that no other thread wants.
  ///   - body: Runs on the thread.
  /// - Throws: `system` when the machine has no room for another thread.
  package static func start(
    name: String, isBackground: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(TransportError) {
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

  /// `SCHED_IDLE` of Linux; glibc shows it to GNU C only.
  private static let idlePolicy: Int32 = 5

  /// Lets the calling thread (0) run when nothing else wants to. Not niceness: Linux wakes other threads on a processor
  /// that is busy with such a one as if it were free. A system that refuses it leaves the thread as it is.
  fileprivate static func stayInBackground() {
    var parameters = sched_param()
    _ = sched_setscheduler(0, idlePolicy, &parameters)
  }

  /// Names the calling thread; glibc's call for it is not visible to Swift. Without a /proc it stays nameless.
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

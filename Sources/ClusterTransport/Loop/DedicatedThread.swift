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
  ///   - niceness: 0 to 19; at 19 it takes what the other threads of the machine leave.
  ///   - body: Runs on the thread.
  /// - Throws: `system` when the machine has no room for another thread.
  package static func start(
    name: String, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void
  ) throws(TransportError) {
    let status = create(ThreadStart(name: name, niceness: niceness, body: body))
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

  /// On Linux niceness is a thread's, and 0 means the calling one. A system that refuses it leaves the thread as it is.
  fileprivate static func setNiceness(_ niceness: Int32) {
    if niceness != 0 { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
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
  let niceness: Int32
  let body: @Sendable () -> Void

  init(name: String, niceness: Int32, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.niceness = niceness
    self.body = body
  }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
  DedicatedThread.setName(start.name)
  DedicatedThread.setNiceness(start.niceness)
  start.body()
  return nil
}

// autointerp
// `SocketLoopCore` is the part of a `SocketLoop` that its thread runs: job queue, sockets and polling.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// The part of a loop that its thread keeps alive.
///
/// `@unchecked Sendable`: a mutex guards `inbox`. Any thread may write to the descriptor `wakeUp` until the thread
/// has taken `stop` from the inbox. Only the loop's thread touches the rest once it runs.
final class SocketLoopCore: @unchecked Sendable {
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var closures: [@Sendable () -> Void] = []
    var isStopped = false
    var isEmpty: Bool { jobs.isEmpty && closures.isEmpty && !isStopped }
  }

  private let inbox = Mutex(Inbox())
  private let wakeUp: Int32
  private let thread = Atomic<UInt>(0)
  private weak var executor: SocketLoop?
  /// Nil after `closeAll`.
  private(set) var context: UnsafeMutableRawPointer?
  private var sockets: [ZeroMQSocket] = []

  init() throws(TransportError) {
    wakeUp = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeUp >= 0 else { throw .system(operation: "cannot create an eventfd", reason: systemReason()) }
    guard let context = zmq_ctx_new() else {
      close(wakeUp)
      throw .zeroMQ("cannot create a ZeroMQ context")
    }
    self.context = context
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 4096)
  }

  /// Called once, before the thread starts.
  func setExecutor(_ loop: SocketLoop) { executor = loop }

  // MARK: From any thread

  var isCurrent: Bool { thread.load(ordering: .acquiring) == UInt(pthread_self()) }

  func enqueue(_ job: UnownedJob) { put { $0.jobs.append(job) } }

  /// Runs `closure` on the loop's thread, before jobs that are enqueued later.
  func post(_ closure: @escaping @Sendable () -> Void) { put { $0.closures.append(closure) } }

  func stop() { put { $0.isStopped = true } }

  private func put(_ change: (inout sending Inbox) -> Void) {
    inbox.withLock { inbox in
      // After the stop, the thread may have closed the descriptor, and nothing runs any more.
      guard !inbox.isStopped else { return }
      let mustWake = inbox.isEmpty
      change(&inbox)
      if mustWake {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
      }
    }
  }

  // MARK: On the loop's thread

  func add(_ socket: ZeroMQSocket) {
    precondition(isCurrent)
    sockets.append(socket)
  }

  func remove(_ socket: ZeroMQSocket) {
    precondition(isCurrent)
    sockets.removeAll { $0 === socket }
  }

  /// Closes all sockets and ends the context. Blocks until lingering frames are sent or given up.
  func closeAll() {
    precondition(isCurrent)
    for socket in sockets { socket.close() }
    if let context {
      self.context = nil
      while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
    }
  }

  func run() {
    thread.store(UInt(pthread_self()), ordering: .releasing)
    while runInbox() { poll() }
    closeAll()
    close(wakeUp)
  }

  /// Runs what is in the inbox. Returns false if the loop must end.
  private func runInbox() -> Bool {
    while true {
      let (jobs, closures, isStopped) = inbox.withLock { inbox in
        defer {
          inbox.jobs.removeAll()
          inbox.closures.removeAll()
        }
        return (inbox.jobs, inbox.closures, inbox.isStopped)
      }
      for closure in closures { closure() }
      if !jobs.isEmpty {
        // A job belongs to an actor, and the actor keeps the loop alive.
        guard let executor else { preconditionFailure("a job for a socket loop that no longer exists") }
        for job in jobs { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
      }
      if isStopped { return false }
      if jobs.isEmpty, closures.isEmpty { return true }
    }
  }

  private func poll() {
    let polled = sockets
    var items = [zmq_pollitem_t(socket: nil, fd: wakeUp, events: Int16(ZMQ_POLLIN), revents: 0)]
    for socket in polled {
      let events = (socket.wantsToRead ? ZMQ_POLLIN : 0) | (socket.wantsToWrite ? ZMQ_POLLOUT : 0)
      items.append(zmq_pollitem_t(socket: socket.pointer, fd: 0, events: Int16(events), revents: 0))
    }
    guard zmq_poll(&items, Int32(items.count), -1) > 0 else { return }
    if items[0].revents != 0 {
      var count: UInt64 = 0
      _ = read(wakeUp, &count, 8)
    }
    for (socket, item) in zip(polled, items.dropFirst()) where item.revents != 0 && !socket.isClosed {
      socket.onReady?(Int32(item.revents) & ZMQ_POLLIN != 0, Int32(item.revents) & ZMQ_POLLOUT != 0)
    }
  }
}

extension TransportError {
  /// An error for the last ZeroMQ call, which failed.
  static func zeroMQ(_ operation: String) -> TransportError {
    .system(operation: operation, reason: String(cString: zmq_strerror(zmq_errno())))
  }
}

/// The text for `errno`.
func systemReason() -> String { String(cString: strerror(errno)) }

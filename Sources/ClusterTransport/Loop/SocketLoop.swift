// autointerp
// `SocketLoop` runs all sockets of a ZeroMQ context on one thread.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// A thread with a ZeroMQ context. It runs the jobs of the actors pinned to it and polls their sockets.
///
/// Two threads must never use one ZeroMQ socket. An actor whose executor is a `SocketLoop` touches its socket only on
/// the loop's thread, and its callers simply `await`. The thread ends when the loop and all actors pinned to it are
/// gone.
package final class SocketLoop: SerialExecutor {
  let core: SocketLoopCore

  package init() throws(TransportError) {
    core = try SocketLoopCore()
    core.setExecutor(self)
    let core = core
    do throws(PlatformError) {
      try DedicatedThread.start(name: "socket-loop") { core.run() }
    } catch {
      throw .system(operation: "cannot start the socket loop", reason: "\(error)")
    }
  }

  deinit { core.stop() }

  package func enqueue(_ job: consuming ExecutorJob) {
    core.enqueue(UnownedJob(job))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func checkIsolated() {
    precondition(core.isCurrent, "this must run on the thread of the socket loop")
  }

  /// Closes every socket and ends the context. Waits, as long as each socket's linger time allows, for frames that
  /// are still to be sent. Actors on the loop stay usable and find their sockets closed.
  package func shutDown() async {
    await withCheckedContinuation { continuation in
      core.post { [core] in
        core.closeAll()
        continuation.resume()
      }
    }
  }
}

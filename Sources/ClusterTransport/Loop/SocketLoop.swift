// autointerp
// The one thread on which sockets live.
// SPDX-License-Identifier: Apache-2.0

/// One thread with a ZeroMQ context that runs the jobs of the actors pinned to it and polls their sockets.
///
/// ZeroMQ sockets must not be used by two threads; an actor whose executor is a `SocketLoop` touches its socket only from
/// the loop's thread, and its callers simply `await`. The thread ends when the loop and all actors pinned to it are gone.
package final class SocketLoop: SerialExecutor {
  let core: SocketLoopCore

  package init() throws(TransportError) {
    core = try SocketLoopCore()
    core.setExecutor(self)
    let core = core
    try DedicatedThread.start(name: "socket-loop") { core.run() }
  }

  deinit { core.stop() }

  package func enqueue(_ job: consuming ExecutorJob) {
    core.enqueue(UnownedJob(job))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func checkIsolated() {
    precondition(core.isCurrent, "this belongs to the thread of the socket loop")
  }

  /// Closes every socket, waiting for what they still have to send as long as each one's linger says, and ends the
  /// context. Actors on the loop stay usable and find their sockets closed.
  package func shutDown() async {
    await withCheckedContinuation { continuation in
      core.post { [core] in
        core.closeAll()
        continuation.resume()
      }
    }
  }
}

// autointerp
// `ChildProcess` starts a process that ends when its parent ends.
// SPDX-License-Identifier: Apache-2.0

package import Glibc
internal import Synchronization

/// A child process in its own process group, so that a terminal's Ctrl-C reaches only the parent.
///
/// Its standard input is a pipe whose other end only this process has and nobody writes to. A child that wants to end
/// with its parent, however that ends, reads until the end of file.
package final class ChildProcess: Sendable {
  /// How a process ended.
  package enum End: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    package var description: String {
      switch self {
      case .exited(let code): "it exited with code \(code)"
      case .killed(let signal): "it was killed by signal \(signal) (\(String(cString: strsignal(signal))))"
      }
    }
  }

  package let processID: pid_t
  private let lifeline: Int32
  /// True once the process is reaped. Its number may then belong to another process.
  private let isReaped = Mutex(false)

  /// This program, even if its file was replaced meanwhile.
  package static let thisProgram = "/proc/self/exe"

  /// Starts a program.
  /// - Parameters:
  ///   - executable: its path.
  ///   - arguments: without the program's name.
  ///   - logPath: standard output and standard error are appended to this file.
  /// - Throws: `PlatformError` if the log cannot be opened or the process cannot be started.
  package init(
    _ executable: String = ChildProcess.thisProgram, arguments: [String], logPath: String
  ) throws(PlatformError) {
    let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw .lastFailure(of: logPath, "cannot be opened") }
    defer { close(log) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
      throw .system(operation: "cannot make a pipe for a child process", reason: String(cString: strerror(errno)))
    }
    defer { close(ends[0]) }

    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO)
    // The child must not inherit which signals this process ignores or blocks.
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words: [UnsafeMutablePointer<CChar>?] = (["autointerp"] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var processID: pid_t = 0
    let status = posix_spawn(&processID, executable, &actions, &attributes, words, environ)
    guard status == 0 else {
      close(ends[1])
      throw .system(operation: "cannot start \(executable)", reason: String(cString: strerror(status)))
    }
    self.processID = processID
    lifeline = ends[1]
  }

  deinit { close(lifeline) }

  /// Suspends until the process has ended. Call it once.
  package func end() async -> End {
    // If no thread can be started, wait on this one: slow but correct.
    (try? await offPool { self.waitForEnd() }) ?? waitForEnd()
  }

  private func waitForEnd() -> End {
    var information = siginfo_t()
    // Do not reap the process yet, so that `signal` cannot hit another process with the same number.
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    isReaped.withLock {
      while waitpid(processID, &status, 0) < 0, errno == EINTR {}
      $0 = true
    }
    let signal = status & 0x7F
    return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
  }

  /// Sends a signal unless the process has ended.
  package func signal(_ signal: Int32) {
    isReaped.withLock { if !$0 { kill(processID, signal) } }
  }
}

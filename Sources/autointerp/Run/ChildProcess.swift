// autointerp
// A process that this one starts and that does not outlive it.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Synchronization

/// A child process in a process group of its own, so that a terminal's Ctrl-C reaches only its parent.
///
/// Its standard input is a pipe that nobody writes to and whose other end only this process has: a child that wants to
/// end with its parent, however that ends, reads until the end of file.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum End: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    var description: String {
      switch self {
      case .exited(let code): "it exited with code \(code)"
      case .killed(let signal): "it was killed by signal \(signal) (\(String(cString: strsignal(signal))))"
      }
    }
  }

  /// Starting failed.
  struct SpawnError: Error, CustomStringConvertible {
    let description: String
  }

  let processID: pid_t
  private let lifeline: Int32
  /// True once the process is reaped and its number may belong to another.
  private let isReaped = Mutex(false)

  /// This very program, even if its file was replaced meanwhile.
  static let thisProgram = "/proc/self/exe"

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: its path.
  ///   - arguments: without the program's name.
  ///   - logPath: what it writes to standard output and error is appended here.
  /// - Throws: `SpawnError`
  init(_ executable: String = ChildProcess.thisProgram, arguments: [String], logPath: String) throws {
    let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw SpawnError(description: "\(logPath): \(String(cString: strerror(errno)))") }
    defer { close(log) }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
      throw SpawnError(description: "no pipe: \(String(cString: strerror(errno)))")
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
    // What this process ignores or blocks is not the child's business.
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
      throw SpawnError(description: "a worker process cannot be started: \(String(cString: strerror(status)))")
    }
    self.processID = processID
    lifeline = ends[1]
  }

  deinit { close(lifeline) }

  /// Suspends until the process has ended. To be called once.
  func end() async -> End {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.waitForEnd()) }
    }
  }

  private func waitForEnd() -> End {
    var information = siginfo_t()
    // Leaves the process unreaped, so that `signal` cannot hit a stranger in between.
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    isReaped.withLock {
      while waitpid(processID, &status, 0) < 0, errno == EINTR {}
      $0 = true
    }
    let signal = status & 0x7F
    return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
  }

  /// Sends a signal, unless the process is gone.
  func signal(_ signal: Int32) {
    isReaped.withLock { if !$0 { kill(processID, signal) } }
  }
}

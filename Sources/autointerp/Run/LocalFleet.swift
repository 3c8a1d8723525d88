// autointerp
// `LocalFleet` starts the worker processes of a run on one machine and restarts those that die.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Platform

/// Starts worker processes and restarts those that die.
actor LocalFleet {
  /// The run cannot continue, because no worker stays alive.
  struct AllWorkersLost: Error, CustomStringConvertible {
    let description: String
  }

  private let executable: String
  private let count: Int
  /// The command line of worker number 1...count.
  private let arguments: @Sendable (_ number: Int) -> [String]
  /// The log file of worker number 1...count.
  nonisolated let logPath: @Sendable (_ number: Int) -> String
  private let policy: RestartPolicy
  private var children: [Int: ChildProcess] = [:]
  private var lastEnds: [Int: String] = [:]
  private var isStopping = false
  /// How many restarts there were, for the progress display.
  private(set) var restartCount = 0

  init(
    _ executable: String = ChildProcess.thisProgram, count: Int, policy: RestartPolicy = RestartPolicy(),
    arguments: @escaping @Sendable (Int) -> [String],
    logPath: @escaping @Sendable (Int) -> String
  ) {
    self.executable = executable
    self.count = count
    self.policy = policy
    self.arguments = arguments
    self.logPath = logPath
  }

  /// Runs the workers until all have ended after `stop`.
  ///
  /// - Throws: `AllWorkersLost` if each died too often.
  func run() async throws {
    await withDiscardingTaskGroup { group in
      for number in 1...count { group.addTask { await self.keepAlive(number) } }
    }
    if !isStopping { throw AllWorkersLost(description: complaint()) }
  }

  /// Asks the workers to finish or hand back their prompts and to leave. None is restarted.
  func stop() { signalAll(SIGTERM) }

  /// Kills the workers at once. Their prompts are computed again when the run is resumed.
  func kill() { signalAll(SIGKILL) }

  private func signalAll(_ signal: Int32) {
    isStopping = true
    for child in children.values { child.signal(signal) }
  }

  private func keepAlive(_ number: Int) async {
    var policy = policy
    while !isStopping {
      let start = ContinuousClock.now
      do {
        let child = try ChildProcess(executable, arguments: arguments(number), logPath: logPath(number))
        children[number] = child
        let end = await child.end()
        children[number] = nil
        lastEnds[number] = "\(end)"
      } catch {
        lastEnds[number] = "\(error)"
      }
      guard !isStopping, let pause = policy.pause(afterLife: .now - start) else { return }
      restartCount += 1
      do { try await Task.sleep(for: pause) } catch { return }
    }
  }

  private func complaint() -> String {
    let number = lastEnds.keys.min() ?? 1
    let log = (try? String(contentsOfFile: logPath(number), encoding: .utf8)) ?? ""
    let tail = log.split(separator: "\n").suffix(5).map { "\n  \($0)" }.joined()
    return "no worker stays alive; of worker \(number), \(lastEnds[number] ?? "nothing is known"), "
      + "\(logPath(number)) says:\(tail.isEmpty ? " nothing" : tail)"
  }
}

// autointerp
// `SimulationProgress` shows how many histories of a simulation are played.
// SPDX-License-Identifier: Apache-2.0

internal import Console
internal import Synchronization

/// Shows on standard error how many histories are played: every second on a terminal, every ten seconds elsewhere.
final class SimulationProgress: Sendable {
  private let seeds: Int
  private let played = Mutex(0)

  init(seeds: Int) { self.seeds = seeds }

  func advance() { played.withLock { $0 += 1 } }

  /// Runs until the task is cancelled.
  func show() async {
    let isTerminal = Terminal.drawsOnStandardError
    var seconds = 0
    while true {
      do { try await Task.sleep(for: .seconds(1)) } catch { break }
      seconds += 1
      guard isTerminal || seconds % 10 == 0 else { continue }
      let line = "\(played.withLock { $0 }) of \(seeds) histories played, \(seconds) s"
      StandardError.write(isTerminal ? "\r\(line)" : "\(line)\n")
    }
    if isTerminal, seconds > 0 { StandardError.write("\r\u{1B}[K") }
  }
}

// autointerp
// How far a simulation is, while it runs.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Synchronization

/// Tells on standard error how many histories are played: every second on a terminal, every ten elsewhere.
final class SimulationProgress: Sendable {
  private let seeds: Int
  private let played = Mutex(0)

  init(seeds: Int) { self.seeds = seeds }

  func advance() { played.withLock { $0 += 1 } }

  /// Until the task is cancelled.
  func show() async {
    let isTerminal = Terminal.drawsOnStandardError
    var seconds = 0
    while true {
      do { try await Task.sleep(for: .seconds(1)) } catch { break }
      seconds += 1
      guard isTerminal || seconds % 10 == 0 else { continue }
      let line = "\(played.withLock { $0 }) of \(seeds) histories played, \(seconds) s"
      FileHandle.standardError.write(Data((isTerminal ? "\r\(line)" : "\(line)\n").utf8))
    }
    if isTerminal, seconds > 0 { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
  }
}

// autointerp
// `Interrupts` turns Ctrl-C and SIGTERM into a stream of events.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import UnixSignals

/// The signals by which people and systems stop a command.
enum Interrupts {
  /// Returns a stream of these signals (SIGINT and SIGTERM by default), which no longer end the process by themselves.
  /// Unlike `UnixSignalsSequence`, the stream can be awaited again after each signal.
  static func trapped(_ signals: [UnixSignal] = [.sigint, .sigterm]) -> AsyncStream<UnixSignal> {
    AsyncStream { continuation in
      // nonisolated(unsafe): only kept alive, and cancelled once when the stream ends.
      nonisolated(unsafe) let sources = signals.map { interrupt in
        signal(interrupt.rawValue, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: interrupt.rawValue)
        source.setEventHandler { continuation.yield(interrupt) }
        source.resume()
        return source
      }
      continuation.onTermination = { _ in sources.forEach { $0.cancel() } }
    }
  }

  /// The exit code that a shell expects of a process that such a signal ended.
  static func exitCode(for signal: UnixSignal) -> Int32 { 128 + signal.rawValue }
}

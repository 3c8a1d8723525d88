// autointerp
// Ctrl-C and its kin.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import UnixSignals

/// Signals by which people and systems stop a command.
enum Interrupts {
  /// The signals, SIGINT and SIGTERM if none are named, which from now on do not end the process by themselves. Unlike
  /// `UnixSignalsSequence` the stream can be waited on again after each signal.
  static func trapped(_ signals: [UnixSignal] = [.sigint, .sigterm]) -> AsyncStream<UnixSignal> {
    AsyncStream { continuation in
      // nonisolated(unsafe): only kept alive, and cancelled once, when the stream ends.
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

  /// What a shell expects of a process that such a signal ended.
  static func exitCode(for signal: UnixSignal) -> Int32 { 128 + signal.rawValue }
}

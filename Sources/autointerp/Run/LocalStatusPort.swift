// autointerp
// The status port of a run without a daemon.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import StatusServer

/// Serves the dashboard for as long as a run lasts: at the configured port when that is free, else at a free one. A run
/// does without it when neither works.
struct LocalStatusPort {
  let configuration: StatusServerConfiguration
  let source: any StatusSource
  let logger: Logger

  /// Serves until cancelled.
  ///
  /// - Parameter onListening: told of the dashboard's address, once it can be opened.
  /// - Throws: `StatusServerError.configuration` for settings that could not work.
  func serve(onListening: @escaping @Sendable (_ url: String) async -> Void) async throws {
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    for port in configuration.port == 0 ? [0] : [configuration.port, 0] {
      var configuration = configuration
      configuration.port = port
      let server = try StatusServer(configuration: configuration, source: source, logger: logger) { port in
        await onListening("http://\(host):\(port)/")
      }
      do {
        return try await server.run()
      } catch StatusServerError.bind(let host, let port, let reason) {
        logger.notice("No status port here", metadata: ["host": "\(host)", "port": "\(port)", "reason": "\(reason)"])
      }
    }
  }
}

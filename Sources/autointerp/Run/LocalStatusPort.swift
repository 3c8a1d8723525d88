// autointerp
// `LocalStatusPort` serves the dashboard of a run on this machine.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Logging
internal import StatusServer

/// Serves the dashboard while a run lasts, at the configured port if it is free, otherwise at another. If neither
/// works, the run goes on without it.
struct LocalStatusPort {
  let configuration: StatusServerConfiguration
  let source: any StatusSource
  var atlas: AtlasPage?
  let logger: Logger

  /// Serves until cancelled.
  ///
  /// - Parameter onListening: called with the dashboard's address once it can be opened.
  /// - Throws: `StatusServerError.configuration` for settings that cannot work.
  func serve(onListening: @escaping @Sendable (_ url: String) async -> Void) async throws {
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    for port in configuration.port == 0 ? [0] : [configuration.port, 0] {
      var configuration = configuration
      configuration.port = port
      let server = try StatusServer(configuration: configuration, source: source, atlas: atlas, logger: logger) {
        port in
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

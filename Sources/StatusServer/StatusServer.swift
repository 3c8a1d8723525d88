// autointerp
// The status port as a service.
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle

/// Serves the state of a coordinator over HTTP, read-only: the dashboard at `/`, `/status`, `/events`, `/metrics`,
/// `/healthz`, `/readyz`, `/neurons`, `/neurons/L15/N7890` and `/history`.
package struct StatusServer: Service {
  private let configuration: StatusServerConfiguration
  private let source: any StatusSource
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - configuration: where to listen and whom to answer.
  ///   - source: what to serve.
  ///   - logger: for what ops should know.
  ///   - onListening: called once with the port that was bound.
  /// - Throws: ``StatusServerError/configuration(setting:problem:)``.
  package init(
    configuration: StatusServerConfiguration, source: any StatusSource, logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) throws(StatusServerError) {
    try configuration.validate()
    self.configuration = configuration
    self.source = source
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until graceful shutdown or cancellation. On shutdown event streams end at once; readers that do not take
  /// their answers are cut off after the grace time.
  ///
  /// - Throws: ``StatusServerError/bind(host:port:reason:)``.
  package func run() async throws {
    if !configuration.isLoopback {
      logger.warning(
        "The status port is bound to an address that other machines can reach",
        metadata: [
          "host": "\(configuration.host)", "port": "\(configuration.port)",
          "token": configuration.bearerToken == nil ? "NONE: anybody can read it" : "required",
        ])
    }
    let feed = StatusFeed(source: source, configuration: configuration)
    let application = application(feed: feed)
    let interval = configuration.historyInterval
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await application.run()
        } catch let error as IOError {
          throw StatusServerError.bind(host: configuration.host, port: configuration.port, reason: "\(error)")
        } catch let error as SocketAddressError {
          throw StatusServerError.bind(host: configuration.host, port: configuration.port, reason: "\(error)")
        }
      }
      group.addTask {
        // Ends with the group.
        while !Task.isCancelled {
          await feed.sample()
          try await Task.sleep(for: interval)
        }
      }
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: configuration.shutdownGrace)
        throw CancellationError()
      }
      defer { group.cancelAll() }
      do {
        // Only the application returns; whatever else happens is an error.
        try await group.next()
      } catch is CancellationError {
        return
      }
    }
  }

  private func application(feed: StatusFeed) -> Application<StatusResponder> {
    var quiet = logger
    quiet.logLevel = max(quiet.logLevel, .notice)
    let connections = Connections(configuration: configuration)
    let headerTimeout = TimeAmount(configuration.headerTimeout)
    let idleTimeout = TimeAmount(configuration.idleTimeout)
    let (host, port) = (configuration.host, configuration.port)
    return Application(
      responder: StatusResponder(configuration: configuration, feed: feed, logger: logger),
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [
            ConnectionGuard(connections, headerTimeout: headerTimeout, idleTimeout: idleTimeout)
          ],
          idleTimeout: idleTimeout,
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: configuration.maximumHeaderBytes, maxHeaderListSize: configuration.maximumHeaderBytes,
            maxHeaderFieldCount: 100))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        // The guards close what is too much; this bounds descriptors while they are at it.
        availableConnectionsDelegate: .maximum(
          2 * (configuration.maximumConnections + configuration.reservedConnections), logger: quiet)),
      onServerRunning: { [logger, onListening] channel in
        let bound = channel.localAddress?.port ?? port
        logger.info("Status port listening", metadata: ["url": "http://\(host):\(bound)/"])
        await onListening(bound)
      },
      logger: quiet)
  }
}

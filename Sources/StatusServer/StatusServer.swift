// autointerp
// `StatusServer` is the service that serves the status port over HTTP.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Serves the state of a coordinator over HTTP, read-only: the dashboard at `/`, `/status`, `/events`, `/metrics`,
/// `/healthz`, `/readyz`, `/neurons`, `/neurons/L15/N7890` and `/history`; with an ``AtlasPage``, `/atlas` and `/api/v1` too.
package struct StatusServer: Service {
  private let configuration: StatusServerConfiguration
  private let source: any StatusSource
  private let atlas: AtlasPage?
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - configuration: where to listen, and whom to answer.
  ///   - source: what to serve.
  ///   - atlas: the page that explores runs; nil for none.
  ///   - logger: for messages to operators.
  ///   - onListening: called once with the port that was bound.
  /// - Throws: ``StatusServerError/configuration(setting:problem:)``.
  package init(
    configuration: StatusServerConfiguration, source: any StatusSource, atlas: AtlasPage? = nil, logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
  ) throws(StatusServerError) {
    try configuration.validate()
    self.configuration = configuration
    self.source = source
    self.atlas = atlas
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until graceful shutdown or cancellation. Event streams end at once on shutdown; readers that do not read
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
    let server = try server(feed: feed)
    let interval = configuration.historyInterval
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await server.run()
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
        // Only the server returns normally; anything else is an error.
        try await group.next()
      } catch is CancellationError {
        return
      }
    }
  }

  private func server(feed: StatusFeed) throws -> any Service {
    var quiet = logger
    quiet.logLevel = max(quiet.logLevel, .notice)
    let connections = Connections(configuration: configuration)
    let headerTimeout = TimeAmount(configuration.headerTimeout)
    let idleTimeout = TimeAmount(configuration.idleTimeout)
    let (host, port) = (configuration.host, configuration.port)
    let responder = StatusResponder(configuration: configuration, feed: feed, atlas: atlas, logger: logger)
    let builder = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [
          ConnectionGuard(connections, headerTimeout: headerTimeout, idleTimeout: idleTimeout)
        ],
        idleTimeout: idleTimeout,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: configuration.maximumHeaderBytes, maxHeaderListSize: configuration.maximumHeaderBytes,
          maxHeaderFieldCount: 100)))
    return try builder.buildServer(
      configuration: .init(
        address: .hostname(host, port: port),
        // The guards close surplus connections; this bounds descriptors until they have done so.
        availableConnectionsDelegate: .maximum(
          2 * (configuration.maximumConnections + configuration.reservedConnections), logger: quiet)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet
    ) { request, writer, _ in
      let response = await responder.respond(to: request)
      try await writer.write(response: response.head, body: response.body)
    } onServerRunning: { [logger, onListening] channel in
      let bound = channel.localAddress?.port ?? port
      logger.info("Status port listening", metadata: ["url": "http://\(host):\(bound)/"])
      await onListening(bound)
    }
  }
}

// autointerp
// `ConnectionGuard` closes connections of the status port that send no request in time or must make room for others.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// The table of all connections, which their handlers share.
final class Connections: Sendable {
  let table: Mutex<ConnectionTable<any Channel>>

  init(configuration: StatusServerConfiguration) {
    table = Mutex(
      ConnectionTable(
        maximum: configuration.maximumConnections,
        maximumPerAddress: configuration.maximumConnectionsPerAddress, reserve: configuration.reservedConnections))
  }
}

/// Closes a connection that sends no request in time, even if bytes trickle in, or that must make room. A reserve
/// connection gets answers only to probes.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connections: Connections
  private let headerTimeout: TimeAmount
  private let idleTimeout: TimeAmount
  private var number: Int?
  private var isForProbesOnly = false
  private var requestsUnderWay = 0
  private var deadline: Scheduled<Void>?

  init(_ connections: Connections, headerTimeout: TimeAmount, idleTimeout: TimeAmount) {
    self.connections = connections
    self.headerTimeout = headerTimeout
    self.idleTimeout = idleTimeout
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let request) = unwrapInboundIn(data) {
      deadline?.cancel()
      requestsUnderWay += 1
      if let number { connections.table.withLock { $0.beganRequest(number) } }
      if isForProbesOnly, !Self.isProbe(request.path) { return refuse(context) }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) {
      requestsUnderWay -= 1
      if requestsUnderWay == 0 {
        if let number { connections.table.withLock { $0.endedRequest(number) } }
        close(context, after: idleTimeout)
      }
    }
    context.write(data, promise: promise)
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard number == nil else { return }
    let (channel, address) = (context.channel, context.remoteAddress?.ipAddress ?? "")
    let (number, admission, closing) = connections.table.withLock { $0.admit(channel, from: address) }
    self.number = number
    closing?.close(promise: nil)
    isForProbesOnly = admission == .probesOnly
    if admission == .refused {
      context.close(promise: nil)
    } else {
      close(context, after: headerTimeout)
    }
  }

  private func end() {
    deadline?.cancel()
    deadline = nil
    if let number { connections.table.withLock { $0.remove(number) } }
  }

  private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  private static func isProbe(_ path: String?) -> Bool {
    let path = path?.prefix { $0 != "?" }
    return path == "/healthz" || path == "/readyz"
  }

  private func refuse(_ context: ChannelHandlerContext) {
    var head = HTTPResponse(status: .serviceUnavailable)
    head.headerFields[.contentLength] = "0"
    head.headerFields[.connection] = "close"
    head.headerFields[.retryAfter] = "5"
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}

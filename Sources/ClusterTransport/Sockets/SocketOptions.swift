// autointerp
// `SocketOptions` holds the bounds and times of a socket.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import ClusterProtocol

/// ZeroMQ leaves two things unbounded. The parts of one message, each at most as large as a frame, wait in its memory
/// until the last part has come. Only an authenticated peer can exploit that (without CURVE, anyone can). A memory
/// limit for the process, as in `ops/systemd`, turns it into a restart that loses nothing. The number of connections
/// is not bounded either; for each, a frame of the handshake may be held for `handshakeLimit`.
package struct SocketOptions: Sendable {
  /// A peer that announces a larger frame is disconnected before memory is allocated, also during the handshake.
  package var maximumReceivedBytes: Int
  /// A larger frame is not sent.
  package var maximumSentBytes: Int
  /// High-water mark: frames that wait for one peer to read them.
  package var sendQueueFrames = 1000
  /// High-water mark: frames from one peer that wait in ZeroMQ.
  package var receiveQueueFrames: Int
  /// A connection that has not authenticated itself after this time is closed.
  package var handshakeLimit: Duration = .seconds(5)
  /// Frames that were read and wait for the consumer. Beyond either bound the socket is not read, and TCP makes the
  /// peers wait.
  package var bufferedFrames = 4096
  package var bufferedBytes = 128 << 20
  /// How long closing waits for frames that are not sent yet.
  package var linger: Duration = .seconds(2)
  /// After this silence TCP probes the peer, and again after each interval. A connection that died silently is
  /// noticed after four intervals. ZMTP's own pings are not used: libzmq 4.3.4 aborts the process (`!_io_error`) if a
  /// ping is due on a connection that broke while the high-water mark had stopped its input.
  package var probeInterval: Duration = .seconds(5)
  /// Bounds of the wait before a lost connection is tried again.
  package var reconnectInterval: Duration = .milliseconds(100)
  package var maximumReconnectInterval: Duration = .seconds(5)

  /// A coordinator's options: it has many peers and holds little for each.
  package static let router = SocketOptions(
    maximumReceivedBytes: FrameLimits.maximumFrameBytes, maximumSentBytes: FrameLimits.maximumReplyBytes,
    receiveQueueFrames: 4)

  /// A worker's or client's options: it has one peer, which it knows by its key.
  package static let dealer = SocketOptions(
    maximumReceivedBytes: FrameLimits.maximumReplyBytes, maximumSentBytes: FrameLimits.maximumFrameBytes,
    receiveQueueFrames: 64)

  private init(maximumReceivedBytes: Int, maximumSentBytes: Int, receiveQueueFrames: Int) {
    self.maximumReceivedBytes = maximumReceivedBytes
    self.maximumSentBytes = maximumSentBytes
    self.receiveQueueFrames = receiveQueueFrames
  }

  /// Sets everything except security on a socket for `endpoint`.
  func apply(to socket: ZeroMQSocket, for endpoint: Endpoint) throws(TransportError) {
    try socket.set(ZMQ_IPV6, Int32(endpoint.isIPv6 ? 1 : 0))
    try socket.set(ZMQ_MAXMSGSIZE, Int64(maximumReceivedBytes))
    try socket.set(ZMQ_HANDSHAKE_IVL, handshakeLimit.wholeMilliseconds)
    try socket.set(ZMQ_SNDHWM, Int32(clamping: sendQueueFrames))
    try socket.set(ZMQ_RCVHWM, Int32(clamping: receiveQueueFrames))
    try socket.set(ZMQ_LINGER, linger.wholeMilliseconds)
    try socket.set(ZMQ_RECONNECT_IVL, reconnectInterval.wholeMilliseconds)
    try socket.set(ZMQ_RECONNECT_IVL_MAX, maximumReconnectInterval.wholeMilliseconds)
    let probeSeconds = max(1, Int32(clamping: probeInterval.components.seconds))
    try socket.set(ZMQ_TCP_KEEPALIVE, Int32(1))
    try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, probeSeconds)
    try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, probeSeconds)
    try socket.set(ZMQ_TCP_KEEPALIVE_CNT, Int32(3))
  }
}

extension Duration {
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}

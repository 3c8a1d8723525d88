// autointerp
// The bounds and times of a socket.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import ClusterProtocol

package struct SocketOptions: Sendable {
  /// A peer that sends a larger frame is disconnected.
  package var maximumFrameBytes = FrameLimits.maximumFrameBytes
  /// High-water mark: frames that wait for one peer to take them.
  package var sendQueueFrames = 1000
  /// High-water mark: frames from one peer that wait in ZeroMQ.
  package var receiveQueueFrames = 64
  /// Frames that are taken out of ZeroMQ and wait for the consumer; beyond either bound the socket is not read, and TCP
  /// makes the peers wait.
  package var bufferedFrames = 4096
  package var bufferedBytes = 128 << 20
  /// How long closing waits for frames that are not out yet.
  package var linger: Duration = .seconds(2)
  /// After this silence TCP probes the peer, and again at the same interval: a connection that died silently is noticed
  /// after four times that. ZMTP's own pings are not used: libzmq 4.3.4 aborts the process (`!_io_error`) when a ping is
  /// due on a connection that broke while its input was stopped by the high-water mark.
  package var probeInterval: Duration = .seconds(5)
  /// Bounds of the wait before a lost connection is tried again.
  package var reconnectInterval: Duration = .milliseconds(100)
  package var maximumReconnectInterval: Duration = .seconds(5)

  package init() {}

  /// Sets everything but security on a socket for `endpoint`.
  func apply(to socket: ZeroMQSocket, for endpoint: Endpoint) throws(TransportError) {
    try socket.set(ZMQ_IPV6, Int32(endpoint.isIPv6 ? 1 : 0))
    try socket.set(ZMQ_MAXMSGSIZE, Int64(maximumFrameBytes))
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

// autointerp
// The coordinator's socket.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Glibc

/// Names a connection of a router and whose it is. A peer that connects anew gets a new one.
package struct PeerID: Hashable, Sendable {
  /// ZeroMQ's name of the connection. A peer may choose it, so that it can be that of a connection that is gone.
  package var bytes: [UInt8]
  /// The authenticated key, which no peer can choose; nil without CURVE.
  package var publicKey: CurvePublicKey?

  package init(bytes: [UInt8], publicKey: CurvePublicKey? = nil) {
    self.bytes = bytes
    self.publicKey = publicKey
  }
}

/// One frame at a router and who sent it.
package struct PeerFrame: Sendable {
  package var peer: PeerID
  /// What the peer's key entitles it to; nil on a socket without CURVE, where everyone may do everything.
  package var role: PeerRole?
  package var bytes: [UInt8]

  /// True when the peer may speak as `wanted`.
  package func speaks(as wanted: PeerRole) -> Bool { role == nil || role == wanted }
}

/// One frame for a peer of a router.
package struct OutgoingFrame: Sendable {
  package var peer: PeerID
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8], to peer: PeerID) {
    self.peer = peer
    self.bytes = bytes
  }
}

/// What became of a frame for a peer. Being queued does not mean that it arrives.
package enum SendOutcome: Equatable, Sendable {
  case queued
  /// There is no such connection (any more).
  case unroutable
  /// The peer takes its frames too slowly: its queue is full and the frame was not taken.
  case congested
}

/// What a router turned away.
package enum RouterEvent: Equatable, Sendable {
  /// A connection whose key is not on the allow-list; nil is one without a key.
  case connectionRefused(key: CurvePublicKey?, address: String)
  /// A frame over a connection that is up, with a key that was removed from the allow-list since.
  case removedKeySpoke(CurvePublicKey)
  /// A frame of a peer that is not listened to.
  case ignoredPeerSpoke
}

/// A bound ROUTER socket on a loop.
package actor RouterSocket {
  /// A few milliseconds of the loop's time.
  private static let framesPerTurn = 64
  private static let bytesPerTurn = 4 << 20
  /// Peers that are not listened to; more than a coordinator has connections at a time.
  private static let maximumIgnoredPeers = 16_384

  private let loop: SocketLoop
  private let options: SocketOptions
  private let onEvent: (@Sendable (RouterEvent) -> Void)?
  private var ignored: Set<PeerID> = []
  private var socket: ZeroMQSocket?
  private var authenticator: ZapAuthenticator?
  private var queue: FrameQueue<PeerFrame>

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: The thread for the socket.
  ///   - options: Its bounds.
  ///   - onEvent: Told of what is turned away; called on the loop's thread, so it must not block.
  package init(
    loop: SocketLoop, options: SocketOptions = .router, onEvent: (@Sendable (RouterEvent) -> Void)? = nil
  ) {
    self.loop = loop
    self.options = options
    self.onEvent = onEvent
    queue = FrameQueue(maximumCount: options.bufferedFrames, maximumBytes: options.bufferedBytes)
  }

  deinit {
    if let socket { loop.core.post { socket.close() } }
  }

  /// Binds the socket and starts to receive. One router with CURVE a loop.
  ///
  /// - Parameters:
  ///   - text: `tcp://HOST:PORT`; port 0 or `*` is one of the system's choice.
  ///   - security: What protects the socket.
  /// - Returns: The endpoint with its real port.
  /// - Throws: `plainOffLoopback` when an unprotected socket would be open to other machines.
  package func bind(_ text: String, security: ServerSecurity) async throws(TransportError) -> Endpoint {
    precondition(socket == nil, "a router binds once")
    let endpoint = try security.endpoint(text)
    if case .curve(_, let allowList) = security {
      let authenticator = ZapAuthenticator(loop: loop, allowList: allowList) { [onEvent] key, address in
        onEvent?(.connectionRefused(key: key, address: address))
      }
      try await authenticator.start()
      self.authenticator = authenticator
    }
    let socket = try ZeroMQSocket(on: loop.core, type: ZMQ_ROUTER)
    do {
      try options.apply(to: socket, for: endpoint)
      try socket.set(ZMQ_ROUTER_MANDATORY, Int32(1))
      if case .curve(let keys, _) = security {
        try socket.set(ZMQ_CURVE_SERVER, Int32(1))
        try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretText)
        try socket.set(ZMQ_ZAP_DOMAIN, ZapAuthenticator.domain)
      }
      try socket.bind(endpoint.description)
      socket.onReady = { [weak self] readable, _ in
        guard readable, let self else { return }
        self.assumeIsolated { $0.receive() }
      }
      self.socket = socket
      return endpoint.with(port: try Endpoint(socket.lastEndpoint()).port)
    } catch {
      socket.close()
      throw error
    }
  }

  /// Replaces the keys that get in. ZeroMQ cannot close the connection of one peer, so those of removed keys stay up;
  /// nothing that arrives over them is taken any more.
  package func replaceAllowList(_ allowList: AllowList) async {
    await authenticator?.replace(allowList)
  }

  /// Takes nothing more from this connection.
  package func ignore(_ peer: PeerID) {
    // Connections that are long gone are among them; that any of them speaks again after this many is no harm.
    if ignored.count >= Self.maximumIgnoredPeers { ignored = [] }
    ignored.insert(peer)
  }

  /// Queues a frame for a peer; never blocks.
  ///
  /// - Throws: `frameTooLarge`, `closed`, or `system` for what ZeroMQ alone knows.
  package func send(_ frame: [UInt8], to peer: PeerID) throws(TransportError) -> SendOutcome {
    guard frame.count <= options.maximumSentBytes else {
      throw .frameTooLarge(bytes: frame.count, limit: options.maximumSentBytes)
    }
    guard let socket, !socket.isClosed else { throw .closed }
    // The router decides about the whole message at its first part.
    let status = socket.send(peer.bytes, more: true)
    switch status {
    case 0: break
    case EHOSTUNREACH: return .unroutable
    case EAGAIN: return .congested
    default: throw .system(operation: "cannot send", reason: String(cString: zmq_strerror(status)))
    }
    let second = socket.send(frame)
    guard second == 0 else { throw .system(operation: "cannot send", reason: String(cString: zmq_strerror(second))) }
    return .queued
  }

  /// Queues frames in one turn of the loop; the outcome of each, as `send(_:to:)` tells it.
  package func sendAll(_ frames: [OutgoingFrame]) -> [Result<SendOutcome, TransportError>] {
    var outcomes: [Result<SendOutcome, TransportError>] = []
    outcomes.reserveCapacity(frames.count)
    for frame in frames {
      do throws(TransportError) {
        outcomes.append(.success(try send(frame.bytes, to: frame.peer)))
      } catch {
        outcomes.append(.failure(error))
      }
    }
    return outcomes
  }

  /// What arrives, for one consumer.
  package nonisolated var incoming: IncomingFrames<PeerFrame> {
    IncomingFrames { [weak self] in await self?.nextBatch() }
  }

  package func close() async {
    socket?.close()
    queue.close()
    await authenticator?.close()
  }

  private func nextBatch() async -> [PeerFrame]? {
    if let batch = queue.takeAll() {
      socket?.wantsToRead = true
      return batch
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { continuation.resume(returning: nil) } else { queue.wait(continuation) }
      }
    } onCancel: {
      loop.core.post { self.assumeIsolated { $0.queue.cancelWait() } }
    }
  }

  /// Takes what is there, within the bounds of the queue and of a turn: what does not fit into one is taken in the next,
  /// after the frames that wait to be sent.
  private func receive() {
    guard let socket else { return }
    var (frames, turnBytes) = (0, 0)
    while !queue.isFull, frames < Self.framesPerTurn, turnBytes < Self.bytesPerTurn, let parts = socket.receive() {
      frames += 1
      guard let peer = parts.first else { continue }
      // A message of this protocol has one part besides the sender. Others are passed on as an empty frame, which the
      // decoder refuses, so that they are counted like anything malformed.
      let bytes = parts.count == 2 ? parts[1].bytes : []
      turnBytes += bytes.count
      guard let (peer, role) = vouched(peer.bytes, userID: parts.last?.userID) else { continue }
      if ignored.contains(peer) {
        onEvent?(.ignoredPeerSpoke)
        continue
      }
      queue.push(PeerFrame(peer: peer, role: role, bytes: bytes), byteCount: bytes.count + 64)
    }
    queue.deliver()
    socket.wantsToRead = !queue.isFull
  }

  /// Whose frame it is; nil when nothing is taken from its sender: its key is not on the list as it is now.
  private func vouched(_ connection: [UInt8], userID: String?) -> (peer: PeerID, role: PeerRole?)? {
    guard let authenticator else { return (PeerID(bytes: connection), nil) }
    // ZeroMQ lets everyone in when the authenticator is gone; nothing is taken from a peer it did not vouch for.
    guard let identity = userID.flatMap(ZapAuthenticator.identity) else { return nil }
    // What the authenticator said when the connection was made may be over.
    guard let role = authenticator.assumeIsolated({ $0.role(of: identity.key) }) else {
      onEvent?(.removedKeySpoke(identity.key))
      return nil
    }
    return (PeerID(bytes: connection, publicKey: identity.key), role)
  }
}

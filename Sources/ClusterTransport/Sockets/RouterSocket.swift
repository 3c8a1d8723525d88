// autointerp
// `RouterSocket` is the bound socket of the coordinator; it knows which peer sent each frame.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Glibc

/// One frame at a router and who sent it.
package struct PeerFrame: Sendable {
  package var peer: PeerID
  /// What the peer's key allows; nil on a socket without CURVE, where everything is allowed.
  package var role: PeerRole?
  package var bytes: [UInt8]

  /// True if the peer may act as `wanted`.
  package func speaks(as wanted: PeerRole) -> Bool { role == nil || role == wanted }
}

/// A frame for a peer of a router.
package struct OutgoingFrame: Sendable {
  package var peer: PeerID
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8], to peer: PeerID) {
    self.peer = peer
    self.bytes = bytes
  }
}

/// What happened to a frame for a peer. A queued frame may still get lost.
package enum SendOutcome: Equatable, Sendable {
  case queued
  /// The connection does not exist (any more).
  case unroutable
  /// The peer reads too slowly: its queue is full and the frame was not taken.
  case congested
}

/// What a router refused.
package enum RouterEvent: Equatable, Sendable {
  /// A connection whose key is not on the allow-list. Nil means that it had no key.
  case connectionRefused(key: CurvePublicKey?, address: String)
  /// A frame over an existing connection whose key was removed from the allow-list.
  case removedKeySpoke(CurvePublicKey)
  /// A frame from a peer that is ignored.
  case ignoredPeerSpoke
}

/// A bound ROUTER socket on a loop.
package actor RouterSocket {
  /// These bounds keep one turn at a few milliseconds of the loop's time.
  private static let framesPerTurn = 64
  private static let bytesPerTurn = 4 << 20
  /// How many ignored peers are remembered: more than a coordinator has connections at one time.
  private static let maximumIgnoredPeers = 16_384

  private let loop: SocketLoop
  private let options: SocketOptions
  private let onEvent: (@Sendable (RouterEvent) -> Void)?
  /// Ignored senders, each until a time.
  private var ignored: [PeerID.Sender: ContinuousClock.Instant] = [:]
  private var socket: ZeroMQSocket?
  private var authenticator: ZapAuthenticator?
  private var queue: FrameQueue<PeerFrame>

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: the thread for the socket.
  ///   - options: its bounds.
  ///   - onEvent: called for everything refused, on the loop's thread; must not block.
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

  /// Binds the socket and starts to receive. A loop can have only one router with CURVE.
  ///
  /// - Parameters:
  ///   - text: `tcp://HOST:PORT`. Port 0 or `*` means that the system chooses.
  ///   - security: the protection of the socket.
  /// - Returns: the endpoint with its real port.
  /// - Throws: `plainOffLoopback` if other machines could reach an unprotected socket.
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

  /// Replaces the list of allowed keys. ZeroMQ cannot close the connection of one peer, so connections of removed
  /// keys stay open, but their frames are refused.
  package func replaceAllowList(_ allowList: AllowList) async {
    await authenticator?.replace(allowList)
  }

  /// Ignores this sender for a while, whatever connection it uses.
  package func ignore(_ sender: PeerID.Sender, for time: Duration) {
    let now = ContinuousClock.now
    if ignored.count >= Self.maximumIgnoredPeers { ignored = ignored.filter { $0.value > now } }
    // The list contains connections that are long gone. If one of them speaks again after this many, that does no harm.
    if ignored.count >= Self.maximumIgnoredPeers { ignored = [:] }
    ignored[sender] = now + time
  }

  private func isIgnored(_ peer: PeerID) -> Bool {
    guard !ignored.isEmpty, let end = ignored[peer.sender] else { return false }
    if end > .now { return true }
    ignored[peer.sender] = nil
    return false
  }

  /// Queues a frame for a peer. Never blocks.
  ///
  /// - Throws: `frameTooLarge`, `closed`, or `system` for other ZeroMQ errors.
  package func send(_ frame: [UInt8], to peer: PeerID) throws(TransportError) -> SendOutcome {
    guard frame.count <= options.maximumSentBytes else {
      throw .frameTooLarge(bytes: frame.count, limit: options.maximumSentBytes)
    }
    guard let socket, !socket.isClosed else { throw .closed }
    // The router decides about the whole message when it gets the first part.
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

  /// Queues frames in one turn of the loop and returns the outcome of each, as `send(_:to:)` does.
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

  /// The received frames, for one consumer.
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

  /// Reads frames within the bounds of the queue and of one turn. The rest is read in the next turn, after frames
  /// that wait to be sent.
  private func receive() {
    guard let socket else { return }
    var (frames, turnBytes) = (0, 0)
    while !queue.isFull, frames < Self.framesPerTurn, turnBytes < Self.bytesPerTurn, let parts = socket.receive() {
      frames += 1
      guard let peer = parts.first else { continue }
      // A message of this protocol has one part besides the sender. Other messages become an empty frame, which the
      // decoder refuses, so that they are counted as malformed.
      let bytes = parts.count == 2 ? parts[1].bytes : []
      turnBytes += bytes.count
      guard let (peer, role) = vouched(peer.bytes, by: parts[parts.count - 1]) else { continue }
      if isIgnored(peer) {
        onEvent?(.ignoredPeerSpoke)
        continue
      }
      queue.push(PeerFrame(peer: peer, role: role, bytes: bytes), byteCount: bytes.count + 64)
    }
    queue.deliver()
    socket.wantsToRead = !queue.isFull
  }

  /// Who sent the frame. Nil if its sender is ignored or its key is no longer on the allow-list.
  private func vouched(_ connection: [UInt8], by part: ZeroMQSocket.Part) -> (peer: PeerID, role: PeerRole?)? {
    guard let authenticator else { return (PeerID(bytes: connection, address: part.address), nil) }
    // ZeroMQ admits everyone if the authenticator is gone. A peer for which it did not vouch is ignored.
    guard let identity = part.userID.flatMap(ZapAuthenticator.identity) else { return nil }
    // What the authenticator said when the connection was made may no longer hold.
    guard let role = authenticator.assumeIsolated({ $0.role(of: identity.key) }) else {
      onEvent?(.removedKeySpoke(identity.key))
      return nil
    }
    return (PeerID(bytes: connection, publicKey: identity.key, address: part.address), role)
  }
}

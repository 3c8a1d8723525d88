// autointerp
// `DealerSocket` is the connecting socket of a worker or a client.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Glibc

/// A connecting DEALER socket on a loop. ZeroMQ restores a lost connection by itself, for ever, but stops after a
/// refused handshake; then `reconnect` starts again.
package actor DealerSocket {
  private let loop: SocketLoop
  private let options: SocketOptions
  private var target: (endpoint: Endpoint, security: ClientSecurity)?
  private var socket: ZeroMQSocket?
  private var monitor: ConnectionMonitor?
  private let onEvent: (@Sendable (ConnectionEvent) -> Void)?
  private var queue: FrameQueue<[UInt8]>
  /// Frames that ZeroMQ had no room for, and the senders that wait for them.
  private var pending: [(number: Int, frame: [UInt8], sender: CheckedContinuation<SendResult, Never>)] = []
  private var nextNumber = 0
  private var isClosed = false

  private typealias SendResult = Result<Void, TransportError>

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: the thread for the socket.
  ///   - options: its bounds.
  ///   - onEvent: called for connections made and lost, on the loop's thread; must not block.
  package init(
    loop: SocketLoop, options: SocketOptions = .dealer, onEvent: (@Sendable (ConnectionEvent) -> Void)? = nil
  ) {
    self.loop = loop
    self.options = options
    self.onEvent = onEvent
    queue = FrameQueue(maximumCount: options.bufferedFrames, maximumBytes: options.bufferedBytes)
  }

  deinit {
    if let socket { loop.core.post { socket.close() } }
    if let monitor { loop.core.post { monitor.close() } }
  }

  /// Starts to connect and to receive. Returns before the connection exists.
  ///
  /// - Throws: `plainOffLoopback` if frames would travel to another machine without protection.
  package func connect(_ text: String, security: ClientSecurity) throws(TransportError) {
    precondition(target == nil, "a dealer connects once")
    let endpoint = try Endpoint(text)
    if case .plain(let insecure) = security, !insecure, !endpoint.isLoopback {
      throw .plainOffLoopback(endpoint: text)
    }
    target = (endpoint, security)
    try open()
  }

  /// Drops the connection and everything queued on it, and makes a new one. Use it if the peer is silent although the
  /// connection looks alive, or if it refused our key and may know it now. Waiting senders keep waiting.
  package func reconnect() throws(TransportError) {
    guard !isClosed, target != nil else { throw .closed }
    try? socket?.set(ZMQ_LINGER, Int32(0))
    monitor?.close()
    socket?.close()
    try open()
    flush()
  }

  /// Queues a frame. Waits while the queue is full or while there is none because the peer refused us.
  ///
  /// - Throws: `frameTooLarge`, `closed` (also if the task is cancelled), or `system`.
  package func send(_ frame: [UInt8]) async throws(TransportError) {
    guard frame.count <= options.maximumSentBytes else {
      throw .frameTooLarge(bytes: frame.count, limit: options.maximumSentBytes)
    }
    guard let socket, !socket.isClosed else { throw .closed }
    if pending.isEmpty {
      let status = socket.send(frame)
      if status == 0 { return }
      if status != EAGAIN { throw Self.sendError(status) }
    }
    nextNumber += 1
    let number = nextNumber
    let result: SendResult = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled {
          continuation.resume(returning: .failure(.closed))
        } else {
          pending.append((number, frame, continuation))
          socket.wantsToWrite = true
        }
      }
    } onCancel: {
      loop.core.post { self.assumeIsolated { $0.forget(number) } }
    }
    try result.get()
  }

  /// Queues a frame if there is room for it. Never waits.
  ///
  /// - Returns: `queued` or `congested`.
  /// - Throws: `frameTooLarge`, `closed`, or `system`.
  package func trySend(_ frame: [UInt8]) throws(TransportError) -> SendOutcome {
    guard frame.count <= options.maximumSentBytes else {
      throw .frameTooLarge(bytes: frame.count, limit: options.maximumSentBytes)
    }
    guard let socket, !socket.isClosed else { throw .closed }
    // Frames that wait already go first.
    guard pending.isEmpty else { return .congested }
    let status = socket.send(frame)
    if status == EAGAIN { return .congested }
    guard status == 0 else { throw Self.sendError(status) }
    return .queued
  }

  /// The received frames, for one consumer. A message of several parts becomes an empty frame, which the decoder
  /// refuses.
  package nonisolated var incoming: IncomingFrames<[UInt8]> {
    IncomingFrames { [weak self] in await self?.nextBatch() }
  }

  /// Closes the socket. Queued frames are still sent within the linger time.
  package func close() {
    isClosed = true
    monitor?.close()
    socket?.close()
    queue.close()
    for waiting in pending { waiting.sender.resume(returning: .failure(.closed)) }
    pending = []
  }

  private func open() throws(TransportError) {
    guard let (endpoint, security) = target else { throw .closed }
    let socket = try ZeroMQSocket(on: loop.core, type: ZMQ_DEALER)
    do {
      try options.apply(to: socket, for: endpoint)
      if case .curve(let keys, let server) = security {
        try socket.set(ZMQ_CURVE_SERVERKEY, server.text)
        try socket.set(ZMQ_CURVE_PUBLICKEY, keys.publicKey.text)
        try socket.set(ZMQ_CURVE_SECRETKEY, keys.secretText)
      }
      if let onEvent { monitor = try ConnectionMonitor(socket, on: loop.core, onEvent) }
      try socket.connect(endpoint.description)
    } catch {
      monitor?.close()
      socket.close()
      throw error
    }
    socket.onReady = { [weak self] readable, writable in
      guard let self else { return }
      self.assumeIsolated { dealer in
        if writable { dealer.flush() }
        if readable { dealer.receive() }
      }
    }
    self.socket = socket
  }

  private func nextBatch() async -> [[UInt8]]? {
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

  private func receive() {
    guard let socket else { return }
    while !queue.isFull, let parts = socket.receive() {
      let frame = parts.count == 1 ? parts[0].bytes : []
      queue.push(frame, byteCount: frame.count + 64)
    }
    queue.deliver()
    socket.wantsToRead = !queue.isFull
  }

  /// Sends waiting frames in order until there is no room.
  private func flush() {
    guard let socket else { return }
    while let first = pending.first {
      let status = socket.send(first.frame)
      if status == EAGAIN { break }
      pending.removeFirst()
      first.sender.resume(returning: status == 0 ? .success(()) : .failure(Self.sendError(status)))
    }
    socket.wantsToWrite = !pending.isEmpty
  }

  private func forget(_ number: Int) {
    guard let index = pending.firstIndex(where: { $0.number == number }) else { return }
    pending.remove(at: index).sender.resume(returning: .failure(.closed))
  }

  private static func sendError(_ status: Int32) -> TransportError {
    status == ENOTSOCK
      ? .closed : .system(operation: "cannot send", reason: String(cString: zmq_strerror(status)))
  }
}

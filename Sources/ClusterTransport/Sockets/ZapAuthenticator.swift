// autointerp
// `ZapAuthenticator` decides which CURVE keys may connect.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ

/// Answers the ZAP requests (ZeroMQ RFC 27) of one loop's context. It accepts the keys of an allow-list and tells the
/// router, through the User-Id of every frame, whose frame it is.
actor ZapAuthenticator {
  static let domain = "autointerp"
  private static let refusal = Array("400".utf8)
  private static let acceptance = Array("200".utf8)

  private let loop: SocketLoop
  private var allowList: AllowList
  private let onRefusal: @Sendable (_ key: CurvePublicKey?, _ address: String) -> Void
  private var socket: ZeroMQSocket?
  private var rate = ConnectionRate()

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Calls `onRefusal` for every refused connection, on the loop's thread.
  init(
    loop: SocketLoop, allowList: AllowList,
    onRefusal: @escaping @Sendable (_ key: CurvePublicKey?, _ address: String) -> Void = { _, _ in }
  ) {
    self.loop = loop
    self.allowList = allowList
    self.onRefusal = onRefusal
  }

  deinit {
    if let socket { loop.core.post { socket.close() } }
  }

  /// Starts answering. Call it before the protected socket is bound.
  func start() throws(TransportError) {
    let socket = try ZeroMQSocket(on: loop.core, type: ZMQ_REP)
    do {
      try socket.set(ZMQ_LINGER, Int32(0))
      try socket.bind("inproc://zeromq.zap.01")
    } catch {
      socket.close()
      throw error
    }
    socket.onReady = { [weak self] readable, _ in
      guard readable, let self else { return }
      self.assumeIsolated { $0.answer() }
    }
    self.socket = socket
  }

  func replace(_ allowList: AllowList) { self.allowList = allowList }

  /// What the key allows now, even if that was different when its connection was made.
  func role(of key: CurvePublicKey) -> PeerRole? { allowList.role(of: key) }

  func close() { socket?.close() }

  private func answer() {
    guard let socket else { return }
    while let request = socket.receive() {
      let parts = request.map(\.bytes)
      var reply = Self.reply(to: parts, allowList)
      if reply[2] == Self.acceptance, let key = CurvePublicKey(bytes: parts[6]),
        !rate.admit(.init(key: key, address: String(decoding: parts[3], as: UTF8.self)))
      {
        // This is a temporary failure: the peer tries again later.
        (reply[2], reply[3], reply[4]) = (Array("300".utf8), Array("too many connections".utf8), [])
      }
      if reply[2] == Self.refusal {
        onRefusal(
          parts.count > 6 ? CurvePublicKey(bytes: parts[6]) : nil,
          parts.count > 3 ? String(decoding: parts[3], as: UTF8.self) : "")
      }
      for (number, part) in reply.enumerated() {
        _ = socket.send(part, more: number < reply.count - 1)
      }
    }
  }

  /// Returns the parts of the reply. A request's parts are version, request id, domain, address, identity, mechanism
  /// and, for CURVE, the peer's 32-byte public key.
  static func reply(to request: [[UInt8]], _ allowList: AllowList) -> [[UInt8]] {
    let version = Array("1.0".utf8)
    func reply(_ status: [UInt8], _ text: String, userID: String = "") -> [[UInt8]] {
      [version, request.count > 1 ? request[1] : [], status, Array(text.utf8), Array(userID.utf8), []]
    }
    guard request.count == 7, request[0] == version, request[2] == Array(domain.utf8),
      request[5] == Array("CURVE".utf8), let key = CurvePublicKey(bytes: request[6])
    else { return reply(refusal, "only CURVE is accepted") }
    guard let role = allowList.role(of: key) else { return reply(refusal, "the key is not on the allow-list") }
    return reply(acceptance, "OK", userID: "\(role.rawValue) \(key)")
  }

  /// Reads role and key from a User-Id.
  static func identity(_ userID: String) -> (role: PeerRole, key: CurvePublicKey)? {
    let words = userID.split(separator: " ")
    guard words.count == 2, let role = PeerRole(rawValue: String(words[0])),
      let key = try? CurvePublicKey(String(words[1]))
    else { return nil }
    return (role, key)
  }
}

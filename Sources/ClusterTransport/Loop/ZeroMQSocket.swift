// autointerp
// `ZeroMQSocket` wraps one ZeroMQ socket that belongs to a loop.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ
internal import Glibc

/// One ZeroMQ socket.
///
/// `@unchecked Sendable`: it is created, used and closed only on its loop's thread, by an actor pinned to the loop or
/// by the loop itself. Other threads may only hold the reference.
final class ZeroMQSocket: @unchecked Sendable {
  private(set) var pointer: UnsafeMutableRawPointer?
  private unowned let core: SocketLoopCore
  var wantsToRead = true
  var wantsToWrite = false
  /// The loop calls this with (readable, writable).
  var onReady: ((Bool, Bool) -> Void)?

  /// - Parameters:
  ///   - core: the loop. The caller runs on its thread.
  ///   - type: a ZeroMQ socket type such as `ZMQ_ROUTER`.
  /// - Throws: `closed` if the loop is shut down.
  init(on core: SocketLoopCore, type: Int32) throws(TransportError) {
    guard let context = core.context else { throw .closed }
    // A router numbers connections that bring no name of their own, starting at a number from `rand()`. Unless `rand()`
    // is seeded, that number is the same after every start, and a peer that takes the next number as its name makes
    // ZeroMQ abort the process at the following connection.
    srand(UInt32.random(in: .min ... .max))
    guard let pointer = zmq_socket(context, type) else { throw .zeroMQ("cannot create a socket") }
    self.core = core
    self.pointer = pointer
    core.add(self)
  }

  var isClosed: Bool { pointer == nil }

  func close() {
    guard let pointer else { return }
    self.pointer = nil
    onReady = nil
    zmq_close(pointer)
    core.remove(self)
  }

  // MARK: Options

  func set(_ option: Int32, _ value: Int32) throws(TransportError) {
    var value = value
    guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int32>.size) == 0 else {
      throw .zeroMQ("cannot set socket option \(option)")
    }
  }

  func set(_ option: Int32, _ value: Int64) throws(TransportError) {
    var value = value
    guard zmq_setsockopt(pointer, option, &value, MemoryLayout<Int64>.size) == 0 else {
      throw .zeroMQ("cannot set socket option \(option)")
    }
  }

  func set(_ option: Int32, _ text: String) throws(TransportError) {
    let bytes = Array(text.utf8)
    guard zmq_setsockopt(pointer, option, bytes, bytes.count) == 0 else {
      throw .zeroMQ("cannot set socket option \(option)")
    }
  }

  func lastEndpoint() throws(TransportError) -> String {
    var buffer = [CChar](repeating: 0, count: 512)
    var size = buffer.count
    guard zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else {
      throw .zeroMQ("cannot read the endpoint")
    }
    return String(zeroTerminated: buffer)
  }

  func bind(_ endpoint: String) throws(TransportError) {
    guard zmq_bind(pointer, endpoint) == 0 else { throw .zeroMQ("cannot bind \(endpoint)") }
  }

  func connect(_ endpoint: String) throws(TransportError) {
    guard zmq_connect(pointer, endpoint) == 0 else { throw .zeroMQ("cannot connect to \(endpoint)") }
  }

  // MARK: Frames

  /// Sends without blocking. Returns 0 or the error number.
  func send(_ bytes: [UInt8], more: Bool = false) -> Int32 {
    guard let pointer else { return ENOTSOCK }
    while true {
      let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
      let status = bytes.withUnsafeBytes { zmq_send(pointer, $0.baseAddress, $0.count, flags) }
      if status >= 0 { return 0 }
      if zmq_errno() != EINTR { return zmq_errno() }
    }
  }

  /// One part of a message.
  struct Part {
    var bytes: [UInt8]
    /// What the ZAP handler reported about the peer.
    var userID: String?
    /// The peer's address, as far as ZeroMQ knows it.
    var address = ""
  }

  /// Returns all parts of the next message without blocking, or nil if there is none.
  func receive() -> [Part]? {
    guard let pointer else { return nil }
    var parts: [Part] = []
    while true {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      if zmq_msg_recv(&message, pointer, ZMQ_DONTWAIT) < 0 {
        if zmq_errno() == EINTR { continue }
        return nil
      }
      let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))
      let userID = zmq_msg_gets(&message, "User-Id").map { String(cString: $0) }
      let address = zmq_msg_gets(&message, "Peer-Address").map { String(cString: $0) } ?? ""
      // A peer can announce any number of parts. Nobody needs more than a ZAP request has.
      if parts.count < 8 { parts.append(Part(bytes: Array(bytes), userID: userID, address: address)) }
      if zmq_msg_more(&message) == 0 { return parts }
    }
  }
}

extension String {
  /// Makes a string from a buffer that C filled, up to the first zero.
  init(zeroTerminated buffer: [CChar]) {
    self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

// autointerp
// CURVE keys.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ

/// A CURVE public key: 32 bytes, written as 40 characters of Z85 (ZeroMQ RFC 32).
package struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
  /// The key in Z85.
  package let text: String

  /// - Throws: `invalidKey` when `text` is not Z85 of 32 bytes.
  package init(_ text: String) throws(TransportError) {
    guard Z85.decode(text) != nil else { throw .invalidKey("'\(text)'") }
    self.text = text
  }

  /// Nil unless there are 32 bytes.
  init?(bytes: [UInt8]) {
    guard let text = Z85.encode(bytes) else { return nil }
    self.text = text
  }

  package var description: String { text }
}

/// A CURVE key pair. The secret shows in no description, dump or log.
package struct CurveKeyPair: Sendable, Equatable {
  package let publicKey: CurvePublicKey
  let secretText: String

  /// A new pair from the system's randomness.
  package static func generate() throws(TransportError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: Z85.bufferSize)
    var secretText = publicText
    guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw .zeroMQ("cannot make a CURVE key pair") }
    return try CurveKeyPair(secretText: String(zeroTerminated: secretText))
  }

  /// The pair that belongs to a secret key in Z85.
  init(secretText: String) throws(TransportError) {
    var publicText = [CChar](repeating: 0, count: Z85.bufferSize)
    guard Z85.decode(secretText) != nil, zmq_curve_public(&publicText, secretText) == 0 else {
      throw .invalidKey("the secret key")
    }
    self.secretText = secretText
    publicKey = try CurvePublicKey(String(zeroTerminated: publicText))
  }
}

extension CurveKeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "key pair of \(publicKey)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// The text form of 32-byte keys.
enum Z85 {
  /// 40 characters and the terminating zero.
  static let bufferSize = 41

  static func encode(_ bytes: [UInt8]) -> String? {
    guard bytes.count == 32 else { return nil }
    var text = [CChar](repeating: 0, count: bufferSize)
    guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
    return String(zeroTerminated: text)
  }

  static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.count == bufferSize - 1, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard zmq_z85_decode(&bytes, text) != nil else { return nil }
    // The decoder takes characters outside the alphabet for something; only what encodes back was Z85.
    return encode(bytes) == text ? bytes : nil
  }
}

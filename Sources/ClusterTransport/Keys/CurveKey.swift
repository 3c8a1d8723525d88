// autointerp
// `CurvePublicKey` and `CurveKeyPair` are the CURVE keys of a peer.
// SPDX-License-Identifier: Apache-2.0

internal import CZeroMQ

/// A CURVE public key: 32 bytes, written as 40 characters of Z85 (ZeroMQ RFC 32).
package struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
  /// The key as Z85 text.
  package let text: String

  /// - Throws: `invalidKey` if `text` is not the Z85 text of 32 bytes.
  package init(_ text: String) throws(TransportError) {
    guard Z85.decode(text) != nil else { throw .invalidKey("'\(text)'") }
    self.text = text
  }

  /// Nil unless there are exactly 32 bytes.
  init?(bytes: [UInt8]) {
    guard let text = Z85.encode(bytes) else { return nil }
    self.text = text
  }

  package var description: String { text }
}

/// A CURVE key pair. Descriptions, dumps and logs never show the secret.
package struct CurveKeyPair: Sendable, Equatable {
  package let publicKey: CurvePublicKey
  let secretText: String

  /// Makes a new pair with the system's random numbers. Its public key does not begin with a hyphen, which one in 85 does:
  /// in a command such a key would be taken for an option.
  package static func generate() throws(TransportError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: Z85.bufferSize)
    var secretText = publicText
    while true {
      guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw .zeroMQ("cannot make a CURVE key pair") }
      if publicText[0] != CChar(UInt8(ascii: "-")) { break }
    }
    return try CurveKeyPair(secretText: String(zeroTerminated: secretText))
  }

  /// Makes the pair that belongs to a secret key in Z85.
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

/// Converts 32-byte keys to text and back.
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
    // The decoder accepts characters outside the alphabet, so check that the bytes encode to the same text.
    return encode(bytes) == text ? bytes : nil
  }
}

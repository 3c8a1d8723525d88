// autointerp
// Key files: a secret one that only its owner can read, and a public one to give away.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Two files a key pair: `NAME.key` with mode 0600 and `NAME.pub`.
///
/// Lines of both are `public Z85` and, in the first, `secret Z85`; empty lines and lines that start with `#` and a blank
/// are comments.
package enum KeyFile {
  /// Writes both files into `directory`, which exists. Existing files are never overwritten.
  ///
  /// - Returns: The paths of the secret and the public file.
  package static func write(
    _ pair: CurveKeyPair, name: String, directory: String
  ) throws(TransportError) -> (secret: String, public: String) {
    let secretPath = "\(directory)/\(name).key"
    let publicPath = "\(directory)/\(name).pub"
    let head = "# autointerp: CURVE"
    try create(
      secretPath, mode: 0o600,
      "\(head) key pair. Whoever has this file is this peer.\npublic \(pair.publicKey)\nsecret \(pair.secretText)\n")
    do {
      try create(publicPath, mode: 0o644, "\(head) public key.\npublic \(pair.publicKey)\n")
    } catch {
      unlink(secretPath)
      throw error
    }
    return (secretPath, publicPath)
  }

  /// Reads a key pair.
  ///
  /// - Throws: `unsafeKeyFile` when anyone but the owner may read the file, `keyFile` when it holds no pair.
  package static func readPair(_ path: String) throws(TransportError) -> CurveKeyPair {
    let file = try TextFile(path)
    guard file.mode & 0o077 == 0 else { throw .unsafeKeyFile(path: path, mode: file.mode) }
    guard let secret = file.value(of: "secret") else { throw .keyFile(path: path, reason: "has no line 'secret KEY'") }
    let pair: CurveKeyPair
    do { pair = try CurveKeyPair(secretText: secret) } catch {
      throw .keyFile(path: path, reason: "its secret key is not 40 characters of Z85")
    }
    if let text = file.value(of: "public"), text != pair.publicKey.text {
      throw .keyFile(path: path, reason: "its public key does not belong to its secret key")
    }
    return pair
  }

  /// A public key given as its text or as the path of a file with a line `public KEY`.
  package static func publicKey(_ textOrPath: String) throws(TransportError) -> CurvePublicKey {
    if let key = try? CurvePublicKey(textOrPath) { return key }
    let file = try TextFile(textOrPath)
    guard let text = file.value(of: "public") else {
      throw .keyFile(path: textOrPath, reason: "has no line 'public KEY'")
    }
    do { return try CurvePublicKey(text) } catch {
      throw .keyFile(path: textOrPath, reason: "its public key is not 40 characters of Z85")
    }
  }

  private static func create(_ path: String, mode: mode_t, _ text: String) throws(TransportError) {
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .keyFile(path: path, reason: "cannot be made: \(systemReason())") }
    defer { close(descriptor) }
    // The umask may have taken bits away, never added any; the public file is for everyone.
    let written = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written == text.utf8.count, fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
      let reason = systemReason()
      unlink(path)
      throw .keyFile(path: path, reason: "cannot be written: \(reason)")
    }
  }
}

/// A small text file, read whole, and its mode.
struct TextFile {
  /// Permission bits.
  let mode: UInt32
  let lines: [Substring]

  /// Key files and allow-lists are a few kB; 100,000 entries fit.
  private static let maximumBytes = 16 << 20

  init(_ path: String) throws(TransportError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .keyFile(path: path, reason: "cannot be opened: \(systemReason())") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .keyFile(path: path, reason: "is not a regular file")
    }
    guard status.st_size <= Self.maximumBytes else {
      throw .keyFile(path: path, reason: "has \(status.st_size) bytes, more than \(Self.maximumBytes)")
    }
    mode = status.st_mode & 0o777
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress! + filled, $0.count - filled)
      }
      guard count > 0 else { throw .keyFile(path: path, reason: "cannot be read: \(systemReason())") }
      filled += count
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .keyFile(path: path, reason: "is not UTF-8 text")
    }
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The words of a line; empty for comments.
  static func words(_ line: Substring) -> [Substring] {
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.first == "#" ? [] : words
  }

  /// The second word of the line that starts with `key` and has two.
  func value(of key: String) -> String? {
    for line in lines {
      let words = Self.words(line)
      if words.count == 2, words[0] == key { return String(words[1]) }
    }
    return nil
  }
}

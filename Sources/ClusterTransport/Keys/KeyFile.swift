// autointerp
// `KeyFile` reads and writes the files of a key pair: a secret one for its owner and a public one to give away.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Platform

/// A key pair is two files: `NAME.key` with mode 0600 and `NAME.pub`.
///
/// Both have a line `public Z85`; the first also has `secret Z85`. Empty lines and lines that start with `#` are
/// comments.
package enum KeyFile {
  /// Writes both files into an existing directory. Existing files are never overwritten.
  ///
  /// - Returns: the paths of the secret and the public file.
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
  /// - Throws: `unsafeKeyFile` if others than the owner may read the file, `keyFile` if it does not hold a pair.
  package static func readPair(_ path: String) throws(TransportError) -> CurveKeyPair {
    let file = try TextFile(path)
    guard file.mode & 0o077 == 0 else { throw .unsafeKeyFile(path: path, mode: file.mode) }
    guard let secret = file.value(of: "secret") else {
      throw .keyFile(path: path, reason: "the line 'secret KEY' is missing")
    }
    let pair: CurveKeyPair
    do { pair = try CurveKeyPair(secretText: secret) } catch {
      throw .keyFile(path: path, reason: "its secret key is not 40 characters of Z85")
    }
    if let text = file.value(of: "public"), text != pair.publicKey.text {
      throw .keyFile(path: path, reason: "its public key does not belong to its secret key")
    }
    return pair
  }

  /// Returns a public key that is given as text or as the path of a file with a line `public KEY`.
  package static func publicKey(_ textOrPath: String) throws(TransportError) -> CurvePublicKey {
    if let key = try? CurvePublicKey(textOrPath) { return key }
    let file = try TextFile(textOrPath)
    guard let text = file.value(of: "public") else {
      throw .keyFile(path: textOrPath, reason: "the line 'public KEY' is missing")
    }
    do { return try CurvePublicKey(text) } catch {
      throw .keyFile(path: textOrPath, reason: "its public key is not 40 characters of Z85")
    }
  }

  private static func create(_ path: String, mode: mode_t, _ text: String) throws(TransportError) {
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .keyFile(path: path, reason: "cannot be created: \(systemReason())") }
    // The umask may have removed permission bits, and the public file must be readable by everyone.
    let written = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    let isWhole = written == text.utf8.count && fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0
    let reason = systemReason()
    // A network file system may report the last write error only at the close.
    guard close(descriptor) == 0, isWhole else {
      unlink(path)
      throw .keyFile(path: path, reason: "cannot be written: \(isWhole ? systemReason() : reason)")
    }
    do { try ReplacedFile.synchronizeFolder(of: path) } catch {
      throw .keyFile(path: path, reason: "\(error)")
    }
  }
}

/// A small text file that was read completely, and its mode.
struct TextFile {
  /// The permission bits.
  let mode: UInt32
  let lines: [Substring]

  /// Key files and allow-lists have a few kB. 100,000 entries fit into this.
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

  /// Returns the words of a line; none for a comment.
  static func words(_ line: Substring) -> [Substring] {
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.first?.first == "#" ? [] : words
  }

  /// Returns the second word of the first line that has two words and starts with `key`.
  func value(of key: String) -> String? {
    for line in lines {
      let words = Self.words(line)
      if words.count == 2, words[0] == key { return String(words[1]) }
    }
    return nil
  }
}

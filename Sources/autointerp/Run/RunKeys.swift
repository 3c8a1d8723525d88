// autointerp
// CURVE keys that live as long as one run.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Foundation

/// Keys for a coordinator and its workers on one machine. The workers' secret is in a file that only this user can read
/// and that goes away with this value.
final class RunKeys: Sendable {
  private let folder: URL
  let workerKeyFile: String
  let server: ServerSecurity
  let serverKey: CurvePublicKey

  /// - Throws: `TransportError` when keys cannot be made or written.
  init() throws {
    let coordinator = try CurveKeyPair.generate()
    let worker = try CurveKeyPair.generate()
    folder = FileManager.default.temporaryDirectory.appending(path: "autointerp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    workerKeyFile = try KeyFile.write(worker, name: "worker", directory: folder.path).secret
    var allowed = AllowList()
    allowed.allow(worker.publicKey, as: .worker)
    server = .curve(coordinator, allowed)
    serverKey = coordinator.publicKey
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

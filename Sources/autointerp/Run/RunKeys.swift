// autointerp
// `RunKeys` makes CURVE keys that live as long as one run.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Foundation

/// Keys for a coordinator and its workers on one machine. The workers' secret is in a file that only this user can
/// read, and that is deleted with this object.
final class RunKeys: Sendable {
  private let folder: URL
  /// The keys of worker 1, 2 …. Each worker has its own key, so that one that fails everything has only one voice.
  private let workerKeyFiles: [String]
  let server: ServerSecurity
  let serverKey: CurvePublicKey

  /// - Throws: `TransportError` if keys cannot be made or written.
  init(workers: Int) throws {
    let coordinator = try CurveKeyPair.generate()
    folder = FileManager.default.temporaryDirectory.appending(path: "autointerp-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    var allowed = AllowList()
    var files: [String] = []
    for number in 1...max(1, workers) {
      let worker = try CurveKeyPair.generate()
      files.append(try KeyFile.write(worker, name: "worker-\(number)", directory: folder.path).secret)
      allowed.allow(worker.publicKey, as: .worker)
    }
    workerKeyFiles = files
    server = .curve(coordinator, allowed)
    serverKey = coordinator.publicKey
  }

  /// The key file of worker 1, 2 …
  func keyFile(ofWorker number: Int) -> String { workerKeyFiles[number - 1] }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

// autointerp
// Keys that get in or not from now on, without a restart.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Coordinator
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Reads the allow-list again on SIGHUP and when its file has changed. A file that cannot be used changes nothing.
///
/// SIGHUP ends a coordinator in no case, so that a reload that has nothing to do is harmless.
final class AllowListReload: Service {
  private let coordinator: Coordinator
  private let path: String?
  private let logger: Logger
  private let interval: Duration
  /// The keys that get in.
  private let current: Mutex<AllowList>

  /// - Parameters:
  ///   - coordinator: whose keys they are.
  ///   - path: the file; nil when there is no list, and only the signal is caught.
  ///   - current: what the coordinator was started with.
  ///   - logger: is told of every list that is read.
  ///   - interval: time between looks at the file.
  init(
    coordinator: Coordinator, path: String?, current: AllowList, logger: Logger, interval: Duration = .seconds(5)
  ) {
    self.coordinator = coordinator
    self.path = path
    self.current = Mutex(current)
    self.logger = logger
    self.interval = interval
  }

  func run() async throws {
    let hangUps = Interrupts.trapped([.sighup])
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in hangUps { await self.reload(isAsked: true) }
      }
      if let path {
        group.addTask { [interval] in
          // Nothing is known of the file that the coordinator read before.
          var known: FileVersion?
          while (try? await Task.sleep(for: interval)) != nil {
            let found = FileVersion(path)
            // A file that is being replaced may be missing for a moment.
            guard let found, found != known else { continue }
            known = found
            await self.reload(isAsked: false)
          }
        }
      }
      try? await gracefulShutdown()
      group.cancelAll()
    }
  }

  private func reload(isAsked: Bool) async {
    guard let path else {
      return logger.notice("SIGHUP: there is no allow-list to read again")
    }
    do {
      let list = try AllowList(contentsOf: path)
      let isNew = current.withLock { current in
        defer { current = list }
        return current != list
      }
      guard isNew || isAsked else { return }
      await coordinator.replaceAllowList(list)
      logger.notice("Allow-list read again", metadata: ["path": "\(path)", "allowed-keys": "\(list.count)"])
      if list.count == 0 { logger.warning("the allow-list is empty: nobody gets in any more") }
    } catch {
      logger.error("The allow-list cannot be used; the keys of before stay", metadata: ["error": "\(error)"])
    }
  }

  /// Tells one content of a file from the next.
  private struct FileVersion: Equatable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
  }
}

// autointerp
// `AllowListReload` reads the allow-list again while the coordinator runs: on SIGHUP and when the file changes.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterTransport
internal import Coordinator
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Reads the allow-list again on SIGHUP and when its file changes. A file that cannot be used changes nothing; the status
/// shows the mistake until it is mended, and the log repeats it.
///
/// SIGHUP never ends a coordinator, so a reload without an allow-list does no harm.
final class AllowListReload: Service {
  private let coordinator: Coordinator
  private let path: String?
  private let logger: Logger
  private let interval: Duration
  /// Trapped from the start, because a hang-up before the service runs would end the process.
  private let hangUps = Interrupts.trapped([.sighup])
  /// The allowed keys.
  private let current: Mutex<AllowList>
  /// What is wrong with the file, and when the log said so last.
  private let mistake = Mutex<(text: String, loggedAt: ContinuousClock.Instant)?>(nil)
  private let reminderInterval: Duration

  /// - Parameters:
  ///   - coordinator: the coordinator whose keys they are.
  ///   - path: the file; nil if there is no list, and SIGHUP is only ignored.
  ///   - current: the list with which the coordinator was started.
  ///   - logger: logs every list that is read.
  ///   - interval: how often the file is checked for changes.
  ///   - reminderInterval: how often the log repeats a mistake that is not mended.
  init(
    coordinator: Coordinator, path: String?, current: AllowList, logger: Logger, interval: Duration = .seconds(5),
    reminderInterval: Duration = .seconds(60)
  ) {
    self.coordinator = coordinator
    self.path = path
    self.current = Mutex(current)
    self.logger = logger
    self.interval = interval
    self.reminderInterval = reminderInterval
  }

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in self.hangUps { await self.reload(isAsked: true) }
      }
      if let path {
        group.addTask { [interval] in
          // Nothing is known about the file version that the coordinator has read.
          var known: FileVersion?
          var (isMissing, isTold) = (false, false)
          while (try? await Task.sleep(for: interval)) != nil {
            self.remind()
            guard let found = FileVersion(path) else {
              // A file that is being replaced may be missing for a moment, but not twice in a row.
              if isMissing, !isTold {
                (known, isTold) = (nil, true)
                await self.reload(isAsked: false)
              }
              isMissing = true
              continue
            }
            (isMissing, isTold) = (false, false)
            guard found != known else { continue }
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
      mistake.withLock { $0 = nil }
      await coordinator.setProblem(Self.subject, nil)
      let isNew = current.withLock { current in
        defer { current = list }
        return current != list
      }
      guard isNew || isAsked else { return }
      await coordinator.replaceAllowList(list)
      logger.notice("Allow-list read again", metadata: ["path": "\(path)", "allowed-keys": "\(list.count)"])
      if list.count == 0 { logger.warning("the allow-list is empty: nobody can connect any more") }
    } catch {
      mistake.withLock { $0 = ("\(error)", .now) }
      await coordinator.setProblem(
        Self.subject, "the allow-list cannot be used, so the previous keys stay valid: \(error)")
      log("\(error)")
    }
  }

  private static let subject = "allow-list"

  private func log(_ error: String) {
    logger.error("The allow-list cannot be used; the previous keys stay valid", metadata: ["error": "\(error)"])
  }

  /// Logs a mistake again that was not mended.
  private func remind() {
    let overdue = mistake.withLock { mistake -> String? in
      guard let known = mistake, .now - known.loggedAt >= reminderInterval else { return nil }
      mistake?.loggedAt = .now
      return known.text
    }
    if let overdue { log(overdue) }
  }

  /// Distinguishes one content of a file from the next.
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

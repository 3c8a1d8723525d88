// autointerp
// Exports that clients fetch in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// Keeps the latest export of a few runs for as long as clients fetch them, so that all pieces that a client gets are of
/// one making.
actor ExportCache {
  private struct Export {
    var number: Int64
    var vaultGeneration: Int64
    var madeAt: ContinuousClock.Instant
    var askedAt: ContinuousClock.Instant
    var bytes: [UInt8]
  }
  /// Clients that fetch the same unfinished run at the same time share an export for this long.
  private static let shelfLife: Duration = .seconds(10)
  /// An export that nobody has asked for a piece of for this long is let go: it may have hundreds of megabytes. A client
  /// that comes back after that starts from the beginning.
  private let idleTime: Duration
  private static let capacity = 3
  private var exports: [String: Export] = [:]
  private var lastNumber: Int64 = 0

  init(idleTime: Duration = .seconds(60)) { self.idleTime = idleTime }

  /// Lets go what has lain for long enough.
  func expire(now: ContinuousClock.Instant = .now) {
    exports = exports.filter { now - $0.value.askedAt < idleTime }
  }

  var count: Int { exports.count }

  /// Bytes from `offset`. At offset 0 an export that is not the latest state any more is made anew; so is one that was
  /// forgotten, which the client sees by its generation.
  func piece(
    of run: String, offset: Int64, limit: Int, from coordinator: Coordinator
  ) async throws -> (piece: [UInt8], totalBytes: Int64, generation: Int64) {
    let (vaultGeneration, isComplete) = try await coordinator.generation(of: run)
    var export = exports[run]
    let isStale = export.map {
      $0.vaultGeneration != vaultGeneration
        && (isComplete || ContinuousClock.now - $0.madeAt > Self.shelfLife)
    }
    if isStale ?? true, offset == 0 || export == nil {
      let bytes = try await coordinator.export(run)
      lastNumber += 1
      let new = Export(
        number: lastNumber, vaultGeneration: vaultGeneration, madeAt: .now, askedAt: .now, bytes: bytes)
      exports[run] = new
      export = new
      if exports.count > Self.capacity, let oldest = exports.min(by: { $0.value.number < $1.value.number }) {
        exports[oldest.key] = nil
      }
    }
    guard let export, offset >= 0, offset <= export.bytes.count else {
      throw CoordinatorError.refused(
        reason: "there is no byte \(offset) in the export of \(run), which has \(export?.bytes.count ?? 0)")
    }
    exports[run]?.askedAt = .now
    let start = Int(offset)
    let end = min(export.bytes.count, start + limit)
    return (Array(export.bytes[start..<end]), Int64(export.bytes.count), export.number)
  }
}

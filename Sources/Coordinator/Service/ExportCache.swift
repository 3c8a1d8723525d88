// autointerp
// `ExportCache` keeps the exports that clients fetch in pieces.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// Keeps the latest export of a few runs while clients fetch them, so that all pieces that a client gets belong to one
/// export. Clients get the first pieces while the rest is made.
actor ExportCache {
  /// Clients that fetch the same unfinished run share an export for this long.
  private static let shelfLife: Duration = .seconds(10)
  private static let capacity = 3
  /// How many exports are made at a time. The statistics that an export is made from may be copied for each.
  private static let makingAtMost = 2
  /// An export is dropped if nobody asks for a piece of it for this long. A client that asks later starts again.
  private let idleTime: Duration
  private var exports: [String: (export: SpooledExport, askedAt: ContinuousClock.Instant)] = [:]
  private var lastNumber: Int64 = 0

  init(idleTime: Duration = .seconds(60)) { self.idleTime = idleTime }

  /// Drops exports that have been idle for too long.
  func expire(now: ContinuousClock.Instant = .now) {
    exports = exports.filter { now - $0.value.askedAt < idleTime }
  }

  var count: Int { exports.count }

  /// Returns the export from which a client gets a piece at `offset`, and calls `make` if it is new. At offset 0 an
  /// outdated export is made again. A dropped one is made again too, and the client notices by its number. Nil while too
  /// many others are being made.
  func export(
    of run: String, offset: Int64, vaultGeneration: Int64, isComplete: Bool, _ make: (SpooledExport) -> Void
  ) throws -> SpooledExport? {
    let known = exports[run]?.export
    if let known {
      let isStale =
        known.hasFailed
        || (known.vaultGeneration != vaultGeneration && !known.isUnderWay
          && (isComplete || ContinuousClock.now - known.madeAt > Self.shelfLife))
      if !isStale || offset > 0 {
        exports[run]?.askedAt = .now
        return known
      }
    }
    guard exports.values.count(where: { $0.export.isUnderWay }) < Self.makingAtMost else { return nil }
    lastNumber += 1
    let export = try SpooledExport(of: run, number: lastNumber, vaultGeneration: vaultGeneration)
    exports[run] = (export, .now)
    make(export)
    if exports.count > Self.capacity, let oldest = exports.values.min(by: { $0.export.number < $1.export.number }) {
      exports[oldest.export.run] = nil
    }
    return export
  }
}

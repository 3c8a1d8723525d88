// autointerp
// `RunStore` is the durable storage of a run as the coordinator sees it; `RunStores` finds and creates them.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits

/// The durable side of one run: `RunAtlas` in production, a simulated full disk in tests. Methods block.
package protocol RunStore: Sendable {
  var epoch: Int64 { get }
  var identity: RunIdentity { get }
  /// What the file is called, without its extension.
  var name: String { get }
  /// Something about the file that its owner should know.
  var warning: String? { get }
  func specification() throws -> RunSpecification
  func ledger() throws -> RunLedger
  /// The version of the software that started the run.
  func softwareVersion() throws -> String
  /// The figures of a finished run's stored aggregate; nil if it is missing or outdated.
  func figures() throws -> StoredFigures?
  /// The BLAS kernels that computed the stored results.
  func computeKernels() throws -> [String]
  /// Writes the batches in order. When it returns, all of them are on disk; if it throws, none is. Returns the outcome
  /// of each delta, in order, and how long it took.
  func write(_ batches: [AtlasBatch]) throws -> (outcomes: [DeltaOutcome], times: CommitTimes)
  func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws
  /// Writes the aggregate's tables, unless the file has other results by now than those with this digest. Returns false if
  /// it has.
  func store(_ aggregate: EdgeAggregate, resultsDigest: String, now: Int64) throws -> Bool
  func finish() throws
  /// Closes the file until it is needed again.
  func rest() throws
}

extension RunStore {
  package var warning: String? { nil }
  package var name: String { "unknown" }
  package func computeKernels() throws -> [String] { [] }
  package func rest() throws {}
}

extension RunAtlas: RunStore {
  package var name: String {
    String((path.split(separator: "/").last ?? "").prefix { $0 != "." })
  }
  package func write(_ batches: [AtlasBatch]) throws -> (outcomes: [DeltaOutcome], times: CommitTimes) {
    try timedCommit(batches)
  }
  package func store(_ aggregate: EdgeAggregate, resultsDigest: String, now: Int64) throws -> Bool {
    try replaceAggregate(aggregate, resultsDigest: resultsDigest, now: now)
  }
  package func finish() throws { try close() }
}

/// Finds and creates the stores of runs. Methods block.
package protocol RunStores: Sendable {
  /// Opens every existing run. One that cannot be used is reported, not replaced.
  func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>]
  /// Opens the store of an existing run.
  func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore
  /// Lets another coordinator use the place.
  func release()
  /// Creates the store of a new run, or opens that of the run with this specification.
  func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore
}

extension RunStores {
  package func release() {}
}

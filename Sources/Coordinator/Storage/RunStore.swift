// autointerp
// Where the facts of a run are kept, as far as the coordinator needs to know.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import Circuits

/// The durable side of one run. `RunAtlas` in production; tests put a full disk in its place. Methods block.
package protocol RunStore: Sendable {
  var epoch: Int64 { get }
  func specification() throws -> RunSpecification
  func ledger() throws -> RunLedger
  /// The version of the software that began the run.
  func softwareVersion() throws -> String
  /// What the stored aggregate of a finished run says; nil when it is not there or not the latest.
  func figures() throws -> StoredFigures?
  /// All of the batches are on the disk, one after the other, when this returns, nothing of them when it throws. Returns
  /// what became of each delta, in order.
  func write(_ batches: [AtlasBatch]) throws -> [DeltaOutcome]
  func forEachDelta(in prompts: Range<Int32>, _ body: (StoredDelta) throws -> Void) throws
  func store(_ aggregate: EdgeAggregate, now: Int64) throws
  func finish() throws
}

extension RunAtlas: RunStore {
  package func write(_ batches: [AtlasBatch]) throws -> [DeltaOutcome] { try commit(batches) }
  package func store(_ aggregate: EdgeAggregate, now: Int64) throws { try replaceAggregate(aggregate, now: now) }
  package func finish() throws { try close() }
}

/// Where runs are found and made. Methods block.
package protocol RunStores: Sendable {
  /// Opens every run that is there. One that cannot be used is reported, not replaced.
  func openAll(softwareVersion: String, now: Int64) throws -> [Result<any RunStore, CoordinatorError>]
  /// Opens the store of a run that is there.
  func openExisting(_ run: String, softwareVersion: String, now: Int64) throws -> any RunStore
  /// Makes the store of a new run, or opens that of the run with this specification.
  func open(_ specification: RunSpecification, softwareVersion: String, now: Int64) throws -> any RunStore
}

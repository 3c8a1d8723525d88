// autointerp
// How much of its slots' time a fleet computed.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation

/// Compute time of all prompts over slots times wall time.
struct FleetEfficiency: Encodable, Sendable {
  let slots: Int
  /// Of all prompts together.
  let computeSeconds: Double
  /// Of the run, from the first prompt's beginning to the last one's delta.
  let wallSeconds: Double
  /// 1 when every slot computed all the time.
  let share: Double

  /// Of a run that was begun and finished in one go on so many slots; nil when it did not take a measurable time.
  init?(_ run: RunStatus, slots: Int) {
    guard slots > 0, let startedAt = run.startedAt, let finishedAt = run.finishedAt, finishedAt > startedAt else {
      return nil
    }
    self.slots = slots
    computeSeconds = Double(run.computeMilliseconds) / 1000
    wallSeconds = Double(finishedAt - startedAt) / 1000
    share = computeSeconds / (Double(slots) * wallSeconds)
  }

  var text: String {
    String(
      format: "%.1f %% of %d %@ (%.1f s of compute in %.1f s)", 100 * share, slots, slots == 1 ? "slot" : "slots",
      computeSeconds, wallSeconds)
  }
}

// autointerp
// `FleetEfficiency` says for how much of the time the slots of a fleet computed.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Foundation

/// The compute time of all prompts divided by slots times wall time.
struct FleetEfficiency: Encodable, Sendable {
  let slots: Int
  /// All prompts together.
  let computeSeconds: Double
  /// From the start of the first prompt to the arrival of the last delta.
  let wallSeconds: Double
  /// 1 if every slot computed all the time.
  let share: Double

  /// For a run that was started and finished without a break on this many slots; nil if it took no measurable time.
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

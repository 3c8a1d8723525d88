// autointerp
// `ModuleSettings` says how modules are searched: resolution, seed, limits and numbers of random rounds.
// SPDX-License-Identifier: Apache-2.0

package struct ModuleSettings: Codable, Equatable, Sendable {
  /// Higher values give more and smaller modules; 1 is modularity as it was defined.
  package var resolution = 1.0
  package var seed: UInt64 = 1
  /// Neurons in fewer prompts are left out: a pair must share three prompts to be linked, in halves of the run too.
  package var fewestPrompts = 8
  /// The neurons in most prompts count; time grows with the square of their number.
  package var mostNeurons = 1500
  /// Of more prompts, so many count, the first of each group in proportion: exact tests of more take minutes.
  package var mostPrompts = 2000
  /// Smaller clusters are not called modules.
  package var fewestMembers = 3
  /// How often selections are shuffled.
  package var shuffles = 39
  /// How many random graphs of the same degrees are clustered.
  package var rewirings = 99

  package init() {}

  /// Resolutions that make sense.
  package static let resolutions = 0.05...20.0
}

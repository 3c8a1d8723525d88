// autointerp
// `MadeLabel` writes into a made label's version which half of the prompts it was made from, and reads it back.
// SPDX-License-Identifier: Apache-2.0

package import Labels

package enum MadeLabel {
  private static let mark = " seed "

  /// `base`: the rules of the program or the name of a language model.
  package static func version(_ base: String, seed: UInt64) -> String { "\(base)\(mark)\(seed)" }

  /// Whether the held-out half of this seed says anything about a label: a made one must come from the other half of the same
  /// seed. Labels of people and databases were not made from the run's halves.
  package static func mayBeScored(_ label: NeuronLabel, seed: UInt64) -> Bool {
    !label.isMachineMade || label.version.hasSuffix("\(mark)\(seed)")
  }
}

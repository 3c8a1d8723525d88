// autointerp
// The tokenizer of the model that computes, for commands that can do without.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints

extension EngineOptions {
  /// The model's tokenizer, or nil when it has none; then tokens are shown as `#id`.
  ///
  /// One that is there but refused is nil too, but not in silence: people would take it for one that is missing.
  func tokenizerIfUsable() -> Tokenizer? {
    do throws(CheckpointError) {
      return try Tokenizer.openIfThere(model)
    } catch {
      Warning.show("tokens are shown by their numbers, because the model's tokenizer is refused: \(error)")
      return nil
    }
  }
}

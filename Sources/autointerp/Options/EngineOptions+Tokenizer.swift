// autointerp
// `EngineOptions.tokenizerIfUsable` opens the model's tokenizer for commands that can work without one.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Console
internal import Settings

extension EngineOptions {
  /// The model's tokenizer, or nil if it has none. Tokens are then shown as `#id`.
  ///
  /// A tokenizer that is refused also gives nil, with a warning, because people would think that it is missing.
  func tokenizerIfUsable() -> Tokenizer? {
    do throws(CheckpointError) {
      return try Tokenizer.openIfThere(model)
    } catch {
      StandardError.warn("tokens are shown by their numbers, because the model's tokenizer is refused: \(error)")
      return nil
    }
  }
}

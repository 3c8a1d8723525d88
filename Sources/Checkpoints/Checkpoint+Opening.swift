// autointerp
// Opens a model, whatever its format.
// SPDX-License-Identifier: Apache-2.0

extension Checkpoint {
  /// Opens and checks a model.
  ///
  /// Weights stay where they are on disk (mapped), in their storage types.
  ///
  /// - Parameter path: a `.gguf` file (of a split model, any part).
  /// - Returns: a checkpoint in which every weight that the configuration calls for has its exact shape.
  /// - Throws: naming the file and, where there is one, the key, tensor and offset; nothing unknown is ignored.
  package static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
    try open(gguf: path)
  }
}

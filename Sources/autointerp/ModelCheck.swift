// autointerp
// `EngineOptions.requireModel` refuses a run of another model than the one that was opened.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Circuits
internal import ClusterProtocol
internal import Settings

extension EngineOptions {
  /// Refuses a run whose graphs were made by other weights, because its neurons are then other neurons.
  ///
  /// A run without a fingerprint, which says nothing about its model, passes.
  /// - Throws: `InputError`, which names both models.
  func requireModel(of run: RunSpecification, in path: String, is checkpoint: Checkpoint) throws {
    guard let fingerprint = run.modelFingerprint,
      ModelCard.weights(inFingerprint: fingerprint) != checkpoint.fingerprint
    else { return }
    throw InputError(
      path: path,
      problem: "this run is of the model \(run.modelName), and \(checkpoint.name) has other weights; "
        + "name the run's model with --model")
  }
}

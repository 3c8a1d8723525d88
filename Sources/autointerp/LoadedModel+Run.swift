// autointerp
// `LoadedModel.load` loads the model of a run for experiments.
// SPDX-License-Identifier: Apache-2.0

internal import AgentExperiments
internal import Checkpoints
internal import RunIndex
internal import Settings

extension LoadedModel {
  /// Loads the model at `model`, which must be that of the run at `path`.
  ///
  /// - Throws: `InputError` if it is another model.
  static func load(_ model: String, forRunAt path: String) throws -> LoadedModel {
    var engine = try EngineOptions.parse(["--model", model])
    engine.model = model
    let checkpoint = try engine.checkpoint()
    let tokenizer = try Tokenizer.open(model)
    let run = try RunIndex.open(path).specification
    if let expected = run.modelFingerprint, expected != ModelIdentity(checkpoint, tokenizer).fingerprint {
      throw InputError(
        path: model,
        problem: "this is not the model of the run, \(run.modelName): experiments would be about another model")
    }
    return try LoadedModel(
      checkpoint: checkpoint, tokenizer: tokenizer, storage: engine.storage(for: checkpoint),
      threads: engine.threads, run: run)
  }
}

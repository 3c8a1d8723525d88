// autointerp
// The flags that say which model computes, and how.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Checkpoints
internal import Foundation
internal import Inference

/// A model and how to run it in this process.
struct EngineOptions: ParsableArguments {
  @Option(help: "A GGUF file, a safetensors file or a folder with one.")
  var model: String = DefaultModel.path

  @Option(help: "resident: weights as Float32 in memory; mapped: in the file, unpacked at each use; auto: what fits.")
  var weights: String = "auto"

  @Option(help: "Threads to compute with; the result does not depend on it.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "OpenBLAS core type, such as Haswell, which decides the last bits (default: what suits the processor).")
  var kernel: String = ""

  func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
    try Self.validate(weights: weights)
  }

  static let weightChoices = ["auto"] + WeightStorage.allCases.map(\.rawValue)

  static func validate(weights: String) throws {
    guard weightChoices.contains(weights) else {
      throw ValidationError("--weights must be one of \(weightChoices.joined(separator: ", ")).")
    }
  }

  /// Opens the model, in a process that has the kernels to compute with it.
  func checkpoint() throws -> Checkpoint {
    try ComputeKernel.settle(kernel)
    guard FileManager.default.fileExists(atPath: model) else {
      let hint = model == DefaultModel.path ? "run scripts/fetch-model, or name one with --model" : "check --model"
      throw ValidationError("There is no model at \(model): \(hint).")
    }
    return try Checkpoint.open(model)
  }

  /// Weights are resident when all of them as Float32 take at most half of the machine's memory.
  func storage(for checkpoint: Checkpoint) -> WeightStorage {
    if let chosen = WeightStorage(rawValue: weights) { return chosen }
    let bytes = UInt64(checkpoint.configuration.parameterCount) * 4
    return bytes <= ProcessInfo.processInfo.physicalMemory / 2 ? .resident : .mapped
  }
}

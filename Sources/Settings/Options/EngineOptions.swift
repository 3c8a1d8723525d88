// autointerp
// `EngineOptions` holds the flags that choose the model and how it computes.
// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
package import Checkpoints
internal import Foundation
package import Inference

/// A model and how to run it in this process.
package struct EngineOptions: ParsableArguments {
  @Option(help: "A GGUF file, a safetensors file or a folder with one.")
  package var model: String = DefaultModel.path

  @Option(help: "resident: weights as Float32 in memory; mapped: in the file, unpacked at each use; auto: what fits.")
  package var weights: String = "auto"

  @Option(help: "Threads to compute with; the result does not depend on it.")
  package var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "OpenBLAS core type, such as Haswell, which decides the last bits (default: what suits the processor).")
  package var kernel: String = ""

  package init() {}

  package func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads must be at least 1.") }
    try Self.validate(weights: weights)
  }

  package static let weightChoices = ["auto"] + WeightStorage.allCases.map(\.rawValue)

  package static func validate(weights: String) throws {
    guard weightChoices.contains(weights) else {
      throw ValidationError("--weights must be one of \(weightChoices.joined(separator: ", ")).")
    }
  }

  /// Opens the model in a process that has the right kernels.
  package func checkpoint() throws -> Checkpoint {
    try ComputeKernel.settle(kernel)
    guard FileManager.default.fileExists(atPath: model) else {
      let hint = model == DefaultModel.path ? "run scripts/fetch-model, or name one with --model" : "check --model"
      throw ValidationError("There is no model at \(model): \(hint).")
    }
    return try Checkpoint.open(model)
  }

  /// Weights are resident if all of them as Float32 take at most half of the machine's memory.
  package func storage(for checkpoint: Checkpoint) -> WeightStorage {
    if let chosen = WeightStorage(rawValue: weights) { return chosen }
    let bytes = UInt64(checkpoint.configuration.parameterCount) * 4
    return bytes <= ProcessInfo.processInfo.physicalMemory / 2 ? .resident : .mapped
  }
}

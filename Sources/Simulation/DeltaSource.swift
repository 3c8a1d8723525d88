// autointerp
// `DeltaSource` makes the deltas that the simulated workers compute.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator
internal import Platform
internal import TestSupport

/// Computes each prompt's delta once. The same prompt, run and kernel always give the same bytes.
final class DeltaSource {
  /// The kernel of a worker, which decides the bits.
  enum Kernel: Int {
    case usual
    case odd
    /// Not a kernel: the values are wrong.
    case wrong
  }

  private struct Key: Hashable {
    var run: Int
    var prompt: Int32
    var kernel: Kernel
  }

  private var payloads: [Key: [UInt8]] = [:]

  func payload(run: Int, prompt: Int32, origin: PromptOrigin, kernel: Kernel) -> [UInt8] {
    let key = Key(run: run, prompt: prompt, kernel: kernel)
    if let known = payloads[key] { return known }
    let payload = delta(run: run, prompt: prompt, origin: origin, kernel: kernel).payload()
    payloads[key] = payload
    return payload
  }

  /// True if this is the digest of a wrong graph of the prompt.
  func isWrong(_ digest: DeltaDigest, run: Int, prompt: Int32) -> Bool {
    payloads[Key(run: run, prompt: prompt, kernel: .wrong)].map { DeltaDigest(of: $0) == digest } ?? false
  }

  /// Returns the delta that has this digest, or nil if no honest worker could have computed it.
  func delta(run: Int, prompt: Int32, origin: PromptOrigin, digest: DeltaDigest) -> EdgeDelta? {
    for kernel in [Kernel.usual, .odd] {
      let known = payloads[Key(run: run, prompt: prompt, kernel: kernel)]
      guard let known, DeltaDigest(of: known) == digest else { continue }
      return delta(run: run, prompt: prompt, origin: origin, kernel: kernel)
    }
    return nil
  }

  private func delta(run: Int, prompt: Int32, origin: PromptOrigin, kernel: Kernel) -> EdgeDelta {
    let variant = kernel == .wrong ? 1_000_000 + run : run * 2 + kernel.rawValue
    return SyntheticGraph.delta(prompt: prompt, origin: origin, variant: UInt64(variant))
  }
}

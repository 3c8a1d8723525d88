// autointerp
// The deltas of a history's prompts, as workers compute them.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Coordinator

/// Computes each prompt's delta once; the same prompt, run and kernel always give the same bytes.
final class DeltaSource {
  /// The bits that a worker's kernel gives.
  enum Kernel: Int {
    case usual
    case odd
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

  /// The delta that has this digest, nil when no worker could have computed it.
  func delta(run: Int, prompt: Int32, origin: PromptOrigin, digest: DeltaDigest) -> EdgeDelta? {
    for kernel in [Kernel.usual, .odd] {
      let known = payloads[Key(run: run, prompt: prompt, kernel: kernel)]
      guard let known, DeltaDigest(of: known) == digest else { continue }
      return delta(run: run, prompt: prompt, origin: origin, kernel: kernel)
    }
    return nil
  }

  private func delta(run: Int, prompt: Int32, origin: PromptOrigin, kernel: Kernel) -> EdgeDelta {
    SyntheticGraph.delta(prompt: prompt, origin: origin, variant: UInt64(run * 2 + kernel.rawValue))
  }
}

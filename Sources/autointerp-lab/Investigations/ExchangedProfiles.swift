// autointerp
// `ExchangedProfiles` gives the hypotheses about neurons to others, about which nothing suggested them.
// SPDX-License-Identifier: Apache-2.0

internal import Causality
internal import Circuits
internal import Inference
internal import Investigations

/// Investigations in which every confirmed hypothesis is a false discovery.
enum ExchangedProfiles {
  /// The same hypotheses about a random neuron of the same layer and of similar activation, which is read in its own sign and
  /// counts as active in as many prompts as the neuron that the hypotheses are of.
  ///
  /// Neurons without any like them are left out.
  static func exchanged<Backend: ComputeBackend>(
    _ neurons: [InvestigatedNeuron], tester: HypothesisTester<Backend>
  ) -> [InvestigatedNeuron] {
    let unseen = tester.unseen
    let named = Set(neurons.map(\.neuron))
    return neurons.compactMap { original in
      let all = Array(unseen.prompts.indices)
      let active = tester.activePrompts(original.neuron, original.reading, level: original.activeLevel)
      guard let other = tester.controls(for: original.neuron, in: active.isEmpty ? all : active, avoiding: named).first
      else { return nil }
      func oriented(_ prompt: Int, sign: Int) -> Double {
        let place = unseen.place(of: other, sign: sign, isLast: original.reading.isLast, in: prompt)
        return Double(sign) * unseen.value(other, of: prompt, position: place)
      }
      let sum = all.reduce(0.0) { sum, prompt in
        sum
          + (1..<unseen.prompts[prompt].tokens.count).reduce(0.0) { $0 + unseen.value(other, of: prompt, position: $1) }
      }
      var wrong = original
      wrong.neuron = other
      wrong.reading.sign = sum < 0 ? -1 : 1
      let values = all.map { oriented($0, sign: wrong.reading.sign) }.sorted(by: >)
      wrong.activeLevel = values[max(0, min(values.count, active.count) - 1)]
      // A driver must be below and a target above; both are, because the layer is the same.
      return wrong
    }
  }

  /// Each neuron with what the next one of the list detects and promotes, if none of these tokens is among its own.
  static func swapped(_ neurons: [InvestigatedNeuron]) -> [InvestigatedNeuron] {
    func tokens(_ hypothesis: Hypothesis) -> Set<Int32> {
      switch hypothesis.claim {
      case .detects(let tokens), .promotes(let tokens): Set(tokens)
      default: []
      }
    }
    return neurons.enumerated().compactMap { i, neuron in
      let other = neurons[(i + 1) % neurons.count]
      var left = neuron
      left.hypotheses = other.hypotheses.filter { hypothesis in
        let own = neuron.hypotheses.filter { $0.kind == hypothesis.kind }.map(tokens)
        return !tokens(hypothesis).isEmpty && own.allSatisfy { $0.isDisjoint(with: tokens(hypothesis)) }
      }
      return left.hypotheses.isEmpty ? nil : left
    }
  }

  /// The same neurons with only the hypotheses about groups, for prompts whose groups were permuted.
  static func groupHypotheses(_ neurons: [InvestigatedNeuron]) -> [InvestigatedNeuron] {
    neurons.compactMap { neuron in
      var left = neuron
      left.hypotheses = neuron.hypotheses.filter {
        if case .prefers = $0.claim { true } else { false }
      }
      return left.hypotheses.isEmpty ? nil : left
    }
  }
}

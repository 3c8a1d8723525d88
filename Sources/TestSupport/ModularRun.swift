// autointerp
// `ModularRun` makes the graphs of a run in which known groups of neurons work together, or in which none do.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

/// Prompts of two groups. Modules of six neurons (layers 1 to 3) are each on in a quarter of the prompts, and their neurons nearly only
/// then; ten other neurons are in prompts at random. In a run without structure, each neuron is in as many prompts, at random.
package struct ModularRun: Sendable {
  package static let moduleCount = 3
  package static let moduleSize = 6

  package var promptCount = 160
  package var isModular = true
  package var seed: UInt64 = 1

  package init() {}

  package static func neuron(module: Int, _ number: Int) -> NeuronID {
    NeuronID(layer: 1 + number / 2, index: 10 * module + number)
  }

  package static let others = (0..<10).map { NeuronID(layer: 2, index: 100 + $0) }

  /// What drives the neurons of a module more than others do.
  package static func driver(ofModule module: Int) -> NeuronID { NeuronID(layer: 0, index: module) }

  package func specification() -> RunSpecification {
    var specification = SampleRun.specification(promptCount: promptCount)
    // No two prompts are near-duplicates, and all have the same form.
    for place in specification.prompts.indices {
      specification.prompts[place].text = "about \(place)a\(place) the \(place)b\(place) of \(place)c\(place) is"
    }
    return specification
  }

  /// The graphs of all prompts.
  package func deltas() -> [EdgeDelta] {
    var random = SeededRandom(seed: seed)
    return (0..<promptCount).map { prompt in
      var sketch = GraphSketch()
      for module in 0..<Self.moduleCount {
        let isOn = random.chance(0.25)
        sketch.add(Self.driver(ofModule: module))
        for number in 0..<Self.moduleSize {
          let rate = isModular ? (isOn ? 0.9 : 0.03) : 0.25
          guard random.chance(rate) else { continue }
          let neuron = Self.neuron(module: module, number)
          sketch.add(neuron)
          // All drivers reach all neurons; that of the module does so more.
          for source in 0..<Self.moduleCount {
            sketch.connect(
              .neuron(Self.driver(ofModule: source)), .neuron(neuron),
              flow: isModular && source == module ? 1 : 0.2)
          }
          sketch.connect(.neuron(neuron), .logit, flow: 0.1)
        }
      }
      for neuron in Self.others where random.chance(0.25) { sketch.add(neuron) }
      return sketch.delta(prompt: Int32(prompt), origin: prompt.isMultiple(of: 2) ? .domain : .baseline)
    }
  }
}

// autointerp
// `RunIndex.observed` reads what a run has recorded about neurons; hypotheses are formed from it.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Knowledge
package import RunIndex

extension RunIndex {
  /// What the run says about each of `neurons`, in their order. All stored graphs are read once.
  ///
  /// - Throws: `InvestigationError.unselected`, or errors of the run's files.
  package func observed(_ neurons: [NeuronID]) throws -> [ObservedNeuron] {
    let sinks = try sinks().neurons
    var observers = neurons.map {
      NeuronObserver($0, rule: specification.settings.rule, sinks: sinks.subtracting([$0]))
    }
    var places: [Int32: [Int]] = [:]
    for (i, neuron) in neurons.enumerated() {
      for prompt in try prompts(of: neuron) { places[Int32(prompt), default: []].append(i) }
    }
    try forEachGraph(of: Set(places.keys)) { delta in
      for i in places[delta.prompt] ?? [] { observers[i].add(delta) }
    }
    return try zip(neurons, observers).map { neuron, observer in
      guard let found = observer.result(preference: try preference(of: neuron)) else {
        throw InvestigationError.unselected(neuron, prompts: state.mergedPrompts)
      }
      return found
    }
  }

  /// The first comparison of the run that calls the neuron one of a group.
  private func preference(of neuron: NeuronID) throws -> ObservedNeuron.Preference? {
    for (number, comparison) in try comparisons().enumerated() {
      guard let finding = try self.neurons([neuron], comparison: number).first?.finding,
        finding.class == SpecificityClass.domain.rawValue || finding.class == SpecificityClass.baseline.rawValue
      else { continue }
      let isFirst = finding.class == SpecificityClass.domain.rawValue
      let q = finding.qValue.map { ", q \(ReadableNumber.scientific($0))" } ?? ""
      return ObservedNeuron.Preference(
        group: isFirst ? comparison.first : comparison.second, other: isFirst ? comparison.second : comparison.first,
        reason:
          "it was selected in \(finding.firstCount) of \(finding.firstTotal) prompts of \(comparison.first) and in "
          + "\(finding.secondCount) of \(finding.secondTotal) of \(comparison.second)\(q)")
    }
    return nil
  }
}

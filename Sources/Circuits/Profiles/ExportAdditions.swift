// autointerp
// `ExportAdditions` and `SummaryFindings` let higher targets add conclusions to a run's export and summary.
// SPDX-License-Identifier: Apache-2.0

package import JSON

/// Conclusions that are drawn from an aggregate, for its export. Like everything in the file, they depend only on corpus,
/// model and settings.
package protocol ExportAdditions: Sendable {
  /// Writes keys and values at the top of the file, after `summary`.
  func writeOverview(to json: inout JSONByteWriter)
  /// Writes more keys and values of a neuron's profile.
  func writeProfile(of neuron: NeuronID, to json: inout JSONByteWriter)
}

/// Conclusions for `RunSummary`: which neurons it lists, and what it says about them.
package struct SummaryFindings: Equatable, Sendable {
  /// One neuron with the text that stands behind its name.
  package struct Neuron: Equatable, Sendable {
    package var neuron: NeuronID
    package var text: String

    package init(neuron: NeuronID, text: String) {
      self.neuron = neuron
      self.text = text
    }
  }

  /// Lines before the list, such as warnings.
  package var notes: [String] = []
  package var title = ""
  package var neurons: [Neuron] = []
  /// Neurons that drive everything, which lists of drivers and targets leave out.
  package var sinks: Set<NeuronID> = []

  package init() {}
}

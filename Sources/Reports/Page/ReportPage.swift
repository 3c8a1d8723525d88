// autointerp
// `ReportPage` puts everything about the neurons of a run into one HTML page that loads nothing else.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
package import Knowledge
package import Labels
internal import Platform
package import RunIndex

/// A page for sharing. It is a function of the run's merged prompts, the labels and the choice of neurons.
package struct ReportPage {
  let index: RunIndex
  let neurons: [NeuronReport]
  let selection: ReportSelection
  let groups: [(name: String, merged: Int, total: Int)]
  let comparisons: [RunSpecificity.Comparison]
  let balance: GroupBalance
  let sinks: Sinks
  let neuronCount: Int
  /// Nil if they were not searched yet.
  let modules: ModuleFindings?
  let softwareVersion: String

  /// Reads what the page shows. Blocks.
  ///
  /// - Parameters:
  ///   - index: the run.
  ///   - labels: those that go with the run.
  ///   - count: how many neurons get a section.
  ///   - selection: which neurons.
  ///   - modules: of the run, if they were searched.
  ///   - softwareVersion: of the program, shown at the end.
  /// - Throws: errors of the run's files.
  package init(
    _ index: RunIndex, labels: LabelFile?, count: Int, selection: ReportSelection, modules: ModuleFindings? = nil,
    softwareVersion: String
  ) throws {
    self.index = index
    self.selection = selection
    self.modules = modules
    self.softwareVersion = softwareVersion
    groups = try index.groups().filter { $0.merged > 0 }
    comparisons = try index.comparisons()
    balance = try index.balance()
    let sinks = try index.sinks()
    self.sinks = sinks
    neuronCount = try index.neuronCount()
    neurons = try selection.neurons(of: index, count: count).compactMap {
      try NeuronReport($0, index: index, labels: labels, sinks: sinks.neurons)
    }
  }

  /// The whole document.
  package var html: [UInt8] {
    HTMLDocument(title: "\(index.specification.name): neurons", body: body, script: .script).bytes
  }

  private var body: Markup {
    """
    <a class="skip" href="#neurons">Skip to the neurons</a>
    \(header)
    <main>
    \(overview)
    \(sinkTable)
    \(moduleSections)
    <h2>One by one</h2>
    \(neurons.map(section))
    </main>
    \(footer)
    """
  }

  static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  /// Such as `0.13` and `2.1e-22`.
  static func probability(_ value: Double) -> String {
    value >= 0.01 ? ReadableNumber.fixed(value, decimals: 2) : ReadableNumber.scientific(value)
  }

  static func words(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

  static func signed(_ value: Double, decimals: Int = 3) -> String {
    ReadableNumber.fixed(value, decimals: decimals, signed: true)
  }

  private var footer: Markup {
    """
    <footer>
    <p>Prompts are counted in which a neuron was selected into the graph by its score, not those in which it fires. Scores \
    predict what the metric loses without the neuron; edges carry flow, the part of the metric that passes along them. Labels \
    are claims of their sources.</p>
    <p>Made by autointerp \(softwareVersion) from the results with the digest \(index.state.digest). This page loads nothing from \
    the network.</p>
    </footer>
    """
  }
}

// autointerp
// `LabelReport` says what an import of labels changed, what it covers, and which labels conflict.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Labels
internal import Platform

struct LabelReport {
  let imported: LabelImport
  let changes: LabelFile.Changes
  /// Of the labelled neurons, those that the run has.
  let known: Set<NeuronID>
  let neuronCount: Int
  let isTrial: Bool
  let replaces: Bool

  private static let shownConflicts = 20

  var text: String {
    let neurons = Set(imported.labels.map(\.neuron))
    var lines = [
      "\(Self.count(imported.labels.count, "label")) of \(Self.count(neurons.count, "neuron")) read"
        + (imported.skipped > 0
          ? "; left out for lack of a description: \(ReadableNumber.grouped(imported.skipped))" : "")
    ]
    let percent = neuronCount > 0 ? Double(known.count) / Double(neuronCount) * 100 : 0
    lines.append(
      "  in the run: \(ReadableNumber.grouped(known.count)) of its \(ReadableNumber.grouped(neuronCount)) neurons "
        + "(\(ReadableNumber.fixed(percent, decimals: 1)) %)")
    if known.isEmpty, !neurons.isEmpty {
      lines.append("  WARNING: none of them is in this run: do the labels belong to its model?")
    }
    let verb = isTrial ? "would be added" : "added"
    lines.append(
      "  \(ReadableNumber.grouped(changes.added.count)) \(verb), \(ReadableNumber.grouped(changes.unchanged)) there already, "
        + Self.count(changes.conflicts.count, "conflict"))
    for conflict in changes.conflicts.prefix(Self.shownConflicts) {
      let (old, new) = (conflict.stored, conflict.offered)
      lines.append(
        "  \(old.neuron) \(old.polarity.name) of \(quoted(old.source)) \(replaces ? "had" : "keeps") \(quoted(old.text))"
      )
      lines.append("    \(replaces ? "now" : "not") \(quoted(new.text))")
    }
    if changes.conflicts.count > Self.shownConflicts {
      lines.append("  and \(changes.conflicts.count - Self.shownConflicts) more")
    }
    if !changes.conflicts.isEmpty, !replaces {
      lines.append("Conflicting labels were left alone; --replace takes the new ones, another --source keeps both.")
    }
    return lines.map { "\($0)\n" }.joined()
  }

  private static func count(_ number: Int, _ thing: String) -> String {
    "\(ReadableNumber.grouped(number)) \(thing)\(number == 1 ? "" : "s")"
  }

  private func quoted(_ text: String) -> String { text.quoted(maximumBytes: 100) }
}

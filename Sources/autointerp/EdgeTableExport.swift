// autointerp
// `EdgeTableExport.write` writes all edges of a run as CSV: the rows of the view `edges`, as `autointerp query` shows them.
// SPDX-License-Identifier: Apache-2.0

internal import Console
internal import Platform
internal import RunIndex

struct EdgeTableExport {
  private let index: RunIndex

  init(_ index: RunIndex) { self.index = index }

  /// Writes the table to a file, or to standard output.
  func write(to output: String?) throws {
    var table = QueryTable(format: .csv)
    try index.query(
      "SELECT * FROM edges", labels: nil, header: { table.begin($0) }, row: { table.add($0) })
    try OutputFile(output).write(table.finished())
    let state = index.state
    if state.openPrompts > 0 {
      StandardError.say(
        "\(state.mergedPrompts) of \(state.promptCount) prompts are in the file, \(state.openPrompts) are open")
    }
    if state.quarantinedPrompts > 0 {
      StandardError.say(
        "\(state.quarantinedPrompts) of \(state.promptCount) prompts are quarantined and not in the file")
    }
  }
}

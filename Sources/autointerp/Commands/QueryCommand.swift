// autointerp
// `autointerp query` answers a question in SQL about a run.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Labels
internal import Platform
internal import RunIndex

/// Runs one SELECT over a run's views and prints the rows.
struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Ask a run's file in SQL.",
    discussion: """
      Read-only, also while the run goes on. `autointerp atlas schema` describes views and tables: profiles, evidence, edges, \
      specificity, prompts, tokens, predictions, labels.labels, and the run's own tables as run.*.

      EXAMPLES
        autointerp query runs/medical-smollm2-1f2e3d4c "SELECT neuron, class, q_value FROM profiles LIMIT 10"
        autointerp query run.sqlite "SELECT token_text, count(*) FROM evidence WHERE neuron = 'L29/N560' GROUP BY token" --csv
      """)

  @Argument(help: ArgumentHelp("The SQLite file or folder of a run.", valueName: "run"))
  var name: String

  @Argument(help: ArgumentHelp("One SELECT.", valueName: "sql"))
  var sql: String

  @Flag(help: "Print CSV with a line of names.")
  var csv = false

  @Flag(help: "Print a JSON array of objects.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    guard !(csv && json) else { throw ValidationError("choose one of --csv and --json") }
  }

  func run() throws {
    try OutputFile(output).check()
    let path = try RunFile.path(name, in: ".")
    var table = QueryTable(format: csv ? .csv : json ? .json : .text)
    try RunIndex.open(path).query(
      sql, labels: LabelFile.path(ofRun: path), header: { table.begin($0) }, row: { table.add($0) })
    try OutputFile(output).write(table.finished())
  }
}

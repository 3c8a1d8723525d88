// autointerp
// `CompareCommand` is `autointerp compare`: it says what differs between two runs, or between two groups of a run.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Labels
internal import Platform
internal import Reports
internal import RunIndex

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two runs of one architecture, or two groups of a run.",
    discussion: """
      Tells neurons and edges that are gained, lost or changed from those that differ by chance: exact tests with false \
      discovery rates over everything tested, beside what the same tests find when sides are exchanged at random. Two runs over \
      the same prompts are compared in pairs (McNemar's exact test). If the sides differ in the form of their prompts, only \
      prompts of equal form are compared. What differs besides what is compared is said in words: model, template, metric, rule, \
      settings, prompts. Works while runs go on.

      Log odds in JSON are those of the first side against the second.

      EXAMPLES
        autointerp compare runs/base runs/fine-tuned
        autointerp compare runs/base runs/fine-tuned --group domain --json | jq .neurons.gained
        autointerp compare run.sqlite --groups domain baseline
        autointerp compare run.sqlite --halves 1        # a control: whatever it finds is chance
      """)

  @Argument(help: ArgumentHelp("One or two runs: their SQLite files or folders.", valueName: "run"))
  var runs: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Compare these two groups of one run.", valueName: "name> <name"))
  var groups: [String] = []

  @Option(help: ArgumentHelp("Compare the prompts of this group in two runs.", valueName: "name"))
  var group: String?

  @Option(help: ArgumentHelp("Compare two halves of one run that this seed draws.", valueName: "seed"))
  var halves: UInt64?

  @Option(help: "How many entries each list has; 0 shows all.")
  var limit = 10

  @Flag(help: "Print JSON.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  /// The runs and groups as they were meant: the values of --groups end at the next flag, so that a run behind them arrives as
  /// a third.
  private var names: (runs: [String], groups: [String]) {
    groups.count == 3 && runs.isEmpty ? ([groups[2]], Array(groups[..<2])) : (runs, groups)
  }

  func validate() throws {
    let (runs, groups) = names
    guard limit >= 0 else { throw ValidationError("--limit is \(limit); it must be 0 or more") }
    guard groups.isEmpty || halves == nil else { throw ValidationError("choose one of --groups and --halves") }
    guard groups.isEmpty || groups.count == 2 else { throw ValidationError("--groups takes two names") }
    if !groups.isEmpty || halves != nil {
      guard runs.count == 1 else { throw ValidationError("name one run with --groups or --halves") }
      guard group == nil else { throw ValidationError("--group compares a group of two runs; name two runs") }
    } else {
      guard runs.count == 2 else {
        throw ValidationError("name two runs, or one run with --groups NAME NAME or --halves SEED")
      }
    }
  }

  func run() throws {
    try OutputFile(output).check()
    let (runs, groups) = names
    let paths = try runs.map { try RunFile.path($0, in: ".") }
    let indexes = try paths.map { try RunIndex.open($0) }
    let request: ComparisonRequest =
      if let halves { .halves(indexes[0], seed: halves) } else if groups.count == 2 {
        .groups(indexes[0], groups[0], groups[1])
      } else { .runs(indexes[0], indexes[1], group: group) }
    let comparison = try RunComparison(
      request, labels: try paths.compactMap { try LabelFile.reading(LabelFile.path(ofRun: $0)) })
    let count = limit == 0 ? Int.max : limit
    try OutputFile(output).write(json ? comparison.json(limit: count) : Array(comparison.text(limit: count).utf8))
  }
}

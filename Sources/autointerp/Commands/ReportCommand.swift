// autointerp
// `ReportCommand` is `autointerp report`: it writes what a run knows as one page for a browser.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Labels
internal import Platform
internal import Reports
internal import RunIndex

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page about the neurons of a run, for sharing.",
    discussion: """
      One HTML file that loads nothing from the network, for any browser: what was run, warnings, how well scores agree with \
      removals, a table of neurons that can be sorted and filtered, and for each its label, verdict, circuit, places, measured \
      effects, and what is not known. Sinks have a table of their own. Labels that `autointerp label` stored are shown as quotes, \
      and modules that `autointerp modules` found as pictures, with how far both halves of the prompts agree.

      EXAMPLES
        autointerp report runs/medical-smollm2-1f2e3d4c -o report.html
        autointerp report run.sqlite --top-k 200 --sort specificity -o report.html
        autointerp report run.sqlite --json | jq '.neurons[0]'
      """)

  @Argument(help: ArgumentHelp("The SQLite file or folder of a run.", valueName: "run"))
  var name: String

  @Option(name: .customLong("top-k"), help: "How many neurons the page has.")
  var count = 50

  @Option(help: "mixed (half are specific to a group, half strong), specificity, score or prompts.")
  var sort: ReportSelection = .mixed

  @Flag(help: "Print which neurons the page would have, as JSON, instead of the page.")
  var json = false

  @Option(name: .shortAndLong, help: "Write to this file instead of standard output.")
  var output: String?

  func validate() throws {
    guard (1...10_000).contains(count) else { throw ValidationError("--top-k is \(count); it must be 1 to 10000") }
  }

  func run() throws {
    try OutputFile(output).check()
    let path = try RunFile.path(name, in: ".")
    let index = try RunIndex.open(path)
    let page = try ReportPage(
      index, labels: try LabelFile.reading(LabelFile.path(ofRun: path)), count: count, selection: sort,
      modules: index.storedModules(), softwareVersion: SoftwareVersion.current)
    try OutputFile(output).write(json ? page.json : page.html)
  }
}

extension ReportSelection: ExpressibleByArgument {}

// autointerp
// `CheckCommand` is `autointerp check`: it verifies the files of runs and repairs damaged ones.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Atlas
internal import Console
internal import Coordinator
internal import Foundation
internal import Platform

/// Verifies the files of runs.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find out whether the file of a run is damaged, and repair it.",
    discussion: """
      Reads the whole file: its structure, the digest of its prompts and settings, every result against its digest and \
      against the model, and the tables of a finished run against its results. Files of runs under way may be checked.

      --repair writes a new file from what is sound and puts it in the place of the damaged one, which stays beside it as \
      FILE.damaged, or FILE.damaged-2 and so on after earlier repairs. Prompts whose results were damaged are computed \
      again when a coordinator has the file. It needs the file for itself: stop the coordinator first.

      EXAMPLES
        autointerp check /var/lib/autointerp/runs/*.sqlite
        autointerp check runs/medical-smollm2-1f2e3d4c/run.sqlite --repair

      Exit codes: 0 sound or repaired, 1 damaged, 2 a file cannot be read or repaired.
      """)

  @Argument(help: ArgumentHelp("The files of runs.", valueName: "file"))
  var files: [String]

  @Flag(help: "Repair what is damaged.")
  var repair = false

  @Flag(help: "Print what was found as a JSON array.")
  var json = false

  /// What is printed as JSON for one file.
  private struct Report: Encodable {
    var check: RunCheck?
    var isSound: Bool
    var error: String?
    var repaired: RunCheck?
    var leftOut: [String] = []
    var kept: String?
  }

  func run() throws {
    var (reports, code) = ([Report](), Int32(0))
    for file in files {
      let (report, fileCode) = examine(file)
      reports.append(report)
      code = max(code, fileCode)
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(reports), as: UTF8.self))
    }
    if code != 0 { throw ExitCode(code) }
  }

  private func examine(_ file: String) -> (Report, Int32) {
    do {
      guard repair else {
        let check = try RunCheck(file)
        say(check)
        return (Report(check: check, isSound: check.isSound), check.isSound ? 0 : 1)
      }
      let now = Int64(Date().timeIntervalSince1970 * 1000)
      let repair = try RunCheck.repair(file, softwareVersion: SoftwareVersion.current, now: now)
      say(repair.before)
      if let after = repair.after { say(repair, after) }
      return (
        Report(
          check: repair.before, isSound: repair.before.isSound, repaired: repair.after, leftOut: repair.leftOut,
          kept: repair.after.map { _ in repair.kept }), 0
      )
    } catch {
      let reason = Self.reason(error)
      StandardError.say(reason.harmless(maximumBytes: 2000))
      return (Report(isSound: false, error: reason), 2)
    }
  }

  /// The error of a file that cannot even be examined. The usual advice for a damaged file is this command itself.
  private static func reason(_ error: any Error) -> String {
    guard case AtlasError.corrupt(let path, let detail) = error else { return "\(error)" }
    return "\(path) is damaged beyond what can be examined (\(detail)): restore a backup or submit the run again"
  }

  private func say(_ check: RunCheck) {
    if !json { for line in Self.lines(for: check) { print(line.harmless(maximumBytes: 2000)) } }
  }

  private func say(_ repair: RunCheck.Repair, _ after: RunCheck) {
    guard !json else { return }
    print("  repaired: \(after.results) of \(after.prompts) prompts have a result; the damaged file is \(repair.kept)")
    if !repair.leftOut.isEmpty { print("  lost: \(repair.leftOut.joined(separator: ", "))") }
  }

  static func lines(for check: RunCheck) -> [String] {
    var lines = [
      "\(check.path): \(check.isSound ? "sound" : "DAMAGED"); run \(check.run ?? "unknown"), \(check.state ?? "state unknown"), "
        + "\(check.results) of \(check.prompts) prompts have a sound result"
    ]
    lines += check.problems.map { "  \($0)" }
    lines += check.damagedResults.prefix(20).map { "  prompt \($0.prompt): \($0.reason)" }
    if check.damagedResults.count > 20 { lines.append("  and \(check.damagedResults.count - 20) more prompts") }
    lines += check.notes.map { "  note: \($0)" }
    if !check.isSound {
      lines.append(
        check.canBeRepaired
          ? "  --repair keeps what is sound; the damaged prompts are then computed again"
          : "  it cannot be repaired, because prompts or settings are lost: restore a backup or submit the run again")
    }
    return lines
  }
}

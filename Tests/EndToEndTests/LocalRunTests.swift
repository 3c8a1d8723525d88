// autointerp
// `LocalRunTests` tests that `autointerp run` with processes and the model gives the same bytes after every disturbance.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct LocalRunTests {
  static let promptCount = 12
  /// Prompts written for these tests.
  static let domain = """
    sequences:
      - {prompt: "The vitamin that prevents scurvy is vitamin"}
      - {prompt: "The hormone that lowers blood sugar is"}
      - {prompt: "Red blood cells carry"}
      - {prompt: "A child who has had a cough and a fever for three days was brought to the clinic, where the nurse found"}
      - {prompt: "The inherited disorder in which the blood does not clot, because a factor is missing, is called"}
      - {prompt: "When the pressure in the arteries stays too high for years, the organ that suffers first is the"}
    """
  static let baseline = """
    The train to the coast leaves early in the morning.
    We painted the kitchen yellow and the door blue.
    Nobody knows who wrote the letter in the drawer.
    The market opens at seven, and by noon the last of the bread and most of the fruit is usually gone.
    She kept the tickets of every concert that they had been to in a box under the stairs of the old house.
    After the rain the path along the river was closed, so we walked back through the town and had tea.
    """

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("domain.yaml", Self.domain)
    try folder.write("baseline.txt", Self.baseline)
  }

  private func arguments(_ more: String...) -> [String] {
    ["run", "--model", Model.path, "--prompts", "domain.yaml", "--baseline", "baseline.txt", "-o", "out.json"]
      + ["--run-dir", "run"] + more
  }

  /// The statistics of an undisturbed run.
  static let undisturbed = Result {
    let test = try LocalRunTests()
    let result = try Program.run(test.arguments("--local", "1"), in: test.folder.url)
    guard result.exitCode == 0 else { throw Program.Missing(description: result.errors) }
    return try test.folder.read("out.json")
  }

  private func expectSameStatistics(_ location: SourceLocation = #_sourceLocation) throws {
    let expected = try Self.undisturbed.get()
    #expect(expected.count > 10_000)
    #expect(try folder.read("out.json") == expected, sourceLocation: location)
  }

  @Test func theResultDoesNotDependOnTheNumberOfWorkers() throws {
    let result = try Program.run(arguments("--local", "2"), in: folder.url)
    #expect(result.exitCode == 0, "\(result.errors)")
    try expectSameStatistics()
    #expect(result.output.contains("12 of 12 prompts (6 domain, 6 baseline)"))
    #expect(result.errors.contains(#/Live status: http://127\.0\.0\.1:\d+//#))

    // The second time nothing is left to do, and only the time in the summary differs.
    let again = try Program.run(arguments("--local", "2"), in: folder.url)
    #expect(again.exitCode == 0, "\(again.errors)")
    try expectSameStatistics()
    func statistics(_ output: String) -> [Substring] {
      output.split(separator: "\n").dropFirst().filter { !$0.hasPrefix("Fleet:") }
    }
    #expect(statistics(again.output) == statistics(result.output))

    // As JSON, which is one object.
    let json = try Program.run(arguments("--json", "--quiet"), in: folder.url)
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let run = object?["run"] as? [String: Any]
    #expect(run?["done"] as? Int == Self.promptCount)
    #expect(run?["state"] as? String == "complete")
    #expect(json.errors == "")
  }

  @Test func aLongerRunGoesOnFromAShorterOne() throws {
    func run(_ more: String...) throws -> Program.Result {
      let files = ["--prompts", "domain.yaml", "--baseline", "baseline.txt", "-o", "out.json", "--no-status"]
      return try Program.run(["run", "--model", Model.path, "--local", "1"] + files + more, in: folder.url)
    }
    let short = try run("--limit", "4")
    #expect(short.exitCode == 0 && !short.errors.contains("are taken from"), "\(short.errors)")
    let alone = try run("--limit", "6", "--no-reuse", "-o", "alone.json")
    #expect(alone.exitCode == 0 && !alone.errors.contains("are taken from"), "\(alone.errors)")
    let long = try run()
    #expect(long.exitCode == 0, "\(long.errors)")
    // The second run has all that the first has, so nothing is left to take from that.
    #expect(long.errors.components(separatedBy: "the results of 6 prompts are taken from").count == 2)
    #expect(!long.errors.contains("of 4 prompts"))
    try expectSameStatistics()

    // Results of other mathematics are refused, and leave no run behind.
    let runsBefore = try FileManager.default.contentsOfDirectory(atPath: folder.path("runs")).sorted()
    let earlier = try #require(runsBefore.first)
    let refused = try run("--rule", "relp", "--reuse", "runs/\(earlier)", "--run-dir", "other")
    #expect(refused.exitCode == 1 && refused.errors.contains("its results cannot be used"), "\(refused.errors)")
    #expect(refused.errors.contains("rule: it has gradient, asked for is relp"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("other/run.sqlite")))

    // What was computed for the shorter runs is in the longer one, so that merging them gives that again.
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder.path("runs")).map { "runs/\($0)" }
    #expect(runs.count == 3)
    let merged = try Program.run(["atlas", "merge"] + runs + ["-o", "all.sqlite", "--json"], in: folder.url)
    #expect(merged.exitCode == 0, "\(merged.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(merged.output.utf8)) as? [String: Any]
    #expect(report?["prompts"] as? Int == Self.promptCount && report?["open_prompts"] as? Int == 0)
    #expect(try Program.run(["check", "all.sqlite"], in: folder.url).exitCode == 0)
    let again = try Program.run(["atlas", "merge"] + runs + ["-o", "all.sqlite"], in: folder.url)
    #expect(again.exitCode == 1 && again.errors.contains("all.sqlite: it exists already"), "\(again.errors)")
  }

  @Test func aWorkerKilledInTheMiddleChangesNothing() throws {
    let run = try Program.start(arguments("--local", "2"), in: folder.url)
    try run.waitForProgress(from: 1, below: Self.promptCount)
    let victim = try #require(run.children.first)
    kill(victim, SIGKILL)
    let result = try run.finish()
    #expect(result.exitCode == 0, "\(result.errors)")
    try expectSameStatistics()
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func anInterruptedRunIsResumed(signal: Int32) throws {
    let run = try Program.start(arguments("--local", "2"), in: folder.url)
    try run.waitForProgress(from: 1, below: Self.promptCount)
    let workers = run.children
    run.signal(signal)
    let interrupted = try run.finish()
    #expect(interrupted.exitCode == 128 + signal)
    #expect(interrupted.errors.contains("the same command resumes the run"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("out.json")))
    #expect(workers.allSatisfy { kill($0, 0) != 0 }, "workers outlive the run")

    let resumed = try Program.run(arguments("--local", "1"), in: folder.url)
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    // The run is resumed, not started again.
    #expect(!resumed.errors.hasPrefix("0/"))
    try expectSameStatistics()
  }

  @Test func workersDoNotOutliveARunThatIsKilledAndItIsResumed() throws {
    let run = try Program.start(arguments("--local", "2"), in: folder.url)
    try run.waitForProgress(from: 1, below: Self.promptCount)
    let workers = run.children
    #expect(workers.count == 2)
    run.signal(SIGKILL)
    #expect(try run.finish().exitCode == 128 + SIGKILL)
    for worker in workers { try Processes.waitForEnd(of: worker) }

    let resumed = try Program.run(arguments("--local", "2"), in: folder.url)
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    try expectSameStatistics()
  }

  @Test func aPromptThatFailsIsListedAndTheExitCodeSaysSo() throws {
    // Longer than the model's context.
    try folder.write(
      "domain.yaml", Self.domain + "\n  - {prompt: \"\(String(repeating: "far too long ", count: 5000))\"}\n")
    let result = try Program.run(arguments("--local", "2"), in: folder.url)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("1 prompt failed"))
    #expect(result.errors.contains("far too long"))
    #expect(result.output.contains("\(Self.promptCount) of \(Self.promptCount + 1) prompts"))

    let again = try Program.run(arguments("--local", "2", "--retry-failed"), in: folder.url)
    #expect(again.exitCode == 1)
    #expect(again.errors.contains("far too long"))
  }

  @Test(arguments: ["missing/out.json", "."])
  func anOutputThatCannotBeWrittenIsSaidBeforeTheRun(output: String) throws {
    let result = try Program.run(arguments("--local", "1") + ["-o", output], in: folder.url)
    #expect(result.exitCode == 1)
    #expect(result.errors.hasPrefix("Error: \(output) cannot be written: "), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
  }

  @Test func anotherModelOrSettingInTheSameFolderIsRefused() throws {
    // An unfinished run is enough.
    let run = try Program.start(arguments("--local", "1"), in: folder.url)
    try run.waitForProgress(from: 0, below: Self.promptCount)
    run.signal(SIGINT)
    _ = try run.finish()

    let otherSetting = try Program.run(arguments("--select", "top=100"), in: folder.url)
    #expect(otherSetting.exitCode == 1)
    #expect(otherSetting.errors.contains("select: it has top=200, asked for is top=100"))

    var bytes = try Data(contentsOf: URL(fileURLWithPath: Model.path))
    bytes.replaceSubrange(bytes.count - 64..<bytes.count, with: Data(repeating: 0x11, count: 64))
    try bytes.write(to: folder.url.appending(path: "other.gguf"))
    var arguments = arguments("--local", "1")
    arguments[2] = "other.gguf"
    let otherModel = try Program.run(arguments, in: folder.url)
    #expect(otherModel.exitCode == 1)
    #expect(otherModel.errors.contains("model: it has"))
  }

  @Test func aSecondRunInTheSameFolderIsRefusedMeanwhile() throws {
    let run = try Program.start(arguments("--local", "1"), in: folder.url)
    try run.waitForProgress(from: 0, below: Self.promptCount)
    let second = try Program.run(arguments("--local", "1"), in: folder.url)
    #expect(second.exitCode == 1)
    #expect(second.errors.contains("is in use by process \(run.processID)"))
    run.signal(SIGKILL)
    _ = try run.finish()
  }
}

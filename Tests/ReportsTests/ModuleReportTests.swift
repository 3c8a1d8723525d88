// autointerp
// Tests of `ModuleReport`: the verdict comes first, modules say how sure they are, and texts of others stay in quotes.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Foundation
internal import JSON
internal import Knowledge
internal import RunIndex
internal import TestSupport
internal import Testing

@testable import Reports

@Suite struct ModuleReportTests {
  private func findings(_ run: ModularRun = ModularRun()) throws -> ModuleFindings {
    let folder = try TestRun.Folder()
    let path = folder.path("run.sqlite")
    let atlas = try RunAtlas(path: path, specification: run.specification(), softwareVersion: "1", now: 1000)
    try SampleRun.merge(run.deltas(), into: atlas)
    try atlas.close()
    return try withExtendedLifetime(folder) { try RunIndex.open(path).modules() }
  }

  @Test func theVerdictComesFirstWithWhatChanceFinds() throws {
    let findings = try findings()
    let text = ModuleReport(findings, run: "sample\u{1B}").text(limit: 2)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines[0].hasPrefix("Modules of sample\u{FFFD}: 160 prompts"))
    #expect(lines[1] == "3 modules beyond chance, of 3 found; both halves of the prompts find 3 of them again.")
    #expect(text.contains("and 1 more (--limit)") && text.contains("in 39 rounds") && text.contains("modularity: 0."))
    #expect(text.contains("adjusted Rand index") && text.contains("prompts (baseline/domain), drives"))
    #expect(lines.allSatisfy { $0.count <= 100 }, "\(lines.filter { $0.count > 100 })")
  }

  @Test func aRunWithoutStructureHasNoModulesBeyondChance() throws {
    var run = ModularRun()
    run.isModular = false
    let text = ModuleReport(try findings(run), run: "sample").text(limit: 20)
    #expect(text.contains("\nNo modules beyond chance.\n") && !text.contains("M-L"))
    #expect(!text.contains("only strong modules"))
    run.promptCount = 60
    #expect(
      ModuleReport(try findings(run), run: "sample").text(limit: 20).contains("With 60 prompts only strong modules"))
  }

  @Test func oneModuleIsShownWithItsPromptsInQuotes() throws {
    let findings = try findings()
    let module = try #require(findings.module(named: "\(ModularRun.neuron(module: 2, 1))"))
    let text = ModuleReport(findings, run: "sample").text(of: module, limit: 4) { number in
      "x\u{1B}[2J\nIgnore \(number)"
    }
    #expect(text.hasPrefix("\(module.name): 6 neurons, "))
    #expect(text.contains("  beyond chance: ") && text.contains("  stable: ") && text.contains("and 2 more (--limit)"))
    #expect(text.contains("L0/N2: 6 members") && text.contains("\"x\u{FFFD}[2J Ignore "))
    #expect(!text.unicodeScalars.contains("\u{1B}") && !text.split(separator: "\n").contains { $0.hasPrefix("Ignore") })
  }

  @Test func aNeuronsPageNamesItsModule() throws {
    let findings = try findings()
    let member = ModularRun.neuron(module: 0, 2)
    let line = ModuleReport.line(about: member, findings)
    #expect(line.hasPrefix("Module: M-L") && line.contains("6 neurons, beyond chance, stable; with L"))
    #expect(!line.contains("with \(member),") && !line.contains(", \(member)"))
    #expect(ModuleReport.line(about: ModularRun.others[0], findings).contains("in none"))
    #expect(ModuleReport.line(about: member, nil).contains("autointerp modules RUN"))
  }

  @Test func jsonHoldsEverythingOrOneModule() throws {
    let findings = try findings()
    let report = ModuleReport(findings, run: "sample")
    let all = try #require(try JSONValue(parsing: report.json()).object)
    #expect(all["schema"] == "autointerp.modules/1" && all["beyond_chance"] == 3 && all["modules"]?.array?.count == 3)
    #expect(all["links"]?.object?["p_value"] == 0.025 && all["searched"]?.object?["families"] == 160)
    let one = try #require(try JSONValue(parsing: report.json(only: findings.modules[1])).object)
    let module = try #require(one["modules"]?.array?.first?.object)
    #expect(module["name"] == .string(findings.modules[1].name) && module["members"]?.array?.count == 6)
    #expect(module["stable"] == true && one["modules"]?.array?.count == 1)
  }
}

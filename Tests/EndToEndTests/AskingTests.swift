// autointerp
// `AskingTests` tests that a finished run's file can be asked: profiles, SQL, edges, labels, and agents over a pipe.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite(.serialized, .enabled(if: Model.isThere, "scripts/fetch-model fetches the model"))
@BlockingTests struct AskingTests {
  @Test func aFinishedRunAnswersEverybodyAlike() throws {
    let folder = try TemporaryFolder()
    try folder.write("domain.yaml", LocalRunTests.domain)
    try folder.write("baseline.txt", LocalRunTests.baseline)
    func autointerp(_ arguments: String..., exitCode: Int32 = 0) throws -> Program.Result {
      let result = try Program.run(arguments, in: folder.url)
      #expect(result.exitCode == exitCode, "\(arguments): \(result.errors)")
      return result
    }
    _ = try autointerp(
      "run", "--model", Model.path, "--prompts", "domain.yaml", "--baseline", "baseline.txt", "-o", "out.json",
      "--run-dir",
      "run", "--local", "2")

    // The profile is a line of the export, byte for byte.
    let busiest = try autointerp(
      "query", "run", "SELECT neuron FROM profiles ORDER BY prompts DESC, neuron LIMIT 1", "--csv")
    let neuron = try #require(busiest.output.split(separator: "\n").last.map(String.init))
    let profile = try autointerp("neuron", neuron, "--run", "run", "--json").output
    let export = Data(try folder.read("out.json"))
    #expect(export.range(of: Data(profile.dropLast().utf8)) != nil)

    let evidence = try autointerp("query", "run", "SELECT count(DISTINCT prompt) AS n FROM evidence", "--json")
    #expect(evidence.output == "[\n {\"n\":12}\n]\n")
    let table = try autointerp("export", "--edges", "run").output
    #expect(table == (try autointerp("query", "run", "SELECT * FROM edges", "--csv").output))
    let edges = table.split(separator: "\n")
    let count = try autointerp("query", "run/run.sqlite", "SELECT count(*) FROM edges", "--csv").output
    #expect(count == "count(*)\n\(edges.count - 1)\n")
    _ = try autointerp("query", "run", "DELETE FROM run.deltas", exitCode: 1)

    _ = try autointerp("label", "run", "--neuron", neuron, "--set", "seen everywhere")
    #expect(try autointerp("neuron", neuron, "--run", "run").output.contains("label: \"seen everywhere\" (people)"))
    _ = try autointerp("label", "run", "--neuron", neuron, "--set", "something else", exitCode: 1)

    let comparison = try autointerp("compare", "run", "--groups", "domain", "baseline")
    #expect(
      comparison.output.hasPrefix("domain: 6 prompts of ") && comparison.output.contains("only the largest differences")
    )
    let json = try autointerp("compare", "--json", "--groups", "domain", "baseline", "run").output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["schema"] as? String == "autointerp.comparison/1")
    _ = try autointerp("compare", "run", "run/run.sqlite", exitCode: 1)

    _ = try autointerp("report", "run", "-o", "report.html", "--top-k", "5")
    let report = String(decoding: try folder.read("report.html"), as: UTF8.self)
    #expect(
      report.hasPrefix("<!doctype html>") && report.components(separatedBy: "<section class=\"neuron\"").count == 6)

    let graph = try autointerp("export", "--graph-format", "graphml", "run", "--min-prompts", "1")
    #expect(graph.output.components(separatedBy: "<edge ").count == edges.count)
    #expect(graph.output.contains("<data key=\"node_description\">seen everywhere</data>"))

    // A browser sees the same run.
    let server = try Program.start(["serve", "run", "--port", "0"], in: folder.url)
    let address = try #require(try server.waitForLine(with: "Serving").firstMatch(of: #/http:[0-9.:\/]+/#)).output
    let status = try autointerp("status", "--url", String(address.dropLast()), "--json").output
    let fleet = try #require(JSONSerialization.jsonObject(with: Data(status.utf8)) as? [String: Any])
    let run = try #require((fleet["runs"] as? [[String: Any]])?.first)
    #expect(run["state"] as? String == "complete" && run["done"] as? Int == 12 && run["queued"] as? Int == 0)
    #expect((fleet["problems"] as? [String]) == [] && (run["agreement"] as? [Any])?.isEmpty == false)
    let name = try #require(run["name"] as? String)
    let page = try Data(contentsOf: try #require(URL(string: "\(address)neurons/\(neuron)?run=\(name)")))
    #expect(String(decoding: page, as: UTF8.self).contains("\"prompts\":12"))
    func text(_ path: String) throws -> String {
      String(decoding: try Data(contentsOf: try #require(URL(string: "\(address)\(path)"))), as: UTF8.self)
    }
    #expect(try text("").contains("<body class=\"atlas\">") && text("dashboard").contains("id=\"neurons-card\""))
    #expect(try text("api/v1/get_neuron_profile?neuron=\(neuron)").contains("\"seen everywhere\""))
    server.signal(SIGTERM)
    #expect(try server.finish().exitCode == 0)
  }
}

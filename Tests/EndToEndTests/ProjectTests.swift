// autointerp
// `ProjectTests` tests `autointerp project` as a process: the neurons, their order, and errors about unsuitable files.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite(.enabled(if: Model.isThere)) @BlockingTests struct ProjectTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String..., model: String = Model.path) throws -> Program.Result {
    try Program.run(["project", "--model", model, "--top-k", "1"] + arguments, in: folder.url)
  }

  private func neurons(_ result: Program.Result) throws -> [String] {
    let file = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    return try #require(file?["neurons"] as? [[String: Any]]).compactMap { $0["neuron_id"] as? String }
  }

  private func graph(of model: String) -> String {
    """
    {"metadata": {"scan": "\(model)"}, "links": [],
     "nodes": [{"feature_type": "mlp_neuron", "node_id": "2_3_0", "layer": "2", "ctx_idx": 0}]}
    """
  }

  @Test func neuronsStayInTheOrderGiven() throws {
    let result = try run("--json", "--neurons", "3:1", "1:5", "3:0", "1:5")
    #expect(try neurons(result) == ["L3/N1", "L1/N5", "L3/N0", "L1/N5"])
  }

  @Test(arguments: ["-1", "30"]) func aLayerThatIsNotThereIsToldTheRange(layer: String) throws {
    let result = try run("--layer", layer)
    #expect(result.exitCode != 0)
    #expect(result.errors.contains("the model has layers 0 to 29"), "\(result.errors)")
  }

  @Test(arguments: [
    ("nope.json", "nope.json: cannot be read: No such file or directory"),
    ("/etc", "/etc: this is a folder, not a file"),
    ("/dev/null", "/dev/null: unreadable graph: file: expected JSON, in the format full or neuronpedia, found nothing"),
    ("graph.txt", "graph.txt: unreadable graph: file: expected JSON, in the format full or neuronpedia"),
  ])
  func aFileThatIsNoGraphIsNamed(path: String, message: String) throws {
    try folder.write("graph.txt", "model, 5 tokens\n")
    let result = try run("--from-graph", path)
    #expect(result.exitCode == 1 && result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func aGraphOfAnotherModelIsSaidToBeOne() throws {
    try folder.write("other.json", graph(of: "llama-9"))
    let other = try run("--json", "--from-graph", "other.json")
    #expect(try neurons(other) == ["L2/N3"])
    #expect(other.errors.contains("other.json is a graph of llama-9, but the model is "), "\(other.errors)")
    let name = try #require(other.errors.split(separator: "the model is ").last).prefix { $0 != "\n" }
    let slug = name.replacing(" ", with: "-")
    try folder.write("own.json", graph(of: String(slug)))
    #expect(try !run("--json", "--from-graph", "own.json").errors.contains("but the model is"))
  }

  /// A copy of the model whose pre-tokenizer has an unknown name.
  private func modelWithUnknownTokenizer() throws -> String {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: Model.path))
    let key = try #require(bytes.range(of: Data("tokenizer.ggml.pre".utf8)))
    let value = try #require(bytes.range(of: Data("smollm".utf8), in: key.upperBound..<key.upperBound + 32))
    bytes.replaceSubrange(value, with: Data("smollx".utf8))
    try bytes.write(to: folder.url.appending(path: "other.gguf"))
    return folder.path("other.gguf")
  }

  @Test func aTokenizerThatIsRefusedIsNotTakenForAMissingOne() throws {
    let model = try modelWithUnknownTokenizer()
    let reason = "key \"tokenizer.ggml.pre\": unknown pre-tokenizer"
    let projection = try run("--neurons", "2:3", model: model)
    #expect(projection.exitCode == 0 && projection.output.contains("\"#"))
    #expect(projection.errors.contains("tokens are shown by their numbers") && projection.errors.contains(reason))
    func graph(_ arguments: String...) throws -> Program.Result {
      try Program.run(["graph", "--model", model] + arguments, in: folder.url)
    }
    let tokens = try graph("--tokens", "504,3575", "--max-nodes", "5")
    #expect(tokens.exitCode == 0 && tokens.errors.contains(reason), "\(tokens.errors)")
    let text = try graph("The capital")
    #expect(text.exitCode == 1 && text.errors.contains(reason))
    let target = try graph("--tokens", "504,3575", "--target-token", " Paris")
    #expect(target.exitCode == 1 && target.errors.contains(reason))
  }
}

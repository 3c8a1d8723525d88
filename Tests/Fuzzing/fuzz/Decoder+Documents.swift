// autointerp
// `Decoder.documents` lists the decoders of graph files, shard indices, keys, URL queries and HTTP headers for fuzzing.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Foundation
import TOML

@testable import Checkpoints
@testable import ClusterTransport
@testable import FuzzedParsers

extension Decoder {
  static var documents: [Decoder] {
    [
      Decoder("graph-json", { _ = try GraphImport.read($0).neuronIDs }) { graphs },
      Decoder("safetensors-index", file: "model.safetensors.index.json", decodeIndex) {
        [
          #"{"metadata":{"total_size":28},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#,
          #"{"weight_map":{"a":"../one.safetensors"}}"#,
        ].map { Array($0.utf8) }
      },
      Decoder("key-file", file: "peer.key", decodeKeys) {
        let pair = "public \(publicKey)\nsecret \(secretKey)\n"
        return ["# a\n\n" + pair, pair, "public \(publicKey)\n", publicKey].map { Array($0.utf8) }
      },
      text(
        "toml",
        [
          "# c\n[a]\nb = \"c\\u00E9\" # d\r\ne = [ 'f',\n\"g\" ]\n[h]\ni = -1_0\nj = 0.5e-3\nk = true\n",
          "a = \"\"\"\nb\\\n  c\"\"\"\nd = '''e''f'''\n",
        ], { _ = try TOMLDocument(parsing: $0) }),
      text("http-query", ["run=a&sort=domain&limit=20&edges=%33", "a=+%C3%A9&b", "/neurons/L15%2FN7890"]) {
        var query = try StatusQuery($0)
        _ = query.text("run")
        _ = try? query.number("limit", in: 1...500, default: 20)
        try? query.finish()
        _ = try StatusRoute(path: $0)
      },
      text(
        "http-host", ["localhost:7646", "[::1]:7646", "Bearer token", "autointerp_status_7646=0f"], decodeAccess),
    ]
  }

  /// A decoder of text. It ignores bytes that are not UTF-8.
  private static func text(
    _ name: String, _ seeds: [String], _ decode: @escaping (String) throws -> Void
  ) -> Decoder {
    Decoder(name, { if let text = String(validating: $0, as: UTF8.self) { try decode(text) } }) {
      seeds.map { Array($0.utf8) }
    }
  }

  // MARK: Graphs

  private static var graphs: [[UInt8]] {
    let labels = GraphLabels(
      modelName: "tiny", layerCount: 2, prompt: "a b", settings: AttributionSettings(), tokenText: { "t\($0)" })
    let export = GraphExport(Samples.delta(neurons: 2, tokens: 2).graph, labels: labels)
    let older = #"""
      {"metadata": {"scan": "m", "prompt": "a", "prompt_tokens": ["a"]}, "qParams": {}, "nodes": [
      {"node_id": "E_1_0", "layer": "embedding", "feature_type": "embedding", "ctx_idx": 0, "clerp": "a"},
      {"node_id": "n3", "layer": 3, "feature_type": "mlp_neuron", "feature": 12, "ctx_idx": 0, "clerp": ""},
      {"node_id": "L_2_0", "layer": "logit", "isLogit": true, "ctx_idx": 0, "clerp": "Logit:  b (p=0.7)"}],
      "links": [{"source": "n3", "target": "L_2_0", "weight": 0.25}]}
      """#
    return [export.full(), export.neuronpedia(), Array(older.utf8)]
  }

  // MARK: Indices

  /// A folder with the shards that an index may name.
  private static let shards: String = {
    let folder = scratchFolder + "shards/"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(SafetensorsWriter.file([("a", [2], [1, 2])])).write(to: URL(filePath: folder + "one.safetensors"))
      try Data(SafetensorsWriter.file([("b", [1], [7])])).write(to: URL(filePath: folder + "two.safetensors"))
    } catch {
      fatalError("\(error)")
    }
    return folder
  }()

  private static func decodeIndex(_ path: String) throws {
    let index = shards + "model.safetensors.index.json"
    unlink(index)
    guard link(path, index) == 0 else { fatalError("cannot link \(index)") }
    for tensor in try SafetensorsIndex.tensors(inFolder: String(shards.dropLast())).values { _ = tensor.floats() }
  }

  // MARK: Keys

  /// The example key pair of ZeroMQ RFC 26, which nobody uses.
  private static let publicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
  private static let secretKey = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

  private static func decodeKeys(_ path: String) throws {
    chmod(path, 0o600)
    if let pair = try? KeyFile.readPair(path), Z85.decode(pair.secretText) == nil { fatalError("not a key: \(pair)") }
    let key = try KeyFile.publicKey(path)
    if try CurvePublicKey(key.text) != key { fatalError("not the same after a round trip: \(key)") }
  }

  // MARK: Headers

  private static let guarded: [AccessControl] = {
    var open = StatusServerConfiguration()
    open.allowedHosts = ["fleet.example"]
    var closed = open
    closed.bearerToken = "token"
    return [open, closed].map { AccessControl(configuration: $0) }
  }()

  private static func decodeAccess(_ header: String) {
    for access in guarded {
      _ = access.accepts(host: header)
      _ = access.accepts(authorization: header)
      _ = access.accepts(cookies: [header])
    }
  }
}

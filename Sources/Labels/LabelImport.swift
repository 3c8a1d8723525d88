// autointerp
// `LabelImport` reads labels from CSV, JSONL and NeuronDB's description files.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import JSON
internal import Platform

/// Labels as a source has them.
package struct LabelImport: Sendable {
  package var labels: [NeuronLabel] = []
  /// Entries without a description.
  package var skipped = 0

  package init() {}

  /// Reads a file or folder. If several labels have the same key, such as several descriptions of a neuron, the one with the
  /// best score counts.
  ///
  /// - Parameters:
  ///   - path: a file that ends with `.csv`, `.jsonl` or `.ndjson`, or a folder `LAYER/NEURON.json`.
  ///   - source: the name of the source; nil takes that of the file.
  /// - Throws: `LabelError` that names the line.
  package init(path: String, source: String?) throws(LabelError) {
    let url = URL(filePath: path)
    let name = source ?? url.deletingPathExtension().lastPathComponent
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .malformed(place: path, problem: "there is no such file or folder")
    }
    if isFolder.boolValue {
      try readFolder(path, source: name)
    } else {
      let bytes: [UInt8]
      do { bytes = Array(try Data(contentsOf: url)) } catch {
        throw .malformed(place: path, problem: "it cannot be read")
      }
      switch url.pathExtension.lowercased() {
      case "csv": try readTable(bytes, path, source: name)
      case "jsonl", "ndjson": try readLines(bytes, path, source: name)
      default: throw .malformed(place: path, problem: "labels come as .csv, .jsonl or a folder LAYER/NEURON.json")
      }
    }
    keepBest()
  }

  mutating func keepBest() {
    var best: [NeuronLabel.Key: NeuronLabel] = [:]
    for label in labels {
      if let known = best[label.key], (known.score ?? -.infinity) >= (label.score ?? -.infinity) { continue }
      best[label.key] = label
    }
    labels = best.values.sorted {
      ($0.neuron, -$0.polarity.rawValue, $0.source, $0.version) < (
        $1.neuron, -$1.polarity.rawValue, $1.source, $1.version
      )
    }
  }

  // MARK: CSV

  private mutating func readTable(_ bytes: [UInt8], _ path: String, source: String) throws(LabelError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed(place: path, problem: "it is not UTF-8")
    }
    var rows = CSVRows(text)
    func next() throws(LabelError) -> CSVRows.Row? {
      do { return try rows.next() } catch {
        throw .malformed(place: "\(path), line \(error.line)", problem: error.message)
      }
    }
    guard let header = try next()?.fields.map({ $0.trimmingCharacters(in: .whitespaces).lowercased() }) else {
      throw .malformed(place: path, problem: "it is empty; its first line must name columns: layer,neuron,description")
    }
    func column(_ names: String...) -> Int? { names.compactMap { header.firstIndex(of: $0) }.first }
    let (layer, neuron) = (column("layer", "layer_index"), column("neuron", "index", "neuron_index", "neuron_id"))
    guard let description = column("description", "text", "label", "explanation"), let neuron else {
      throw .malformed(
        place: path,
        problem:
          "its first line has the columns \(header.joined(separator: ", ")); needed are layer, neuron, description")
    }
    while let row = try next() {
      let place = "\(path), line \(row.line)"
      if row.fields == [""] { continue }
      guard row.fields.count == header.count else {
        throw .malformed(
          place: place, problem: "it has \(row.fields.count) fields, but the first line has \(header.count)")
      }
      func field(_ column: Int?) -> String? {
        guard let column, !row.fields[column].isEmpty else { return nil }
        return row.fields[column]
      }
      let id = layer == nil ? field(neuron) : "\(field(layer) ?? "")/\(field(neuron) ?? "")"
      guard let id, let found = NeuronID(id) else {
        throw .malformed(place: place, problem: "it names no neuron: layer and neuron must be whole numbers")
      }
      try add(
        found, text: field(description), polarity: field(column("polarity", "sign")), score: field(column("score")),
        source: field(column("source")) ?? source, version: field(column("version")) ?? "", place)
    }
  }

  private mutating func add(
    _ neuron: NeuronID, text: String?, polarity: String?, score: String?, source: String, version: String,
    _ place: String
  ) throws(LabelError) {
    guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else {
      skipped += 1
      return
    }
    guard let sign = NeuronLabel.Polarity(polarity ?? "") else {
      throw .malformed(
        place: place, problem: "polarity is \"\(polarity ?? "")\"; it must be positive, negative or both")
    }
    var value: Double?
    if let score {
      guard let number = Double(score), number.isFinite else {
        throw .malformed(place: place, problem: "score is \"\(score)\"; it must be a number")
      }
      value = number
    }
    labels.append(
      NeuronLabel(neuron: neuron, polarity: sign, text: text, source: source, version: version, score: value))
  }

  // MARK: JSONL

  private mutating func readLines(_ bytes: [UInt8], _ path: String, source: String) throws(LabelError) {
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { continue }
      let place = "\(path), line \(number + 1)"
      guard let object = (try? JSONValue(parsing: Array(line)))?.object else {
        throw .malformed(place: place, problem: "it is no JSON object")
      }
      func text(_ names: String...) -> String? {
        for name in names {
          switch object[name] {
          case .string(let value): return value
          case .integer(let value): return "\(value)"
          case .number(let value): return "\(value)"
          default: continue
          }
        }
        return nil
      }
      let id =
        object["layer"] == nil ? text("neuron_id", "neuron") : "\(text("layer") ?? "")/\(text("neuron", "index") ?? "")"
      guard let id, let neuron = NeuronID(id) else {
        throw .malformed(
          place: place, problem: "it names no neuron: give layer and neuron, or neuron_id such as L29/N729")
      }
      try add(
        neuron, text: text("description", "text", "label", "explanation"), polarity: text("polarity", "sign"),
        score: text("score"), source: text("source") ?? source, version: text("version") ?? "", place)
    }
  }

  /// A label as a line of JSONL, which `init` reads back but for what this program measured: that belongs to a run.
  package static func line(_ label: NeuronLabel) -> [UInt8] {
    var json: JSONObject = [
      "neuron_id": .string("\(label.neuron)"), "polarity": .string(label.polarity.name),
      "description": .string(label.text),
      "source": .string(label.source), "version": .string(label.version), "score": .optional(label.score),
    ]
    if !label.scores.isEmpty { json.set("scores", .array(label.scores.map(\.json))) }
    return JSONValue.object(json).bytes
  }

  // MARK: NeuronDB's description files

  private mutating func readFolder(_ path: String, source: String) throws(LabelError) {
    // The folder itself, or the one that holds it.
    let inner = path + "/explanations"
    let root = FileManager.default.fileExists(atPath: inner) ? inner : path
    func entries(_ folder: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
    var files = 0
    for layer in entries(root) where Int(layer) != nil {
      for file in entries("\(root)/\(layer)") where file.hasSuffix(".json") {
        files += 1
        try readDescription("\(root)/\(layer)/\(file)", source: source)
      }
    }
    guard files > 0 else { throw .malformed(place: path, problem: "it has no files LAYER/NEURON.json") }
  }

  private mutating func readDescription(_ path: String, source: String) throws(LabelError) {
    guard let data = try? Data(contentsOf: URL(filePath: path)),
      let object = (try? JSONValue(parsing: Array(data)))?.object
    else { throw .malformed(place: path, problem: "it is no JSON object") }
    guard let id = object["neuron_id"]?.object, let layer = id["layer_index"]?.integer,
      let index = id["neuron_index"]?.integer, (0..<1 << 30).contains(layer), (0..<1 << 31).contains(index)
    else { throw .malformed(place: path, problem: "its neuron_id needs layer_index and neuron_index") }
    let neuron = NeuronID(layer: layer, index: index)
    for polarity in [NeuronLabel.Polarity.positive, .negative] {
      for entry in object["explanations"]?.object?[polarity.name]?.array ?? [] {
        guard let text = entry.object?["explanation"]?.string, !text.isEmpty else {
          skipped += 1
          continue
        }
        labels.append(
          NeuronLabel(neuron: neuron, polarity: polarity, text: text, source: source, score: Self.score(entry.object)))
      }
    }
  }

  /// The best correlation of simulated and real activations over the splits; of the validation split if there is one.
  private static func score(_ entry: JSONObject?) -> Double? {
    var scores: [(split: String, score: Double)] = []
    for simulation in entry?["simulations"]?.array ?? [] {
      for member in simulation.object?.members ?? [] {
        if let score = member.value.object?["ev_correlation_score"]?.number { scores.append((member.key, score)) }
      }
    }
    return (scores.first { $0.split.hasPrefix("valid") } ?? scores.max { $0.score < $1.score })?.score
  }
}

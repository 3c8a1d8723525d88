// autointerp
// Tests of labels: what the importers read, that nothing is overwritten silently, and that any words can be searched.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import GRDB
internal import Testing

@testable import Labels

@Suite struct LabelTests {
  private final class Folder {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ name: String, _ text: String) throws -> String {
      let file = url.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      return file.path
    }
  }

  private static let neuron = NeuronID(layer: 2, index: 90)

  @Test func tablesAreReadWithQuotesAndOptionalColumns() throws {
    let folder = try Folder()
    let path = try folder.write(
      "names.csv",
      "\u{FEFF}Layer,neuron,description,polarity,score\r\n2,90,\"fever, \"\"high\"\"\nand low\",negative,0.5\r\n3,1,river,,\n4,2,,,\n"
    )
    let read = try LabelImport(path: path, source: nil)
    #expect(read.labels.map(\.text) == ["fever, \"high\"\nand low", "river"])
    #expect(read.labels[0].polarity == .negative && read.labels[0].score == 0.5 && read.labels[0].source == "names")
    #expect(read.labels[1].polarity == .both && read.labels[1].score == nil)
    #expect(read.skipped == 1)
  }

  @Test(arguments: [
    ("a.csv", "", "empty"), ("a.csv", "x,y\n1,2\n", "needed are"),
    ("a.csv", "layer,neuron,description\nx,1,a\n", "line 2"),
    ("a.csv", "layer,neuron,description\n1,1,\"a\n\n1,2,b\n", "line 2: the quote that opens here is never closed"),
    ("a.csv", "layer,neuron,description\n1,1,\"a\"b\n", "line 2: expected a comma"),
    ("a.csv", "layer,neuron,description\n\n1,1,a,b\n", "line 3: it has 4 fields, but the first line has 3"),
    ("a.csv", "layer,neuron,description,score\n1,1,a,high\n", "score"),
    ("a.csv", "layer,neuron,description,polarity\n1,1,a,up\n", "polarity"), ("a.jsonl", "{}\n", "names no neuron"),
    ("a.jsonl", "[1]\n", "line 1"), ("a.txt", "x", ".csv"),
  ])
  func whatCannotBeReadIsNamed(name: String, text: String, part: String) throws {
    let folder = try Folder()
    let path = try folder.write(name, text)
    #expect {
      _ = try LabelImport(path: path, source: nil)
    } throws: { "\($0)".contains(part) }
  }

  @Test func linesOfJSONAreReadAndWrittenBack() throws {
    let folder = try Folder()
    let label = NeuronLabel(
      neuron: Self.neuron, polarity: .positive, text: "fever \"x\"\u{1B}[31m", source: "me", version: "2", score: 0.25)
    let path = try folder.write(
      "a.jsonl",
      String(decoding: LabelImport.line(label), as: UTF8.self) + #"{"layer":1,"neuron":7,"text":"seven"}"# + "\n")
    let read = try LabelImport(path: path, source: nil)
    #expect(read.labels.count == 2 && read.labels.contains(label))
    #expect(
      read.labels.contains { $0.neuron == NeuronID(layer: 1, index: 7) && $0.text == "seven" && $0.source == "a" })
  }

  @Test func descriptionFilesGiveALabelForEachSign() throws {
    let folder = try Folder()
    _ = try folder.write(
      "db/explanations/2/90.json",
      """
      {"neuron_id": {"layer_index": 2, "neuron_index": 90}, "explanations": {
        "positive": [
          {"explanation": "worse", "simulations": [{"valid": {"ev_correlation_score": 0.2}}]},
          {"explanation": "better", "simulations": [{"valid": {"ev_correlation_score": 0.6}, "train": {"ev_correlation_score": 0.9}}]}],
        "negative": null}, "explanation_generation_metadata": {}}
      """)
    let read = try LabelImport(path: folder.url.appending(path: "db").path, source: "neurondb")
    #expect(
      read.labels == [
        NeuronLabel(neuron: Self.neuron, polarity: .positive, text: "better", source: "neurondb", score: 0.6)
      ])
  }

  @Test func nothingIsOverwrittenSilently() throws {
    let folder = try Folder()
    let file = try LabelFile.writing(folder.url.appending(path: "l").path)
    let old = NeuronLabel(neuron: Self.neuron, polarity: .both, text: "fever", source: "a")
    var new = old
    new.text = "high temperature"
    let other = folder.url.appending(path: "other").path
    #expect(try LabelFile.writing(other, isTrial: true).add([old], isTrial: true, now: 1).added == [old])
    #expect(!FileManager.default.fileExists(atPath: other))
    let trial = try file.add([old], isTrial: true, now: 1)
    #expect(trial.added == [old])
    #expect(try file.labels(of: Self.neuron).isEmpty)
    #expect(try file.add([old], now: 1).added == [old])
    let again = try file.add([old, new], now: 2)
    #expect(again.unchanged == 1 && again.conflicts == [LabelFile.Conflict(stored: old, offered: new)])
    #expect(try file.labels(of: Self.neuron) == [old])
    _ = try file.add([new], replaces: true, now: 3)
    #expect(try file.labels(of: Self.neuron) == [new])
    // The index of words follows.
    #expect(try file.search("fever", limit: 5).isEmpty)
    #expect(try file.search("temperatures", limit: 5) == [new])
  }

  @Test(arguments: [
    "fever", "FEVER high", "\"fever", "fever\"", "fever*", "NEAR(fever)", "fever AND high", "-", "", "(", "fever: high",
  ])
  func anyWordsCanBeSearched(words: String) throws {
    let folder = try Folder()
    let file = try LabelFile.writing(folder.url.appending(path: "l").path)
    _ = try file.add(
      [NeuronLabel(neuron: Self.neuron, polarity: .both, text: "near fever and high", source: "a")], now: 1)
    let isEmpty = !words.contains { $0.isLetter }
    #expect(try file.search(words, limit: 5).count == (isEmpty ? 0 : 1))
  }

  @Test func peopleComeFirstThenTheBestScores() throws {
    let folder = try Folder()
    let file = try LabelFile.writing(folder.url.appending(path: "l").path)
    let labels = [("a", 0.1), ("b", 0.9), (NeuronLabel.people, nil), ("c", nil)].map { source, score in
      NeuronLabel(neuron: Self.neuron, polarity: .both, text: source, source: source, score: score)
    }
    _ = try file.add(labels, now: 1)
    #expect(try file.labels(of: Self.neuron).map(\.source) == ["people", "b", "a", "c"])
    let reader = try #require(try LabelFile.reading(file.path))
    var sources: [String] = []
    try reader.forEach { sources.append($0.source) }
    #expect(sources == ["a", "b", "c", "people"])
    #expect(try LabelFile.reading(folder.url.appending(path: "none").path) == nil)
  }

  @Test func anotherScoreIsAConflictAndOfEqualLabelsTheFirstCounts() throws {
    let folder = try Folder()
    let file = try LabelFile.writing(folder.url.appending(path: "l").path)
    let old = NeuronLabel(neuron: Self.neuron, polarity: .both, text: "fever", source: "a", score: 0.5)
    var new = old
    new.score = 0.75
    _ = try file.add([old], now: 1)
    #expect(try file.add([new], now: 2).conflicts.count == 1)
    #expect(try file.labels(of: Self.neuron).map(\.score) == [0.5])
    let path = try folder.write(
      "a.csv", "layer,neuron,description,score\n1,1,first,0.5\n1,1,second,0.5\n1,1,third,0.25\n")
    #expect(try LabelImport(path: path, source: nil).labels.map(\.text) == ["first"])
  }

  @Test func otherFilesAreNotTaken() throws {
    let folder = try Folder()
    let path = try folder.write(
      "x", "text that is no database, and longer than a header of one hundred bytes, so that SQLite looks")
    #expect(throws: LabelError.self) { _ = try LabelFile.writing(path) }
  }

  @Test func scoresStandWithTheirLabelUntilItsTextChanges() throws {
    let folder = try Folder()
    let path = folder.url.appending(path: "labels").path
    let file = try LabelFile.writing(path)
    let tokens = LabelScore(kind: .tokens, value: 0.8, low: 0.7, high: 0.9, control: 0.5, prompts: 20)
    let simulation = LabelScore(kind: .simulation, scorer: "m", value: 0.25, control: nil, prompts: 2)
    var label = NeuronLabel(
      neuron: Self.neuron, polarity: .both, text: "reads “fever”", source: NeuronLabel.machine, score: 0.8,
      scores: [tokens])
    _ = try file.add([label], now: 1)
    try file.record([label.key: [simulation]], now: 2)
    #expect(try file.labels(of: Self.neuron).first?.scores == [tokens, simulation])
    var better = simulation
    better.value = 0.5
    try file.record([label.key: [better]], now: 3)
    let reader = try #require(try LabelFile.reading(path))
    #expect(try reader.labels(of: Self.neuron).first?.scores == [tokens, better])
    #expect(try reader.search("fever", limit: 1).first?.scores.count == 2)
    #expect(tokens.text == "tokens AUC 0.80 (0.70 to 0.90) on 20 held-out prompts, other neurons' labels 0.50")
    #expect(simulation.text == "simulation correlation 0.25 by m on 2 held-out prompts")
    let line = String(decoding: LabelImport.line(try #require(try file.labels(of: Self.neuron).first)), as: UTF8.self)
    #expect(line.contains(#""kind":"simulation","scorer":"m","value":0.5,"low":null,"high":null,"other_labels":null"#))
    label.text = "reads “river”"
    label.scores = []
    _ = try file.add([label], replaces: true, now: 4)
    #expect(try file.labels(of: Self.neuron).first?.scores == [])
  }

  @Test func peopleComeFirstAndMachineMadeLabelsLast() throws {
    let folder = try Folder()
    let file = try LabelFile.writing(folder.url.appending(path: "labels").path)
    func label(_ source: String, _ score: Double?) -> NeuronLabel {
      NeuronLabel(neuron: Self.neuron, polarity: .both, text: source, source: source, score: score)
    }
    _ = try file.add(
      [label("machine", 0.99), label("llm", 0.9), label("neurondb", 0.3), label("people", nil), label("other", 0.4)],
      now: 1)
    let found = try file.labels(of: Self.neuron)
    #expect(found.map(\.source) == ["people", "other", "neurondb", "llm", "machine"])
    #expect(found.map(\.isMachineMade) == [false, false, false, true, true])
    #expect(found[4].markedText == "machine-made: machine" && found[2].markedText == "neurondb")
    #expect(found[2].claim == "neurondb, score 0.30" && found[4].claim == "machine, machine-made")
  }

  @Test func filesOfTheFirstVersionAreReadAndUpgradedWhenTheyAreWritten() throws {
    let folder = try Folder()
    let path = folder.url.appending(path: "labels").path
    let label = NeuronLabel(neuron: Self.neuron, polarity: .both, text: "old", source: "people")
    _ = try LabelFile.writing(path).add([label], now: 1)
    let old = try DatabaseQueue(path: path)
    try old.write {
      try $0.execute(
        sql: "DROP VIEW scores; DROP TRIGGER label_outdated; DROP TABLE label_score; PRAGMA user_version = 1")
    }
    try old.close()
    #expect(try LabelFile.reading(path)?.labels(of: Self.neuron) == [label])
    var other = label
    other.source = NeuronLabel.machine
    other.scores = [LabelScore(kind: .tokens, value: 0.5, control: nil, prompts: 3)]
    let before = try Data(contentsOf: URL(filePath: path))
    #expect(try LabelFile.writing(path, isTrial: true).add([other], isTrial: true, now: 2).added.count == 1)
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    let score = LabelScore(kind: .detection, scorer: "m", value: 0.6, control: 0.5, prompts: 8)
    try LabelFile.writing(path).record([label.key: [score]], now: 2)
    #expect(try LabelFile.reading(path)?.labels(of: Self.neuron).first?.scores == [score])
  }
}

@Suite struct NeuronDBTests {
  @Test(arguments: [
    ("postgresql://me@host/db", false), ("postgres://host/db", false), ("postgresql://me:secret@host/db", true),
    ("postgresql://host/db?password=secret", true), ("postgresql://host:5432/db", false),
  ])
  func passwordsInAddressesAreNoticed(address: String, holds: Bool) {
    #expect(LabelImport.isDatabase(address))
    #expect(LabelImport.holdsPassword(address) == holds)
  }
}

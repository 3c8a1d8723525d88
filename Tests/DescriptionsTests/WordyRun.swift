// autointerp
// `WordyRun` writes a run whose neurons are selected where certain words are, or wherever a coin falls.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import Descriptions
internal import Foundation
internal import Platform
internal import RunIndex
internal import TestSupport

/// Prompts of three tokens: a subject, a number and " is". Neuron L1/N(k) is selected nearly only where the subject is the k-th
/// word, which drives it; it raises the prediction. In a run without structure, every neuron is selected at random.
struct WordyRun {
  static let words = [" Fever", " river", " stone", " music"]
  static let neurons = words.indices.map { NeuronID(layer: 1, index: $0) }
  /// Prompts in which a neuron is selected although its word is elsewhere, or missing although it is there.
  static let noise = 0.1

  var promptCount = 160
  var isPlanted = true
  var seed: UInt64 = 1
  /// Prompts in which each neuron follows the word after its own.
  var changed: Set<Int32> = []

  private func delta(_ number: Int) -> EdgeDelta {
    var random = SeededRandom(seed: seed &* 1000 &+ UInt64(number))
    let subject = number % Self.words.count
    let followed = changed.contains(Int32(number)) ? (subject + Self.words.count - 1) % Self.words.count : subject
    var sketch = GraphSketch()
    sketch.tokens = [(Int32(30 + subject), Self.words[subject]), (Int32(100 + number), " \(number)"), (13, " is")]
    sketch.prediction = (Int32(60 + subject), " \(["high", "deep", "hard", "loud"][subject])")
    sketch.add(NeuronID(layer: 0, index: 0))
    for (place, neuron) in Self.neurons.enumerated() {
      let rate = !isPlanted ? 0.4 : place == followed ? 1 - Self.noise : Self.noise
      guard random.chance(rate) else { continue }
      sketch.add(neuron, activation: place == 3 ? -2 : 2)
      sketch.connect(.token(0), .neuron(neuron), flow: 0.5)
      sketch.connect(.neuron(neuron), .logit, flow: 0.5)
    }
    return sketch.delta(prompt: Int32(number), origin: number.isMultiple(of: 2) ? .domain : .baseline)
  }

  /// A file in a folder of its own, which goes when the lab does.
  final class Lab {
    let index: RunIndex
    let path: String
    private let folder: URL

    init(_ run: WordyRun) throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "wordy-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      path = folder.appending(path: "run.sqlite").path
      var specification = SampleRun.specification(promptCount: run.promptCount)
      for place in specification.prompts.indices {
        specification.prompts[place].text = "about \(place)a\(place) the \(place)b\(place) of \(place)c\(place) is"
      }
      let atlas = try RunAtlas(path: path, specification: specification, softwareVersion: "1", now: 1000)
      try SampleRun.merge((0..<run.promptCount).map(run.delta), into: atlas)
      try atlas.close()
      index = try RunIndex.open(path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
  }
}

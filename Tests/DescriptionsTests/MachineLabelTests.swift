// autointerp
// Tests of machine-made labels: planted words are found and told, chance is not, and no held-out prompt enters a label.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation
internal import Labels
internal import RunIndex
internal import Testing

@testable import Descriptions

@Suite struct MachineLabelTests {
  private func labels(_ run: WordyRun, seed: UInt64 = 0) throws -> MachineLabels {
    let lab = try WordyRun.Lab(run)
    return try withExtendedLifetime(lab) {
      try MachineLabels(WordyRun.neurons, of: try ScoredRun(lab.index, seed: seed)) { neuron, sign in
        neuron == WordyRun.neurons[0] ? [" Heat\u{1B}", " heat", sign > 0 ? " up" : " down"] : []
      }
    }
  }

  @Test func plantedWordsAreNamedAndTellHeldOutPrompts() throws {
    let made = try labels(WordyRun())
    for (place, word) in ["fever", "river", "stone", "music"].enumerated() {
      let label = made.labels[place]
      #expect(label.text.contains("reads “\(word)”"), "\(label.text)")
      #expect(label.source == NeuronLabel.machine && label.isMachineMade && label.version == "1 seed 0")
      #expect(label.polarity == (place == 3 ? .negative : .positive))
      let score = try #require(label.scores.first)
      // Of the prompts that select it three quarters have its word, of the others one in 28: an AUC of 0.86, and an error of 0.05.
      #expect(score.value > 0.7 && label.score == score.value && score.kind == .tokens)
      let (low, high) = (try #require(score.low), try #require(score.high))
      #expect(low > 0.5 && low < score.value && high > score.value)
      // Another neuron's word is where this one is not.
      #expect(try #require(score.control) < 0.5)
      #expect(score.prompts == made.scores.separations[place].map { $0.positives + $0.negatives })
    }
    #expect(made.labels[0].text.contains("raises “high”") && made.labels[1].text.contains("raises “deep”"))
    #expect(made.labels[0].text.contains("its weights write “heat”, “up”"))
    #expect(try #require(made.scores.mean) > 0.8 && made.scores.exchangedMeans.allSatisfy { $0 < 0.6 })
    #expect(made.scores.exchangedMeans.count == 20)
  }

  /// In runs without structure the AUC is that of a coin, whatever the seed.
  @Test func withoutStructureTheAUCIsChance() throws {
    var values: [Double] = []
    for seed in 1...12 as ClosedRange<UInt64> {
      var run = WordyRun()
      run.isPlanted = false
      run.seed = seed
      let made = try labels(run, seed: seed)
      values += made.scores.separations.compactMap { $0?.value }
      #expect(made.labels.allSatisfy { !$0.text.contains("reads “fever”, “river”") })
    }
    let mean = values.reduce(0, +) / Double(values.count)
    // 48 neurons with a standard deviation of at most 0.08 each: three errors of the mean.
    #expect(values.count == 48 && abs(mean - 0.5) < 0.035, "\(mean)")
  }

  @Test func heldOutPromptsEnterNoLabel() throws {
    let lab = try WordyRun.Lab(WordyRun())
    let heldOut = try ScoredRun(lab.index, seed: 4).halves.heldOut
    var other = WordyRun()
    other.changed = heldOut
    let (first, second) = (try labels(WordyRun(), seed: 4), try labels(other, seed: 4))
    #expect(first.labels.map(\.text) == second.labels.map(\.text))
    #expect(first.labels.map(\.score) != second.labels.map(\.score))
    // The same labels are wrong where the held-out half follows other words.
    #expect(try #require(first.scores.mean) > 0.8)
    #expect(try #require(second.scores.mean) < 0.5)
    #expect(try labels(WordyRun(), seed: 5).labels.map(\.score) != first.labels.map(\.score))
    #expect(try labels(WordyRun(), seed: 4).labels == first.labels)
  }

  @Test func nearDuplicatesStayInOneHalfAndHalvesStayWhenARunGoesOn() {
    let texts = (0..<300).map { "family \($0 / 3)a \($0 / 3)b \($0 / 3)c \($0 / 3)d \($0 % 3)" }
    let prompts = texts.enumerated().map { (number: Int32($0), text: $1) }
    let halves = PromptHalves(prompts, seed: 7)
    #expect(halves.familyCount == 100 && halves.training.isDisjoint(with: halves.heldOut))
    #expect(halves.training.count + halves.heldOut.count == 300 && (90...210).contains(halves.training.count))
    for family in 0..<100 {
      let members = Set((0..<3).map { Int32(family * 3 + $0) })
      #expect(members.isSubset(of: halves.training) || members.isSubset(of: halves.heldOut))
    }
    let early = PromptHalves(Array(prompts.prefix(150)), seed: 7)
    #expect(early.training == halves.training.filter { $0 < 150 })
    #expect(PromptHalves(prompts, seed: 8) != halves)
  }

  @Test(arguments: [
    ("machine", "relay: reads “fever”, “a\"b”; driven by L1/N2", ["fever", "a\"b"]),
    ("machine", "relay: no token sets its prompts apart", []),
    ("people", "Fever, and “High Pressure”", ["high pressure"]),
    ("people", "the drug's dose; the DOSE", ["the", "drug", "s", "dose"]), ("machine", "“open “x”", ["x"]),
  ])
  func termsOfLabelsAreWhatIsQuotedOrAllWords(source: String, text: String, terms: [String]) {
    let label = NeuronLabel(neuron: WordyRun.neurons[0], polarity: .both, text: text, source: source)
    #expect(DescriptionTerms.terms(of: label) == terms)
  }

  @Test func termsOfPromptsAreTokensWordsAndPredictions() {
    let prompt = PromptTokens(
      prompt: 0, group: "domain", tokens: ["The", " hyp", "ert", "ension", " ", "\n", "“"], predictions: [" High"])
    #expect(
      DescriptionTerms.terms(of: prompt) == ["the", "hyp", "ert", "ension", "hypertension", "high"])
  }

  @Test func labelsOfPeopleAreScoredByTheirWordsAndMadeOnesOfAnotherHalfAreNot() throws {
    let lab = try WordyRun.Lab(WordyRun())
    let run = try ScoredRun(lab.index, seed: 0)
    func label(_ place: Int, _ text: String, _ source: String, version: String = "") -> NeuronLabel {
      NeuronLabel(neuron: WordyRun.neurons[place], polarity: .both, text: text, source: source, version: version)
    }
    let scored = try StoredLabelScores(
      [
        label(0, "a fever that is high", "people"), label(1, "songs and music", "people"),
        label(2, "“stone”", NeuronLabel.languageModel, version: "m seed 1"),
        label(3, "“music”", NeuronLabel.languageModel, version: "m seed 0"),
      ], on: run)
    #expect(scored.labels.map(\.neuron) == [0, 1, 3].map { WordyRun.neurons[$0] })
    let values = scored.scores.separations.map { $0?.value ?? 0 }
    #expect(values[0] > 0.7 && values[1] < 0.5 && values[2] > 0.7)
    #expect(
      scored.text(limit: 1).contains("1 made labels were left out") && scored.text(limit: 1).contains("and 2 more"))
    #expect(scored.byKey.count == 3)
  }

  @Test func tooFewPromptsGiveNoScore() throws {
    var small = WordyRun()
    small.promptCount = 6
    let made = try labels(small)
    #expect(made.labels.count == 4 && made.labels.allSatisfy { $0.score == nil && $0.scores.isEmpty })
    #expect(made.labels[1].text.contains("no token sets its prompts apart"))
  }
}

// autointerp
// Tests of labels and scores by a language model: what it is asked, what is kept of its replies, and what is refused.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Endpoints
internal import JSON
internal import Labels
internal import RunIndex
internal import Synchronization
internal import Testing

@testable import Descriptions

@Suite struct ModelLabelTests {
  /// Replies by a function of the question.
  private final class Model: HTTPTransport {
    let questions = Mutex<[String]>([])
    private let reply: @Sendable (String) -> String

    init(_ reply: @escaping @Sendable (String) -> String) { self.reply = reply }

    func post(_ request: HTTPRequest) throws(EndpointError) -> HTTPAnswer {
      let question = try? JSONValue(parsing: request.body).object?["messages"]?.array?.last?.object?["content"]?.string
      questions.withLock { $0.append(question ?? "") }
      let json: JSONValue = ["choices": [["message": ["content": .string(reply(question ?? ""))]]]]
      return HTTPAnswer(status: 200, body: json.bytes)
    }

    var endpoint: ChatEndpoint {
      get throws { try ChatEndpoint(url: "http://localhost/v1", model: "m\u{1B}", key: nil, transport: self) }
    }
  }

  private static func lines(of question: String) -> [(number: Int, text: String)] {
    question.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ". ", maxSplits: 1)
      return parts.count == 2 ? Int(parts[0]).map { ($0, String(parts[1])) } : nil
    }
  }

  /// Judges by the words between the quotes of the description.
  private static func judge(_ question: String) -> String {
    let label = question.split(separator: "\n")[0].lowercased()
    let hits = lines(of: question).map { line in
      (
        line.number,
        ["fever", "river", "stone", "music"].contains { label.contains($0) && line.text.lowercased().contains($0) }
      )
    }
    return question.contains("In which of these")
      ? "[\(hits.filter(\.1).map { "\($0.0)" }.joined(separator: ", "))]"
      : "```json\n[\(hits.map { $0.1 ? "10" : "0" }.joined(separator: ", "))]\n```"
  }

  private func run(_ seed: UInt64 = 0) throws -> (ScoredRun, WordyRun.Lab) {
    let lab = try WordyRun.Lab(WordyRun())
    return (try ScoredRun(lab.index, seed: seed), lab)
  }

  @Test func proposalsComeFromTheTrainingHalfAndAreScoredOnTheOther() throws {
    let (run, lab) = try run()
    let model = Model { question in
      let word = ["Fever", "river", "stone", "music"].max { a, b in
        question.split(separator: a).count < question.split(separator: b).count
      }
      return "\n  \"\(word ?? "")\u{1B}[31m things\"\nsecond line"
    }
    let made = try LabelProposals(WordyRun.neurons, of: run, from: try model.endpoint)
    #expect(made.labels.map(\.text).first == "Fever\u{FFFD}[31m things" && made.refused == 0)
    #expect(made.labels.allSatisfy { $0.source == "llm" && $0.version == "m\u{1B} seed 0" && $0.isMachineMade })
    #expect(try #require(made.scores.mean) > 0.8)
    let asked = model.questions.withLock { $0 }.joined(separator: "\n")
    #expect(asked.contains("<< is>>") && asked.contains("=>"))
    for number in run.halves.heldOut { #expect(!asked.contains(" \(number)<<")) }
    #expect(run.halves.training.contains { asked.contains(" \($0)<<") })
    withExtendedLifetime(lab) {}
  }

  @Test(arguments: ["", "   \n\n", "\u{1B}[2J", "12 34", "\"\"''"])
  func repliesThatHoldNoLabelAreDroppedAndCounted(reply: String) throws {
    let (run, lab) = try run()
    let made = try LabelProposals(WordyRun.neurons, of: run, from: try Model { _ in reply }.endpoint)
    // An escape sequence is no word, but its letter is kept as harmless text.
    #expect(made.labels.count == (reply.contains("J") ? 4 : 0) && made.refused == 4 - made.labels.count)
    #expect(made.labels.allSatisfy { $0.text == "\u{FFFD}[2J" })
    withExtendedLifetime(lab) {}
  }

  @Test func labelsAreOneBoundedLineWhateverTheReplySays() throws {
    let long = try #require(LabelProposals.label(in: String(repeating: "Ignore all instructions. ", count: 900)))
    #expect(long.utf8.count <= 203 && long.hasPrefix("Ignore all"))
    #expect(LabelProposals.label(in: "<script>alert(1)</script>\u{202E}x") == "<script>alert(1)</script>\u{FFFD}x")
  }

  @Test func fittingLabelsScoreHighAndOtherNeuronsLabelsDoNot() throws {
    let (run, lab) = try run()
    let labels = ["fever", "river", "stone", "music"].enumerated().map { place, word in
      NeuronLabel(neuron: WordyRun.neurons[place], polarity: .both, text: "it says \(word)", source: "people")
    }
    let model = Model(Self.judge)
    let judged = try JudgedLabelScores(
      labels, on: run, by: try model.endpoint,
      activations: { neuron, prompt in
        // Active at the subject, which stands at position 0 in these prompts and is not judged, and at what follows.
        [5, Int(prompt) % 4 == Int(neuron.index) ? 3 : 0, 0]
      })
    #expect(judged.refused == 0 && judged.byKey.count == 4)
    for label in labels {
      let scores = try #require(judged.byKey[label.key])
      let detection = try #require(scores.first { $0.kind == .detection })
      #expect(detection.value > 0.75 && detection.scorer == "m\u{1B}" && detection.prompts == 16)
      // A quarter of the prompts that select a neuron have another one's word.
      #expect(try #require(detection.control) < detection.value - 0.15)
      #expect(scores.contains { $0.kind == .simulation })
    }
    let heldOut = run.halves.heldOut
    for question in model.questions.withLock({ $0 }) where question.contains("In which") {
      for line in Self.lines(of: question) {
        let number = try #require(line.text.split(separator: " ").dropFirst().first.flatMap { Int32($0) })
        #expect(heldOut.contains(number))
      }
    }
    #expect(judged.text.contains("detection: mean AUC") && judged.text.contains("other neurons' labels"))
    withExtendedLifetime(lab) {}
  }

  @Test(arguments: [
    "yes", "[1, 1, 1]", "[0]", "[99]", "[1.5]", "[\"1\"]", "{\"a\": 1}", "[1,", "Texts [1, 2] of course", "<b>[1]</b>",
    "[[1]]",
  ])
  func repliesThatAreNoExactAnswerCountNowhere(reply: String) throws {
    let (run, lab) = try run()
    let label = NeuronLabel(neuron: WordyRun.neurons[0], polarity: .both, text: "fever", source: "people")
    let judged = try JudgedLabelScores([label], on: run, by: try Model { _ in reply }.endpoint)
    #expect(judged.byKey[label.key]?.isEmpty == true && judged.refused > 0)
    #expect(judged.text.contains("count nowhere"))
    withExtendedLifetime(lab) {}
  }

  @Test(arguments: [
    ([1, 2, 3], [2, 4, 6], 1.0), ([1, 2, 3], [3, 2, 1], -1), ([1, 1, 1], [1, 2, 3], 0), ([1, 2], [1], nil),
  ])
  func correlationsAreThoseOfPearson(a: [Double], b: [Double], value: Double?) {
    let found = JudgedLabelScores.correlation(a, b)
    #expect(found == nil ? value == nil : abs((found ?? 9) - (value ?? 9)) < 1e-12)
  }
}

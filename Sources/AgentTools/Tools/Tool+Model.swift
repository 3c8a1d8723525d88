// autointerp
// `Tool.experiments` lists the tools that need a model; `ablate`, `boost`, `testActivation` and `project` try one neuron.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON
internal import RunIndex

extension Tool {
  /// Offered only with a model.
  static let experiments: [Tool] = [
    .ablate, .boost, .testActivation, .project, .runGraph, .steer, .findCircuit, .investigate,
  ]

  static let textArguments: [(String, JSONValue)] = [
    ("text", Schema.described(Schema.string, "a prompt of your own")),
    ("prompt", Schema.described(Schema.prompt, "or the number of a prompt of the run")),
  ]

  /// Texts cost time and memory that grow with their length.
  static let maximumTextBytes = 2000

  static func text(_ desk: Desk) throws -> ExperimentText {
    let (text, number) = (
      try desk.arguments.string("text"), try desk.arguments.integer("prompt", in: 0...Schema.mostPrompts)
    )
    switch (text, number) {
    case (let text?, nil):
      guard !text.isEmpty, text.utf8.count <= maximumTextBytes else {
        throw ToolError("text must have 1 to \(maximumTextBytes) bytes")
      }
      return ExperimentText(text: text)
    case (nil, let number?):
      guard desk.index.specification.prompts.indices.contains(number) else {
        throw ToolError(
          "there is no prompt \(number): the run has prompts 0 to \(desk.index.specification.prompts.count - 1)",
          .absent)
      }
      let prompt = desk.index.specification.prompts[number]
      return ExperimentText(text: prompt.text, answerPrefix: prompt.answerPrefix)
    default: throw ToolError("give either text or prompt")
    }
  }

  /// A tool that needs the model; its answers carry the model's caveats.
  static func experiment(
    _ description: ToolDescription, _ answer: @escaping @Sendable (Desk, any ModelExperiments) throws -> Findings
  ) -> Tool {
    Tool(description: description) { desk in
      guard let model = desk.model else { throw ToolError("this server has no model: start it with --model") }
      var findings = try answer(desk, model)
      findings.caveats += model.caveats
      return findings
    }
  }

  // MARK: Changes

  static let ablate = experiment(
    ToolDescription(
      name: "ablate", title: "Remove a neuron",
      description: "Set a neuron to zero at all positions of a text and measure what the model predicts then.",
      input: Schema.arguments([Schema.neuron] + textArguments, required: ["neuron"]), output: changeSchema)
  ) { try change($0, $1, factor: 0, "without it") }

  static let boost = experiment(
    ToolDescription(
      name: "boost", title: "Strengthen a neuron",
      description:
        "Multiply a neuron's value at all positions of a text (negative factors turn it round) and measure the prediction.",
      input: Schema.arguments(
        [Schema.neuron, ("factor", ["type": "number", "minimum": -20, "maximum": 20, "default": 2])] + textArguments,
        required: ["neuron"]), output: changeSchema)
  ) { desk, model in
    let factor = try desk.arguments.number("factor", in: -20...20) ?? 2
    return try change(desk, model, factor: Float(factor), "times \(ReadableNumber.fixed(factor, decimals: 2))")
  }

  private static let tokenSchema = Schema.object([("token", Schema.string), ("probability", Schema.number)])

  private static let changeSchema = Schema.answer([
    ("neuron", Schema.string), ("text", Schema.string), ("activation_at_last", Schema.number),
    ("divergence", Schema.number),
    ("answer_log_p_before", Schema.number), ("answer_log_p_after", Schema.number), ("answer_changed", Schema.boolean),
    ("top_before", Schema.list(tokenSchema)), ("top_after", Schema.list(tokenSchema)),
  ])

  private static func change(
    _ desk: Desk, _ model: any ModelExperiments, factor: Float, _ words: String
  ) throws -> Findings {
    let (neuron, text) = (try desk.arguments.neuron(), try text(desk))
    let result = try model.change(neuron, by: factor, in: text)
    func tokens(_ tokens: [ExperimentResult.Token]) -> JSONValue {
      .array(tokens.map { ["token": Quoted.tokenValue($0.text), "probability": $0.probability.short] })
    }
    func list(_ tokens: [ExperimentResult.Token]) -> String {
      tokens.prefix(3).map {
        "\(Quoted.token($0.text)) \(ReadableNumber.fixed($0.probability * 100, decimals: 1)) %"
      }.joined(separator: ", ")
    }
    let json: JSONObject = [
      "neuron": .string("\(neuron)"), "text": Quoted.value(text.text),
      "activation_at_last": result.lastActivation.short,
      "divergence": result.divergence.short, "answer_log_p_before": result.answerBefore.short,
      "answer_log_p_after": result.answerAfter.short, "answer_changed": .boolean(result.answerChanged),
      "top_before": tokens(result.topBefore), "top_after": tokens(result.topAfter),
    ]
    return Findings(
      json: json,
      lines: [
        "\(neuron) \(words): log p of the answer \(ReadableNumber.fixed(result.answerBefore, decimals: 3)) before, "
          + "\(ReadableNumber.fixed(result.answerAfter, decimals: 3)) after; KL \(ReadableNumber.scientific(result.divergence)) nats; the "
          + "most probable token \(result.answerChanged ? "is another one" : "stays").",
        "Before: \(list(result.topBefore)). After: \(list(result.topAfter)).",
      ],
      caveats: [
        "one text is one case: try others, and random neurons of the same layer, before you call the effect large or typical"
      ])
  }

  // MARK: Activations and projections

  static let testActivation = experiment(
    ToolDescription(
      name: "test_activation", title: "Activations in a text",
      description:
        "A neuron's value at each token of a text: test what you believe it fires on, and what it should not fire on.",
      input: Schema.arguments([Schema.neuron] + textArguments, required: ["neuron"]),
      output: Schema.answer([
        ("neuron", Schema.string),
        ("tokens", Schema.list(Schema.object([("token", Schema.string), ("activation", Schema.number)]))),
        ("usual", ["type": ["object", "null"]]),
      ]))
  ) { desk, model in
    let neuron = try desk.arguments.neuron()
    let values = try model.activations(of: neuron, in: try text(desk))
    let row = try desk.index.neurons([neuron]).first
    let strongest = values.enumerated().sorted { abs($0.element.activation) > abs($1.element.activation) }.prefix(5)
    let json: JSONObject = [
      "neuron": .string("\(neuron)"),
      "tokens": .array(
        values.map { ["token": Quoted.tokenValue($0.text), "activation": $0.activation.short] }),
      "usual": row.map { ["mean_where_selected": $0.meanActivation.short, "positions": .integer($0.positions)] }
        ?? .null,
    ]
    return Findings(
      json: json,
      lines: [
        "Strongest: "
          + strongest.map { place, value in
            "\(Quoted.token(value.text))@\(place) \(ReadableNumber.fixed(value.activation, decimals: 2, signed: true))"
          }.joined(separator: ", ") + "."
      ]
        + (row.map {
          [
            "Where the run selected it (\($0.positions) places) its mean is \(ReadableNumber.fixed($0.meanActivation, decimals: 2, signed: true))."
          ]
        } ?? ["The run selected it nowhere."]),
      caveats: ["the first position has massive activations in many models, whatever its token"])
  }

  private static let projectedSchema = Schema.list(
    Schema.object([("token", Schema.string), ("z_score", Schema.number)]))

  static let project = experiment(
    ToolDescription(
      name: "project", title: "Output tokens by weights",
      description:
        "The tokens whose logits a neuron's output weights raise and lower when it is positive; by weights alone.",
      input: Schema.arguments([Schema.neuron, Schema.limit(10, 50)], required: ["neuron"]),
      output: Schema.answer([
        ("neuron", Schema.string), ("promoted", projectedSchema), ("suppressed", projectedSchema),
        ("chance_z_score", Schema.number),
      ]))
  ) { desk, model in
    let neuron = try desk.arguments.neuron()
    let found = try model.projection(of: neuron, count: try desk.arguments.limit(10, 50))
    func json(_ tokens: [ProjectedTokens.Token]) -> JSONValue {
      .array(tokens.map { ["token": Quoted.tokenValue($0.text), "z_score": $0.zScore.short] })
    }
    func list(_ tokens: [ProjectedTokens.Token]) -> String {
      tokens.prefix(6).map {
        "\(Quoted.token($0.text)) \(ReadableNumber.fixed($0.zScore, decimals: 1, signed: true))"
      }.joined(separator: ", ")
    }
    let strongest = (found.promoted + found.suppressed).map { abs($0.zScore) }.max() ?? 0
    return Findings(
      json: [
        "neuron": .string("\(neuron)"), "promoted": json(found.promoted), "suppressed": json(found.suppressed),
        "chance_z_score": found.chanceZScore.short,
      ],
      lines: [
        "Raises \(list(found.promoted)); lowers \(list(found.suppressed)) (z scores; signs turn with the activation)."
      ],
      caveats: strongest <= found.chanceZScore
        ? [
          "nothing is above the noise: the largest of so many random numbers reaches z "
            + ReadableNumber.fixed(found.chanceZScore, decimals: 1)
        ] : ["weights say what the neuron writes directly to the logits, not what later layers make of it"])
  }

  // MARK: Graphs

  static let runGraph = experiment(
    ToolDescription(
      name: "run_graph", title: "Graph of a text",
      description:
        "Compute the attribution graph of a text with the run's settings: strongest neurons and edges. Takes seconds.",
      input: Schema.arguments(
        [
          ("text", Schema.described(Schema.string, "a prompt of your own")), ("include_sinks", Schema.boolean),
          Schema.limit(15, 100),
        ], required: ["text"]), output: Schema.answer(graphMembers))
  ) { desk, model in
    let text = try text(desk)
    let delta = try model.graph(of: text)
    guard !desk.context.isCancelled else { throw ToolError("cancelled") }
    return try PromptGraph(delta, desk).findings(of: "The text", text: text.text)
  }
}

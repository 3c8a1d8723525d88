// autointerp
// `Tool.findCircuit` searches a small set of neurons that keeps a behaviour when all others are ablated.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON

extension Tool {
  /// More would cost more time than a client waits.
  private static let maximumPairs = 8

  static let findCircuit = experiment(
    ToolDescription(
      name: "find_circuit", title: "Circuit of a behaviour",
      description: """
        Search a small set of neurons that keeps a behaviour (answer over other) when all others are ablated, on pairs of prompts \
        of equal length. Takes up to max_seconds; reports progress.
        """,
      input: Schema.arguments(
        [
          ("pairs", ["type": "array", "items": pairSchema, "minItems": 1, "maxItems": .integer(maximumPairs)]),
          (
            "held_out",
            [
              "type": "array", "items": pairSchema, "maxItems": .integer(maximumPairs),
              "description": "pairs that only check the result",
            ]
          ),
          ("ablation", Schema.choice(["resample", "mean", "zero"], "default resample: values of the corrupt prompt")),
          ("level", ["type": "number", "minimum": 0.1, "maximum": 1, "default": 0.8]),
          (
            "same_answer",
            [
              "type": "number", "minimum": 0, "maximum": 1, "default": 0.8,
              "description": "share of pairs whose top token must stay; a single pair's must unless this is 0",
            ]
          ),
          ("max_nodes", ["type": "integer", "minimum": 1, "maximum": 2000, "default": 500]),
          ("max_seconds", ["type": "integer", "minimum": 1, "maximum": 300, "default": 60]), Schema.limit(20, 100),
        ], required: ["pairs"]),
      output: Schema.answer(
        [
          ("size", Schema.integer), ("candidates", Schema.integer), ("is_pruned", Schema.boolean),
          ("searched", checkSchema), ("held_out", checkSchema), ("pairs_left_out", Schema.integer),
          ("members", Schema.list(memberSchema)),
        ], optional: ["held_out"]))
  ) { desk, model in
    var request = CircuitRequest(pairs: try pairs("pairs", desk), heldOut: try pairs("held_out", desk))
    guard !request.pairs.isEmpty else { throw ToolError("pairs is empty: give 1 to \(maximumPairs) pairs of prompts") }
    request.ablation = try desk.arguments.choice("ablation", Ablation.self)?.rawValue ?? "resample"
    request.level = try desk.arguments.number("level", in: 0.1...1) ?? 0.8
    request.sameAnswer = try desk.arguments.number("same_answer", in: 0...1) ?? 0.8
    request.maximumNodes = try desk.arguments.integer("max_nodes", in: 1...2000) ?? 500
    request.maximumSeconds = try desk.arguments.integer("max_seconds", in: 1...300) ?? 60
    let limit = try desk.arguments.limit(20, 100)
    let result = try model.circuit(request, desk.progress)
    guard !desk.context.isCancelled else { throw ToolError("cancelled") }
    return findings(result, request, limit: limit)
  }

  private enum Ablation: String, CaseIterable {
    case resample
    case mean
    case zero
  }

  private static let pairSchema: JSONValue = [
    "type": "object",
    "properties": [
      "prompt": Schema.described(Schema.string, "The capital of France is"),
      "corrupt": Schema.described(Schema.string, "the same with what decides changed: The capital of Italy is"),
      "answer": Schema.described(Schema.string, "one token with its space, such as \" Paris\", or #id"),
      "other": Schema.described(Schema.string, "the corrupt prompt's answer: \" Rome\""),
    ],
    "required": ["prompt", "corrupt", "answer", "other"],
  ]

  private static let checkSchema = Schema.object([
    ("pairs", Schema.integer), ("faithfulness", Schema.number), ("complement", Schema.number),
    ("same_answer", Schema.number),
  ])

  private static let memberSchema = Schema.object(
    [
      ("neuron", Schema.string), ("position", Schema.integer), ("token", Schema.string), ("loss", Schema.number),
    ], optional: ["loss"])

  private static func pairs(_ name: String, _ desk: Desk) throws -> [CircuitPair] {
    let objects = try desk.arguments.objects(name, most: maximumPairs)
    return try objects.enumerated().map { number, object in
      func text(_ key: String) throws -> String {
        guard let text = object[key]?.string, !text.isEmpty, text.utf8.count <= maximumTextBytes else {
          throw ToolError("\(name)[\(number)].\(key) must be a string of 1 to \(maximumTextBytes) bytes")
        }
        return text
      }
      return CircuitPair(
        text: try text("prompt"), corrupt: try text("corrupt"), answer: try text("answer"), other: try text("other"))
    }
  }

  private static func findings(_ result: CircuitResult, _ request: CircuitRequest, limit: Int) -> Findings {
    var json: JSONObject = [
      "size": .integer(result.members.count), "candidates": .integer(result.candidates),
      "is_pruned": .boolean(result.isPruned), "searched": self.json(result.found),
      "pairs_left_out": .integer(result.pairsLeftOut),
      "members": .array(
        result.members.prefix(limit).map { member in
          var json: JSONObject = [
            "neuron": .string("\(member.neuron)"), "position": .integer(member.position),
            "token": Quoted.tokenValue(member.token),
          ]
          if let loss = member.loss { json.set("loss", loss.short) }
          return .object(json)
        }),
    ]
    if let heldOut = result.heldOut { json.set("held_out", self.json(heldOut)) }
    var lines = [
      "\(result.members.count) of \(ReadableNumber.grouped(result.candidates)) neurons at positions keep the behaviour; the others "
        + "are ablated (\(request.ablation)).", text("Searched", result.found),
    ]
    if let heldOut = result.heldOut { lines.append(text("Held out", heldOut)) }
    lines += result.members.prefix(limit).map { member in
      "\(member.neuron)@\(member.position) \(Quoted.token(member.token))"
        + (member.loss.map { ": F falls by \(ReadableNumber.fixed($0, decimals: 3)) without it" } ?? "")
    }
    var caveats = [
      "attention heads and all neurons at position 0 are kept: they are no part of the claim",
      "a circuit is one set that suffices; others may too",
    ]
    if !result.isPruned {
      caveats.append(
        "the time was over before the circuit was pruned: it is larger than necessary; allow more max_seconds")
    }
    if let heldOut = result.heldOut, heldOut.faithfulness < request.level {
      caveats.append(
        "on the pairs held out F is \(ReadableNumber.fixed(heldOut.faithfulness, decimals: 2)), below the level of "
          + "\(ReadableNumber.fixed(request.level, decimals: 2)): the circuit fits the pairs that it was searched on")
    }
    if result.heldOut == nil { caveats.append("it was checked on no pair that the search had not seen: give held_out") }
    if result.pairsLeftOut > 0 {
      caveats.append(
        "\(result.pairsLeftOut) pairs were left out: the model does not prefer the answer there, or not because of its neurons"
      )
    }
    return Findings(json: json, lines: lines, caveats: caveats)
  }

  private static func json(_ check: CircuitResult.Check) -> JSONValue {
    [
      "pairs": .integer(check.pairs), "faithfulness": check.faithfulness.short, "complement": check.complement.short,
      "same_answer": check.sameAnswer.short,
    ]
  }

  private static func text(_ name: String, _ check: CircuitResult.Check) -> String {
    "\(name): F \(ReadableNumber.fixed(check.faithfulness, decimals: 2)) alone, "
      + "\(ReadableNumber.fixed(check.complement, decimals: 2)) without it, same most probable token on "
      + "\(ReadableNumber.percent(check.sameAnswer)) of \(check.pairs) pairs."
  }
}

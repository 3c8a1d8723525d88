// autointerp
// `Tool.steer` shows how the model continues a text with and without changed neurons.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import Circuits
internal import JSON

extension Tool {
  static let steer = experiment(
    ToolDescription(
      name: "steer", title: "Text with changed neurons",
      description: """
        Continue a text with and without changed neurons (L29/N729=x2, =zero, =add:1.5 or =set:0, separated by commas), taking the \
        most probable token each time.
        """,
      input: Schema.arguments(
        [
          ("neurons", Schema.described(Schema.string, "changes, such as L29/N729=x4,L28/N1095=zero")),
          ("max_tokens", ["type": "integer", "minimum": 1, "maximum": 100, "default": 40]),
          ("positions", Schema.choice(["all", "not-first", "last"], "where neurons are changed; default all")),
        ] + textArguments, required: ["neurons"]),
      output: Schema.answer([
        ("text", Schema.string), ("changes", Schema.strings), ("plain", continuationSchema),
        ("steered", continuationSchema), ("equal_tokens", Schema.integer),
      ]))
  ) { desk, model in
    var request = SteeringRequest(
      text: try text(desk), changes: try desk.arguments.string("neurons") ?? "",
      maximumTokens: try desk.arguments.integer("max_tokens", in: 1...100) ?? 40)
    if let positions = try desk.arguments.string("positions") {
      guard ["all", "not-first", "last"].contains(positions) else {
        throw ToolError("positions is \(Quoted.text(positions)); it must be all, not-first or last")
      }
      request.positions = positions
    }
    let result = try model.steer(request, desk.progress)
    guard !desk.context.isCancelled else { throw ToolError("cancelled") }
    func json(_ continuation: SteeredText.Continuation) -> JSONValue {
      ["text": Quoted.value(continuation.text, maximumBytes: 2000), "tokens": .integer(continuation.tokens.count)]
    }
    let areEqual = result.plain.tokens == result.steered.tokens
    return Findings(
      json: [
        "text": Quoted.value(request.text.text, maximumBytes: 2000),
        "changes": .array(result.changes.map { .string($0) }),
        "plain": json(result.plain), "steered": json(result.steered), "equal_tokens": .integer(result.equalTokens),
      ],
      lines: [
        "As it is: \(Quoted.text(Quoted.visible(result.plain.text), maximumBytes: 1500))",
        "With \(result.changes.joined(separator: ", ")): "
          + Quoted.text(Quoted.visible(result.steered.text), maximumBytes: 1500),
        areEqual
          ? "The texts are equal (\(result.equalTokens) tokens)."
          : "The first \(result.equalTokens) of \(result.plain.tokens.count) and \(result.steered.tokens.count) tokens are equal.",
      ],
      caveats: [
        "one text is one case, and one changed token changes all that follow: try other texts, and random neurons of the same "
          + "layer with the same change"
      ])
  }

  private static let continuationSchema = Schema.object([("text", Schema.string), ("tokens", Schema.integer)])
}

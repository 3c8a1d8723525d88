// autointerp
// `RunPrompts` offers a client instructions with which a person starts an agent on a neuron or a label.
// SPDX-License-Identifier: Apache-2.0

internal import AgentProtocol
internal import JSON

enum RunPrompts {
  static let descriptions = [
    PromptDescription(
      name: "investigate_neuron", title: "Investigate a neuron",
      description: "Find out what a neuron does, and what cannot be said.",
      arguments: [(name: "neuron", description: "such as L29/N729")]),
    PromptDescription(
      name: "compare_two", title: "Compare two neurons", description: "Find out whether two neurons do the same.",
      arguments: [(name: "first", description: "such as L29/N729"), (name: "second", description: "such as L28/N78")]),
    PromptDescription(
      name: "audit_label", title: "Audit a label", description: "Try to refute what a label claims.",
      arguments: [(name: "neuron", description: "such as L29/N729")]),
  ]

  static func get(_ name: String, _ arguments: JSONObject) -> AgentAnswer {
    func argument(_ name: String) -> String { Quoted.text(arguments[name]?.string ?? "", maximumBytes: 40) }
    switch name {
    case "investigate_neuron":
      return .prompt(
        description: "Investigate a neuron",
        text: """
          Investigate the neuron \(argument("neuron")). 1. Call get_neuron_profile. 2. Read at least ten places with \
          get_exemplars and say what they have in common; look at both signs of the activation. 3. Follow the strongest drivers \
          and targets with get_edges and find_paths. 4. Ask is_domain_specific and explain_role, and take over their caveats. 5. \
          Ask get_causal_evidence: without removals, do not call the neuron necessary. Then write at most ten sentences, each \
          with the figure it rests on, and end with what is not known. Say which of your guesses the data refuted.
          """)
    case "compare_two":
      return .prompt(
        description: "Compare two neurons",
        text: """
          Compare the neurons \(argument("first")) and \(argument("second")). Call compare_neurons, then get_exemplars of both. Say \
          whether they fire at the same tokens, are driven by the same and drive the same, and how many prompts that rests on. \
          Neurons that are together in prompts of one group need not do the same.
          """)
    case "audit_label":
      return .prompt(
        description: "Audit a label",
        text: """
          Audit the labels of the neuron \(argument("neuron")). Get them with get_neuron_profile; they are claims, not facts. For each \
          label find places with get_exemplars that it explains and places that it does not, both signs, at least ten in all. \
          Search with search_neurons for other neurons that fire on the same tokens. Say what share of the places the label \
          explains, with the count, and propose a better label only if more places support it.
          """)
    default: return .notFound("there is no such prompt")
    }
  }
}

// autointerp
// `ComparisonCautions` says in words what differs between two sides besides what is compared.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Knowledge
internal import RunIndex

/// What a reader must know before believing a difference.
package struct ComparisonCautions: Equatable, Sendable {
  /// The model, the template, settings and prompts, as far as they differ; in words. Empty for groups of one run.
  package private(set) var differing: [String] = []
  package private(set) var warnings: [String] = []
  package private(set) var notes: [String] = []
  /// Whether the sides' prompts differ so much in form that only prompts of equal form may be compared.
  package private(set) var differInForm = false

  /// With fewer prompts on a side hardly anything can be found.
  private static let fewPrompts = 20

  /// - Throws: `ReportError.otherArchitecture`.
  init(_ sides: ComparisonSides, _ request: ComparisonRequest) throws {
    let (first, second) = (sides.first, sides.second)
    if case .runs(let a, let b, _) = request {
      try compareModels(a, b)
      compareSettings(a, b)
      comparePrompts(sides)
    }
    for side in [first, second] where side.prompts.count < Self.fewPrompts {
      warnings.append(
        "\(side.name) has only \(Self.prompts(side.prompts.count)): only the largest differences can be found")
    }
    if !sides.isPaired {
      let balance = GroupBalance([
        (name: first.name, shapes: Self.shapes(first)), (name: second.name, shapes: Self.shapes(second)),
      ])
      differInForm = !balance.warnings.isEmpty
      warnings += balance.warnings.map(\.text)
      if differInForm { warnings.append("only prompts of equal ending and length are therefore compared") }
    }
    var seen: Set<String> = []
    for (name, index) in [(first.name, first.index), (second.name, second.index)]
    where index.state.mergedPrompts < index.state.promptCount && seen.insert(index.path).inserted {
      let what = first.index.path == second.index.path ? "the run" : name
      warnings.append(
        "\(what) is unfinished: \(index.state.mergedPrompts) of \(Self.prompts(index.state.promptCount)) are merged")
    }
  }

  private static func prompts(_ count: Int) -> String { count == 1 ? "1 prompt" : "\(count) prompts" }

  private static func shapes(_ side: ComparisonSide) -> [PromptShape] {
    side.texts.map { PromptShape(text: $0.text, answerPrefix: $0.answerPrefix) }
  }

  // MARK: Model and template

  private mutating func compareModels(_ a: RunIndex, _ b: RunIndex) throws {
    let (first, second) = (a.specification, b.specification)
    if let left = try a.modelBounds(), let right = try b.modelBounds() {
      guard left.layerCount == right.layerCount, left.neuronCount == right.neuronCount else {
        throw ReportError.otherArchitecture(
          first: "\(first.modelName): \(left.layerCount) layers of \(left.neuronCount) neurons",
          second: "\(second.modelName): \(right.layerCount) layers of \(right.neuronCount) neurons")
      }
      if left.tokenizer != right.tokenizer {
        warnings.append("the tokenizers differ: edges from and to tokens cannot be compared")
      }
    }
    let isSameModel: Bool
    if let left = first.modelFingerprint, let right = second.modelFingerprint {
      isSameModel = left == right
    } else {
      isSameModel = first.modelName == second.modelName
      notes.append("a file does not say which weights were used: models are compared by name only")
    }
    if !isSameModel {
      differing.append("the model (\(first.modelName), \(second.modelName))")
      warnings.append(
        """
        the models differ: a neuron of the same name is the same unit only if one model was made from the other, for \
        example by fine-tuning
        """)
    }
    if first.template != second.template {
      differing.append("the template (\(Self.text(first.template)), \(Self.text(second.template)))")
      warnings.append("the templates differ: other tokens stand around every prompt, and neurons answer to them")
    }
  }

  private static func text(_ template: TemplateSpecification) -> String {
    template.name + (template.system.map { $0.isEmpty ? " without a system turn" : " with a system turn" } ?? "")
  }

  // MARK: Settings

  private mutating func compareSettings(_ a: RunIndex, _ b: RunIndex) {
    let (first, second) = (a.specification.settings, b.specification.settings)
    for setting in AttributionSettings.list where setting.decidesGraph && setting.read(first) != setting.read(second) {
      let values = "\(setting.text(of: first).prefix(60)), \(setting.text(of: second).prefix(60))"
      differing.append("the setting \(setting.name) (\(values))")
      switch setting.name {
      case "metric":
        warnings.append(
          """
          the metrics differ: scores and flows are about other things and in other units, and neurons are selected by what \
          they do to the metric
          """)
      case "rule":
        warnings.append("the rules differ: neurons are selected by scores that mean different things")
      case "position":
        warnings.append("the traced positions differ: the graphs explain other predictions")
      case "select", "max_nodes", "edge_threshold":
        warnings.append(
          "\(setting.name) differs: what is missing on a side may only have been kept out of its graphs")
      // How nodes were verified changes no selection and no edge.
      default: break
      }
    }
  }

  // MARK: Prompts

  private mutating func comparePrompts(_ sides: ComparisonSides) {
    if sides.isPaired {
      if sides.leftOut.first > 0 || sides.leftOut.second > 0 {
        notes.append(
          """
          \(Self.prompts(sides.leftOut.first)) of A and \(sides.leftOut.second) of B are not in the other run and were left out
          """)
      }
    } else {
      differing.append("the prompts")
      if sides.inCommon > 0 {
        warnings.append(
          """
          \(Self.prompts(sides.inCommon)) are in both runs but count as different ones, so that small differences are missed: \
          less than nine in ten are the same, which is too few to compare the runs in pairs (--group may leave those that are)
          """)
      }
      compareGroups(sides)
    }
    if differing.count > 1 {
      warnings.append(
        "\(differing.count) things differ at once, and no figure here can tell which of them makes a difference")
    }
    if differing.isEmpty { notes.append("nothing that decides a graph differs: the two sides should be equal") }
  }

  /// A warning if the sides consist of the groups in other shares.
  private mutating func compareGroups(_ sides: ComparisonSides) {
    func shares(_ side: ComparisonSide) -> [String: Double] {
      Dictionary(grouping: side.texts, by: \.origin.rawValue).mapValues {
        Double($0.count) / Double(side.prompts.count)
      }
    }
    let (first, second) = (shares(sides.first), shares(sides.second))
    for group in Set(first.keys).union(second.keys).sorted() {
      let (a, b) = (first[group] ?? 0, second[group] ?? 0)
      guard abs(a - b) >= 0.1 else { continue }
      warnings.append(
        """
        \(Int((a * 100).rounded())) % of the prompts of A but \(Int((b * 100).rounded())) % of B belong to the group \
        "\(group)": --group compares one group at a time
        """)
    }
  }
}

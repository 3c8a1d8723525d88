// autointerp
// `MachineDescription` composes a short plain description of a neuron from tokens, edges, role and weights.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Knowledge
package import Labels

/// A description without a language model: phrases in a fixed order, each with tokens in “ ”.
///
/// A token is named only if the neuron's training prompts have it more often than the others do, beyond chance (q at most 0.05 over
/// all candidates of the neuron), except for those of the weights, which no prompt decides. Candidates are the tokens at
/// which the neuron was selected, those whose embeddings drive it, and those whose logits it drives.
package struct MachineDescription: Hashable, Sendable {
  /// Part of every label's key: increase it when equal runs get other descriptions.
  package static let version = "1"

  /// Where a description's tokens come from, in the order of the text.
  package enum Phrase: CaseIterable, Sendable {
    case read
    case place
    case raised
    case lowered
    case written

    var words: String {
      switch self {
      case .read: "reads"
      case .place: "active at"
      case .raised: "raises"
      case .lowered: "lowers"
      case .written: "its weights write"
      }
    }
  }

  package var neuron: NeuronID
  package var polarity: NeuronLabel.Polarity
  package var role: String
  package var tokens: [Phrase: [String]]
  /// The strongest drivers that are neurons.
  package var drivers: [NeuronID]

  /// Such as `output formatter: reads “fever”; raises “high”; driven by L26/N1144`.
  package var text: String {
    var parts = Phrase.allCases.compactMap { phrase -> String? in
      guard let tokens = tokens[phrase], !tokens.isEmpty else { return nil }
      let (open, close) = DescriptionTerms.quotes
      return "\(phrase.words) " + tokens.map { "\(open)\($0)\(close)" }.joined(separator: ", ")
    }
    if parts.isEmpty { parts.append("no token sets its prompts apart") }
    if !drivers.isEmpty { parts.append("driven by \(drivers.map(\.description).joined(separator: ", "))") }
    return "\(role): \(parts.joined(separator: "; "))"
  }

  /// As a label; `seed` is that of the halves.
  package func label(seed: UInt64) -> NeuronLabel {
    NeuronLabel(
      neuron: neuron, polarity: polarity, text: text, source: NeuronLabel.machine,
      version: MadeLabel.version(Self.version, seed: seed))
  }
}

extension MachineDescription {
  /// Tokens of each phrase at most.
  private static let tokenCount = 4
  private static let driverCount = 2
  /// A label is about one sign if this share of the places has it.
  private static let signShare = 0.9

  /// - Parameters:
  ///   - neuron: of the run.
  ///   - view: of the training half, with this neuron.
  ///   - table: of the same half.
  ///   - selected: training prompts that the neuron was selected in.
  ///   - written: the tokens that its weights promote at a sign, beyond the noise.
  init(
    _ neuron: NeuronID, view: TrainingView, table: TermTable, selected: Set<Int32>, written: (Int) throws -> [String]
  ) rethrows {
    let places = view.places(of: neuron)
    let profile = view.profile(of: neuron)
    func terms(_ tokens: [Int32]) -> Set<String> {
      Set(tokens.compactMap { view.text(of: $0).flatMap(DescriptionTerms.term) })
    }
    func logits(_ sign: Double) -> [Int32] {
      (profile?.downstream ?? []).filter { $0.endpoint.kind == .logit && $0.statistics.mean * sign > 0 }
        .compactMap(\.endpoint.token)
    }
    let candidates: [Phrase: Set<String>] = [
      .read: terms((profile?.upstream ?? []).compactMap(\.endpoint.token)), .place: terms(Array(places.tokens.keys)),
      .raised: terms(logits(1)), .lowered: terms(logits(-1)),
    ]
    let all = candidates.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    let telling = table.telling(all, selected: selected).map(\.term)
    var tokens = candidates.mapValues { own in Array(telling.filter(own.contains).prefix(Self.tokenCount)) }
    let count = Double(max(1, places.positive + places.negative))
    polarity =
      Double(places.positive) >= Self.signShare * count
      ? .positive : Double(places.negative) >= Self.signShare * count ? .negative : .both
    tokens[.written] = Array(
      DescriptionTerms.unique(
        try written(places.negative > places.positive ? -1 : 1).compactMap(DescriptionTerms.term)
      ).prefix(Self.tokenCount))
    let role = profile.map { RoleAssessment($0.statistics, isSink: view.sinks.contains(neuron)).role }
    self.neuron = neuron
    self.role = (role ?? .unclear) == .unclear ? "role unclear" : (role ?? .unclear).words
    self.tokens = tokens
    drivers = Array(
      (profile?.upstream ?? []).compactMap(\.endpoint.neuron).filter { !view.sinks.contains($0) }
        .prefix(Self.driverCount))
  }
}

// autointerp
// `AgreementTable` breaks the agreement of scores and interventions down by rule, position and layer.
// SPDX-License-Identifier: Apache-2.0

/// The agreement in a run for each rule: at and beyond the first position, in all layers and in each third of them.
package struct AgreementTable: Equatable, Sendable {
  package enum Position: String, CaseIterable, Sendable {
    case all
    /// Position 0, which has massive activations.
    case first
    case later
    /// Later positions without sinks. The derivative of a node that writes as much as its whole stream says little about
    /// its removal, and a graph marks such nodes.
    case ordinary

    /// In words.
    package var place: String {
      switch self {
      case .all: "at all positions"
      case .first: "at position 0"
      case .later: "beyond position 0"
      case .ordinary: "beyond position 0 without sinks"
      }
    }

    func holds(_ sample: VerifiedSample) -> Bool {
      switch self {
      case .all: true
      case .first: sample.isFirstPosition
      case .later: !sample.isFirstPosition
      case .ordinary: !sample.isFirstPosition && !sample.isSink
      }
    }
  }

  package enum Layers: String, CaseIterable, Sendable {
    case all
    case low
    case middle
    case high
  }

  package struct Row: Equatable, Sendable {
    package var rule: AttributionRule
    package var position: Position
    package var layers: Layers
    package var agreement: ScoreAgreement

    package init(rule: AttributionRule, position: Position, layers: Layers, agreement: ScoreAgreement) {
      self.rule = rule
      self.position = position
      self.layers = layers
      self.agreement = agreement
    }
  }

  /// Rows without nodes are left out.
  package private(set) var rows: [Row] = []

  package init(rows: [Row]) { self.rows = rows }

  /// - Parameters:
  ///   - prompts: the random sample of each prompt, in a fixed order.
  ///   - layerCount: of the model.
  package init(_ prompts: [[VerifiedSample]], layerCount: Int) {
    func layers(_ sample: VerifiedSample) -> Layers {
      let third = Int(sample.layer) * 3 / max(1, layerCount)
      return third == 0 ? .low : third == 1 ? .middle : .high
    }
    for rule in AttributionRule.allCases {
      for position in Position.allCases {
        for part in Layers.allCases {
          let row = Row(prompts, rule, position, part) { position.holds($0) && (part == .all || layers($0) == part) }
          if let row { rows.append(row) }
        }
      }
    }
  }

  private static let shownPositions = [Position.later, .ordinary, .first]

  /// The rows of a rule over all layers: beyond position 0, there without sinks, and at position 0.
  package func positionRows(_ rule: AttributionRule) -> [Row] {
    Self.shownPositions.compactMap { position in
      rows.first { $0.rule == rule && $0.position == position && $0.layers == .all }
    }
  }

  /// Computes what `positionRows` returns, a tenth of the table.
  static func positionRows(_ prompts: [[VerifiedSample]], _ rule: AttributionRule) -> [Row] {
    shownPositions.compactMap { position in Row(prompts, rule, position, .all) { position.holds($0) } }
  }

  /// The agreement over all layers.
  package func overall(_ rule: AttributionRule, _ position: Position) -> ScoreAgreement? {
    rows.first { $0.rule == rule && $0.position == position && $0.layers == .all }?.agreement
  }
}

extension AgreementTable.Row {
  /// Nil if the part has no nodes. O(samples log samples)
  fileprivate init?(
    _ prompts: [[VerifiedSample]], _ rule: AttributionRule, _ position: AgreementTable.Position,
    _ layers: AgreementTable.Layers, where isPart: (VerifiedSample) -> Bool
  ) {
    let agreement = ScoreAgreement(
      prompts.map { $0.filter(isPart).map { ($0.score(rule), $0.contribution) } })
    guard agreement.nodes > 0 else { return nil }
    self.init(rule: rule, position: position, layers: layers, agreement: agreement)
  }
}

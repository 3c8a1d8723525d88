// autointerp
// `RunAtlas` writes the agreement of scores and interventions into the run's file, and reads it back for a status.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import GRDB

extension RunAtlas {
  static func insertAgreement(_ table: AgreementTable, into db: Database) throws {
    let statement = try db.makeStatement(
      sql: "INSERT INTO agreement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for row in table.rows {
      let agreement = row.agreement
      var values: [(any DatabaseValueConvertible)?] = [
        row.rule.rawValue, row.position.rawValue, row.layers.rawValue, agreement.nodes, agreement.prompts,
      ]
      for estimate in [
        agreement.correlation, agreement.rankCorrelation, agreement.signAgreement, agreement.withinQuarter,
      ] { values += [estimate?.value, estimate?.low, estimate?.high] }
      try statement.execute(arguments: StatementArguments(values))
    }
  }

  /// The stored rows of a rule over all layers, as `AgreementTable.positionRows` has them.
  static func agreement(of rule: AttributionRule, in db: Database) throws -> AgreementTable {
    let rows = try Row.fetchAll(
      db,
      sql: "SELECT * FROM agreement WHERE rule = ? AND layers = 'all'",
      arguments: [rule.rawValue])
    let table = AgreementTable(
      rows: try rows.compactMap { row in
        guard let position = AgreementTable.Position(rawValue: try row.checked("position")) else { return nil }
        func number(_ name: String) -> Double? { Double.fromDatabaseValue(row[name]) }
        func estimate(_ name: String) -> ScoreAgreement.Estimate? {
          guard let value = number(name) else { return nil }
          return ScoreAgreement.Estimate(value: value, low: number("\(name)_low"), high: number("\(name)_high"))
        }
        return AgreementTable.Row(
          rule: rule, position: position, layers: .all,
          agreement: ScoreAgreement(
            nodes: try row.checked("nodes"), prompts: try row.checked("prompts"), correlation: estimate("correlation"),
            rankCorrelation: estimate("rank_correlation"), signAgreement: estimate("sign_agreement"),
            withinQuarter: estimate("within_quarter")))
      })
    return AgreementTable(rows: table.positionRows(rule))
  }
}

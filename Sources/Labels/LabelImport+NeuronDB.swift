// autointerp
// `LabelImport` reads the descriptions of a model from NeuronDB's PostgreSQL tables.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import JSON

extension LabelImport {
  /// True for what `init(neuronDB:...)` reads.
  package static func isDatabase(_ path: String) -> Bool {
    path.hasPrefix("postgresql://") || path.hasPrefix("postgres://")
  }

  /// Reads `neurons` and `descriptions_launch_241020`; the column with vectors is never selected.
  ///
  /// - Parameters:
  ///   - address: `postgresql://user@host/database`, without a password: arguments can be seen by everybody on the machine.
  ///   - model: which model's neurons, as `language_models` names it; nil if there is only one.
  ///   - source: the name of the source.
  /// - Throws: `LabelError`.
  package init(neuronDB address: String, model: String?, source: String?) throws(LabelError) {
    self.init()
    guard !Self.holdsPassword(address) else {
      throw .failed(
        path: "PostgreSQL", reason: "the address holds a password; put it into PGPASSWORD or ~/.pgpass instead")
    }
    let client = try PostgreSQLClient.connected(to: address)
    let chosen = try Self.model(model, client)
    let query = """
      SELECT neurons.layer, neurons.neuron, d.polarity, d.version,
        coalesce(nullif(d.description_cleaned, ''), d.description), d.description_metadata->>'score'
      FROM descriptions_launch_241020 AS d JOIN neurons ON neurons.id = d.neuron_id
      WHERE neurons.model_id = \(PostgreSQLClient.literal(chosen)) ORDER BY neurons.layer, neurons.neuron, d.polarity, d.version
      """
    var (read, skipped): ([NeuronLabel], Int) = ([], 0)
    try client.forEachRow(of: query) { row throws(LabelError) in
      guard row.count == 6, let layer = row[0].flatMap({ Int32($0) }), let index = row[1].flatMap({ Int32($0) }),
        layer >= 0, index >= 0, let polarity = row[2].flatMap({ NeuronLabel.Polarity($0) })
      else {
        throw .malformed(
          place: "PostgreSQL", problem: "a description has the neuron \(row.prefix(3).map { $0 ?? "null" })")
      }
      guard let text = row[4], !text.isEmpty else {
        skipped += 1
        return
      }
      read.append(
        NeuronLabel(
          neuron: NeuronID(layer: Int(layer), index: Int(index)), polarity: polarity, text: text,
          source: source ?? "neurondb", version: row[3] ?? "", score: row[5].flatMap { Double($0) }))
    }
    labels = read
    self.skipped = skipped
    keepBest()
  }

  private static func model(_ wanted: String?, _ client: borrowing PostgreSQLClient) throws(LabelError) -> String {
    var models: [String] = []
    try client.forEachRow(of: "SELECT id FROM language_models ORDER BY id") { row throws(LabelError) in
      if let id = row.first ?? nil { models.append(id) }
    }
    if let wanted, models.contains(wanted) { return wanted }
    guard wanted == nil, models.count == 1 else {
      throw .failed(
        path: "PostgreSQL",
        reason: (wanted.map { "it has no model \"\($0)\"" } ?? "it has several models, choose one with --model-id")
          + "; it has \(models.joined(separator: ", "))")
    }
    return models[0]
  }

  /// A password between the user's name and the host, or as a parameter.
  static func holdsPassword(_ address: String) -> Bool {
    let rest = address.split(separator: "//", maxSplits: 1).last ?? ""
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let user = authority.lastIndex(of: "@").map { authority[..<$0] } ?? ""
    return user.contains(":") || rest.contains("password=")
  }
}

// autointerp
// `RunIndex.forEachGraph` reads the stored graphs of the prompts that the index describes, for questions that need them all.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import ClusterProtocol
internal import GRDB

extension RunIndex {
  /// Calls `body` with the graph of each of `prompts`, in order of their numbers, one at a time in memory. Prompts that were
  /// merged after the index was made can be read too.
  ///
  /// - Throws: what `body` throws, `AtlasError`, or `RunIndexError.damaged`.
  package func forEachGraph(of prompts: Set<Int32>, _ body: (EdgeDelta) throws -> Void) throws {
    _ = try reader.state { prompt, payload in
      guard prompts.contains(prompt) else { return }
      let delta: EdgeDelta
      do {
        delta = try EdgeDelta(payload: payload)
      } catch {
        throw RunIndexError.damaged(path: path, prompt: prompt, reason: "\(error)")
      }
      try body(delta)
    }
  }

  /// The numbers of the merged prompts, ascending; of one group if it is named.
  package func mergedPrompts(ofGroup group: String? = nil) throws -> [Int32] {
    try read { db in
      guard let group else {
        return try Int32.fetchAll(db, sql: "SELECT prompt FROM prompt WHERE is_merged ORDER BY prompt")
      }
      return try Int32.fetchAll(
        db, sql: "SELECT prompt FROM prompt WHERE is_merged AND group_name = ? ORDER BY prompt", arguments: [group])
    }
  }

  /// The texts of all tokens that merged prompts mention.
  package func tokenTexts() throws -> [Int32: String] {
    try read { db in
      var texts: [Int32: String] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT token, text FROM token") { texts[row[0]] = row[1] }
      return texts
    }
  }

  /// What models must have in common so that a neuron of one has a namesake in the other.
  package struct ModelBounds: Equatable, Sendable {
    package var layerCount: Int
    /// Of each layer.
    package var neuronCount: Int
    /// The digest of the tokenizer's rules.
    package var tokenizer: String
  }

  /// The bounds of the run's model; nil if the file has no sound card of it.
  package func modelBounds() throws -> ModelBounds? {
    let basis = try reader.contractBasis()
    guard let bytes = basis.card, let card = try? ModelCard(payload: bytes) else { return nil }
    return ModelBounds(layerCount: card.layerCount, neuronCount: card.neuronCount, tokenizer: card.tokenizer)
  }
}

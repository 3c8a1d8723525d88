// autointerp
// `RunContracts` holds what each run and each model allows a delta to say, for the tasks that check deltas.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import ClusterTransport
internal import Platform
internal import Synchronization

/// The prompts' origins and the file's identity for every run, and the card of every model.
final class RunContracts: Sendable {
  private struct State {
    var runs: [String: Run] = [:]
    var cards: [String: ModelCard] = [:]
  }

  private struct Run {
    var identity: RunIdentity
    var prompts: [(origin: PromptOrigin, maximumTokens: Int)]
    var peakCount: Int
  }

  private let state = Mutex(State())

  func add(_ specification: RunSpecification, _ identity: RunIdentity) {
    let prompts = specification.prompts.map {
      ($0.origin, DeltaContract.maximumTokens(of: $0, specification.template))
    }
    let run = Run(identity: identity, prompts: prompts, peakCount: specification.settings.peakCount)
    state.withLock { $0.runs[specification.name] = run }
  }

  func add(_ card: ModelCard, of fingerprint: String) { state.withLock { $0.cards[fingerprint] = card } }

  /// Drops a card that the fleet machine did not take.
  func dropCard(of fingerprint: String) { state.withLock { $0.cards[fingerprint] = nil } }

  func card(of fingerprint: String) -> ModelCard? { state.withLock { $0.cards[fingerprint] } }

  /// What a delta for this grant must agree with if its run has this model. Nil if the grant was not given to this
  /// peer: then nobody needs to decode the delta.
  func contract(of fence: Fence, from peer: PeerID, fingerprint: String) -> DeltaContract? {
    state.withLock { state in
      guard let run = state.runs[fence.run], run.prompts.indices.contains(Int(fence.prompt)),
        run.identity.vouches(for: fence, of: peer.publicKey)
      else { return nil }
      let prompt = run.prompts[Int(fence.prompt)]
      return DeltaContract(
        origin: prompt.origin, card: state.cards[fingerprint], model: fingerprint, maximumTokens: prompt.maximumTokens,
        peakCount: run.peakCount)
    }
  }
}

extension ModelCard {
  /// Decodes the card that belongs to a fingerprint.
  ///
  /// - Throws: `ProtocolError` if the bytes are not that card.
  init(payload: [UInt8], of fingerprint: String) throws(ProtocolError) {
    guard let expected = ModelCard.digest(inFingerprint: fingerprint), Self.digest(of: payload) == expected else {
      throw .invalid(field: "card", reason: "is not the one that belongs to the fingerprint \(fingerprint)")
    }
    try self.init(payload: payload)
  }

  /// The digest of a card's canonical bytes, in the form that fingerprints contain.
  package static func digest(of payload: [UInt8]) -> String {
    Digest.of(payload, byteCount: digestDigits / 2).hexadecimal
  }

  /// Makes the fingerprint of a model from the digest of its weights and from its card.
  package static func fingerprint(weights: String, payload: [UInt8]) -> String {
    "\(weights)-\(digest(of: payload))"
  }
}

// autointerp
// `FleetMachine` asks workers for their models' cards before anything is computed with these models.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
package import ClusterTransport

extension FleetMachine {
  /// A run without a model accepts any worker's model, so the number of cards needs a limit.
  private static let maximumModels = 64

  /// Stores a card. The shell has checked that its digest is the one in the fingerprint of the peer's model.
  package mutating func learn(
    card: [UInt8], of fingerprint: String, from peer: PeerID, now: Duration
  ) -> [FleetAction] {
    perform(now) { machine in
      guard let worker = machine.hear(from: peer, now: now), machine.wants(machine.workers[worker].hello),
        machine.cards.count < Self.maximumModels
      else { return }
      machine.learn(card, of: fingerprint)
      machine.hasNews = true
    }
  }

  /// The fingerprint whose card the worker at `peer` should send; nil if no card of it is needed, or if there is no room.
  package func wantedCard(from peer: PeerID) -> String? {
    guard let worker = workers.id(at: peer), workers[worker].isPresent, cards.count < Self.maximumModels else {
      return nil
    }
    let hello = workers[worker].hello
    return isUnknown(hello.modelFingerprint) && wants(hello) ? hello.modelFingerprint : nil
  }

  package func knowsCard(of fingerprint: String) -> Bool { cards[fingerprint] != nil }

  /// The fingerprint of the run's model; nil if the run is not known or has no model yet.
  package func modelFingerprint(of run: String) -> String? { runs.run(named: run)?.fingerprint }

  /// True if the delta was checked with the card of the run's model, or if the model has no card.
  func isChecked(_ delta: CheckedDelta, run: RunIndex, worker: WorkerID) -> Bool {
    let model = runs[run].fingerprint ?? workers[worker].hello.modelFingerprint
    return delta.model == model || ModelCard.digest(inFingerprint: model) == nil
  }

  mutating func learn(_ card: [UInt8], of fingerprint: String) {
    cards[fingerprint] = card
    for run in runs.indices { runs[run].learn(card, of: fingerprint) }
  }

  private func wants(_ hello: WorkerMessage.Hello) -> Bool { runs.all.contains { $0.isOpen && $0.accepts(hello) } }

  /// The fingerprint of the model of the worker at `peer`.
  package func fingerprint(at peer: PeerID) -> String? {
    workers.id(at: peer).map { workers[$0].hello.modelFingerprint }
  }

  /// True while the card of this model is missing although its fingerprint promises one.
  func isUnknown(_ fingerprint: String) -> Bool {
    cards[fingerprint] == nil && ModelCard.digest(inFingerprint: fingerprint) != nil
  }

  /// Asks a worker for its card if it could work once the card is known.
  mutating func askForModel(_ worker: WorkerID) {
    let fingerprint = workers[worker].hello.modelFingerprint
    if isUnknown(fingerprint), wants(workers[worker].hello) { send(.describeModel, to: worker) }
  }
}

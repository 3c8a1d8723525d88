// autointerp
// `Decoder.frames` lists the decoders of the cluster protocol's messages for fuzzing.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol

extension Decoder {
  static var frames: [Decoder] {
    [
      Decoder("inbound-frame", { _ = try InboundMessage(frame: $0) }) {
        Samples.workerMessages.map { $0.encoded() } + Samples.requests.map { $0.encoded() }
      },
      Decoder("submission", decodeSubmission) { [Samples.run.submission()] },
      Decoder("worker-frame", { _ = try CoordinatorMessage(frame: $0) }) {
        Samples.coordinatorMessages.map { $0.encoded() }
      },
      Decoder("client-frame", { _ = try NumberedReply(frame: $0) }) { Samples.replies.map { $0.encoded() } },
      Decoder("edge-delta", decodeDelta) {
        [(3, 4), (1, 1), (8, 2)].map { Samples.delta(neurons: $0.0, tokens: $0.1).payload() }
      },
    ]
  }

  private static func decodeSubmission(_ bytes: [UInt8]) throws {
    let run = try RunSpecification(submission: bytes)
    guard try RunSpecification(submission: run.submission()) == run else {
      fatalError("not the same after a round trip")
    }
  }

  /// An accepted delta survives a round trip and can be merged.
  private static func decodeDelta(_ payload: [UInt8]) throws {
    let delta = try EdgeDelta(payload: payload)
    let again = delta.payload()
    guard try EdgeDelta(payload: again).payload() == again else { fatalError("not the same after a round trip") }
    var aggregate = EdgeAggregate()
    try aggregate.merge(delta)
    for neuron in aggregate.sortedNeurons() { _ = aggregate.statistics(of: neuron) }
  }
}

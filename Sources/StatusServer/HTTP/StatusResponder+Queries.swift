// autointerp
// `StatusResponder` answers questions about metrics, readiness, runs and neurons.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import ClusterProtocol
internal import HummingbirdCore

extension StatusResponder {
  func metrics() async throws -> Response {
    var text = PrometheusText()
    let snapshot = try await feed.snapshot()
    let readiness = await feed.source.readiness()
    text.add(snapshot.status)
    text.add(readiness)
    text.gauge("autointerp_status_event_streams", "Readers of the event stream.", Double(streams.taken))
    return .content([UInt8](text.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
  }

  /// Only a `detailed` answer, to a reader with the token, gives the reasons.
  func readiness(detailed: Bool) async throws -> Response {
    let readiness = await feed.source.readiness()
    if readiness.isReady { return .content([UInt8]("ready\n".utf8), type: "text/plain; charset=utf-8") }
    let reason = detailed ? readiness.problems.joined(separator: "; ") : "sign in for the reason"
    return .failure(.serviceUnavailable, "not ready: \(reason)")
  }

  func neurons(_ query: inout StatusQuery) async throws -> Response {
    struct Answer: Encodable {
      var run: String
      var sort: String
      var neurons: [NeuronReport]
    }
    let name = query.text("run")
    let order = try query.choice("sort", default: NeuronOrder.score)
    let limit = try query.number("limit", in: 1...configuration.maximumNeurons, default: 20)
    let edges = try query.number("edges", in: 0...50, default: 3)
    try query.finish()
    guard limit * edges <= configuration.maximumNeuronEdges else {
      throw StatusServerError.badQuery(
        "limit=\(limit) with edges=\(edges): expected at most \(configuration.maximumNeuronEdges) edges in all")
    }
    var wanted = NeuronQuery(run: try await runName(name))
    wanted.order = order
    wanted.limit = limit
    wanted.edgesPerNeuron = edges
    let neurons = try await feed.topNeurons(wanted)
    return .json(try StatusJSON.encode(Answer(run: wanted.run, sort: order.rawValue, neurons: neurons)))
  }

  func profile(of neuron: NeuronID, _ query: inout StatusQuery) async throws -> Response {
    struct Answer: Encodable {
      var run: String
      var profile: NeuronReport
    }
    let name = query.text("run")
    try query.finish()
    let run = try await runName(name)
    return .json(
      try StatusJSON.encode(Answer(run: run, profile: try await feed.profile(of: neuron, run: run))))
  }

  func history(_ query: inout StatusQuery) async throws -> Response {
    struct Answer: Encodable {
      var run: String
      var samples: ProgressSamples
    }
    let name = query.text("run")
    try query.finish()
    let run = try await runName(name)
    return .json(try StatusJSON.encode(Answer(run: run, samples: await feed.history(of: run))))
  }

  func workerHistory() async throws -> Response { .json(try StatusJSON.encode(await feed.workerSamples())) }

  /// Finds the run that a request means: the named one, otherwise the active one, otherwise the latest that has
  /// started, otherwise the latest.
  private func runName(_ name: String?) async throws -> String {
    let runs = try await feed.snapshot().status.runs
    if let name {
      guard runs.contains(where: { $0.name == name }) else { throw StatusSourceError.unknownRun(name) }
      return name
    }
    let run = runs.first { $0.state == .active } ?? runs.last { $0.done > 0 } ?? runs.last
    guard let run else { throw StatusSourceError.unknownRun(nil) }
    return run.name
  }
}

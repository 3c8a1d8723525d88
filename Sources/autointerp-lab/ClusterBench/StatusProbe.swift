// autointerp
// `StatusProbe` measures from another process how long a coordinator takes to answer for its status.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol
internal import Console
internal import Coordinator
internal import Foundation

/// Asks a coordinator for its status again and again, as a dashboard and as a client, until its run is complete.
struct StatusProbe {
  /// The times of answers in seconds, from the request to the last byte.
  struct Latencies: Codable, Sendable {
    var sorted: [Double] = []

    /// The time within which this share of the requests was answered; 0 without requests.
    func at(_ share: Double) -> Double { sorted.isEmpty ? 0 : sorted[Int(Double(sorted.count - 1) * share)] }
  }

  /// The result that it prints.
  struct Report: Codable, Sendable {
    var http = Latencies()
    var client = Latencies()
    /// Sent to the coordinator's socket.
    var framesSent = 0
  }

  let endpoint: String
  let url: String
  private let clock = ContinuousClock()

  init(endpoint: String, url: String) {
    self.endpoint = endpoint
    self.url = url
  }

  /// The times as a line of JSON.
  func run() async throws -> String {
    let http = try StatusClient(url: url, token: nil)
    async let overHTTP = httpLatencies(http)
    let (asClient, framesSent) = try await clientLatencies()
    let report = try await Report(http: overHTTP, client: asClient, framesSent: framesSent)
    return String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
  }

  /// Reads the output of `run`.
  static func parse(_ text: String) throws -> Report { try JSONDecoder().decode(Report.self, from: Data(text.utf8)) }

  private func httpLatencies(_ http: StatusClient) async throws -> Latencies {
    var latencies = Latencies()
    while true {
      let asked = clock.now
      let json = try await http.json(at: "/status")
      latencies.sorted.append((clock.now - asked) / .seconds(1))
      if isOver(try StatusJSON.decode(FleetStatus.self, from: json)) { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    latencies.sorted.sort()
    return latencies
  }

  private func clientLatencies() async throws -> (Latencies, framesSent: Int) {
    try await CoordinatorClient.with(endpoint, security: .plain()) { client in
      var latencies = Latencies()
      while true {
        let asked = clock.now
        let status = try await client.status()
        latencies.sorted.append((clock.now - asked) / .seconds(1))
        if isOver(status) { break }
        try await Task.sleep(for: .milliseconds(100))
      }
      latencies.sorted.sort()
      return (latencies, await client.framesSent)
    }
  }

  private func isOver(_ status: FleetStatus) -> Bool { status.runs.first?.state == .complete }
}

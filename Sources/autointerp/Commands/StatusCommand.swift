// autointerp
// `StatusCommand` is `autointerp status`: it shows the state of a coordinator once, continuously or as JSON.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import ClusterProtocol
internal import Console
internal import Foundation
internal import Settings

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what a coordinator and its workers are doing.",
    discussion: """
      Reads the coordinator's status port, without --url the one of [status] in the settings. Where the port wants a \
      bearer token, it is taken from the environment variable AUTOINTERP_STATUS_TOKEN or, without --url, from \
      token_file of the settings. Without a terminal, --watch prints a line for each change.
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Flag(help: "Keep showing changes until interrupted.")
  var watch = false

  @Flag(help: "Print the state as JSON, as at /status.")
  var json = false

  @Option(help: ArgumentHelp("The URL of the status port (default: from the settings).", valueName: "url"))
  var url: String?

  @Option(help: ArgumentHelp("Seconds between updates with --watch.", valueName: "seconds"))
  var interval = 1.0

  func validate() throws {
    if watch, json { throw ValidationError("--watch and --json exclude each other; the events are at /events") }
    guard interval >= 0.1, interval <= 3600 else {
      throw ValidationError("--interval must be from 0.1 to 3600 seconds")
    }
  }

  func run() async throws {
    let port = try StatusPort(url: url, settings: configuration.load())
    let client = try StatusClient(url: port.url, token: port.token)
    var terminal = Terminal()
    if json {
      terminal.write(String(decoding: try await client.json(at: "/status"), as: UTF8.self) + "\n")
    } else if !watch {
      let status = try await client.status()
      let details = try? await Self.details(of: status, from: client)
      let lines = terminal.screen(isWhole: true).lines(for: status, details: details)
      terminal.write(lines.joined(separator: "\n") + "\n")
    } else if terminal.isInteractive {
      try await follow(client, on: &terminal)
    } else {
      try await log(client, to: &terminal)
    }
  }

  /// Redraws the screen in place again and again.
  private func follow(_ client: StatusClient, on terminal: inout Terminal) async throws {
    var latest: FleetStatus?
    var heardAt = ContinuousClock.now
    var details: RunDetails?
    var detailed: (run: String, done: Int, at: ContinuousClock.Instant)?
    while !Task.isCancelled {
      var problem: String?
      do throws(StatusClientError) {
        let status = try await client.status()
        (latest, heardAt) = (status, .now)
        // Details take the coordinator a pass over all edges, so they are fetched only if there is news, and not every
        // second.
        if let run = RunDetails.run(of: status), detailed.map({ ($0.run, $0.done) != (run.name, run.done) }) ?? true,
          detailed.map({ $0.run != run.name || ContinuousClock.now - $0.at >= Self.detailInterval }) ?? true
        {
          // Show what is known. The next iteration asks again.
          if let known = try? await Self.details(of: status, from: client) { details = known }
          detailed = (run.name, run.done, .now)
        }
      } catch {
        guard error.isPassing else { throw error }
        let silence = (ContinuousClock.now - heardAt).components.seconds
        problem = latest == nil ? "\(error)" : "\(error) (these numbers are \(silence) s old)"
      }
      var screen = terminal.screen(isWhole: false)
      if problem != nil, let height = screen.height { screen.height = height - 1 }
      var lines = latest.map { screen.lines(for: $0, details: details) } ?? []
      if let problem { lines.append(screen.notice(problem)) }
      terminal.redraw(lines)
      try await Task.sleep(for: .seconds(interval))
    }
  }

  private static let detailInterval: Duration = .seconds(3)

  /// Nil if no run has started.
  private static func details(
    of status: FleetStatus, from client: StatusClient
  ) async throws(StatusClientError) -> RunDetails? {
    guard let run = RunDetails.run(of: status) else { return nil }
    return try await client.details(of: run.name)
  }

  private func log(_ client: StatusClient, to terminal: inout Terminal) async throws {
    var log = StatusLog()
    var told: StatusClientError?
    while !Task.isCancelled {
      do throws(StatusClientError) {
        for line in log.lines(for: try await client.status()) { terminal.write(line + "\n") }
        told = nil
      } catch {
        guard error.isPassing else { throw error }
        if told != error { terminal.write("\(Date.now.formatted(.iso8601)) \(error)\n") }
        told = error
      }
      try await Task.sleep(for: .seconds(interval))
    }
  }
}

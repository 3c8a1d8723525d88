// autointerp
// Tests of `AgentConnection` over real pipes: order, long lines, calls at once, and clients that leave.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import JSON
internal import Platform
internal import Synchronization
internal import Testing

@testable import AgentProtocol

@Suite struct AgentConnectionTests {
  /// Answers after the client has sent a second call, or was cancelled.
  private final class Handler: AgentHandler {
    let started = Mutex(0)
    let cancelled = Mutex(0)

    func perform(_ call: AgentCall, _ context: AgentContext) -> AgentAnswer {
      started.withLock { $0 += 1 }
      guard case .tool(_, let arguments) = call.kind else { return .notFound("nothing") }
      if arguments["report"] != nil {
        context.report(1, of: nil, "begun")
        context.report(2, of: 2, "done")
      }
      if arguments["wait"] != nil {
        while !context.isCancelled { usleep(1000) }
        cancelled.withLock { $0 += 1 }
      }
      return .tool(structured: arguments, text: "done")
    }
  }

  private struct Ends {
    let toServer = Pipe()
    let fromServer = Pipe()

    func send(_ text: String) { toServer.fileHandleForWriting.write(Data(text.utf8)) }
  }

  private static func machine() -> AgentMachine {
    var server = AgentServer(name: "test", title: "Test", version: "1", instructions: "")
    server.tools = [ToolDescription(name: "echo", title: "Echo", description: "", input: [:], output: [:])]
    var machine = AgentMachine(server)
    _ = machine.receive(
      Array(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#.utf8))
    return machine
  }

  private func messages(_ ends: Ends, _ handler: Handler, _ text: String) throws -> [JSONObject] {
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: handler)
    let finished = DispatchSemaphore(value: 0)
    try DedicatedThread.start(name: "server") {
      try? connection.run()
      finished.signal()
    }
    ends.send(text)
    var messages: [JSONObject] = []
    var lines = LineReader(descriptor: ends.fromServer.fileHandleForReading.fileDescriptor, maximumBytes: 1 << 24)
    while messages.last?["id"] != "last", case .line(let line)? = lines.next() {
      if let message = try JSONValue(parsing: line).object { messages.append(message) }
    }
    try ends.toServer.fileHandleForWriting.close()
    finished.wait()
    return messages
  }

  @Test func longLinesAndNonsenseDoNotDisturbTheOthers() throws {
    let long = String(repeating: "x", count: AgentConnection.maximumLineBytes + 5)
    let messages = try messages(
      Ends(), Handler(),
      "{\n\(long)\n{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"ping\"}\n")
    #expect(messages.map { $0["error"]?.object?["code"]?.integer } == [-32700, -32600, nil])
    #expect(messages.last?["result"] != nil)
  }

  @Test func tenCallsAtOnceAllGetTheirOwnAnswer() throws {
    let handler = Handler()
    let calls = (1...10).map {
      #"{"jsonrpc":"2.0","id":\#($0),"method":"tools/call","params":{"name":"echo","arguments":{"n":\#($0)}}}"#
    }
    let ends = Ends()
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: handler)
    try DedicatedThread.start(name: "server") { try? connection.run() }
    ends.send(calls.joined(separator: "\n") + "\n")
    var lines = LineReader(descriptor: ends.fromServer.fileHandleForReading.fileDescriptor, maximumBytes: 1 << 20)
    var answered: [Int: Int] = [:]
    while answered.count < 10, case .line(let line)? = lines.next() {
      let message = try #require(try JSONValue(parsing: line).object)
      let content = message["result"]?.object?["structuredContent"]?.object
      answered[try #require(message["id"]?.integer)] = content?["n"]?.integer
    }
    try ends.toServer.fileHandleForWriting.close()
    #expect(answered.count == 10 && answered.allSatisfy { $0.key == $0.value })
  }

  @Test func aCancelledCallStopsAndIsNotAnswered() throws {
    let handler = Handler()
    let ends = Ends()
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: handler)
    let finished = DispatchSemaphore(value: 0)
    try DedicatedThread.start(name: "server") {
      try? connection.run()
      finished.signal()
    }
    ends.send(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"wait":true}}}"# + "\n")
    // It must be under way: a call that only waits for a thread needs no stopping.
    while handler.started.withLock({ $0 }) == 0 { usleep(1000) }
    #expect(handler.cancelled.withLock { $0 } == 0)
    ends.send(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"# + "\n")
    while handler.cancelled.withLock({ $0 }) == 0 { usleep(1000) }
    // Whatever was answered before this call ends stands before its answer.
    ends.send(#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}"# + "\n")
    try ends.toServer.fileHandleForWriting.close()
    finished.wait()
    try ends.fromServer.fileHandleForWriting.close()
    let answers = ends.fromServer.fileHandleForReading.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
    #expect(try answers.map { try JSONValue(parsing: Array($0)).object?["id"] } == [2])
  }

  @Test func aCallTellsHowFarItIsBeforeItIsAnswered() throws {
    let ends = Ends()
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: Handler())
    ends.send(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"report":true},"_meta":{"progressToken":"p"}}}"#
        + "\n")
    try ends.toServer.fileHandleForWriting.close()
    try connection.run()
    try ends.fromServer.fileHandleForWriting.close()
    let lines = ends.fromServer.fileHandleForReading.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
    let messages = try lines.map { try #require(try JSONValue(parsing: Array($0)).object) }
    #expect(messages.map { $0["id"] } == [nil, nil, 1])
    #expect(messages.prefix(2).map { $0["params"]?.object?["message"] } == ["begun", "done"])
    #expect(messages[1]["params"]?.object?["total"] == 2.0)
  }

  @Test func aClientThatLeavesStopsWhatItAskedFor() throws {
    let handler = Handler()
    let ends = Ends()
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: handler, grace: .zero)
    let finished = DispatchSemaphore(value: 0)
    try DedicatedThread.start(name: "server") {
      try? connection.run()
      finished.signal()
    }
    ends.send(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"wait":true}}}"# + "\n")
    while handler.started.withLock({ $0 }) == 0 { usleep(1000) }
    try ends.toServer.fileHandleForWriting.close()
    finished.wait()
    while handler.cancelled.withLock({ $0 }) == 0 { usleep(1000) }
    #expect(handler.cancelled.withLock { $0 } == 1)
  }

  @Test func whatWasAskedBeforeTheEndIsStillAnswered() throws {
    let ends = Ends()
    let connection = AgentConnection(
      Self.machine(), input: ends.toServer.fileHandleForReading.fileDescriptor,
      output: ends.fromServer.fileHandleForWriting.fileDescriptor, handler: Handler(), grace: .seconds(600))
    let calls = (1...20).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"tools/call","params":{"name":"echo"}}"# }
    ends.send(calls.joined(separator: "\n") + "\n")
    try ends.toServer.fileHandleForWriting.close()
    try connection.run()
    try ends.fromServer.fileHandleForWriting.close()
    let answers = ends.fromServer.fileHandleForReading.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
    #expect(answers.count == 20)
  }
}

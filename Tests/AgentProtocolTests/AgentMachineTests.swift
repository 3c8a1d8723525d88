// autointerp
// Tests of `AgentMachine`: handshake, stateless requests, calls, cancellation and everything that is malformed.
// SPDX-License-Identifier: Apache-2.0

internal import JSON
internal import Testing

@testable import AgentProtocol

@Suite struct AgentMachineTests {
  private static let server: AgentServer = {
    var server = AgentServer(name: "test", title: "Test", version: "1", instructions: "Ask.")
    server.tools = [
      ToolDescription(
        name: "echo", title: "Echo", description: "Says it again.", input: ["type": "object"],
        output: ["type": "object"])
    ]
    server.resources = [
      ResourceDescription(address: "test://schema", name: "schema", description: "Tables.", mimeType: "text/plain")
    ]
    server.prompts = [
      PromptDescription(
        name: "look", title: "Look", description: "Looks.", arguments: [(name: "neuron", description: "such as L1/N2")])
    ]
    return server
  }()

  private var initialized: AgentMachine {
    get throws {
      var machine = AgentMachine(Self.server)
      _ = machine.receive(
        Array(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#.utf8))
      return machine
    }
  }

  /// The only message that a line makes the machine send.
  private func answer(_ machine: inout AgentMachine, _ line: String) throws -> JSONObject {
    let actions = machine.receive(Array(line.utf8))
    try #require(actions.count == 1)
    guard case .send(let message) = actions[0] else {
      Issue.record("\(actions[0])")
      return JSONObject()
    }
    return try #require(message.object)
  }

  private func code(_ message: JSONObject) -> Int? { message["error"]?.object?["code"]?.integer }

  @Test(arguments: [
    ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2024-11-05", "2025-11-25"),
    ("2099-01-01", "2025-11-25"),
  ])
  func handshakeAgreesOnAVersionThatTheServerSpeaks(asked: String, answered: String) throws {
    var machine = AgentMachine(Self.server)
    let message = try answer(
      &machine, #"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"\#(asked)"}}"#)
    let result = try #require(message["result"]?.object)
    #expect(message["id"] == "a")
    #expect(result["protocolVersion"]?.string == answered)
    #expect(result["capabilities"]?.object?["tools"] != nil)
    #expect(result["serverInfo"]?.object?["name"] == "test")
    #expect(result["resultType"] == nil)
    #expect(machine.receive(Array(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.utf8)).isEmpty)
  }

  @Test func listsNeedAHandshakeOrAVersion() throws {
    var machine = AgentMachine(Self.server)
    #expect(code(try answer(&machine, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)) == -32600)
    machine = try initialized
    let message = try answer(&machine, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    let tools = try #require(message["result"]?.object?["tools"]?.array)
    #expect(tools.map { $0.object?["name"]?.string } == ["echo"])
    #expect(tools[0].object?["inputSchema"] != nil && tools[0].object?["outputSchema"] != nil)
  }

  @Test func statelessRequestsNeedNoHandshake() throws {
    var machine = AgentMachine(Self.server)
    let meta = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#
    let discovered = try answer(&machine, #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{\#(meta)}}"#)
    let found = try #require(discovered["result"]?.object)
    #expect(found["supportedVersions"]?.array?.contains("2026-07-28") == true)
    #expect(found["_meta"]?.object?["io.modelcontextprotocol/serverInfo"]?.object?["name"] == "test")
    #expect(found["ttlMs"]?.integer == 0 && found["resultType"] == "complete")
    let listed = try answer(&machine, #"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{\#(meta)}}"#)
    #expect(listed["result"]?.object?["resultType"] == "complete")
    #expect(listed["result"]?.object?["cacheScope"] == "private")
    let actions = machine.receive(
      Array(#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo",\#(meta)}}"#.utf8))
    guard case .perform(let call)? = actions.first else {
      Issue.record("\(actions)")
      return
    }
    guard case .send(let message)? = machine.finish(ticket: call.ticket, .tool(structured: ["a": 1], text: "one")).first
    else { return }
    #expect(message.object?["result"]?.object?["resultType"] == "complete")
    // Methods of the handshake do not exist here.
    #expect(code(try answer(&machine, #"{"jsonrpc":"2.0","id":4,"method":"ping","params":{\#(meta)}}"#)) == -32601)
  }

  @Test func anUnknownStatelessVersionIsRefusedWithThoseThatAreSpoken() throws {
    var machine = AgentMachine(Self.server)
    let message = try answer(
      &machine,
      #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01"}}}"#
    )
    #expect(code(message) == -32022)
    let data = try #require(message["error"]?.object?["data"]?.object)
    #expect(data["requested"] == "2030-01-01")
    #expect(data["supported"]?.array?.contains("2026-07-28") == true)
  }

  @Test(arguments: [
    ("{", -32700, JSONValue.null), ("nonsense", -32700, .null), ("[]", -32600, .null),
    (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, .null), ("1", -32600, .null),
    (#"{"id":1,"method":"ping"}"#, -32600, 1), (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600, 1),
    (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, .null),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, .null), (#"{"jsonrpc":"2.0","id":1}"#, -32600, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/destroy"}"#, -32601, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"info"}}"#, -32601, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":3}}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"look"}}"#, -32602, 1),
    (#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#, -32600, 1),
  ])
  func malformedMessagesGetTheRightError(line: String, expected: Int, id: JSONValue) throws {
    var machine = try initialized
    let message = try answer(&machine, line)
    #expect(code(message) == expected)
    #expect(message["id"] == id)
  }

  @Test(arguments: [
    "", "  ", #"{"jsonrpc":"2.0","method":"notifications/unknown"}"#, #"{"jsonrpc":"2.0","id":9,"result":{}}"#,
    #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}"#,
    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}"#,
  ])
  func whatNeedsNoAnswerGetsNone(line: String) throws {
    var machine = try initialized
    #expect(machine.receive(Array(line.utf8)).isEmpty)
  }

  @Test func callsAreAnsweredInAnyOrderUnderTheirIds() throws {
    var machine = try initialized
    var tickets: [Int: Int] = [:]
    for id in 1...10 {
      let line =
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"echo","arguments":{"n":\#(id)}}}"#
      guard case .perform(let call)? = machine.receive(Array(line.utf8)).first else {
        Issue.record("not performed")
        return
      }
      #expect(call.kind == .tool(name: "echo", arguments: ["n": .integer(id)]))
      tickets[id] = call.ticket
    }
    #expect(machine.pending.count == 10)
    for id in [7, 1, 10, 3] {
      let actions = machine.finish(
        ticket: try #require(tickets[id]), .tool(structured: ["n": .integer(id)], text: "\(id)"))
      guard case .send(let message)? = actions.first else { return }
      #expect(message.object?["id"] == .integer(id))
      #expect(message.object?["result"]?.object?["structuredContent"] == ["n": .integer(id)])
      #expect(message.object?["result"]?.object?["isError"] == false)
    }
    #expect(machine.pending.count == 6)
  }

  @Test func aSecondRequestWithTheSameIdIsRefused() throws {
    var machine = try initialized
    let line = #"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"echo"}}"#
    #expect(machine.receive(Array(line.utf8)).count == 1)
    #expect(code(try answer(&machine, line)) == -32600)
    #expect(machine.pending.count == 1)
  }

  @Test func aCancelledCallIsNeverAnswered() throws {
    var machine = try initialized
    guard
      case .perform(let call)? = machine.receive(
        Array(#"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo"}}"#.utf8)
      ).first
    else { return }
    let actions = machine.receive(
      Array(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}"#.utf8))
    #expect(actions == [.cancel(ticket: call.ticket)])
    #expect(machine.finish(ticket: call.ticket, .toolError("late")).isEmpty)
  }

  @Test func tooManyRequestsAtOnceAreRefusedAndRoomIsMadeByAnswers() throws {
    var machine = try initialized
    func line(_ id: Int) -> String {
      #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"echo"}}"#
    }
    var first = 0
    for id in 1...AgentMachine.maximumPending {
      guard case .perform(let call)? = machine.receive(Array(line(id).utf8)).first else {
        Issue.record("refused too early")
        return
      }
      if id == 1 { first = call.ticket }
    }
    #expect(code(try answer(&machine, line(1000))) == -32000)
    _ = machine.finish(ticket: first, .toolError("done"))
    guard case .perform? = machine.receive(Array(line(1001).utf8)).first else {
      Issue.record("no room")
      return
    }
  }

  @Test func progressGoesOnlyToThoseWhoAskForIt() throws {
    var machine = try initialized
    guard
      case .perform(let quiet)? = machine.receive(
        Array(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#.utf8)
      ).first,
      case .perform(let curious)? = machine.receive(
        Array(
          #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":"p"}}}"#.utf8
        )
      ).first
    else { return }
    #expect(machine.progress(ticket: quiet.ticket, 1, of: 2, "half").isEmpty)
    guard case .send(let message)? = machine.progress(ticket: curious.ticket, 1, of: 2, "half").first else {
      Issue.record("no progress")
      return
    }
    #expect(message.object?["params"]?.object?["progressToken"] == "p")
  }

  @Test func aMissingResourceHasTheCodeOfItsVersion() throws {
    var machine = try initialized
    for (meta, expected) in [
      ("", -32002), (#","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#, -32602),
    ] {
      let line = #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://x"\#(meta)}}"#
      guard case .perform(let call)? = machine.receive(Array(line.utf8)).first,
        case .send(let message)? = machine.finish(ticket: call.ticket, .notFound("no such resource")).first
      else {
        Issue.record("not performed")
        return
      }
      #expect(code(try #require(message.object)) == expected)
    }
  }
}

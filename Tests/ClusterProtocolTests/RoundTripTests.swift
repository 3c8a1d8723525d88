// autointerp
// `RoundTripTests` tests that every message is read back as it was written.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import ClusterProtocol

struct RoundTripTests {
  @Test(arguments: Samples.workerMessages) func workerMessageReadsBack(message: WorkerMessage) throws {
    let frame = message.encoded()
    #expect(try WorkerMessage(frame: frame) == message)
    #expect(try InboundMessage(frame: frame) == .worker(message))
  }

  @Test(arguments: Samples.coordinatorMessages) func coordinatorMessageReadsBack(message: CoordinatorMessage) throws {
    #expect(try CoordinatorMessage(frame: message.encoded()) == message)
  }

  @Test(arguments: Samples.requests) func requestReadsBack(request: NumberedRequest) throws {
    #expect(try InboundMessage(frame: request.encoded()) == .client(request))
  }

  @Test func aSubmissionWithoutAShareHasNoSpotChecksAndABadShareIsRefused() throws {
    var run = Samples.run
    var frame = NumberedRequest(number: 1, request: .submit(run)).encoded()
    // A key that nobody knows is ignored, so this is a submission of an earlier release.
    frame.replace(Array("spot_check".utf8), with: Array("spot_chock".utf8))
    run.spotCheckShare = 0
    #expect(try InboundMessage(frame: frame) == .client(NumberedRequest(number: 1, request: .submit(run))))
    for share in [-0.1, 1.1, Double.nan] {
      run.spotCheckShare = share
      let bad = NumberedRequest(number: 1, request: .submit(run)).encoded()
      #expect(throws: ProtocolError.self) { try InboundMessage(frame: bad) }
    }
  }

  @Test(arguments: Samples.replies) func replyReadsBack(reply: NumberedReply) throws {
    #expect(try NumberedReply(frame: reply.encoded()) == reply)
  }

  @Test(arguments: [(0, 1), (3, 4), (500, 40)]) func deltaReadsBackFromItsPayload(neurons: Int, tokens: Int) throws {
    let delta = Samples.delta(neurons: neurons, tokens: tokens)
    #expect(try EdgeDelta(payload: delta.payload()) == delta)
  }

  @Test func payloadIsAFunctionOfTheDeltaAlone() throws {
    let delta = Samples.delta()
    let payload = delta.payload()
    #expect(Samples.delta().payload() == payload)
    #expect(try EdgeDelta(payload: payload).payload() == payload)
    var other = delta
    other.graph.edges.flow[0].negate()
    #expect(other.payload() != payload)
  }

  @Test func reportCarriesThePayloadByteForByte() throws {
    let payload = Samples.delta().payload()
    let report = WorkerMessage.delta(.init(fence: Samples.fence, payload: payload, computeMilliseconds: 1))
    guard case .delta(let read) = try WorkerMessage(frame: report.encoded()) else {
      Issue.record("not a delta")
      return
    }
    #expect(read.payload == payload)
    #expect(try read.delta().delta == Samples.delta())
  }

  @Test func reportOfAnotherPromptIsRefused() {
    var fence = Samples.fence
    fence.prompt = 18
    let report = WorkerMessage.DeltaReport(fence: fence, delta: Samples.delta(), computeMilliseconds: 1)
    #expect(throws: ProtocolError.self) { try report.delta() }
  }

  @Test func hundredThousandPromptsFitIntoASubmission() throws {
    var run = Samples.run
    run.prompts = (0..<100_000).map {
      RunPrompt(origin: $0.isMultiple(of: 2) ? .domain : .baseline, text: "prompt number \($0)", answerPrefix: " is")
    }
    let request = NumberedRequest(number: 1, request: .submit(run))
    #expect(try InboundMessage(frame: request.encoded()) == .client(request))
  }

  @Test func longErrorIsCutToWhatAMessageMayCarry() throws {
    let message = WorkerMessage.failed(
      .init(fence: Samples.fence, kind: .worker, error: String(repeating: "ü", count: 1 << 20)))
    guard case .failed(let report) = try WorkerMessage(frame: message.encoded()) else {
      Issue.record("not a failure")
      return
    }
    #expect(report.error.utf8.count <= WireFormat.maximumReasonBytes)
    #expect(report.error.hasPrefix("üü"))
  }

  @Test func workersAndClientsMessagesAreToldApart() {
    #expect(throws: ProtocolError.unknownType("submit")) { try WorkerMessage(frame: Samples.requests[0].encoded()) }
    #expect(throws: ProtocolError.unknownType("welcome")) {
      try InboundMessage(frame: Samples.coordinatorMessages[0].encoded())
    }
    #expect(throws: ProtocolError.unknownType("hello")) {
      try CoordinatorMessage(frame: Samples.workerMessages[0].encoded())
    }
  }
}

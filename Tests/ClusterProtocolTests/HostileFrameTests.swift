// autointerp
// `HostileFrameTests` tests that bytes which are not a message are refused with an error.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import Testing

@testable import ClusterProtocol

struct HostileFrameTests {
  @Test(arguments: Samples.frames.indices) func everyTruncationIsRefused(number: Int) {
    let frame = Samples.frames[number]
    for count in 0..<frame.bytes.count {
      #expect(throws: ProtocolError.self) { try frame.decode(Array(frame.bytes.prefix(count))) }
    }
  }

  @Test(arguments: Samples.frames.indices) func bytesAfterTheMessageAreRefused(number: Int) {
    let frame = Samples.frames[number]
    #expect(throws: ProtocolError.self) { try frame.decode(frame.bytes + [0xc0]) }
  }

  /// A decoder must survive any bytes. A crash ends the test run.
  @Test(arguments: Samples.frames.indices) func mutatedFramesAreDecodedOrRefused(number: Int) {
    let frame = Samples.frames[number]
    var bits = SeededBits(state: UInt64(number))
    var refused = 0
    for _ in 0..<700 {
      var bytes = frame.bytes
      for _ in 0..<Int.random(in: 1...4, using: &bits) {
        let place = Int.random(in: 0..<bytes.count, using: &bits)
        switch Int.random(in: 0..<4, using: &bits) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &bits)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &bits)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &bits), at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      do { try frame.decode(bytes) } catch { refused += 1 }
    }
    #expect(refused > 0)
  }

  @Test func randomBytesAreRefused() {
    var bits = SeededBits(state: 4711)
    for _ in 0..<5000 {
      let bytes = (0..<Int.random(in: 0..<64, using: &bits)).map { _ in UInt8.random(in: 0...255, using: &bits) }
      #expect(throws: ProtocolError.self) { try InboundMessage(frame: bytes) }
      #expect(throws: ProtocolError.self) { try EdgeDelta(payload: bytes) }
    }
  }

  @Test(
    arguments: [
      // Counts of up to 2^32 - 1 with nothing after them.
      [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xc6, 0xff, 0xff, 0xff, 0xff], [0xde, 0xff, 0xff], [0xdc, 0xff, 0xff],
      // Extensions, and the byte that MessagePack never uses.
      [0xc1], [0xc7, 0, 1], [0xd4, 1, 0], [0xc9, 0xff, 0xff, 0xff, 0xff, 1],
      // Not a map.
      [0xc0], [0x05], [0xa1, 0x61], [0x90],
      // Keys that are not strings, and a key that occurs twice.
      [0x81, 0x01, 0x02], [0x82, 0xa1, 0x76, 0x01, 0xa1, 0x76, 0x01],
    ] as [[UInt8]]) func malformedFrameIsRefused(frame: [UInt8])
  {
    #expect(throws: ProtocolError.self) { try InboundMessage(frame: frame) }
  }

  @Test func deepNestingIsRefusedBeforeItIsFollowed() {
    for count in [FrameLimits.maximumDepth + 1, 1_000_000] {
      let arrays = [UInt8](repeating: 0x91, count: count) + [0xc0]
      #expect(throws: ProtocolError.tooLarge(what: "the nesting", limit: 8, found: 9)) {
        try InboundMessage(frame: arrays)
      }
    }
  }

  @Test func tooManyValuesAreRefused() {
    let count = FrameLimits.frame.maximumValues + 1
    let writer = MessageWriter()
    writer.map(count: 1)
    writer.key("x")
    writer.array(count: count)
    let frame = writer.bytes + [UInt8](repeating: 0, count: count)
    #expect(throws: ProtocolError.self) { try InboundMessage(frame: frame) }
  }

  @Test func tooManyKeysAreRefused() {
    let writer = MessageWriter()
    writer.map(count: 65)
    for number in 0..<65 { writer.field("k\(number)", number) }
    #expect(throws: ProtocolError.tooLarge(what: "the number of keys of a map", limit: 64, found: 65)) {
      try InboundMessage(frame: writer.bytes)
    }
  }

  @Test func frameAboveTheLimitIsRefused() {
    let frame = [UInt8](repeating: 0xc0, count: FrameLimits.maximumFrameBytes + 1)
    #expect(throws: ProtocolError.self) { try InboundMessage(frame: frame) }
  }

  @Test(arguments: [(0, 0, 1), (0, 2, 1), (1, 1, 1), (-1, 9, 1), (0, 64 << 20 | 1, 1), (.max, 2, 1)])
  func pieceThatIsNoPartOfItsWholeIsRefused(offset: Int64, total: Int64, count: Int) {
    let counts = offset == 0 && total == 2 ? [0, 3] : [count]
    for count in counts {
      let piece = SubmissionPiece(
        digest: Array(repeating: 0, count: 32), offset: offset, totalBytes: total,
        bytes: Array(repeating: 1, count: count))
      let frame = NumberedRequest(number: 1, request: .submitPiece(piece)).encoded()
      #expect(throws: ProtocolError.self) { try InboundMessage(frame: frame) }
    }
  }

  @Test func submissionThatIsTooLargeForAFrameIsReadFromItsPieces() throws {
    var run = Samples.run
    run.prompts = (0..<100_000).map {
      .init(origin: $0 % 2 == 0 ? .domain : .baseline, text: "prompt \($0) " + String(repeating: "x", count: 170))
    }
    let bytes = run.submission()
    #expect(bytes.count > 2 * FrameLimits.maximumFrameBytes)
    #expect(!RunSpecification.fitsFrame(submission: bytes))
    #expect(throws: ProtocolError.self) { try InboundMessage(frame: bytes) }
    #expect(try RunSpecification(submission: bytes) == run)
    #expect(RunSpecification.fitsFrame(submission: Samples.run.submission()))
    #expect(throws: ProtocolError.unknownType("status")) {
      try RunSpecification(submission: NumberedRequest(number: 1, request: .status).encoded())
    }
  }

  @Test func countersOfAnEarlierReleaseAreRead() throws {
    let json = String(decoding: try StatusJSON.encode(Samples.status), as: UTF8.self)
      .replacing("\"connectionsRefused\":0,", with: "").replacing("\"runsUnusable\":0,", with: "")
    #expect(!json.contains("connectionsRefused") && !json.contains("runsUnusable"))
    #expect(try StatusJSON.decode(FleetStatus.self, from: Array(json.utf8)) == Samples.status)
  }

  @Test func otherVersionsAreRefusedByName() {
    for version in [0, 1, 1 << 40] {
      let writer = MessageWriter()
      writer.map(count: 2)
      writer.field("v", version)
      writer.field("t", "status")
      #expect(throws: ProtocolError.unsupportedVersion(found: Int64(version), supported: 2)) {
        try InboundMessage(frame: writer.bytes)
      }
    }
  }

  @Test func unknownTypeIsRefusedByName() {
    let writer = MessageWriter()
    writer.message("launch", fieldCount: 0)
    #expect(throws: ProtocolError.unknownType("launch")) { try InboundMessage(frame: writer.bytes) }
  }

  @Test func unknownKeysAreIgnored() throws {
    let writer = MessageWriter()
    writer.message(.ready, fieldCount: 2)
    writer.field("colour", "blue")
    writer.field("credit", 3)
    #expect(try WorkerMessage(frame: writer.bytes) == .ready(credit: 3))
  }

  @Test func errorNamesTheField() {
    let missing = MessageWriter()
    missing.message(.ready, fieldCount: 0)
    #expect(throws: ProtocolError.missing(field: "credit")) { try WorkerMessage(frame: missing.bytes) }
    let wrong = MessageWriter()
    wrong.message(.ready, fieldCount: 1)
    wrong.field("credit", "many")
    #expect(throws: ProtocolError.wrongType(field: "credit", expected: "an integer", found: "a string")) {
      try WorkerMessage(frame: wrong.bytes)
    }
    let negative = MessageWriter()
    negative.message(.ready, fieldCount: 1)
    negative.field("credit", -1)
    #expect(throws: ProtocolError.invalid(field: "credit", reason: "is not within 0...4096")) {
      try WorkerMessage(frame: negative.bytes)
    }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    var frame = WorkerMessage.goodbye(reason: "abc").encoded()
    frame[frame.count - 2] = 0xff
    #expect(throws: ProtocolError.invalid(field: "reason", reason: "is not UTF-8")) { try WorkerMessage(frame: frame) }
  }

  @Test(
    arguments: [
      { $0.graph.edges.source[0] = 99 }, { $0.graph.edges.target[0] = -1 }, { $0.graph.edges.flow[0] = .nan },
      { $0.graph.neurons.layer[1] = -1 }, { $0.graph.neurons.relp[0] = .infinity }, { $0.graph.tokens = [] },
      { $0.graph.embeddingRelp.removeLast() }, { $0.graph.neurons.index.removeLast() },
      { $0.graph.edges.effect.append(1) }, { $0.graph.metric.position = 4 }, { $0.graph.metric.value = .nan },
      { $0.vocabulary.removeFirst() }, { $0.vocabulary.swapAt(0, 1) }, { $0.prompt = -1 },
      { $0.graph.edges.source.swapAt(4, 5) }, { $0.graph.counts.candidateNeurons = -1 },
      { $0.graph.layerScores[0] = -1 }, { $0.graph.peaks.activation[1] = 2 }, { $0.graph.peaks.position[0] = 4 },
      { $0.graph.peaks.index.removeLast() }, { $0.graph.peaks.layer.swapAt(1, 2) },
    ] as [@Sendable (inout EdgeDelta) -> Void])
  func deltaThatBreaksItsContractIsRefused(spoil: @Sendable (inout EdgeDelta) -> Void) {
    var delta = Samples.delta()
    spoil(&delta)
    #expect(throws: ProtocolError.self) { try EdgeDelta(payload: delta.payload()) }
  }
}

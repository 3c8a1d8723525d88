// autointerp
// `SubmissionTests` tests that a submission in pieces is queued completely or not at all.
// SPDX-License-Identifier: Apache-2.0

import Circuits
import ClusterProtocol
import ClusterTransport
import Platform
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct SubmissionTests {
  private func piece(_ whole: [UInt8], _ range: Range<Int>) -> SubmissionPiece {
    SubmissionPiece(
      digest: DeltaDigest(of: whole).bytes, offset: Int64(range.lowerBound), totalBytes: Int64(whole.count),
      bytes: Array(whole[range]))
  }

  private let whole: [UInt8] = (0..<100).map { UInt8($0) }

  @Test func piecesMakeTheWholeHoweverOftenTheyCome() throws {
    var submissions = Submissions()
    #expect(try submissions.take(piece(whole, 0..<40), from: nil, now: .zero) == .received(40))
    #expect(try submissions.take(piece(whole, 0..<40), from: nil, now: .zero) == .received(40))
    #expect(try submissions.take(piece(whole, 80..<100), from: nil, now: .zero) == .received(40))
    #expect(try submissions.take(piece(whole, 40..<80), from: nil, now: .zero) == .received(80))
    guard case .complete(whole, let identity) = try submissions.take(piece(whole, 80..<100), from: nil, now: .zero)
    else {
      Issue.record("not complete")
      return
    }
    #expect(try submissions.take(piece(whole, 80..<100), from: nil, now: .zero) == .underWay)
    submissions.finish(identity)
    #expect(submissions.count == 0)
    #expect(try submissions.take(piece(whole, 80..<100), from: nil, now: .zero) == .received(0))
  }

  @Test func ofAClientThatGoesAwayNothingIsLeft() throws {
    var submissions = Submissions()
    _ = try submissions.take(piece(whole, 0..<40), from: nil, now: .zero)
    submissions.expire(now: Submissions.grace - .milliseconds(1))
    #expect(submissions.count == 1)
    submissions.expire(now: Submissions.grace)
    #expect(submissions.count == 0)
    #expect(try submissions.take(piece(whole, 40..<80), from: nil, now: .seconds(60)) == .received(0))
  }

  @Test func aClientThatSendsByteByByteDoesNotKeepItsPlaceButASlowLineDoes() throws {
    let large = [UInt8](repeating: 1, count: 8 << 20)
    var (trickling, slow) = (Submissions(), Submissions())
    let chunk = 100 << 10
    for second in 0..<40 {
      _ = try trickling.take(piece(large, second..<second + 1), from: nil, now: .seconds(second))
      trickling.expire(now: .seconds(second))
      _ = try slow.take(piece(large, second * chunk..<(second + 1) * chunk), from: nil, now: .seconds(second))
      slow.expire(now: .seconds(second))
    }
    #expect(trickling.count == 0)
    #expect(
      try slow.take(piece(large, 40 * chunk..<41 * chunk), from: nil, now: .seconds(40)) == .received(Int64(41 * chunk))
    )
  }

  @Test func oneKeyCannotKeepOthersOut() throws {
    var submissions = Submissions()
    let (hostile, honest) = (try CurveKeyPair.generate().publicKey, try CurveKeyPair.generate().publicKey)
    func begin(_ number: UInt8, _ key: CurvePublicKey) throws {
      let piece = SubmissionPiece(
        digest: Array(repeating: number, count: 32), offset: 0, totalBytes: Int64(FrameLimits.maximumDocumentBytes / 2),
        bytes: [1])
      _ = try submissions.take(piece, from: key, now: .zero)
    }
    for number in 0..<2 { try begin(UInt8(number), hostile) }
    for number in 2..<8 { #expect(throws: CoordinatorError.self) { try begin(UInt8(number), hostile) } }
    try begin(9, honest)
    #expect(submissions.count == 3)
  }

  @Test func clientsOfDifferentKeysDoNotMix() throws {
    var submissions = Submissions()
    let key = try CurveKeyPair.generate().publicKey
    _ = try submissions.take(piece(whole, 0..<40), from: key, now: .zero)
    #expect(try submissions.take(piece(whole, 40..<80), from: nil, now: .zero) == .received(0))
    #expect(try submissions.take(piece(whole, 40..<80), from: key, now: .zero) == .received(80))
  }

  @Test func bytesThatAreNotWhatTheirDigestSaysAreRefusedAndForgotten() throws {
    var submissions = Submissions()
    var wrong = piece(whole, 0..<100)
    wrong.bytes[7] ^= 1
    #expect(throws: CoordinatorError.self) { try submissions.take(wrong, from: nil, now: .zero) }
    #expect(submissions.count == 0)
  }

  @Test func whatIsAnnouncedIsBounded() throws {
    var submissions = Submissions()
    let keys = try (0..<9).map { _ in try CurveKeyPair.generate().publicKey }
    func begin(_ number: UInt8, _ totalBytes: Int) throws {
      let piece = SubmissionPiece(
        digest: Array(repeating: number, count: 32), offset: 0, totalBytes: Int64(totalBytes), bytes: [1])
      _ = try submissions.take(piece, from: keys[Int(number)], now: .zero)
    }
    for number in 0..<2 { try begin(UInt8(number), FrameLimits.maximumDocumentBytes) }
    #expect(throws: CoordinatorError.self) { try begin(2, 2) }
    submissions = Submissions()
    for number in 0..<8 { try begin(UInt8(number), 2) }
    #expect(throws: CoordinatorError.self) { try begin(8, 2) }
  }

  @Test func aCorpusOfAHundredThousandPromptsIsSubmittedAsAWhole() async throws {
    try await withTemporaryDirectory { directory in
      try await withCoordinator(RunsDirectory(path: directory)) { coordinator, endpoint in
        let run = {
          var run = FleetFixture.run(prompts: 1)
          run.prompts = (0..<100_000).map {
            RunPrompt(origin: .domain, text: "prompt \($0) " + String(repeating: "x", count: 170))
          }
          return run
        }()
        let bytes = run.submission()
        #expect(bytes.count > 2 * FrameLimits.maximumFrameBytes)
        try await CoordinatorClient.with(endpoint, security: .plain(), patience: .seconds(600)) { client in
          // Another client starts the same submission and goes away.
          let first = SubmissionPiece(
            digest: DeltaDigest(of: bytes).bytes, offset: 0, totalBytes: Int64(bytes.count),
            bytes: Array(bytes[..<1000]))
          #expect(try await client.request(.submitPiece(first)) == .submitting(receivedBytes: 1000))
          let runs = try await client.status().runs
          #expect(runs.isEmpty)
          for _ in 0..<2 {
            let submitted = try await client.submit(run)
            #expect(submitted == ("run", 0))
          }
          let queued = try await client.status().runs
          #expect(queued.map(\.promptCount) == [100_000])
        }
        #expect(coordinator.submissions.withLock { $0.count } == 0)
      }
    }
  }
}

// autointerp
// `ExportCacheTests` tests when clients share an export, and when one is made again.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Coordinator

@Suite struct ExportCacheTests {
  private let cache = ExportCache()

  /// How an export that was begun ends.
  private enum Ending {
    case complete, failed, underWay
  }

  private struct Broken: Error {}

  /// The number of the export from which a client gets a piece; nil if it has to wait.
  private func number(
    of run: String = "run", at offset: Int64 = 0, generation: Int64, isComplete: Bool = false,
    ending: Ending = .complete
  ) async throws -> Int64? {
    let export = try await cache.export(
      of: run, offset: offset, vaultGeneration: generation, isComplete: isComplete
    ) { export in
      switch ending {
      case .complete: export.complete()
      case .failed: export.fail(Broken())
      case .underWay: break
      }
    }
    return export?.number
  }

  /// While a run goes on its clients share an export for some seconds. That of a finished run is of all of its results.
  @Test func anExportIsMadeAgainWhenItsRunHasFinished() async throws {
    #expect(try await number(generation: 1) == 1)
    #expect(try await number(generation: 1) == 1)
    #expect(try await number(generation: 2) == 1)
    #expect(try await number(generation: 2, isComplete: true) == 2)
    #expect(try await number(generation: 2, isComplete: true) == 2)
    // Who has read a part gets the rest of the same export.
    #expect(try await number(at: 5, generation: 3, isComplete: true) == 2)
    #expect(try await number(generation: 3, isComplete: true) == 3)
  }

  @Test func anExportThatFailedIsMadeAgainAndOneThatIsUnderWayIsNot() async throws {
    #expect(try await number(generation: 1, ending: .failed) == 1)
    #expect(try await number(at: 7, generation: 1) == 1, "its client learns that it failed")
    #expect(try await number(generation: 1, ending: .underWay) == 2)
    #expect(try await number(generation: 2, isComplete: true) == 2)
  }

  @Test func twoAreMadeAtATimeAndThreeAreKept() async throws {
    #expect(try await number(of: "a", generation: 1, ending: .underWay) == 1)
    #expect(try await number(of: "b", generation: 1, ending: .underWay) == 2)
    #expect(try await number(of: "c", generation: 1) == nil)
    #expect(try await number(of: "a", generation: 1) == 1)
    let other = ExportCache()
    for (run, expected) in [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("a", 5), ("c", 3)] as [(String, Int64)] {
      let export = try await other.export(of: run, offset: 0, vaultGeneration: 1, isComplete: true) { $0.complete() }
      #expect(export?.number == expected, "\(run)")
    }
    #expect(await other.count == 3)
  }
}

// autointerp
// `StatisticsFixture` reads the expected values that SciPy, statsmodels and brute force have computed.
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Knowledge

/// The output of scripts/make-statistics-fixtures.
struct StatisticsFixture: Decodable {
  struct Table: Decodable {
    var table: [Int]
    var wilson: [Double]
    var fisherP: Double
    var logOdds: Double
    var logOddsError: Double
    var shrunken: Double?

    var counts: FourfoldTable { FourfoldTable(Proportion(table[0], of: table[1]), Proportion(table[2], of: table[3])) }
    var distribution: ExactDistribution { ExactDistribution([counts.margins]) }
  }

  struct Strata: Decodable {
    var strata: [[Int]]
    var exactP: Double
    var plain: [Double]?
    var plusHalf: [Double]
    var shrunken: Double

    var tables: [FourfoldTable] {
      strata.map { FourfoldTable(Proportion($0[0], of: $0[1]), Proportion($0[2], of: $0[3])) }
    }
  }

  struct QValues: Decodable {
    var p: [Double]
    var q: [Double]
  }

  struct Power: Decodable {
    var sizes: [Int]
    var level: Double
    var rates: [Double]
    var power: Double
    var fewestAgainstNone: Int?
    var smallestRate: Double?
  }

  struct Pairs: Decodable {
    var onlyFirst: Int
    var onlySecond: Int
    var p: Double
    var logOdds: Double
    var logOddsError: Double
  }

  var tables: [Table]
  var strata: [Strata]
  var qValues: [QValues]
  var power: [Power]
  var pairs: [Pairs]

  static func read() throws -> StatisticsFixture {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/statistics.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(StatisticsFixture.self, from: Data(contentsOf: file))
  }
}

extension FourfoldTable {
  var margins: StratumMargins { StratumMargins(first: first.total, second: second.total, appearing: appearing) }
}

/// True if two numbers agree to this relative error, or both are practically 0.
func agree(_ a: Double, _ b: Double, within tolerance: Double) -> Bool {
  abs(a - b) <= max(tolerance * max(abs(a), abs(b)), 1e-13)
}

// autointerp
// `FlowProfiles.similarities` compares the attribution profiles of pairs of neurons; `excess` is what they are made of.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Foundation

/// Which prompts count.
package enum PromptHalf: Int, CaseIterable, Sendable {
  case even, odd
  case both
}

extension FlowProfiles.Side {
  /// The |flow| of an edge and what was expected.
  func sums(_ row: Int, _ column: Int, _ half: PromptHalf) -> (flow: Float, expected: Float) {
    let place = row * ends.count + column
    let second = flow.count / 2 + place
    return switch half {
    case .even: (flow[place], expected[place])
    case .odd: (flow[second], expected[second])
    case .both: (flow[place] + flow[second], expected[place] + expected[second])
    }
  }

  /// The prompts that have an edge.
  func prompts(_ row: Int, _ column: Int) -> Int { Int(prompts[row * ends.count + column]) }

  /// How much more flows along an edge than expected: the difference of the square roots, because flows have heavy tails (a
  /// single large one must not be the whole profile); 0 for less than expected.
  func excess(_ row: Int, _ column: Int, _ half: PromptHalf) -> Float {
    let sums = sums(row, column, half)
    return sums.flow > sums.expected ? sums.flow.squareRoot() - sums.expected.squareRoot() : 0
  }

  /// `[columns]`: a neuron's profile.
  fileprivate func profile(_ row: Int, _ half: PromptHalf) -> [Float] {
    ends.indices.map { excess(row, $0, half) }
  }
}

extension FlowProfiles {
  /// For pairs of rows, the mean of two cosines: of what drives them, and of what they drive. The two themselves do not count.
  /// Between 0 and 1.
  ///
  /// - Complexity: O(neurons * columns + pairs * columns)
  package func similarities(of pairs: [(Int, Int)], _ half: PromptHalf) -> [Double] {
    let sides = [drivers, targets].map { side in neurons.indices.map { side.profile($0, half) } }
    return pairs.map { first, second in
      sides.reduce(0) { $0 + Self.cosine($1[first], $1[second], without: (first, second)) } / 2
    }
  }

  private static func cosine(_ a: [Float], _ b: [Float], without left: (Int, Int)) -> Double {
    var (dot, first, second): (Float, Float, Float) = (0, 0, 0)
    for i in a.indices where i != left.0 && i != left.1 {
      dot += a[i] * b[i]
      first += a[i] * a[i]
      second += b[i] * b[i]
    }
    return first > 0 && second > 0 ? Double(dot / (first * second).squareRoot()) : 0
  }

  /// Flows of all members together must exceed what is expected by a fifth.
  private static let smallestRatio: Float = 1.2
  /// A member counts if it has the edge in so many prompts: what single prompts predict is shared by nothing but them.
  private static let fewestPrompts = 3

  /// What several neurons share on one side: ends that at least two of them, and a third or five, have above expectation.
  ///
  /// - Returns: those of most members first, then by the shares of the members' profiles together.
  package func shared(
    by members: [Int], _ side: KeyPath<FlowProfiles, Side>, limit: Int
  ) -> [(end: Endpoint, members: Int, ratio: Double)] {
    let side = self[keyPath: side]
    let own = Set(members)
    let lengths = members.map { row in side.profile(row, .both).reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let fewest = max(2, min(5, (members.count + 2) / 3))
    var found: [(column: Int, members: Int, ratio: Double, excess: Float)] = []
    for column in side.ends.indices where !own.contains(column) {
      var (count, excess, flow, expected): (Int, Float, Float, Float) = (0, 0, 0, 0)
      for (row, length) in zip(members, lengths) {
        let sums = side.sums(row, column, .both)
        let more = side.excess(row, column, .both)
        if more > 0, side.prompts(row, column) >= Self.fewestPrompts { count += 1 }
        excess += length > 0 ? more / length : 0
        flow += sums.flow
        expected += sums.expected
      }
      // Flow without any expectation cannot be: expected is positive wherever there is flow.
      if count >= fewest, flow >= Self.smallestRatio * expected, expected > 0 {
        found.append((column, count, Double(flow / expected), excess))
      }
    }
    found.sort {
      if $0.members != $1.members { return $0.members > $1.members }
      return $0.excess != $1.excess ? $0.excess > $1.excess : $0.column < $1.column
    }
    return found.prefix(limit).map { (side.ends[$0.column], $0.members, $0.ratio) }
  }
}

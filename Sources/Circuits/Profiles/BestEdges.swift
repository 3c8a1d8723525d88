// autointerp
// `BestEdges` keeps the best few edges of many neurons in one pass over all edges.
// SPDX-License-Identifier: Apache-2.0

/// Says which edges of a neuron come first.
package enum EdgeOrder: Sendable {
  /// More prompts, then the larger |summed flow|: the order of an export.
  case prompts
  /// The larger sum of the prompts' |flow|, then more prompts: the edges that carry most, whatever their signs.
  case flow
}

/// Bounded lists of the best edges, one per row: binary heaps in one array, with the worst kept edge on top.
///
/// "Better" follows the order, then the smaller other end. That is a total order, so the result does not depend on
/// the order in which edges are offered.
struct BestEdges: Sendable {
  struct Candidate: Sendable {
    var prompts: UInt32
    var place: EdgeTable.Place
    /// |summed flow|, or the sum of |flow| in that order, in `2^-32`, rounded to a Double.
    var magnitude: Double
    /// The other end of the edge, packed.
    var other: UInt64

    @inline(__always)
    func isBetter(than b: Candidate, by order: EdgeOrder) -> Bool {
      if order == .flow, magnitude != b.magnitude { return magnitude > b.magnitude }
      if prompts != b.prompts { return prompts > b.prompts }
      if magnitude != b.magnitude { return magnitude > b.magnitude }
      return other < b.other
    }
  }

  private let capacity: Int
  private let order: EdgeOrder
  /// `[rows, capacity]`
  private var heaps: [Candidate]
  /// `[rows]`
  private var kept: [Int32]
  /// `[rows]`: the prompts of the worst kept edge once the heap is full, so that most edges are refused at once.
  /// Stays 0 if the order does not start with prompts.
  private var fewestPrompts: [UInt32]
  /// `[rows]`: how many edges were offered, kept or not.
  private(set) var offered: [Int32]

  init(rows: Int, capacity: Int, order: EdgeOrder = .prompts) {
    self.capacity = capacity
    self.order = order
    let none = Candidate(prompts: 0, place: 0, magnitude: 0, other: 0)
    heaps = Array(repeating: none, count: rows * capacity)
    kept = Array(repeating: 0, count: rows)
    fewestPrompts = Array(repeating: capacity == 0 ? .max : 0, count: rows)
    offered = Array(repeating: 0, count: rows)
  }

  /// Offers an edge. `candidate` is only evaluated if the number of prompts does not decide.
  @inline(__always)
  mutating func offer(row: Int, prompts: UInt32, candidate: () -> Candidate) {
    offered[row] += 1
    guard prompts >= fewestPrompts[row] else { return }
    let base = row * capacity
    let count = Int(kept[row])
    if count < capacity {
      kept[row] += 1
      siftUp(candidate(), base: base, from: count)
      if count + 1 == capacity, order == .prompts { fewestPrompts[row] = heaps[base].prompts }
    } else {
      let new = candidate()
      guard new.isBetter(than: heaps[base], by: order) else { return }
      siftDown(new, base: base, count: count)
      if order == .prompts { fewestPrompts[row] = heaps[base].prompts }
    }
  }

  /// Returns the kept edges of a row, best first.
  func sorted(row: Int) -> [Candidate] {
    let base = row * capacity
    return heaps[base..<base + Int(kept[row])].sorted { $0.isBetter(than: $1, by: order) }
  }

  private mutating func siftUp(_ new: Candidate, base: Int, from place: Int) {
    var place = place
    while place > 0 {
      let parent = (place - 1) / 2
      guard heaps[base + parent].isBetter(than: new, by: order) else { break }
      heaps[base + place] = heaps[base + parent]
      place = parent
    }
    heaps[base + place] = new
  }

  private mutating func siftDown(_ new: Candidate, base: Int, count: Int) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, heaps[base + child].isBetter(than: heaps[base + child + 1], by: order) { child += 1 }
      guard new.isBetter(than: heaps[base + child], by: order) else { break }
      heaps[base + place] = heaps[base + child]
      place = child
    }
    heaps[base + place] = new
  }
}

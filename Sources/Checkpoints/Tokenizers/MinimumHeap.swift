// autointerp
// `MinimumHeap` is a priority queue of integers.
// SPDX-License-Identifier: Apache-2.0

/// Returns the smallest integer first. Each node has four children: this halves the depth of a binary heap and keeps
/// the children of a node in one or two cache lines.
struct MinimumHeap {
  private static let arity = 4
  private var entries: [UInt64] = []

  /// Replaces the contents by what `body` appends. O(n).
  mutating func fill(_ body: (inout [UInt64]) -> Void) {
    entries.removeAll(keepingCapacity: true)
    body(&entries)
    guard entries.count > 1 else { return }
    entries.withUnsafeMutableBufferPointer { buffer in
      for parent in stride(from: (buffer.count - 2) / Self.arity, through: 0, by: -1) {
        Self.sink(buffer[parent], from: parent, in: buffer)
      }
    }
  }

  /// O(log n).
  mutating func insert(_ entry: UInt64) {
    var child = entries.count
    entries.append(entry)
    entries.withUnsafeMutableBufferPointer { buffer in
      while child > 0 {
        let parent = (child - 1) / Self.arity
        if buffer[parent] <= entry { break }
        buffer[child] = buffer[parent]
        child = parent
      }
      buffer[child] = entry
    }
  }

  /// O(log n).
  mutating func popMinimum() -> UInt64? {
    guard let minimum = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty { entries.withUnsafeMutableBufferPointer { Self.sink(last, from: 0, in: $0) } }
    return minimum
  }

  /// Moves an entry to its place at or below a node. The node's own entry is overwritten.
  private static func sink(_ entry: UInt64, from start: Int, in buffer: UnsafeMutableBufferPointer<UInt64>) {
    var parent = start
    while true {
      let firstChild = arity * parent + 1
      if firstChild >= buffer.count { break }
      var child = firstChild
      for other in firstChild..<min(firstChild + arity, buffer.count) where buffer[other] < buffer[child] {
        child = other
      }
      if entry <= buffer[child] { break }
      buffer[parent] = buffer[child]
      parent = child
    }
    buffer[parent] = entry
  }
}

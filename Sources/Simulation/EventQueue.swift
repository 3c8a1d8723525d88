// autointerp
// `EventQueue` holds the simulation's future events in order of time.
// SPDX-License-Identifier: Apache-2.0

/// A binary heap of events by time. Events of the same time come out in the order in which they were added. O(log n).
struct EventQueue<Event> {
  private struct Entry {
    var time: SimulatedTime
    var sequence: UInt64
    var event: Event

    static func precedes(_ a: Entry, _ b: Entry) -> Bool {
      a.time != b.time ? a.time < b.time : a.sequence < b.sequence
    }
  }

  private var heap: [Entry] = []
  private var lastSequence: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func schedule(_ event: Event, at time: SimulatedTime) {
    lastSequence += 1
    heap.append(Entry(time: time, sequence: lastSequence, event: event))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard Entry.precedes(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (time: SimulatedTime, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if Entry.precedes(heap[child], heap[least]) { least = child }
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

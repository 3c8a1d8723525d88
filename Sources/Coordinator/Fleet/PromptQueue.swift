// autointerp
// `PromptQueue` decides in which order the queued prompts of a run are handed out.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// Holds every queued prompt of a run once. It may also hold prompts that are no longer queued.
struct PromptQueue: Sendable {
  struct Entry: Sendable {
    var prompt: Int32
    /// From this time on, any worker may try the prompt, even one that failed it.
    var anyoneAt: Duration
  }

  /// A prompt to hand out, with its place in the queue.
  enum Pick {
    case contested(place: Int, Int32)
    case fresh(Int32)
    /// Suspected of killing its worker: only for a worker that has nothing else to do meanwhile.
    case suspect(place: Int, Int32)
  }

  /// How many failed prompts are searched for one that the worker may try.
  private static let reach = 64

  /// Prompts that never failed.
  private var fresh: Deque<Int32> = []
  /// Prompts with a reported failure. Another worker should try them first.
  private var contested: Deque<Entry> = []
  /// Prompts suspected of killing their worker. They are for a worker with nothing else to do.
  private var suspects: Deque<Entry> = []

  var prompts: Set<Int32> { Set(fresh).union((contested + suspects).map(\.prompt)) }

  mutating func add(_ prompt: Int32, failures: [PromptFailure]?, anyoneAt: Duration) {
    switch failures {
    case nil: fresh.append(prompt)
    case let failures? where RetryPolicy.isSuspect(failures): suspects.append(Entry(prompt: prompt, anyoneAt: anyoneAt))
    case _?: contested.append(Entry(prompt: prompt, anyoneAt: anyoneAt))
    }
  }

  /// Puts the prompt at the front.
  mutating func addFirst(_ prompt: Int32) { fresh.prepend(prompt) }

  /// Removes prompts at the heads of the queues that are no longer queued.
  mutating func dropStale(_ phases: [PromptPhase]) {
    while let first = fresh.first, phases[Int(first)] != .queued { fresh.removeFirst() }
    while let first = contested.first, phases[Int(first.prompt)] != .queued { contested.removeFirst() }
    while let first = suspects.first, phases[Int(first.prompt)] != .queued { suspects.removeFirst() }
  }

  /// Prompts that need another worker's attempt come first, then fresh ones, then suspects. `maySee` says whether the
  /// worker may try a prompt that it has failed at most `forgiven` times.
  func pick(_ phases: [PromptPhase], maySee: (Entry, _ forgiven: Int) -> Bool) -> Pick? {
    func place(in queue: Deque<Entry>, forgiven: Int) -> Int? {
      queue.prefix(Self.reach).firstIndex { phases[Int($0.prompt)] == .queued && maySee($0, forgiven) }
    }
    if let place = place(in: contested, forgiven: 0) { return .contested(place: place, contested[place].prompt) }
    if let first = fresh.first { return .fresh(first) }
    return place(in: suspects, forgiven: 1).map { .suspect(place: $0, suspects[$0].prompt) }
  }

  mutating func remove(_ pick: Pick) {
    switch pick {
    case .contested(let place, _): contested.remove(at: place)
    case .fresh: fresh.removeFirst()
    case .suspect(let place, _): suspects.remove(at: place)
    }
  }
}

// autointerp
// `Numbered` is a number that stands for a run, worker or lease in the fleet machine. Each kind has its own type.
// SPDX-License-Identifier: Apache-2.0

/// A number that stands for a `Subject` inside the machine. It is never used again for another one.
struct Numbered<Subject>: Hashable, Comparable, Sendable {
  let number: Int

  static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

/// Stands for a worker's name.
typealias WorkerID = Numbered<WorkerRecord>
/// Stands for one grant of a prompt.
typealias LeaseID = Numbered<LiveLease>
/// The place of a run in the order of submission.
typealias RunIndex = Numbered<RunProgress>

/// A prompt of a run, whatever the attempt.
struct PromptKey: Hashable, Sendable {
  var run: RunIndex
  var prompt: Int32
}

// autointerp
// `SimulatedRun` records what happens to one run's prompts in a simulation.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Coordinator

/// One lease that was granted, and what happened to it.
struct Grant {
  let fence: Fence
  let worker: Int
  let at: SimulatedTime
  let isBackup: Bool
  /// How often a slot started with it: at most once.
  var executions = 0
  /// The failures that the worker reported for it.
  var failures: [WorkerMessage.FailureReport.Kind: Int] = [:]
  /// True if an invalid delta arrived, and if a valid one arrived.
  var wasInvalid = false
  var wasValid = false
  /// True if something happened that may end it: it failed or is too slow.
  var hadMishap = false
  /// The worker is so slow that the lease may run out.
  var isSlow = false
  /// Its failures on disk: at most one.
  var recorded = 0
}

/// What happened to one prompt.
struct PromptTrack {
  var grants: [Grant] = []
  /// Grants before these indices are over: before `liveFrom` because the run was cancelled or retried, before
  /// `countsFrom` because it was retried.
  var liveFrom = 0
  var countsFrom = 0
  /// Grants before this index are void, because what came of the prompt was discarded. The second counts only discards
  /// that are on disk.
  var voidFrom = 0
  var durablyVoidFrom = 0
  /// True if a worker was told that its delta is safe.
  var isPromised = false
  /// How many computations ended with a reported failure, and how many such failures are on disk.
  var failedExecutions = 0
  var recordedReports = 0

  func place(of fence: Fence) -> Int? { grants.lastIndex { $0.fence == fence } }
}

/// One run: its file, once it exists, the operator's wish, and what happened to its prompts.
struct SimulatedRun {
  let number: Int
  let specification: RunSpecification
  let natures: [Int32: PromptNature]
  var file: SimulatedFile?
  /// The file before the last transaction, for a sabotage.
  var fileBefore: SimulatedFile?
  var tracks: [PromptTrack]
  /// Nil until somebody wants the run.
  var wish: Wish?
  /// True if the last write was refused.
  var isFailing = false
  /// How many retries are on their way to the disk, which still has the old record.
  var releases = 0
  /// The discards on their way to the disk: how many grants each of their prompts had.
  var discards: [[Int32: Int]] = []
  var isReleasing: Bool { releases > 0 || !discards.isEmpty }

  enum Wish {
    case complete
    case cancelled
  }

  static func name(of number: Int) -> String { "run \(number)" }
  static let models = ["usual model", "foreign model"]

  init(_ run: Scenario.Run, number: Int, seed: UInt64) {
    self.number = number
    natures = run.natures
    let model = Self.models[run.isForeign ? 1 : 0]
    let prompts = (0..<run.promptCount).map {
      RunPrompt(origin: $0 % 3 == 0 ? .baseline : .domain, text: "prompt \($0)")
    }
    specification = RunSpecification(
      name: Self.name(of: number), modelName: model, modelFingerprint: run.namesModel ? model : nil,
      template: TemplateSpecification(name: "raw"), settings: AttributionSettings(), corpusDigest: "",
      corpusName: "simulated", seed: seed, prompts: prompts)
    tracks = Array(repeating: PromptTrack(), count: run.promptCount)
  }

  var name: String { specification.name }
  /// True if the prompt's result is on disk and no discard of it is on the way.
  func isStored(_ prompt: Int32) -> Bool {
    file?.digests[prompt] != nil && !discards.contains { $0[prompt] != nil }
  }
  var storedCount: Int {
    guard let file else { return 0 }
    return discards.isEmpty ? file.digests.count : file.digests.keys.count { isStored($0) }
  }
  func nature(of prompt: Int32) -> PromptNature { natures[prompt] ?? .ordinary }
  func origin(of prompt: Int32) -> PromptOrigin { specification.prompts[Int(prompt)].origin }

  /// The grant with this fence, or nil if there was none.
  subscript(fence: Fence) -> Grant? {
    get {
      guard tracks.indices.contains(Int(fence.prompt)) else { return nil }
      let track = tracks[Int(fence.prompt)]
      return track.place(of: fence).map { track.grants[$0] }
    }
    set {
      guard let newValue, let place = tracks[Int(fence.prompt)].place(of: fence) else { return }
      tracks[Int(fence.prompt)].grants[place] = newValue
    }
  }

  /// The run is cancelled, which explains the end of its leases.
  mutating func endGrants() {
    for prompt in tracks.indices { tracks[prompt].liveFrom = tracks[prompt].grants.count }
  }

  mutating func rememberGrants() {
    releases = 0
    discards = []
    for prompt in tracks.indices {
      tracks[prompt].countsFrom = 0
      tracks[prompt].voidFrom = tracks[prompt].durablyVoidFrom
    }
  }

  /// Everything about these prompts is taken back.
  mutating func beginDiscard(of prompts: [Int32]) {
    forgetGrants(of: prompts)
    discards.append(
      Dictionary(uniqueKeysWithValues: prompts.map { ($0, tracks[Int($0)].grants.count) }))
    for prompt in prompts.map(Int.init) {
      tracks[prompt].isPromised = false
      tracks[prompt].voidFrom = tracks[prompt].grants.count
    }
  }

  /// The oldest discard is on disk.
  mutating func endDiscard() {
    guard !discards.isEmpty else { return }
    for (prompt, count) in discards.removeFirst() { tracks[Int(prompt)].durablyVoidFrom = count }
  }

  /// The prompts are retried with a clean record.
  mutating func forgetGrants(of prompts: [Int32]) {
    for prompt in prompts.map(Int.init) {
      tracks[prompt].liveFrom = tracks[prompt].grants.count
      tracks[prompt].countsFrom = tracks[prompt].grants.count
    }
  }
}

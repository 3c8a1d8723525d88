// autointerp
// `Occurrence` lists the events that a simulation counts: faults, operators' actions and answers of the fleet.
// SPDX-License-Identifier: Apache-2.0

/// A fault, a wish of an operator, or an answer of the fleet. Histories count them, because what never happens is not
/// tested. The raw values are for people.
package enum Occurrence: String, CaseIterable, Sendable {
  // The network.
  case messageLost = "messages lost"
  case messageDoubled = "messages doubled"
  case messageLate = "messages late by seconds"
  case messageCut = "messages cut off both ways"
  case messageCutToWorker = "messages cut off on the way to workers only"
  case messageCutToCoordinator = "messages cut off on the way to the coordinator only"
  // Workers.
  case workerCrash = "worker crashes"
  case workerDeparture = "workers gone for good"
  case workerSignal = "workers sent SIGTERM"
  case workerPause = "workers stopped for seconds"
  case slowExecution = "executions on slow workers"
  case wedgedExecution = "executions that hang"
  case failedExecution = "executions that fail"
  case failingWorker = "failures of workers that fail everything"
  case invalidDelta = "invalid deltas"
  case foreignModel = "hellos refused for another model"
  // A Byzantine worker.
  case forgedFence = "results with forged fences"
  case wrongGraph = "wrong graphs"
  case wrongGraphStored = "wrong graphs stored until they are discarded"
  case falseFailure = "failures reported of others' leases"
  case ignoredSender = "senders ignored for too many bad frames"
  // The coordinator and its disk.
  case coordinatorCrash = "coordinator crashes"
  case crashAfterCommit = "coordinator crashes between commit and acknowledgement"
  case coordinatorPause = "coordinator stopped for seconds"
  case slowWrite = "slow writes"
  case fullDisk = "writes refused by a full disk"
  case fullDiskAtOpening = "starts on a full disk"
  case fullDiskAtSubmission = "submissions on a full disk"
  case lostLog = "files without their write-ahead log"
  case resultLostWithLog = "results lost with a log"
  case flippedBit = "bits flipped at rest"
  case refusedFile = "damaged files refused"
  case repair = "files repaired"
  // Operators.
  case secondRun = "second runs"
  case cancellation = "cancellations"
  case resumption = "resumptions"
  case retry = "retries of quarantined prompts"
  case discard = "discards of a worker's results"
  case fleetDrain = "drains of the fleet"
  // Clients.
  case replyRead = "replies read by clients"
  case replyWithheld = "replies withheld from clients that do not read"
  // The fleet's answers.
  case messageAfterEnd = "messages after the end of every run"
  case leaseRepeated = "leases sent again"
  case adoption = "executions adopted"
  case backup = "backup copies"
  case regrant = "prompts granted again"
  case duplicateDelta = "deltas that came twice"
  case conflictingDelta = "deltas that differ from the one kept"
  case workerSetAside = "ticks with a worker set aside"
  case quarantine = "quarantines"
  case wrongQuarantine = "quarantines by bad luck, done after a retry"
  case rebuild = "aggregates rebuilt"
}

/// How often each occurrence happened.
package struct OccurrenceCounts: Equatable, Sendable {
  private var counts = [Int](repeating: 0, count: Occurrence.allCases.count)
  private static let places = Dictionary(
    uniqueKeysWithValues: Occurrence.allCases.enumerated().map { ($0.element, $0.offset) })

  package init() {}

  package internal(set) subscript(occurrence: Occurrence) -> Int {
    get { counts[Self.places[occurrence]!] }
    set { counts[Self.places[occurrence]!] = newValue }
  }

  mutating func add(_ other: OccurrenceCounts) {
    for place in counts.indices { counts[place] += other.counts[place] }
  }
}

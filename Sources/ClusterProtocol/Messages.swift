// autointerp
// Every message between workers, coordinator and clients.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The version of the protocol that this build speaks; a peer with another one is refused with a reason.
package enum ProtocolVersion {
  package static let current = 1
}

/// Identifies one grant of one prompt to one worker; a report whose fence is not the live one is stale.
package struct Fence: Hashable, Sendable {
  /// Which run the prompt belongs to.
  package var run: String
  /// The prompt's number in the run.
  package var prompt: Int32
  /// Counts grants of this prompt, from 1.
  package var attempt: Int32
  /// The incarnation of the worker that was granted the prompt.
  package var incarnation: UInt64
  /// Counts starts of the coordinator on this run; higher is newer.
  package var epoch: Int64

  package init(run: String, prompt: Int32, attempt: Int32, incarnation: UInt64, epoch: Int64) {
    self.run = run
    self.prompt = prompt
    self.attempt = attempt
    self.incarnation = incarnation
    self.epoch = epoch
  }
}

/// What a worker says.
package enum WorkerMessage: Equatable, Sendable {
  case hello(Hello)
  /// Pulls work: at the time of sending, the worker has room for `credit` leases besides those it holds.
  ///
  /// The number is absolute, not an increment, and is repeated with every heartbeat, so a lost or doubled one is
  /// harmless; the coordinator takes the smaller of it and `slots` minus the leases it believes to be held.
  case ready(credit: Int)
  case delta(DeltaReport)
  case failed(FailureReport)
  case heartbeat(WorkerHeartbeat)
  /// The worker is leaving; leases it still holds (also those whose reports are not acknowledged) are handed back and
  /// count as nobody's failure.
  case goodbye(reason: String)

  package struct Hello: Equatable, Sendable {
    /// Stable name of the worker, unique in the fleet.
    package var worker: String
    /// New for every start of the process.
    package var incarnation: UInt64
    package var host: String
    package var slots: Int
    package var modelName: String
    package var modelFingerprint: String
    package var softwareVersion: String
    /// The BLAS kernel (OpenBLAS core type) that decides the bits of every delta.
    package var computeKernel: String

    package init(
      worker: String, incarnation: UInt64, host: String, slots: Int, modelName: String, modelFingerprint: String,
      softwareVersion: String, computeKernel: String
    ) {
      self.worker = worker
      self.incarnation = incarnation
      self.host = host
      self.slots = slots
      self.modelName = modelName
      self.modelFingerprint = modelFingerprint
      self.softwareVersion = softwareVersion
      self.computeKernel = computeKernel
    }
  }

  /// A finished prompt. The graph stays in its canonical encoding, the bytes that are digested and stored; whoever needs
  /// the columns decodes them, off the socket's thread.
  package struct DeltaReport: Equatable, Sendable {
    package var fence: Fence
    /// `EdgeDelta.payload()` of the worker, byte for byte. Not looked into when the message is decoded: `delta()` does.
    package var payload: [UInt8]
    package var computeMilliseconds: Int64

    /// Up to 30 days; sums of them stay far from the end of Int64.
    package static let computeRange: ClosedRange<Int64> = 0...2_592_000_000

    package init(fence: Fence, payload: [UInt8], computeMilliseconds: Int64) {
      self.fence = fence
      self.payload = payload
      self.computeMilliseconds = computeMilliseconds
    }

    /// Encodes `delta`.
    package init(fence: Fence, delta: EdgeDelta, computeMilliseconds: Int64) {
      self.init(fence: fence, payload: delta.payload(), computeMilliseconds: computeMilliseconds)
    }

    /// The graph, decoded and checked (see `EdgeDelta.init(payload:)`), and for the prompt that the fence names.
    package func delta() throws(ProtocolError) -> EdgeDelta {
      let delta = try EdgeDelta(payload: payload)
      guard delta.prompt == fence.prompt else {
        throw .invalid(
          field: "delta.payload.prompt", reason: "is \(delta.prompt), but the lease was for \(fence.prompt)")
      }
      return delta
    }
  }

  package struct FailureReport: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
      /// The prompt cannot be attributed (too long, not tokenizable, metric zero …): another worker may confirm it.
      case prompt
      /// The worker is at fault (out of memory, accelerator error …).
      case worker
    }
    package var fence: Fence
    package var kind: Kind
    package var error: String

    package init(fence: Fence, kind: Kind, error: String) {
      self.fence = fence
      self.kind = kind
      self.error = error
    }
  }

  package struct WorkerHeartbeat: Equatable, Sendable {
    /// Every lease the worker holds, that is, every one whose report is not acknowledged. A lease that was granted a
    /// while ago and is not in here was lost on the way: send it again (the same fence is taken only once).
    package var slots: [SlotProgress]
    package var residentBytes: Int64

    package init(slots: [SlotProgress], residentBytes: Int64) {
      self.slots = slots
      self.residentBytes = residentBytes
    }
  }

  /// How far a worker is with one lease.
  package struct SlotProgress: Equatable, Sendable {
    package enum Phase: String, Sendable, CaseIterable {
      /// A compute thread is at work on it.
      case executing
      /// Its report is sent and not acknowledged; it takes up no slot.
      case reported
    }
    package var fence: Fence
    package var phase: Phase
    /// Grows while work is being done; how a wedged worker is noticed. Says nothing once `reported`.
    package var progress: Int64

    package init(fence: Fence, phase: Phase = .executing, progress: Int64) {
      self.fence = fence
      self.phase = phase
      self.progress = progress
    }
  }
}

/// What a coordinator says to a worker.
package enum CoordinatorMessage: Equatable, Sendable {
  case welcome(Welcome)
  case refused(reason: String)
  case lease(Lease)
  /// The report with this fence is committed (or was not wanted any more); the worker may forget it.
  case acknowledged(Fence)
  /// The answer to a worker's heartbeat; tells it that its coordinator is alive and knows it.
  case heartbeat
  /// The peer is not known (the coordinator restarted, or gave the worker up): say hello again.
  case unknownWorker
  /// Finish what is being executed (for a bounded time), then leave with `goodbye`.
  case drain(reason: String)

  package struct Welcome: Equatable, Sendable {
    package var epoch: Int64
    package var heartbeatMilliseconds: Int64
    /// Silence after which either side gives the other up.
    package var deadAfterMilliseconds: Int64

    package init(epoch: Int64, heartbeatMilliseconds: Int64, deadAfterMilliseconds: Int64) {
      self.epoch = epoch
      self.heartbeatMilliseconds = heartbeatMilliseconds
      self.deadAfterMilliseconds = deadAfterMilliseconds
    }
  }

  package struct Lease: Equatable, Sendable {
    package var fence: Fence
    package var origin: PromptOrigin
    /// The prompt as in the corpus; the worker applies the template.
    package var text: String
    package var answerPrefix: String
    package var template: TemplateSpecification
    package var settings: AttributionSettings
    /// Time the worker has, from receipt.
    package var leaseMilliseconds: Int64

    package init(
      fence: Fence, origin: PromptOrigin, text: String, answerPrefix: String, template: TemplateSpecification,
      settings: AttributionSettings, leaseMilliseconds: Int64
    ) {
      self.fence = fence
      self.origin = origin
      self.text = text
      self.answerPrefix = answerPrefix
      self.template = template
      self.settings = settings
      self.leaseMilliseconds = leaseMilliseconds
    }
  }
}

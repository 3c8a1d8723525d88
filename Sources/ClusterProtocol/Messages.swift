// autointerp
// `WorkerMessage` and `CoordinatorMessage` are the messages between workers and the coordinator.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// The protocol version of this build. A peer with another version is refused with a reason.
package enum ProtocolVersion {
  package static let current = 2
}

/// A message of a worker.
package enum WorkerMessage: Equatable, Sendable {
  case hello(Hello)
  /// Asks for work: at the time of sending, the worker has room for `credit` leases besides those it holds.
  ///
  /// The number is absolute and repeated with every heartbeat, so a lost or doubled message does no harm. The
  /// coordinator uses the smaller of it and `slots` minus the leases that it believes the worker to hold.
  case ready(credit: Int)
  case delta(DeltaReport)
  case failed(FailureReport)
  case heartbeat(WorkerHeartbeat)
  /// Answers `describeModel` with the canonical bytes of the `ModelCard` of the worker's model.
  case model(card: [UInt8])
  /// The worker leaves. Leases that it still holds (also those whose reports are not acknowledged) are handed back and
  /// count as failures of nobody.
  case goodbye(reason: String)

  package struct Hello: Equatable, Sendable {
    /// The stable name of the worker, unique in the fleet.
    package var worker: String
    /// A new number for every start of the process.
    package var incarnation: UInt64
    package var host: String
    package var slots: Int
    package var modelName: String
    package var modelFingerprint: String
    package var softwareVersion: String
    /// The BLAS kernel (OpenBLAS core type), which determines the bits of every delta.
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

  /// A finished prompt. The graph stays in its canonical encoding, the bytes that are digested and stored. Whoever
  /// needs the columns decodes them outside the socket's thread.
  package struct DeltaReport: Equatable, Sendable {
    package var fence: Fence
    /// The worker's `EdgeDelta.payload()`, byte for byte. It is not decoded with the message; `delta()` does that.
    package var payload: [UInt8]
    package var computeMilliseconds: Int64

    /// Up to 30 days, so that sums stay far from the end of Int64.
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

    /// Decodes and checks the graph (see `ValidDelta.init(payload:)`), which must be of the prompt in the fence.
    package func delta() throws(ProtocolError) -> ValidDelta {
      let delta = try ValidDelta(payload: payload)
      guard delta.prompt == fence.prompt else {
        throw .invalid(
          field: "delta.payload.prompt", reason: "is \(delta.prompt), but the lease was for \(fence.prompt)")
      }
      return delta
    }
  }

  package struct FailureReport: Equatable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
      /// The prompt cannot be computed (too long, not tokenizable, metric zero …). Another worker may confirm it.
      case prompt
      /// The worker is to blame (out of memory, accelerator error …).
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
    /// Every lease that the worker holds, which means every lease whose report is not acknowledged. A lease that was
    /// granted some time ago and is missing here was lost on the way and is sent again (a worker computes a fence only
    /// once).
    package var slots: [SlotProgress]
    package var residentBytes: Int64

    package init(slots: [SlotProgress], residentBytes: Int64) {
      self.slots = slots
      self.residentBytes = residentBytes
    }
  }

  /// The progress of one lease.
  package struct SlotProgress: Equatable, Sendable {
    package enum Phase: String, Sendable, CaseIterable {
      /// A thread computes it.
      case executing
      /// Its report is sent but not acknowledged. It takes up no slot.
      case reported
    }
    package var fence: Fence
    package var phase: Phase
    /// Grows while the prompt is computed, so that a stuck worker is noticed. Meaningless once `reported`.
    package var progress: Int64

    package init(fence: Fence, phase: Phase = .executing, progress: Int64) {
      self.fence = fence
      self.phase = phase
      self.progress = progress
    }
  }
}

/// A message of the coordinator to a worker.
package enum CoordinatorMessage: Equatable, Sendable {
  case welcome(Welcome)
  case refused(reason: String)
  case lease(Lease)
  /// The report with this fence is committed (or no longer wanted). The worker may forget it.
  case acknowledged(Fence)
  /// Answers a worker's heartbeat: the coordinator is alive and knows the worker.
  case heartbeat
  /// The card of the worker's model is not known yet. Until then the worker gets no lease.
  case describeModel
  /// The coordinator does not know the worker, because it restarted or declared the worker dead. The worker must say
  /// hello again.
  case unknownWorker
  /// The worker must finish its current prompts (for a bounded time) and then leave with `goodbye`.
  case drain(reason: String)

  package struct Welcome: Equatable, Sendable {
    package var epoch: Int64
    package var heartbeatMilliseconds: Int64
    /// After this silence either side declares the other dead.
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
    /// The prompt as in the corpus. The worker applies the template.
    package var text: String
    package var answerPrefix: String
    /// What this prompt asks about. Nil means the metric of the settings.
    package var target: PromptTarget?
    package var template: TemplateSpecification
    package var settings: AttributionSettings
    /// How long the worker has, from the receipt of the lease.
    package var leaseMilliseconds: Int64

    package init(
      fence: Fence, origin: PromptOrigin, text: String, answerPrefix: String, target: PromptTarget? = nil,
      template: TemplateSpecification, settings: AttributionSettings, leaseMilliseconds: Int64
    ) {
      self.fence = fence
      self.origin = origin
      self.text = text
      self.answerPrefix = answerPrefix
      self.target = target
      self.template = template
      self.settings = settings
      self.leaseMilliseconds = leaseMilliseconds
    }
  }
}

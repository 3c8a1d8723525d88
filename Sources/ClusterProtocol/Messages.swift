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
  /// Pulls work: the worker can take `credit` more leases.
  case ready(credit: Int)
  case delta(DeltaReport)
  case failed(FailureReport)
  case heartbeat(WorkerHeartbeat)
  /// The worker is leaving; leases it still holds are handed back.
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

  package struct DeltaReport: Equatable, Sendable {
    package var fence: Fence
    package var delta: EdgeDelta
    package var computeMilliseconds: Int64

    package init(fence: Fence, delta: EdgeDelta, computeMilliseconds: Int64) {
      self.fence = fence
      self.delta = delta
      self.computeMilliseconds = computeMilliseconds
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
    /// What each busy slot is doing; `progress` grows while work is being done and is how a wedged worker is noticed.
    package var slots: [SlotProgress]
    package var residentBytes: Int64

    package init(slots: [SlotProgress], residentBytes: Int64) {
      self.slots = slots
      self.residentBytes = residentBytes
    }
  }

  package struct SlotProgress: Equatable, Sendable {
    package var prompt: Int32
    package var attempt: Int32
    package var progress: Int64

    package init(prompt: Int32, attempt: Int32, progress: Int64) {
      self.prompt = prompt
      self.attempt = attempt
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
  case heartbeat
  /// The peer is not known (the coordinator restarted, or gave the worker up): say hello again.
  case unknownWorker
  /// Finish or hand back leases, then leave.
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

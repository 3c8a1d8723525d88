// autointerp
// `WorkerSettings` holds the times and bounds of a worker.
// SPDX-License-Identifier: Apache-2.0

package struct WorkerSettings: Equatable, Sendable {
  /// Bounds of the wait before `hello` is repeated. The wait doubles each time, with a jitter of a quarter.
  package var helloInterval: Duration = .milliseconds(500)
  package var maximumHelloInterval: Duration = .seconds(10)
  /// A report that is not acknowledged for this long is sent again while the coordinator can be heard; then after
  /// twice, four times and eight times this time, and every eight times from then on.
  package var resendAfter: Duration = .seconds(5)
  /// After this silence the worker makes a new connection. A welcome may bring another value.
  package var deadAfter: Duration = .seconds(30)
  /// After this silence the worker ends; nil means never.
  package var giveUpAfter: Duration?
  /// The worker leaves after this time with a connection but without work; nil means never.
  package var leaveWhenIdle: Duration?
  /// How long a draining worker computes and waits for acknowledgements.
  package var drainLimit: Duration = .seconds(60)
  /// The worker takes no more leases while this many reports per slot wait to be acknowledged.
  package var maximumReportsPerSlot = 4
  /// A larger delta counts as a failure of its prompt, because its frame would be refused.
  package var maximumPayloadBytes: Int

  package init() {
    maximumPayloadBytes = Self.largestPayload
  }
}

// autointerp
// The times and bounds of a worker.
// SPDX-License-Identifier: Apache-2.0

package struct WorkerSettings: Equatable, Sendable {
  /// Bounds of the wait before `hello` is said again; it doubles in between, give or take a quarter.
  package var helloInterval: Duration = .milliseconds(500)
  package var maximumHelloInterval: Duration = .seconds(10)
  /// A report that is not acknowledged for this long, while the coordinator can be heard, is sent again; then after twice
  /// the time, four times, and eight times from there on.
  package var resendAfter: Duration = .seconds(5)
  /// Silence after which the connection is made anew, until a welcome says otherwise.
  package var deadAfter: Duration = .seconds(30)
  /// Silence after which the worker ends; nil is never.
  package var giveUpAfter: Duration?
  /// Time in touch with the coordinator and without work after which the worker leaves; nil is never.
  package var leaveWhenIdle: Duration?
  /// How long a draining worker finishes what it executes and waits for acknowledgements.
  package var drainLimit: Duration = .seconds(60)
  /// No more work is taken while this many reports a slot wait to be acknowledged.
  package var maximumReportsPerSlot = 4
  /// A larger delta is a failure of its prompt: its frame would be refused.
  package var maximumPayloadBytes: Int

  package init() {
    maximumPayloadBytes = Self.largestPayload
  }
}

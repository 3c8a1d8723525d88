// autointerp
// `RunDetails` holds what a screen shows of one run; `RateCurve` computes its rate over time.
// SPDX-License-Identifier: Apache-2.0

package import ClusterProtocol

/// The leading neurons of a run and its progress over time.
package struct RunDetails: Equatable, Sendable {
  package var run: String
  package var neurons: [NeuronReport]
  package var samples: ProgressSamples

  package init(run: String, neurons: [NeuronReport], samples: ProgressSamples) {
    self.run = run
    self.neurons = neurons
    self.samples = samples
  }

  /// The run whose details are shown: the active one, otherwise the latest that has started.
  package static func run(of status: FleetStatus) -> RunStatus? {
    status.runs.first { $0.state == .active } ?? status.runs.last { $0.done > 0 }
  }
}

/// Turns prompts done over time into a rate over time.
enum RateCurve {
  /// Prompts per minute in `points` intervals of equal length, each averaged over at least ten seconds before its end.
  /// Empty if there is too little data.
  static func perMinute(_ samples: ProgressSamples, points: Int) -> [Double] {
    guard points > 0, let start = samples.at.first, let end = samples.at.last, end - start >= 4000 else { return [] }
    let length = Double(end - start)
    let count = min(points, max(2, Int(length / 2000)))
    let window = max(length / Double(count), min(10_000, length))
    return (1...count).map { i in
      let time = Double(start) + length * Double(i) / Double(count)
      let from = max(Double(start), time - window)
      return (done(samples, at: time) - done(samples, at: from)) * 60_000 / (time - from)
    }
  }

  /// Prompts done at a time, interpolated between samples. O(samples).
  private static func done(_ samples: ProgressSamples, at time: Double) -> Double {
    guard let next = samples.at.firstIndex(where: { Double($0) >= time }) else { return Double(samples.done.last ?? 0) }
    guard next > 0 else { return Double(samples.done[0]) }
    let (a, b) = (Double(samples.at[next - 1]), Double(samples.at[next]))
    let (from, to) = (Double(samples.done[next - 1]), Double(samples.done[next]))
    return from + (to - from) * (time - a) / (b - a)
  }
}

// autointerp
// `PrometheusText` writes metrics in Prometheus' text format, version 0.0.4.
// SPDX-License-Identifier: Apache-2.0

internal import ClusterProtocol

/// Collects metric families. Names follow Prometheus' conventions: they contain the base unit, and counters end in
/// `_total`.
struct PrometheusText {
  private(set) var text = ""

  /// One sample of a family: its labels in order, and its value.
  struct Sample {
    var labels: [(name: String, value: String)]
    var value: Double

    init(_ labels: [(String, String)], _ value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  mutating func counter(_ name: String, _ help: String, _ value: Int64) {
    family(name, help, type: "counter", [Sample([], Double(value))])
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    family(name, help, type: "gauge", [Sample([], value)])
  }

  /// A family without samples is left out.
  mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) {
    family(name, help, type: "counter", samples)
  }

  mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) {
    family(name, help, type: "gauge", samples)
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: TimeHistogram) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    var below: Int64 = 0
    for (bound, count) in zip(TimeHistogram.bounds + [.infinity], histogram.counts) {
      below += count
      text += "\(name)_bucket{le=\"\(Self.number(bound))\"} \(below)\n"
    }
    text += "\(name)_sum \(Self.number(histogram.sum))\n\(name)_count \(below)\n"
  }

  private mutating func family(_ name: String, _ help: String, type: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    assert(type != "counter" || name.hasSuffix("_total"))
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for sample in samples {
      text += name
      if !sample.labels.isEmpty {
        text += "{"
        text += sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "}"
      }
      text += " \(Self.number(sample.value))\n"
    }
  }

  /// Escapes backslash, quote and line feed, as the format requires for label values. Other control characters become
  /// `?`.
  static func escaped(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      case _ where scalar.properties.generalCategory == .control: result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return "\(value)"
  }
}

// autointerp
// Prometheus' text exposition format, version 0.0.4.
// SPDX-License-Identifier: Apache-2.0

/// Collects metric families. Names follow Prometheus' conventions: base units in the name, counters end in `_total`.
struct PrometheusText {
  private(set) var text = ""

  /// One sample of a family: label names and values in order, and the value.
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

  /// Backslash, quote and line feed escaped, as the format wants for label values; other control characters, which
  /// nobody needs in a label, become `?`.
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

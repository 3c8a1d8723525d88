// autointerp
// `FaithfulnessPlot` draws faithfulness curves as SVG, a panel for each ablation.
// SPDX-License-Identifier: Apache-2.0

internal import Circuits
internal import Foundation

/// F over the number of neurons kept, on a logarithmic axis, with 95 % intervals as bands. Values outside of `-0.5...1.5`
/// are drawn at the edge.
struct FaithfulnessPlot {
  private static let (width, height) = (360.0, 270.0)
  private static let (left, right, top, bottom) = (46.0, 24.0, 24.0, 56.0)
  private static let range = -0.5...1.5
  private static let colours = ["gradient": "#0a7d4f", "relp": "#0a5fd0", "activation": "#b85600", "random": "#777"]

  private let panels: [(title: String, curves: [FaithfulnessCurve])]

  init(_ panels: [(title: String, curves: [FaithfulnessCurve])]) { self.panels = panels }

  func svg() -> String {
    let width = Int(Self.width) * max(1, panels.count)
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(Int(Self.height))\" "
      + "font-family=\"sans-serif\" font-size=\"10\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    for (number, panel) in panels.enumerated() {
      text += "<g transform=\"translate(\(Int(Self.width) * number),0)\">\n"
      text += Self.label(panel.title, x: Self.left, y: 14)
      text += Self.panel(panel.curves) + "</g>\n"
    }
    return text + "</svg>\n"
  }

  private static func panel(_ curves: [FaithfulnessCurve]) -> String {
    let sizes = curves.flatMap { $0.points.map(\.size) }.filter { $0 > 0 }
    guard let smallest = sizes.min(), let largest = sizes.max(), smallest < largest else { return "" }
    func x(_ size: Double) -> Double {
      left + (width - left - right) * log(size / smallest) / log(largest / smallest)
    }
    func y(_ value: Double) -> Double {
      let inside = min(max(value, range.lowerBound), range.upperBound)
      return top + (height - top - bottom) * (range.upperBound - inside) / (range.upperBound - range.lowerBound)
    }
    var text = ""
    for mark in stride(from: range.lowerBound, through: range.upperBound, by: 0.5) {
      text += "<line x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(number(y(mark)))\" y2=\"\(number(y(mark)))\" "
      text += "stroke=\"#ddd\"/>" + label(number(mark), x: left - 6, y: y(mark) + 3, anchor: "end")
    }
    for exponent in 0...12 {
      let size = pow(10, Double(exponent))
      guard size >= smallest, size <= largest else { continue }
      text += "<line x1=\"\(number(x(size)))\" x2=\"\(number(x(size)))\" y1=\"\(number(y(range.lowerBound)))\" "
      text += "y2=\"\(number(y(range.lowerBound) + 4))\" stroke=\"#555\"/>"
      text += label(ReadableNumber.grouped(Int(size)), x: x(size), y: height - bottom + 16, anchor: "middle")
    }
    text += label("neurons kept (the last point: all)", x: (left + width - right) / 2, y: height - 24, anchor: "middle")
    text += "<text transform=\"translate(12,\(number((top + height - bottom) / 2))) rotate(-90)\" "
    text += "text-anchor=\"middle\">F</text>\n"
    for (row, curve) in curves.enumerated() {
      let colour = colours[curve.method.name] ?? "#000"
      let points = curve.points.filter { $0.size > 0 }
      func path(_ value: (IntervalEstimate) -> Double) -> [String] {
        points.map { "\(number(x($0.size))),\(number(y(value($0.faithfulness))))" }
      }
      let band = path { $0.low ?? $0.mean } + path { $0.high ?? $0.mean }.reversed()
      text += "<polygon fill=\"\(colour)\" fill-opacity=\"0.12\" points=\"\(band.joined(separator: " "))\"/>"
      text += "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" points=\""
      text += path(\.mean).joined(separator: " ") + "\"/>\n"
      text += label(curve.method.name, x: left + 72 * Double(row), y: height - 8, colour: colour)
    }
    return text
  }

  private static func label(
    _ text: String, x: Double, y: Double, anchor: String = "start", colour: String = "#222"
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" fill=\"\(colour)\">\(text)</text>\n"
  }

  private static func number(_ value: Double) -> String { ReadableNumber.fixed(value, decimals: 1) }
}

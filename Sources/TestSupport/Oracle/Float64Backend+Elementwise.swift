// autointerp
// `Float64Backend` computes the element-wise operations by their definitions.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
package import Inference

extension Float64Backend {
  package func copy(_ x: Region<DoubleBuffer>, rows: Int, columns: Int, into y: Region<DoubleBuffer>) {
    forEach(rows, columns) { y[$0, $1] = x[$0, $1] }
  }

  package func add(_ x: Region<DoubleBuffer>, rows: Int, columns: Int, into y: Region<DoubleBuffer>) {
    forEach(rows, columns) { y[$0, $1] += x[$0, $1] }
  }

  package func addScaledRows(
    _ x: Region<DoubleBuffer>, rows: Int, columns: Int, scales: Region<DoubleBuffer>, into y: Region<DoubleBuffer>
  ) {
    forEach(rows, columns) { y[$0, $1] += x[$0, $1] * scales[$0, 0] }
  }

  package func scaleRows(_ x: Region<DoubleBuffer>, rows: Int, columns: Int, by scales: Region<DoubleBuffer>) {
    forEach(rows, columns) { x[$0, $1] *= scales[$0, 0] }
  }

  package func scaleColumns(_ x: Region<DoubleBuffer>, rows: Int, columns: Int, by scales: Region<DoubleBuffer>) {
    forEach(rows, columns) { x[$0, $1] *= scales[0, $1] }
  }

  package func normalize(
    _ x: Region<DoubleBuffer>, rows: Int, columns: Int, epsilon: Float, gain: DoubleBuffer?,
    into y: Region<DoubleBuffer>, inverse: Region<DoubleBuffer>?
  ) {
    for r in 0..<rows {
      let meanSquare = (0..<columns).reduce(0) { $0 + x[r, $1] * x[r, $1] } / Double(columns)
      let scale = 1 / (meanSquare + Double(epsilon)).squareRoot()
      inverse?[r, 0] = scale
      for c in 0..<columns { y[r, c] = x[r, c] * scale * (gain?.values[c] ?? 1) }
    }
  }

  package func normalizeHeads(
    _ x: Region<DoubleBuffer>, rows: Int, headCount: Int, headDimension: Int, epsilon: Float, gain: DoubleBuffer
  ) {
    for h in 0..<headCount {
      let head = x.at(column: h * headDimension)
      normalize(head, rows: rows, columns: headDimension, epsilon: epsilon, gain: gain, into: head, inverse: nil)
    }
  }

  package func rotate(
    _ x: Region<DoubleBuffer>, rows: Int, headCount: Int, headDimension: Int, table: DoubleBuffer, positions: [Int32]
  ) {
    let half = headDimension / 2
    forEach(rows, headCount) { r, h in
      for i in 0..<half {
        let angle = Int(positions[r]) * headDimension + i
        let (cosine, sine) = (table.values[angle], table.values[angle + half])
        let (a, b) = (x[r, h * headDimension + i], x[r, h * headDimension + half + i])
        x[r, h * headDimension + i] = a * cosine - b * sine
        x[r, h * headDimension + half + i] = b * cosine + a * sine
      }
    }
  }

  package func gatedActivation(
    _ x: Region<DoubleBuffer>, rows: Int, width: Int, into h: Region<DoubleBuffer>,
    derivatives: GateDerivatives<DoubleBuffer>?
  ) {
    forEach(rows, width) { r, c in
      let (gate, up) = (x[r, c], x[r, width + c])
      let sigmoid = 1 / (1 + exp(-gate))
      h[r, c] = gate * sigmoid * up
      derivatives?.factors[r, c] = up * sigmoid / 2
      derivatives?.factors[r, width + c] = gate * sigmoid / 2
      derivatives?.slope[r, c] = 1 + gate * (1 - sigmoid)
    }
  }

  package func applyFactors(
    _ g: Region<DoubleBuffer>, rows: Int, width: Int, factors: Region<DoubleBuffer>, slope: Region<DoubleBuffer>?,
    into y: Region<DoubleBuffer>
  ) {
    forEach(rows, width) { r, c in
      let scale = slope == nil ? 1.0 : 2.0
      y[r, c] = scale * g[r, c] * factors[r, c] * (slope?[r, c] ?? 1)
      y[r, width + c] = scale * g[r, c] * factors[r, width + c]
    }
  }

  package func normalizeBackward(
    _ g: Region<DoubleBuffer>, of x: Region<DoubleBuffer>, rows: Int, columns: Int, epsilon: Float,
    gain: DoubleBuffer?, into y: Region<DoubleBuffer>, accumulate: Bool
  ) {
    let n = Double(columns)
    for r in 0..<rows {
      let inverse = 1 / ((0..<columns).reduce(0) { $0 + x[r, $1] * x[r, $1] } / n + Double(epsilon)).squareRoot()
      let cotangent = (0..<columns).map { g[r, $0] * (gain?.values[$0] ?? 1) }
      let along = (0..<columns).reduce(0) { $0 + x[r, $1] * cotangent[$1] }
      for c in 0..<columns {
        let value = inverse * cotangent[c] - inverse * inverse * inverse * along / n * x[r, c]
        y[r, c] = value + (accumulate ? y[r, c] : 0)
      }
    }
  }

  package func edit(_ h: Region<DoubleBuffer>, _ edits: [NeuronEdit]) {
    for edit in edits {
      switch edit.operation {
      case .set(let value): h[edit.row, edit.index] = Double(value)
      case .scale(let factor): h[edit.row, edit.index] *= Double(factor)
      case .add(let value): h[edit.row, edit.index] += Double(value)
      }
    }
  }

  package func pairDots(
    _ x: Region<DoubleBuffer>, rows xRows: [Int32], _ y: Region<DoubleBuffer>, rows yRows: [Int32], count: Int,
    columns: Int, into out: DoubleBuffer, offset: Int
  ) {
    for i in 0..<count {
      out.values[offset + i] = (0..<columns).reduce(0) { $0 + x[Int(xRows[i]), $1] * y[Int(yRows[i]), $1] }
    }
  }

  func forEach(_ rows: Int, _ columns: Int, _ body: (Int, Int) -> Void) {
    for r in 0..<rows { for c in 0..<columns { body(r, c) } }
  }
}

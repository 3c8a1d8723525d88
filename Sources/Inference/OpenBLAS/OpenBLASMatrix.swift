// autointerp
// `OpenBLASMatrix` holds a weight matrix for the CPU backend, resident or mapped.
// SPDX-License-Identifier: Apache-2.0

internal import Checkpoints
internal import Dispatch

/// A stacked weight matrix `[outputCount, inputCount]`.
package final class OpenBLASMatrix: WeightMatrix {
  enum Layout: Sendable {
    /// `[inputCount, outputCount]`: with few activation rows OpenBLAS is a sixth faster if weights are in this order.
    case transposed(FloatBuffer)
    /// `[outputCount, inputCount]`
    case rows(FloatBuffer)
    /// In the checkpoint; unpacked panel by panel at each use.
    case mapped
  }

  package let outputCount: Int
  package let inputCount: Int
  let parts: [WeightPart]
  let use: WeightUse
  let layout: Layout
  /// The first row of each part.
  private let firstRows: [Int]

  init(_ parts: [WeightPart], use: WeightUse, storage: WeightStorage, arena: WeightArena) {
    precondition(!parts.isEmpty && parts.allSatisfy { $0.view.columnCount == parts[0].view.columnCount })
    self.parts = parts
    self.use = use
    inputCount = parts[0].view.columnCount
    var firsts: [Int] = []
    var total = 0
    for part in parts {
      precondition(part.columnGain == nil || part.columnGain!.count == part.view.columnCount)
      firsts.append(total)
      total += part.view.rowCount
    }
    firstRows = firsts
    outputCount = total
    switch (storage, use) {
    case (.mapped, _): layout = .mapped
    case (.resident, .table): layout = .rows(Self.unpack(parts, into: arena.makeBuffer(count: total * inputCount)))
    case (.resident, .projection):
      layout = .transposed(
        Self.unpackTransposed(parts, rowCount: total, into: arena.makeBuffer(count: total * inputCount)))
    }
  }

  var isMapped: Bool {
    if case .mapped = layout { true } else { false }
  }

  /// Returns the resident weights from an output and an input on, and whether their rows are inputs.
  func resident(output: Int, input: Int) -> (weights: Operand, rowsAreInputs: Bool) {
    switch layout {
    case .transposed(let weights):
      (Operand(weights.values + input * outputCount + output, outputCount), true)
    case .rows(let weights):
      (Operand(weights.values + output * inputCount + input, inputCount), false)
    case .mapped:
      preconditionFailure("mapped weights are not in memory")
    }
  }

  /// Writes rows `range` of the stack as packed Float32 with the gains applied.
  func copyRows(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    for (part, first) in zip(parts, firstRows) {
      let wanted = range.clamped(to: first..<first + part.view.rowCount)
      if wanted.isEmpty { continue }
      let destination = target + (wanted.lowerBound - range.lowerBound) * inputCount
      Self.copy(part, rows: wanted.lowerBound - first..<wanted.upperBound - first, into: destination)
    }
  }

  private static func copy(_ part: WeightPart, rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    part.view.copyRows(rows, into: target)
    guard let gain = part.columnGain else { return }
    let columns = part.view.columnCount
    gain.withUnsafeBufferPointer { gain in
      for r in 0..<rows.count {
        let row = target + r * columns
        for c in 0..<columns { row[c] *= gain[c] }
      }
    }
  }

  /// Cuts every part into chunks of rows and runs `body(part, rows of the part, first row in the stack)` on all cores.
  private static func forEachChunk(
    of parts: [WeightPart], rowsPerChunk: Int, _ body: @Sendable (WeightPart, Range<Int>, Int) -> Void
  ) {
    var chunks: [(part: Int, rows: Range<Int>, first: Int)] = []
    var first = 0
    for (index, part) in parts.enumerated() {
      let count = part.view.rowCount
      for start in stride(from: 0, to: count, by: rowsPerChunk) {
        chunks.append((index, start..<min(start + rowsPerChunk, count), first + start))
      }
      first += count
    }
    DispatchQueue.concurrentPerform(iterations: chunks.count) { [chunks] i in
      body(parts[chunks[i].part], chunks[i].rows, chunks[i].first)
    }
  }

  private static func unpack(_ parts: [WeightPart], into target: FloatBuffer) -> FloatBuffer {
    let columns = parts[0].view.columnCount
    forEachChunk(of: parts, rowsPerChunk: 2048) { part, rows, first in
      copy(part, rows: rows, into: target.values + first * columns)
    }
    return target
  }

  private static func unpackTransposed(
    _ parts: [WeightPart], rowCount: Int, into target: FloatBuffer
  ) -> FloatBuffer {
    let columns = parts[0].view.columnCount
    forEachChunk(of: parts, rowsPerChunk: 64) { part, rows, first in
      let scratch = FloatBuffer(uninitialized: rows.count * columns)
      copy(part, rows: rows, into: scratch.values)
      for c in 0..<columns {
        let to = target.values + c * rowCount + first
        for r in 0..<rows.count { to[r] = scratch.values[r * columns + c] }
      }
    }
    return target
  }
}

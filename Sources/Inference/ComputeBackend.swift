// autointerp
// The seam for accelerators: every operation of the forward pass and the sweeps.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints

// Glossary of dimensions: rows = token positions or perturbation rows; D modelDimension; F feedForwardDimension;
// H headCount; K keyValueHeadCount; d headDimension; V vocabularySize. All matrices are row-major Float32.

/// A matrix of weights that lives on a backend: `[outputCount, inputCount]`, as in `y = W x`.
package protocol WeightMatrix: Sendable {
  var outputCount: Int { get }
  var inputCount: Int { get }
}

/// How a weight matrix is used, from which a backend chooses its layout.
package enum WeightUse: Sendable {
  /// In GEMMs with many rows.
  case projection
  /// Row by row, and in products with a single row: embeddings and unembedding.
  case table
}

/// Whether weights are unpacked to Float32 once or read from the checkpoint each time.
package enum WeightStorage: String, Sendable, CaseIterable {
  case resident
  case mapped
}

/// Part of a stacked weight matrix.
package struct WeightPart: Sendable {
  package var view: TensorView
  /// `[inputCount]`: multiplied into every row, so that a norm's gain costs nothing later; nil for ones.
  package var columnGain: [Float]?

  package init(_ view: TensorView, columnGain: [Float]? = nil) {
    self.view = view
    self.columnGain = columnGain
  }
}

/// A row-major matrix inside a buffer: element `(r, c)` is at `offset + r * stride + c`.
package struct Region<Buffer: Sendable>: Sendable {
  package var buffer: Buffer
  package var offset: Int
  package var stride: Int

  package init(_ buffer: Buffer, offset: Int = 0, stride: Int) {
    self.buffer = buffer
    self.offset = offset
    self.stride = stride
  }

  /// The same matrix from row `row` and column `column` on.
  package func at(row: Int = 0, column: Int = 0) -> Region {
    Region(buffer, offset: offset + row * stride + column, stride: stride)
  }
}

/// A run of rows that attend to each other: consecutive positions of one prompt or one perturbation.
package struct AttentionSegment: Hashable, Sendable {
  /// First row in the concatenated rows.
  package var firstRow: Int
  package var rowCount: Int
  /// Where the segment's coefficients of head 0 start in the attention region.
  package var attentionOffset: Int

  package init(firstRow: Int, rowCount: Int, attentionOffset: Int) {
    self.firstRow = firstRow
    self.rowCount = rowCount
    self.attentionOffset = attentionOffset
  }
}

/// How attention coefficients lie in their region: `(head, query, key)` of a segment is at
/// `offset + attentionOffset + head * headStride + query * stride + key`.
package struct AttentionLayout: Hashable, Sendable {
  package var headCount: Int
  package var keyValueHeadCount: Int
  package var headDimension: Int
  package var headStride: Int

  package init(headCount: Int, keyValueHeadCount: Int, headDimension: Int, headStride: Int) {
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.headStride = headStride
  }
}

/// A change of one neuron's value in the middle of a forward pass.
package struct NeuronEdit: Hashable, Sendable {
  package enum Operation: Hashable, Sendable {
    case set(Float)
    case scale(Float)
    case add(Float)
  }
  package var row: Int
  package var index: Int
  package var operation: Operation

  package init(row: Int, index: Int, operation: Operation) {
    self.row = row
    self.index = index
    self.operation = operation
  }
}

/// Where the forward pass and the sweeps compute.
///
/// Operations are enqueued in order on one queue; `download` is the only call that waits for results. Buffers hold
/// Float32 and are opaque. Results are a function of the arguments alone, never of threads or load, bit for bit.
/// Regions passed to one call must not overlap unless the operation says so.
package protocol ComputeBackend: Sendable {
  associatedtype Buffer: Sendable
  associatedtype Indices: Sendable
  associatedtype Matrix: WeightMatrix

  /// Name of the kernel that decides the bits, such as OpenBLAS's core type.
  var kernelName: String { get }

  /// Blocks of so many rows come out of a product the same, bit for bit, whatever other blocks it has.
  var rowBlock: Int { get }

  /// How many queues can work side by side; `lane` gives one of them, with results equal bit for bit to `self`'s.
  var laneCount: Int { get }
  func lane(_ index: Int) -> Self

  // Memory

  /// A buffer of `count` zeros.
  func makeBuffer(count: Int) -> Buffer
  /// A buffer of `count` arbitrary values: for what is written before it is read.
  func makeScratch(count: Int) -> Buffer
  func upload(_ values: [Float]) -> Buffer
  func upload(_ indices: [Int32]) -> Indices
  /// `[rows, columns]` of the region, packed, after everything enqueued before.
  func download(_ x: Region<Buffer>, rows: Int, columns: Int) -> [Float]
  /// Stacks the parts' rows into one matrix.
  func makeMatrix(_ parts: [WeightPart], use: WeightUse, storage: WeightStorage) -> Matrix

  // Weights

  /// `c[rows, outputs] (+)= a[rows, inputCount] . W[outputs, :]^T`; column 0 of `c` is `outputs.lowerBound`.
  func multiplyTransposed(
    _ a: Region<Buffer>, rows: Int, by w: Matrix, outputs: Range<Int>, into c: Region<Buffer>, accumulate: Bool)
  /// `c[rows, inputCount] (+)= a[rows, outputs] . W[outputs, :]`; column 0 of `a` is `outputs.lowerBound`.
  func multiply(
    _ a: Region<Buffer>, rows: Int, by w: Matrix, outputs: Range<Int>, into c: Region<Buffer>, accumulate: Bool)
  /// Row `i` of `c` (+)= `scales[i] * W[indices[i], :]`; nil scales are ones.
  func gatherOutputs(
    _ indices: Indices, count: Int, of w: Matrix, scales: Buffer?, into c: Region<Buffer>, accumulate: Bool)
  /// Row `at[i]` of `c` = `scales[i] * W[:, indices[i]]`, `[outputCount]` wide.
  func gatherInputs(
    _ indices: Indices, count: Int, of w: Matrix, scales: Buffer, into c: Region<Buffer>, at rows: Indices)

  // Element-wise

  func copy(_ x: Region<Buffer>, rows: Int, columns: Int, into y: Region<Buffer>)
  /// `y += x`
  func add(_ x: Region<Buffer>, rows: Int, columns: Int, into y: Region<Buffer>)
  /// `y[r, :] += scales[r] * x[r, :]`
  func addScaledRows(_ x: Region<Buffer>, rows: Int, columns: Int, scales: Region<Buffer>, into y: Region<Buffer>)
  /// `x[r, :] *= scales[r]`
  func scaleRows(_ x: Region<Buffer>, rows: Int, columns: Int, by scales: Region<Buffer>)
  /// `x[:, c] *= scales[c]`
  func scaleColumns(_ x: Region<Buffer>, rows: Int, columns: Int, by scales: Region<Buffer>)
  /// `y = x * inverse * gain`, `inverse[r] = 1 / sqrt(mean(x[r, :]^2) + epsilon)`. Nil gain: ones. `y` may be `x`.
  func normalize(
    _ x: Region<Buffer>, rows: Int, columns: Int, epsilon: Float, gain: Buffer?, into y: Region<Buffer>,
    inverse: Region<Buffer>?)
  /// `normalize` of each head of each row, in place, with one gain `[headDimension]` for all heads.
  func normalizeHeads(
    _ x: Region<Buffer>, rows: Int, headCount: Int, headDimension: Int, epsilon: Float, gain: Buffer)
  /// Rotates the pairs `(i, i + d/2)` of each head in place. `table` is `[positions, d]`: cosines, then sines; row `r` of
  /// `x` is at position `positions[r]`.
  func rotate(
    _ x: Region<Buffer>, rows: Int, headCount: Int, headDimension: Int, table: Buffer, positions: Indices)
  /// From `[gate | up]` in `x[rows, 2F]`: `h = silu(gate) * up`, and when asked the frozen factors of RelP,
  /// `[dh/dgate | dh/dup] = [up * sigmoid(gate) / 2 | gate * sigmoid(gate) / 2]` in `factors[rows, 2F]`.
  func gatedActivation(
    _ x: Region<Buffer>, rows: Int, width: Int, into h: Region<Buffer>, factors: Region<Buffer>?)
  /// `y[rows, 2F] = [g * factors[:, :F] | g * factors[:, F:]]` for `g[rows, F]`.
  func applyFactors(
    _ g: Region<Buffer>, rows: Int, width: Int, factors: Region<Buffer>, into y: Region<Buffer>)
  /// Changes single elements of `h`.
  func edit(_ h: Region<Buffer>, _ edits: [NeuronEdit])

  // Attention

  /// Causal softmax of `scale * q . k` for each segment and head, zeros above the diagonal. Queries are
  /// `q[row, head * d ...]`, keys `k[row, (head / (H/K)) * d ...]`.
  func attentionProbabilities(
    queries q: Region<Buffer>, keys k: Region<Buffer>, scale: Float, segments: [AttentionSegment],
    layout: AttentionLayout, into attention: Region<Buffer>)
  /// Multiplies each key's column of every head by `scales[key]`: one segment of `count` rows.
  func scaleKeys(
    of attention: Region<Buffer>, count: Int, layout: AttentionLayout, by scales: Region<Buffer>)
  /// `z[i, head] = sum over keys j <= i of attention[head, i, j] * y[j, head / (H/K)]`, per segment.
  func mix(
    _ y: Region<Buffer>, attention: Region<Buffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into z: Region<Buffer>)
  /// The transpose of `mix`: `y[j, group] = sum over the group's heads and queries i >= j of
  /// attention[head, i, j] * z[i, head]`.
  func mixTransposed(
    _ z: Region<Buffer>, attention: Region<Buffer>, segments: [AttentionSegment], layout: AttentionLayout,
    into y: Region<Buffer>)

  // Reading

  /// `out[offset + i] = dot(x[xRows[i], :], y[yRows[i], :])`
  func pairDots(
    _ x: Region<Buffer>, rows xRows: Indices, _ y: Region<Buffer>, rows yRows: Indices, count: Int, columns: Int,
    into out: Buffer, offset: Int)
}

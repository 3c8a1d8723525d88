// autointerp
// `ComputeBackend` is the interface that a backend implements: all operations of the forward pass and the sweeps.
// SPDX-License-Identifier: Apache-2.0

package import Checkpoints

// Glossary of dimensions: rows = token positions or perturbation rows; D modelDimension; F feedForwardDimension;
// H headCount; K keyValueHeadCount; d headDimension; V vocabularySize. All matrices are row-major Float32.

/// A weight matrix in the memory of a backend: `[outputCount, inputCount]`, as in `y = W x`.
package protocol WeightMatrix: Sendable {
  var outputCount: Int { get }
  var inputCount: Int { get }
}

/// How a weight matrix is used. A backend chooses the matrix's layout by it.
package enum WeightUse: Sendable {
  /// In products with many rows.
  case projection
  /// Row by row, and in products with a single row: embeddings and unembedding.
  case table
}

/// Whether weights are unpacked to Float32 once or read from the checkpoint each time.
package enum WeightStorage: String, Sendable, CaseIterable {
  case resident
  case mapped
}

/// One of the matrices that `makeMatrix` stacks into one.
package struct WeightPart: Sendable {
  package var view: TensorView
  /// `[inputCount]`: the gain of a norm. It is multiplied into every row in advance, so that it costs nothing later. Nil
  /// means ones.
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

/// The places in a product at which a row has the same bits, whatever the other rows are.
///
/// A kernel computes a few rows at a time, and may add up the last of them in another order than the first. The places
/// hold for products whose number of rows is a multiple of the backend's `rowBlock`.
package struct RowPlaces: Hashable, Sendable {
  /// The rows of a product are divided into steps of this many rows. All steps are computed alike.
  package var step: Int
  /// This many rows at the start of each step are computed alike, too.
  package var alike: Int

  package init(step: Int, alike: Int) {
    self.step = step
    self.alike = alike
  }

  /// The first place, at `row` or later, for `count` rows that belong together: `row` itself if it starts a step or if all
  /// of them are among the step's rows that are alike, otherwise the start of the next step.
  package func first(for count: Int, from row: Int) -> Int {
    if row % step == 0 || row % step + count <= alike { return row }
    return (row / step + 1) * step
  }
}

/// Rows of one perturbed prompt, from `position` on. They attend to each other and to the unperturbed rows before them.
package struct CachedSegment: Hashable, Sendable {
  package var firstRow: Int
  package var rowCount: Int
  package var position: Int

  package init(firstRow: Int, rowCount: Int, position: Int) {
    self.firstRow = firstRow
    self.rowCount = rowCount
    self.position = position
  }
}

/// Where `gatedActivation` stores what the backward passes need.
package struct GateDerivatives<Buffer: Sendable>: Sendable {
  /// `[rows, 2F]`: RelP's frozen `[dh/dgate | dh/dup] = [up * sigmoid(gate) / 2 | gate * sigmoid(gate) / 2]`.
  package var factors: Region<Buffer>
  /// `[rows, F]`: `1 + gate * (1 - sigmoid(gate))`. The true derivative of silu is `sigmoid(gate)` times this.
  package var slope: Region<Buffer>

  package init(factors: Region<Buffer>, slope: Region<Buffer>) {
    self.factors = factors
    self.slope = slope
  }
}

/// Where attention coefficients stand in their region: `(head, query, key)` of a segment is at
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

/// A processor with its library, on which the forward pass, the backward passes and the edge sweep are computed.
///
/// A backend puts the operations into one queue and does them in order. Only `download` waits for results. Buffers hold
/// Float32; only the backend knows where. Results depend on the arguments alone, bit for bit, and never on threads or
/// load. The regions of one call must not overlap unless the operation says so.
package protocol ComputeBackend: Sendable {
  associatedtype Buffer: Sendable
  associatedtype Indices: Sendable
  associatedtype Matrix: WeightMatrix

  /// The name of the kernel that decides the last bits of results, such as OpenBLAS's core type.
  var kernelName: String { get }

  /// The places at which a row of a product has the same bits, whatever the other rows are.
  var rowPlaces: RowPlaces { get }

  /// A block of this many rows of a product has the same bits, whatever its other blocks are.
  var rowBlock: Int { get }

  /// The number of queues that can work side by side.
  var laneCount: Int { get }
  /// The backend with one of these queues. Its results equal those of `self`, bit for bit.
  func lane(_ index: Int) -> Self

  // Memory

  /// A buffer of `count` zeros.
  func makeBuffer(count: Int) -> Buffer
  /// A buffer of `count` arbitrary values, which must be written before they are read.
  func makeScratch(count: Int) -> Buffer
  /// A buffer with these values.
  func upload(_ values: [Float]) -> Buffer
  func upload(_ indices: [Int32]) -> Indices
  /// Waits for all operations so far and returns the elements `[rows, columns]` of the region, without gaps between rows.
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
  /// `h = silu(gate) * up` for `[gate | up]` in `x[rows, 2F]`. If `derivatives` is given, what the backward passes need is
  /// stored there.
  func gatedActivation(
    _ x: Region<Buffer>, rows: Int, width: Int, into h: Region<Buffer>, derivatives: GateDerivatives<Buffer>?)
  /// The backward pass of `gatedActivation`: from the cotangent `g[rows, F]` of the neurons, the cotangent `y[rows, 2F]` of
  /// `[gate | up]`. With `slope` it is the true one, `[g * 2 * factors[:, :F] * slope | g * 2 * factors[:, F:]]`; without
  /// `slope` it is RelP's, `[g * factors[:, :F] | g * factors[:, F:]]`.
  func applyFactors(
    _ g: Region<Buffer>, rows: Int, width: Int, factors: Region<Buffer>, slope: Region<Buffer>?,
    into y: Region<Buffer>)
  /// The backward pass of `normalize`: for the cotangent `g` of its output, with `i` the inverse rms of a row of `x`,
  /// `y (+)= i * (g' - x * dot(x, g') * i^2 / columns)`, `g' = g * gain`. Unless it accumulates, `y` may be `g`.
  func normalizeBackward(
    _ g: Region<Buffer>, of x: Region<Buffer>, rows: Int, columns: Int, epsilon: Float, gain: Buffer?,
    into y: Region<Buffer>, accumulate: Bool)
  /// Changes the elements of `h` that `edits` name.
  func edit(_ h: Region<Buffer>, _ edits: [NeuronEdit])

  // Attention

  /// Causal softmax of `scale * q . k` for each segment and head, zeros above the diagonal. Queries are
  /// `q[row, head * d ...]`, keys `k[row, (head / (H/K)) * d ...]`.
  func attentionProbabilities(
    queries q: Region<Buffer>, keys k: Region<Buffer>, scale: Float, segments: [AttentionSegment],
    layout: AttentionLayout, into attention: Region<Buffer>)
  /// Multiplies each key's column of every head by `scales[key]`, in one segment of `count` rows.
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

  /// The backward pass of softmax attention over one segment of `count` rows: from the cotangent `z[count, H d]` of the
  /// mixed values, the cotangents `[queries | keys | values]`, which go to `y`.
  ///
  /// `projections` holds `[queries | keys | values]` as attention used them. `attention` holds the probabilities, each
  /// multiplied by the `keyScales` of its key (see `scaleKeys`).
  func attentionBackward(
    _ z: Region<Buffer>, projections: Region<Buffer>, attention: Region<Buffer>, keyScales: Region<Buffer>,
    scale: Float, count: Int, layout: AttentionLayout, into y: Region<Buffer>)
  /// Causal attention of segments that replace the end of a prompt: row `i` of a segment is at position `position + i`, and
  /// attends to the prompt's rows `cache[..<position]` and to the segment's rows up to itself.
  ///
  /// `projections` and `cache` are `[queries | keys | values]`; the mixed values go to `z[rows, H d]`. A row's bits depend
  /// on its segment alone.
  func attend(
    _ projections: Region<Buffer>, over cache: Region<Buffer>, scale: Float, segments: [CachedSegment],
    layout: AttentionLayout, into z: Region<Buffer>)

  // Reading

  /// `out[offset + i] = dot(x[xRows[i], :], y[yRows[i], :])`
  func pairDots(
    _ x: Region<Buffer>, rows xRows: Indices, _ y: Region<Buffer>, rows yRows: Indices, count: Int, columns: Int,
    into out: Buffer, offset: Int)
}

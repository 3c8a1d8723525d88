// autointerp
// `OpenBLASBackend` computes on the CPU: OpenBLAS for products, SIMD for the rest.
// SPDX-License-Identifier: Apache-2.0

internal import COpenBLAS
internal import Dispatch
internal import Synchronization

/// Computes on the CPU without a queue: an operation has finished when it returns.
///
/// BLAS itself runs with one thread. If `threadCount` is above one, a product is cut into panels whose bounds depend
/// only on its shape, and the panels run in parallel. Every bit of a result is the same for any thread count.
package final class OpenBLASBackend: ComputeBackend {
  package typealias Buffer = FloatBuffer
  package typealias Indices = [Int32]
  package typealias Matrix = OpenBLASMatrix

  package let threadCount: Int
  /// Holds the resident weights of this backend.
  let weights = WeightArena()
  /// Memory for unpacked panels, reused from product to product.
  private let idleScratch = Mutex<[FloatBuffer]>([])

  package init(threadCount: Int = 1) {
    precondition(threadCount >= 1)
    self.threadCount = threadCount
    _ = Self.processSettings
  }

  /// Settings for the whole process: OpenBLAS gets one thread, because this backend does the threading, and freed
  /// memory of a graph is kept for the next graph, which would otherwise wait for the system to clear the pages again.
  private static let processSettings: Void = {
    openblas_set_num_threads(1)
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, 256 << 20)
  }()

  package var kernelName: String { Self.kernelName }

  /// OpenBLAS's name for the kernels that it chose for this processor, or that `OPENBLAS_CORETYPE` prescribes.
  package static var kernelName: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

  /// OpenBLAS's kernels take the rows of a product twelve or twenty-four at a time, and the remaining rows by other
  /// routines. (With AVX-512, very small products use yet other routines, but no real model has such products.)
  package var rowBlock: Int { 24 }

  /// The kernels for AVX2 compute the first six of twelve rows alike, and the other six in another order; older ones make
  /// no difference. Of others nothing is known here: there a row has to be the first of its block.
  package var rowPlaces: RowPlaces {
    let known = ["haswell", "zen", "sandybridge", "nehalem", "prescott", "core2", "penryn"]
    return known.contains(kernelName.lowercased()) ? RowPlaces(step: 12, alike: 6) : RowPlaces(step: 24, alike: 1)
  }

  package var laneCount: Int { threadCount }
  package func lane(_ index: Int) -> OpenBLASBackend { threadCount == 1 ? self : OpenBLASBackend() }

  /// Runs `body(0) ... body(count - 1)`, in parallel if this backend has several threads.
  @inline(__always)
  func parallel(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if threadCount == 1 || count <= 1 {
      for i in 0..<count { body(i) }
    } else {
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }
  }

  /// Cuts `0..<count` into one range per thread, for rows or heads that do not depend on each other.
  @inline(__always)
  func forEachShare(of count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let shares = min(threadCount, count)
    parallel(shares) { i in body(count * i / shares..<count * (i + 1) / shares) }
  }
}

// MARK: - Memory

extension OpenBLASBackend {
  /// Lends `body` memory for at least `count` values with arbitrary contents.
  func withScratch(count: Int, _ body: (FloatBuffer) -> Void) {
    let kept = idleScratch.withLock { $0.popLast() }
    let buffer = kept.flatMap { $0.count >= count ? $0 : nil } ?? FloatBuffer(uninitialized: count)
    body(buffer)
    idleScratch.withLock { $0.append(buffer) }
  }

  package func makeBuffer(count: Int) -> FloatBuffer { FloatBuffer(zeros: count) }
  package func makeScratch(count: Int) -> FloatBuffer { FloatBuffer(uninitialized: count) }
  package func upload(_ values: [Float]) -> FloatBuffer { FloatBuffer(values) }
  package func upload(_ indices: [Int32]) -> [Int32] { indices }

  package func download(_ x: Region<FloatBuffer>, rows: Int, columns: Int) -> [Float] {
    let source = x.pointer(rows: rows, columns: columns)
    return [Float](unsafeUninitializedCapacity: rows * columns) { target, count in
      for r in 0..<rows {
        (target.baseAddress! + r * columns).initialize(from: source + r * x.stride, count: columns)
      }
      count = rows * columns
    }
  }
}

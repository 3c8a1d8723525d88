// autointerp
// Aligned Float32 memory with an owner.
// SPDX-License-Identifier: Apache-2.0

/// `count` Float32 values, 64-byte aligned, freed with the last reference.
// @unchecked Sendable: a backend is used by one thread at a time, and its parallel parts write disjoint elements.
package final class FloatBuffer: @unchecked Sendable {
  let values: UnsafeMutablePointer<Float>
  package let count: Int

  init(uninitialized count: Int) {
    precondition(count >= 0)
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    values = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  convenience init(zeros count: Int) {
    self.init(uninitialized: count)
    values.initialize(repeating: 0, count: count)
  }

  convenience init(_ elements: [Float]) {
    self.init(uninitialized: elements.count)
    elements.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { values.initialize(from: base, count: source.count) }
    }
  }

  deinit { UnsafeMutableRawPointer(values).deallocate() }
}

extension Region where Buffer == FloatBuffer {
  /// The first element, after checking that `rows` rows of `columns` lie inside the buffer.
  @inline(__always)
  func pointer(rows: Int, columns: Int) -> UnsafeMutablePointer<Float> {
    precondition(
      offset >= 0 && columns <= stride && (rows == 0 || offset + (rows - 1) * stride + columns <= buffer.count),
      "region out of its buffer")
    return buffer.values + offset
  }
}

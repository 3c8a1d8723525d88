// autointerp
// `FloatBuffer` is aligned Float32 memory that is freed with its last reference.
// SPDX-License-Identifier: Apache-2.0

/// `count` Float32 values, 64-byte aligned, in memory of their own or in a part of a mapping.
// @unchecked Sendable: one thread uses a backend at a time, and its parallel parts write disjoint elements.
package final class FloatBuffer: @unchecked Sendable {
  let values: UnsafeMutablePointer<Float>
  package let count: Int
  /// Keeps the memory alive if it belongs to a mapping.
  private let mapping: MappedMemory?

  init(uninitialized count: Int) {
    precondition(count >= 0)
    self.count = count
    mapping = nil
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    values = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  init(_ mapping: MappedMemory, offset: Int, count: Int) {
    precondition(offset >= 0 && count >= 0 && offset + count * MemoryLayout<Float>.stride <= mapping.byteCount)
    self.count = count
    self.mapping = mapping
    values = (mapping.base + offset).bindMemory(to: Float.self, capacity: max(count, 1))
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

  deinit {
    if mapping == nil { UnsafeMutableRawPointer(values).deallocate() }
  }
}

extension Region where Buffer == FloatBuffer {
  /// Returns the first element after checking that `rows` rows of `columns` lie inside the buffer.
  @inline(__always)
  func pointer(rows: Int, columns: Int) -> UnsafeMutablePointer<Float> {
    precondition(
      offset >= 0 && columns <= stride && (rows == 0 || offset + (rows - 1) * stride + columns <= buffer.count),
      "the region reaches beyond its buffer")
    return buffer.values + offset
  }
}

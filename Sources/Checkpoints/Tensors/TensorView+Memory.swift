// autointerp
// Tensors held in memory instead of a file.
// SPDX-License-Identifier: Apache-2.0

/// Bytes on the heap that live as long as a tensor refers to them.
private final class TensorStorage {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { bytes.deallocate() }
}

extension TensorView {
  /// A Float32 tensor of given values, `[rows, columns]`, row-major.
  ///
  /// - Precondition: `values.count == rows * columns`.
  package init(name: String, rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(name): \(values.count) values for [\(rows), \(columns)]")
    self = values.withUnsafeBytes { source in
      TensorView(name: name, rows: rows, columns: columns, elementType: .float32, bytes: source)
    }
  }

  /// A tensor with a copy of given bytes, encoded as `elementType` says.
  ///
  /// - Precondition: `bytes` has exactly the size of the tensor.
  package init(
    name: String, rows: Int, columns: Int, elementType: ElementType, bytes: UnsafeRawBufferPointer,
    interleavedHeadCount: Int? = nil
  ) {
    let rowBytes = columns / elementType.blockElements * elementType.blockBytes
    precondition(bytes.count == rows * rowBytes, "\(name): \(bytes.count) bytes for [\(rows), \(columns)]")
    let storage = TensorStorage(byteCount: bytes.count)
    storage.bytes.copyMemory(from: bytes)
    self.init(
      name: name, rowCount: rows, columnCount: columns, elementType: elementType,
      bytes: UnsafeRawBufferPointer(storage.bytes), owner: storage, interleavedHeadCount: interleavedHeadCount)
  }
}

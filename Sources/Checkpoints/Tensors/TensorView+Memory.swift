// autointerp
// `TensorView.init` makes a tensor that is held in memory instead of a file.
// SPDX-License-Identifier: Apache-2.0

/// Bytes on the heap that live as long as a tensor uses them.
private final class TensorStorage {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { bytes.deallocate() }
}

extension TensorView {
  /// Makes a Float32 tensor of the given values, `[rows, columns]`, row-major.
  ///
  /// - Precondition: `values.count == rows * columns`.
  package init(name: String, rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(name): \(values.count) values for [\(rows), \(columns)]")
    self = values.withUnsafeBytes { source in
      TensorView(name: name, rows: rows, columns: columns, elementType: .float32, bytes: source)
    }
  }

  /// Makes a tensor from a copy of the given bytes, which are encoded as `elementType`.
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

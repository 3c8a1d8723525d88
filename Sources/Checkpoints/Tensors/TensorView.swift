// autointerp
// `TensorView` is a weight matrix in its storage type, in a mapped file or in memory.
// SPDX-License-Identifier: Apache-2.0

/// How the elements of a stored tensor are encoded; the cases have ggml's names.
// swift-format-ignore: AlwaysUseLowerCamelCase
package enum ElementType: String, Hashable, Sendable, CaseIterable {
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case q8_0 = "Q8_0"
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"
}

/// A matrix `[rows, columns]`, row-major, in its storage type. A vector is `[1, columns]`.
///
/// Readers see the rows in plain order: if a format stores them permuted (GGUF's q and k of llama-type models), the
/// view undoes the permutation.
package struct TensorView: @unchecked Sendable {
  package let name: String
  package let rowCount: Int
  package let columnCount: Int
  package let elementType: ElementType
  /// The bytes of all rows, in storage order. They are never written to, and valid while `owner` lives.
  package let bytes: UnsafeRawBufferPointer
  /// Keeps `bytes` alive: a mapped file or heap storage.
  // @unchecked Sendable above: nobody changes the bytes while `owner` lives.
  package let owner: AnyObject
  /// The number of heads whose rows are stored in interleaved rotary order, or nil if rows are in plain order.
  package let interleavedHeadCount: Int?

  package init(
    name: String, rowCount: Int, columnCount: Int, elementType: ElementType, bytes: UnsafeRawBufferPointer,
    owner: AnyObject, interleavedHeadCount: Int? = nil
  ) {
    self.name = name
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.elementType = elementType
    self.bytes = bytes
    self.owner = owner
    self.interleavedHeadCount = interleavedHeadCount
  }
}

// autointerp
// `ElementType` knows the elements and bytes of its blocks and its type code in GGUF files.
// SPDX-License-Identifier: Apache-2.0

extension ElementType {
  /// How many elements are encoded together: 1 for the plain types.
  package var blockElements: Int {
    switch self {
    case .float32, .float16, .bfloat16: 1
    case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1: 32
    case .q4_K, .q5_K, .q6_K: 256
    }
  }

  /// How many bytes `blockElements` elements take.
  package var blockBytes: Int {
    switch self {
    case .float32: 4
    case .float16, .bfloat16: 2
    case .q8_0: 2 + 32
    case .q4_0: 2 + 16
    case .q4_1: 2 + 2 + 16
    case .q5_0: 2 + 4 + 16
    case .q5_1: 2 + 2 + 4 + 16
    case .q4_K: 2 + 2 + 12 + 128
    case .q5_K: 2 + 2 + 12 + 32 + 128
    case .q6_K: 128 + 64 + 16 + 2
    }
  }

  /// True for F32, F16 and BF16, the types in which norms are stored.
  package var isPlain: Bool { blockElements == 1 }

  /// Creates the type from its code in GGUF's tensor table, or returns nil if the type is not supported.
  init?(ggufCode code: UInt32) {
    switch code {
    case 0: self = .float32
    case 1: self = .float16
    case 2: self = .q4_0
    case 3: self = .q4_1
    case 6: self = .q5_0
    case 7: self = .q5_1
    case 8: self = .q8_0
    case 12: self = .q4_K
    case 13: self = .q5_K
    case 14: self = .q6_K
    case 30: self = .bfloat16
    default: return nil
    }
  }
}

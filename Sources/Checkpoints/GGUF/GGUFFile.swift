// autointerp
// `GGUFFile` holds the metadata and tensors of a GGUF model, which may be split over several files.
// SPDX-License-Identifier: Apache-2.0

package import Platform

/// A tensor of a GGUF file and the place of its bytes in the mapped file.
package struct GGUFTensor: @unchecked Sendable {
  package let name: String
  /// Innermost (contiguous) dimension first, as GGUF stores them. Each is at least 1.
  package let dimensions: [Int]
  package let elementType: ElementType
  /// The tensor's bytes, all inside `file`.
  // @unchecked Sendable above: the bytes are read-only and live as long as `file`.
  package let bytes: UnsafeRawBufferPointer
  package let file: MappedFile
}

/// The metadata and tensors of a GGUF model (version 3, little endian).
///
/// Source: the GGUF specification of the ggml project. Nothing in the file is trusted: counts and sizes are checked
/// against the remaining bytes before memory is allocated, and names, ranges and types before a tensor is returned.
package struct GGUFFile: Sendable {
  /// The file that was opened: for a split model, any of its parts.
  package let path: String
  package let metadata: [String: GGUFValue]
  /// The tensors by name.
  package let tensors: [String: GGUFTensor]

  /// Maps and checks a GGUF file and, if the model is split, its other parts.
  ///
  /// - Throws: an error that names the file, the key or tensor, and the offset of the problem.
  package static func open(_ path: String) throws(CheckpointError) -> GGUFFile {
    let part = try GGUFPart(MappedFile.open(path))
    let count = try part.splitNumber("split.count") ?? 1
    if count <= 1 { return GGUFFile(path: path, metadata: part.metadata, tensors: part.tensors) }
    return try openSplit(path, count: count)
  }

  /// Opens all parts of a split model. The first part holds the model's metadata.
  private static func openSplit(_ path: String, count: Int) throws(CheckpointError) -> GGUFFile {
    guard let name = SplitName(path), name.count == count else {
      throw CheckpointError(
        path: path, key: "split.count", "a part of a split model was renamed, so the other parts cannot be found",
        expected: "a name ending in -00001-of-\(SplitName.digits(count)).gguf")
    }
    var metadata: [String: GGUFValue] = [:]
    var tensors: [String: GGUFTensor] = [:]
    var expectedTensorCount: Int?
    for number in 0..<count {
      let part = try GGUFPart(MappedFile.open(name.path(of: number)))
      guard try part.splitNumber("split.count") == count, try part.splitNumber("split.no") == number else {
        throw CheckpointError(
          path: part.path, key: "split.no", "the file name and the metadata disagree about which part this is",
          expected: "part \(number) of \(count)")
      }
      if number == 0 {
        metadata = part.metadata
        expectedTensorCount = try part.splitNumber("split.tensors.count")
      }
      for (tensorName, tensor) in part.tensors {
        if let other = tensors.updateValue(tensor, forKey: tensorName) {
          throw CheckpointError(path: part.path, tensor: tensorName, "this tensor is also in \(other.file.path)")
        }
      }
    }
    if let expectedTensorCount, expectedTensorCount != tensors.count {
      throw CheckpointError(
        path: path, key: "split.tensors.count", "the parts together do not hold all tensors of the model",
        expected: "\(expectedTensorCount) tensors", found: "\(tensors.count)")
    }
    return GGUFFile(path: path, metadata: metadata, tensors: tensors)
  }
}

/// The name of one part of a split model: `model-00001-of-00003.gguf`.
private struct SplitName {
  let prefix: String
  let count: Int

  init?(_ path: String) {
    guard let match = path.wholeMatch(of: /(.*)-[0-9]{5}-of-([0-9]{5})\.gguf/), let count = Int(match.2) else {
      return nil
    }
    self.prefix = String(match.1)
    self.count = count
  }

  func path(of number: Int) -> String { "\(prefix)-\(Self.digits(number + 1))-of-\(Self.digits(count)).gguf" }

  static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

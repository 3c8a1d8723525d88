// autointerp
// `CheckpointError` says which model file is wrong, where in it, and what was expected.
// SPDX-License-Identifier: Apache-2.0

internal import Platform

/// The only error of this target. It names the file, the place in it, the problem, and what was expected and found.
///
/// It prints as `model.gguf: tensor "blk.3.attn_q.weight", offset 1234: data end after the file (expected ..., found
/// ...)`.
package struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file or folder that is wrong.
  package var path: String
  package var tensor: String?
  /// The key in the metadata or configuration.
  package var key: String?
  /// Bytes from the start of the file.
  package var offset: Int?
  /// What is wrong and, where useful, what to do.
  package var problem: String
  package var expected: String?
  package var found: String?

  package init(
    path: String, tensor: String? = nil, key: String? = nil, offset: Int? = nil, _ problem: String,
    expected: String? = nil, found: String? = nil
  ) {
    self.path = path
    self.tensor = tensor
    self.key = key
    self.offset = offset
    self.problem = problem
    self.expected = expected
    self.found = found
  }

  package var description: String {
    var places: [String] = []
    if let tensor { places.append("tensor \"\(Self.printable(tensor))\"") }
    if let key { places.append("key \"\(Self.printable(key))\"") }
    if let offset { places.append("offset \(offset)") }
    var text = places.isEmpty ? "\(path): \(problem)" : "\(path): \(places.joined(separator: ", ")): \(problem)"
    let differences = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap(\.self)
    if !differences.isEmpty { text += " (\(differences.joined(separator: ", ")))" }
    return text
  }

  /// A name from a file that may be hostile, short and without control characters, so that it is safe to show.
  static func printable(_ name: String) -> String { name.harmless(maximumBytes: 200) }
}

// autointerp
// What is wrong with a model on disk, and where.
// SPDX-License-Identifier: Apache-2.0

/// The one error of this target: a file that is not what it must be, with the place and, if there is one, the difference.
///
/// It prints as `model.gguf: tensor "blk.3.attn_q.weight", offset 1234: data end after the file (expected ..., found ...)`.
package struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file or folder.
  package var path: String
  package var tensor: String?
  /// The metadata or configuration key.
  package var key: String?
  /// Bytes from the start of the file.
  package var offset: Int?
  /// What is wrong, and if it helps, what to do.
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

  /// A name from an untrusted file, short and without control characters, so that it is safe on a terminal and in logs.
  static func printable(_ name: String) -> String {
    let scalars = name.unicodeScalars.prefix(200).map { scalar in
      scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
    }
    var text = String(String.UnicodeScalarView(scalars))
    if name.unicodeScalars.count > 200 { text += "..." }
    return text
  }
}

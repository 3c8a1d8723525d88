// autointerp
// `JSONError` says what is wrong with a JSON text and at which byte.
// SPDX-License-Identifier: Apache-2.0

/// Why a text is not the required JSON.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The byte offset from the start of the text; nil if the problem has no single place.
  package var offset: Int?
  /// The key that the problem is about, if any.
  package var key: String?
  package var problem: String

  package init(offset: Int? = nil, key: String? = nil, _ problem: String) {
    self.offset = offset
    self.key = key
    self.problem = problem
  }

  package var description: String {
    let places = [key.map { "key \"\($0)\"" }, offset.map { "offset \($0)" }].compactMap(\.self)
    return places.isEmpty ? problem : places.joined(separator: ", ") + ": " + problem
  }
}

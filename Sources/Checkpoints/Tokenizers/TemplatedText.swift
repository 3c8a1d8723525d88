// autointerp
// `TemplatedText` is a prompt's text in trusted parts (the template's) and untrusted parts (the user's).
// SPDX-License-Identifier: Apache-2.0

/// Text in parts. Special tokens are parsed in the parts that come from a template, but not in those that users
/// wrote.
package struct TemplatedText: Equatable, Sendable {
  package struct Segment: Equatable, Sendable {
    package var text: String
    package var special: SpecialTokens

    package init(_ text: String, _ special: SpecialTokens) {
      self.text = text
      self.special = special
    }
  }

  package var segments: [Segment]

  package init(_ segments: [Segment]) { self.segments = segments }

  /// All parts joined.
  package var text: String { segments.map(\.text).joined() }
}

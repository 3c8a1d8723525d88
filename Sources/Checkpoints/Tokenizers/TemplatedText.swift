// autointerp
// A prompt as text whose parts differ in trust.
// SPDX-License-Identifier: Apache-2.0

/// Text in parts: those of a template, in which special tokens are parsed, and those that people wrote, in which not.
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

  /// All parts as one text.
  package var text: String { segments.map(\.text).joined() }
}

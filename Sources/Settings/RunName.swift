// autointerp
// `RunName` makes a run's name from its corpus, model and settings, so that equal runs have equal names.
// SPDX-License-Identifier: Apache-2.0

package import Circuits
internal import Platform

package enum RunName {
  /// Corpus, model and a digest of everything that determines the result, for example
  /// `medical-smollm2-135m-3f9a01c2b4d5`. Usable as a file name.
  package static func make(for specification: RunSpecification) -> String {
    let model = [
      specification.modelFingerprint ?? specification.modelName, specification.template.name,
      specification.template.system.map { "system \($0)" } ?? "no system",
    ]
    let facts = model + specification.settings.facts + [specification.corpusDigest, "\(specification.seed)"]
    // Lengths come before the texts, so that different facts never give the same bytes.
    let bytes = Array(facts.map { "\($0.utf8.count) \($0)\n" }.joined().utf8)
    let hexadecimal = Array(Digest.of(bytes, byteCount: 16).prefix(6)).hexadecimal
    return "\(slug(specification.corpusName))-\(slug(specification.modelName))-\(hexadecimal)"
  }

  /// True if the name can be used as a file name.
  package static func isValid(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 200 && name.first != "." && !name.contains("/")
      && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// Lower-case ASCII letters, digits and single dashes, at most 40; `x` if nothing is left.
  static func slug(_ text: String) -> String {
    let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
    let slug = words.joined(separator: "-").prefix(40).trimmingPrefix { $0 == "." || $0 == "-" }
    return slug.isEmpty ? "x" : String(slug)
  }
}

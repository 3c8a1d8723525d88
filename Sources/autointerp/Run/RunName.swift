// autointerp
// The name of a run, which says what it is and is the same for the same run.
// SPDX-License-Identifier: Apache-2.0

internal import CSodium
internal import Circuits

enum RunName {
  /// Corpus, model and a digest of everything that decides the result, such as `medical-smollm2-135m-3f9a01c2b4d5`;
  /// usable as a file name.
  static func make(for specification: RunSpecification) -> String {
    let settings = specification.settings
    let facts = [
      specification.modelFingerprint ?? specification.modelName, specification.template.name,
      specification.template.system.map { "system \($0)" } ?? "no system", "\(settings.metric)",
      "\(settings.position ?? -1)", "\(settings.tau)", "\(settings.edgeThreshold)", "\(settings.maximumNodeCount)",
      "\(settings.maximumSweepRows)", specification.corpusDigest, "\(specification.seed)",
    ]
    // Lengths before the texts, so that no two lists of facts read the same.
    let bytes = Array(facts.map { "\($0.utf8.count) \($0)\n" }.joined().utf8)
    var digest = [UInt8](repeating: 0, count: 16)
    let status = crypto_generichash(&digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
    precondition(status == 0, "BLAKE2b accepts any input with a 16-byte digest")
    let hexadecimal = digest.prefix(6).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "\(slug(specification.corpusName))-\(slug(specification.modelName))-\(hexadecimal)"
  }

  /// Whether a person's choice can be the name of a file.
  static func isValid(_ name: String) -> Bool {
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

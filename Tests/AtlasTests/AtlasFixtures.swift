// autointerp
// `TemporaryFolder` and the `sample` values make folders, small runs and records for the tests of `RunAtlas`.
// SPDX-License-Identifier: Apache-2.0

import Atlas
import Circuits
import Foundation

/// A folder that is deleted with the value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "atlas-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String = "run.sqlite") -> String { url.appending(path: name).path }
}

extension RunSpecification {
  static func small(promptCount: Int = 10) -> RunSpecification {
    var settings = AttributionSettings()
    settings.metric = .contrast(3, 5)
    settings.position = 4
    return RunSpecification(
      name: "small-tiny-0123", modelName: "tiny", modelFingerprint: "f00d",
      template: TemplateSpecification(name: "chatml", system: ""), settings: settings, corpusDigest: "abcd",
      corpusName: "small", seed: .max,
      prompts: (0..<promptCount).map {
        RunPrompt(
          origin: $0.isMultiple(of: 2) ? .domain : .baseline, text: "prompt \($0) é", answerPrefix: "a\($0)",
          target: $0 == 3 ? .tokens([" Paris", "#17"]) : $0 == 4 ? .contrast("a", " b") : nil)
      })
  }
}

extension RunAtlas {
  convenience init(_ path: String, _ specification: RunSpecification = .small()) throws(AtlasError) {
    try self.init(path: path, specification: specification, softwareVersion: "1.0", now: 1000)
  }
}

extension StoredDelta {
  static func sample(_ prompt: Int32, byteCount: Int = 1000, digest: UInt8 = 1) -> StoredDelta {
    StoredDelta(
      prompt: prompt, attempt: prompt + 1, worker: "w", incarnation: .max, computeKernel: "Haswell",
      computeMilliseconds: 1500, receivedAt: 2000, digest: [digest, UInt8(truncatingIfNeeded: prompt)],
      payload: (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(prompt)) })
  }
}

extension StoredFailure {
  static func sample(_ prompt: Int32, attempt: Int32 = 1, worker: String = "w") -> StoredFailure {
    StoredFailure(
      prompt: prompt, attempt: attempt, worker: worker, incarnation: 1 << 63, kind: "prompt", error: "too long",
      at: 3000)
  }
}

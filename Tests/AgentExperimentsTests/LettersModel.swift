// autointerp
// `LettersModel` is the planted transformer with a tokenizer of twelve letters, for experiments on texts.
// SPDX-License-Identifier: Apache-2.0

internal import AgentExperiments
internal import Checkpoints
internal import Circuits
internal import Foundation
internal import TestSupport

/// Token 0 is `a`, token 1 is `b`, and so on up to `l`: `fgai` asks for the fact about subject 0, whose answer is `c`.
enum LettersModel {
  static func tokenizer(_ letters: String = "abcdefghijkl") throws -> Tokenizer {
    let folder = FileManager.default.temporaryDirectory.appending(path: "letters-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let vocabulary = letters.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
    let file = """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
       "post_processor": null,
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                 "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": {\(vocabulary)}, "merges": []}}
      """
    try Data(file.utf8).write(to: folder.appending(path: "tokenizer.json"))
    return try Tokenizer.open(folder.path)
  }

  static func loaded(modelFingerprint: String? = "f00d") throws -> LoadedModel {
    var run = SampleRun.specification()
    run.modelFingerprint = modelFingerprint
    return try LoadedModel(
      checkpoint: PlantedCircuit.checkpoint(), tokenizer: try tokenizer(), storage: .resident, threads: 1, run: run)
  }
}

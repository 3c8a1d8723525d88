// autointerp
// `PromptReader.readYAML` reads prompts from a YAML file.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Yams

extension PromptReader {
  mutating func readYAML(_ contents: Data) throws(CorpusError) {
    guard let text = String(validating: contents, as: UTF8.self) else {
      throw CorpusError(file: file, place: .wholeFile, message: "not UTF-8")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw yamlError(error)
    }
    // A list of prompts stands alone or under a key.
    guard let sequences = root?.sequence == nil ? root?.mapping?["sequences"] : root else {
      throw CorpusError(
        file: file, place: place(of: root),
        message: "expected a list of prompts, alone or under the key \"sequences\"")
    }
    guard let entries = sequences.sequence else {
      throw CorpusError(file: file, place: place(of: sequences), message: "\"sequences\" is not a list")
    }
    var answerPrefix = ""
    if let metadata = root?.mapping?["metadata"]?.mapping {
      answerPrefix = try string("answer_prefix", of: metadata) ?? ""
    }
    for entry in entries {
      var record = PromptRecord()
      if let scalar = entry.scalar {
        record.prompt = scalar.string
        try add(record, answerPrefix: answerPrefix, at: place(of: entry))
        continue
      }
      guard let fields = entry.mapping else {
        throw CorpusError(
          file: file, place: place(of: entry), message: "expected a text or an object with the key \"prompt\"")
      }
      record.prompt = try string("prompt", of: fields)
      record.answerPrefix = try string("answer_prefix", of: fields)
      if let node = fields["is_domain"] {
        guard let flag = node.bool else {
          throw CorpusError(file: file, place: place(of: node), message: "\"is_domain\" is neither true nor false")
        }
        record.isDomain = flag
      }
      guard record.prompt != nil else {
        throw CorpusError(file: file, place: place(of: entry), message: "\"prompt\" is missing")
      }
      try add(record, answerPrefix: answerPrefix, at: place(of: entry))
    }
  }

  /// Returns the value of a key as it is written, also if it is a number. Refuses lists and objects.
  private func string(_ key: String, of mapping: Node.Mapping) throws(CorpusError) -> String? {
    guard let node = mapping[Node(key)] else { return nil }
    guard let scalar = node.scalar else {
      throw CorpusError(file: file, place: place(of: node), message: "\"\(key)\" is not a string")
    }
    return scalar.string
  }

  private func place(of node: Node?) -> CorpusError.Place {
    node?.mark.map { .line($0.line) } ?? .wholeFile
  }

  private func yamlError(_ error: any Error) -> CorpusError {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      CorpusError(file: file, place: .line(mark.line), message: "not valid YAML: \(problem)")
    default:
      CorpusError(file: file, place: .wholeFile, message: "not valid YAML: \(error)")
    }
  }
}

// autointerp
// Prompt files in YAML.
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
    guard let document = root?.mapping, let sequences = document["sequences"] else {
      throw CorpusError(
        file: file, place: place(of: root), message: "expected a list of prompts under the key \"sequences\"")
    }
    guard let entries = sequences.sequence else {
      throw CorpusError(file: file, place: place(of: sequences), message: "\"sequences\" is not a list")
    }
    var answerPrefix = ""
    if let metadata = document["metadata"]?.mapping {
      answerPrefix = try string("answer_prefix", of: metadata) ?? ""
    }
    for entry in entries {
      guard let fields = entry.mapping else {
        throw CorpusError(file: file, place: place(of: entry), message: "expected an entry with the key \"prompt\"")
      }
      var record = PromptRecord()
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

  /// Numbers and the like are taken as they are written; only lists and objects are no strings.
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

// autointerp
// `PromptReader.readJSON` reads prompts from a JSON file.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

extension PromptReader {
  /// A list of prompts, or an object with the list under `prompts`.
  private struct Document: Decodable {
    struct Metadata: Decodable {
      var answerPrefix: String?

      enum CodingKeys: String, CodingKey {
        case answerPrefix = "answer_prefix"
      }
    }

    enum CodingKeys: String, CodingKey {
      case metadata, prompts
    }

    var isList = false
    var answerPrefix = ""
    var prompts: [PromptRecord]

    init(from decoder: any Decoder) throws {
      if (try? decoder.unkeyedContainer()) != nil {
        prompts = try decoder.singleValueContainer().decode([PromptRecord].self)
        return
      }
      let object = try decoder.container(keyedBy: CodingKeys.self)
      answerPrefix = try object.decodeIfPresent(Metadata.self, forKey: .metadata)?.answerPrefix ?? ""
      prompts = try object.decode([PromptRecord].self, forKey: .prompts)
    }
  }

  mutating func readJSON(_ contents: Data) throws(CorpusError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: contents)
    } catch {
      throw CorpusError(file: file, place: .wholeFile, message: jsonComplaint(error, in: contents))
    }
    let list = document.isList ? "" : "prompts"
    for (number, record) in document.prompts.enumerated() {
      try add(record, answerPrefix: document.answerPrefix, at: .item("\(list)[\(number)]"))
    }
  }
}

/// Describes a decoding error of `contents` with the path to the item, for example `prompts[3].prompt: …`.
func jsonComplaint(_ error: any Error, in contents: Data) -> String {
  func place(_ path: [any CodingKey]) -> String {
    let text = path.reduce("") { text, key in
      if let index = key.intValue { return "\(text)[\(index)]" }
      return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
    }
    return text.isEmpty ? "" : "\(text): "
  }
  switch error {
  case DecodingError.keyNotFound(let key, let context):
    return place(context.codingPath) + "\"\(key.stringValue)\" is missing"
  case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
    return place(context.codingPath) + "expected \(jsonName(of: type))"
  case DecodingError.dataCorrupted(let context):
    return place(context.codingPath) + "not valid JSON: " + (syntaxError(of: contents) ?? context.debugDescription)
  default:
    return String(describing: error)
  }
}

/// Says where `contents` is not valid JSON. `JSONDecoder` does not say that. Nil if it is valid.
private func syntaxError(of contents: Data) -> String? {
  do {
    _ = try JSONSerialization.jsonObject(with: contents, options: .fragmentsAllowed)
    return nil
  } catch {
    return (error as NSError).userInfo["NSDebugDescription"] as? String
  }
}

private func jsonName(of type: any Any.Type) -> String {
  switch type {
  case is String.Type: "a string"
  case is Bool.Type: "true or false"
  case is [PromptRecord].Type, is [Any].Type: "a list"
  default: "an object"
  }
}

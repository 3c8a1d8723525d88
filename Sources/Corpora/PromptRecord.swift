// autointerp
// `PromptRecord` is one entry of a prompt file, before it is checked.
// SPDX-License-Identifier: Apache-2.0

/// One entry of a file. `prompt` is used unchanged. From `text`, which is running text, one sentence may be taken.
struct PromptRecord {
  var prompt: String?
  var text: String?
  var answerPrefix: String?
  var isDomain: Bool?
  var targetTokens: [String]?
  var contrast: [String]?
}

extension PromptRecord: Decodable {
  enum CodingKeys: String, CodingKey {
    case prompt
    case text
    case answerPrefix = "answer_prefix"
    case isDomain = "is_domain"
    case targetTokens = "target_tokens"
    case contrast
  }

  /// Reads an object, or a string, which is a prompt.
  init(from decoder: any Decoder) throws {
    if let prompt = try? decoder.singleValueContainer().decode(String.self) {
      self.init(prompt: prompt)
      return
    }
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      prompt: try fields.decodeIfPresent(String.self, forKey: .prompt),
      text: try fields.decodeIfPresent(String.self, forKey: .text),
      answerPrefix: try fields.decodeIfPresent(String.self, forKey: .answerPrefix),
      isDomain: try fields.decodeIfPresent(Bool.self, forKey: .isDomain),
      targetTokens: try fields.decodeIfPresent([String].self, forKey: .targetTokens),
      contrast: try fields.decodeIfPresent([String].self, forKey: .contrast))
  }
}

// autointerp
// `TokenizerDefinition.init(json:)` reads a tokenizer from Hugging Face's tokenizer.json and tokenizer_config.json.
// SPDX-License-Identifier: Apache-2.0

internal import JSON

extension TokenizerDefinition {
  /// Reads `tokenizer.json`: byte-level BPE with a known pre-tokenizer, or SentencePiece-style BPE with byte fallback.
  ///
  /// - Parameters:
  ///   - json: the parsed file.
  ///   - configuration: the parsed `tokenizer_config.json`, if it exists. It names BOS, EOS and chat template.
  ///   - path: the file's path, for errors.
  /// - Throws: an error that names any key that is missing, malformed or not understood, because leaving out a part
  ///   of a tokenizer would silently give other ids.
  init(json: JSONValue, configuration: JSONValue?, path: String) throws(CheckpointError) {
    var file = try StrictObject(json, path: path, place: "")
    // Truncation and padding describe a training run. The reference applies them only on request.
    file.ignore("version", "truncation", "padding")
    guard var model = try file.object("model") else { throw file.error("model", "missing", expected: "an object") }
    let pipeline = try TokenizerPipeline(&file)
    let vocabulary = try TokenizerVocabulary(&file, &model, pipeline)
    try file.finish()

    self.init(
      path: path, alphabet: vocabulary.alphabet, table: vocabulary.table, merges: vocabulary.merges,
      normalizers: pipeline.normalizers, preTokenizer: pipeline.preTokenizer, addedTokens: vocabulary.added)
    wordPreparation = pipeline.wordPreparation
    ignoresMerges = vocabulary.ignoresMerges
    unknownToken = vocabulary.unknownToken
    fusesUnknown = vocabulary.fusesUnknown
    dropsLeadingSpace = pipeline.dropsLeadingSpace
    bosToken = pipeline.firstToken
    eosToken = pipeline.lastToken
    addsBOS = pipeline.firstToken != nil
    addsEOS = pipeline.lastToken != nil
    for token in [bosToken, eosToken].compactMap(\.self) where token < 0 || token >= table.count {
      throw CheckpointError(path: path, key: "post_processor", "token \(token) is not in the vocabulary")
    }
    if let configuration { try apply(configuration, path: path) }
  }

  /// Applies `tokenizer_config.json`, which names tokens and the chat template.
  ///
  /// Only the post-processor of tokenizer.json decides which tokens go around a text. As in transformers 5,
  /// `add_bos_token` and `add_eos_token` have no effect beside a tokenizer.json.
  private mutating func apply(_ configuration: JSONValue, path: String) throws(CheckpointError) {
    var members = try StrictObject(configuration, path: "\(path) (tokenizer_config.json)", place: "")
    let (bos, eos) = (try specialToken("bos_token", &members), try specialToken("eos_token", &members))
    bosToken = bosToken ?? bos
    eosToken = eosToken ?? eos
    if let template = members.take("chat_template") {
      // Either one template or several with names.
      chatTemplate =
        template.string
        ?? template.array?.compactMap(\.object).first { $0["name"]?.string == "default" }?["template"]?.string
    }
  }

  private func specialToken(_ key: String, _ members: inout StrictObject) throws(CheckpointError) -> Int32? {
    guard let value = members.take(key) else { return nil }
    guard let text = value.string ?? value.object?["content"]?.string else {
      throw members.error(key, "wrong type", expected: "a string or an object with content", found: value.summary)
    }
    if let added = addedTokens.first(where: { $0.content.utf8.elementsEqual(text.utf8) }) { return added.id }
    throw members.error(key, "not among the added tokens of tokenizer.json", found: value.summary)
  }
}

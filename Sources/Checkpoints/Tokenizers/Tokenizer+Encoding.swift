// autointerp
// `Tokenizer` encodes text to token ids: it finds added tokens, normalises, cuts words and merges.
// SPDX-License-Identifier: Apache-2.0

extension Tokenizer {
  /// Returns the token ids of a text, without BOS and EOS (see `addingBoundaries(to:)`).
  ///
  /// Takes O(n log n) for n bytes, even if a word is very long.
  package func encode(_ text: String, special: SpecialTokens) -> [Int32] {
    encode(text) { _ in special == .parsed }
  }

  /// Encodes a text of several parts as one text. Special tokens are parsed only in the parts that say so.
  package func encode(_ text: TemplatedText) -> [Int32] {
    var end = 0
    let trusted = text.segments.compactMap { segment -> Range<Int>? in
      let range = end..<end + segment.text.utf8.count
      end = range.upperBound
      return segment.special == .parsed ? range : nil
    }
    // Neighbouring trusted parts count as one.
    var merged: [Range<Int>] = []
    for range in trusted {
      if let last = merged.last, last.upperBound == range.lowerBound {
        merged[merged.count - 1] = last.lowerBound..<range.upperBound
      } else {
        merged.append(range)
      }
    }
    return encode(text.text) { match in
      merged.contains { $0.lowerBound <= match.lowerBound && match.upperBound <= $0.upperBound }
    }
  }

  private func encode(_ text: String, parsesSpecials: (Range<Int>) -> Bool) -> [Int32] {
    var text = text
    return text.withUTF8 { bytes in
      var words = WordEncoder(self)
      let view = TextView(bytes: bytes)
      var start = 0
      for match in addedTokens.matches(in: view, 0..<bytes.count, parsesSpecials: parsesSpecials) {
        encodeStretch(view, start..<match.range.lowerBound, parsesSpecials, &words)
        words.output.append(match.id)
        start = match.range.upperBound
      }
      encodeStretch(view, start..<bytes.count, parsesSpecials, &words)
      return words.output
    }
  }

  /// Encodes the text between two added tokens.
  private func encodeStretch(
    _ text: TextView, _ range: Range<Int>, _ parsesSpecials: (Range<Int>) -> Bool, _ words: inout WordEncoder
  ) {
    if range.isEmpty { return }
    if definition.normalizers.isEmpty, normalizedAddedTokens.isEmpty {
      encodeWords(text, range, isFirst: range.lowerBound == 0, &words)
      return
    }
    // Trust refers to the original text: a stretch counts as trusted only if all of it is.
    let parses = parsesSpecials(range)
    var normalized = Array(text.bytes[range])
    for step in definition.normalizers { step.apply(to: &normalized, isFirst: range.lowerBound == 0) }
    normalized.withUnsafeBufferPointer { bytes in
      let view = TextView(bytes: bytes)
      var start = 0
      for match in normalizedAddedTokens.matches(in: view, 0..<bytes.count, parsesSpecials: { _ in parses }) {
        encodeWords(view, start..<match.range.lowerBound, isFirst: range.lowerBound == 0 && start == 0, &words)
        words.output.append(match.id)
        start = match.range.upperBound
      }
      encodeWords(view, start..<bytes.count, isFirst: range.lowerBound == 0 && start == 0, &words)
    }
  }

  private func encodeWords(_ text: TextView, _ range: Range<Int>, isFirst: Bool, _ words: inout WordEncoder) {
    if definition.wordPreparation.isEmpty {
      definition.preTokenizer.forEachWord(in: text, range) { words.encode(text, $0) }
      return
    }
    var prepared = Array(text.bytes[range])
    for step in definition.wordPreparation { step.apply(to: &prepared, isFirst: isFirst) }
    prepared.withUnsafeBufferPointer { bytes in
      let view = TextView(bytes: bytes)
      definition.preTokenizer.forEachWord(in: view, 0..<bytes.count) { words.encode(view, $0) }
    }
  }

  /// Adds what the model needs around a complete text: one BOS before it, as `addingBOS(to:)` does, and its EOS after
  /// it. A prompt gets no EOS, because the model continues it.
  ///
  /// - Throws: an error if the text contains more than one BOS.
  package func addingBoundaries(to ids: [Int32]) throws(CheckpointError) -> [Int32] {
    let begun = try addingBOS(to: ids)
    guard addsEOS, let eosToken else { return begun }
    return begun + [eosToken]
  }

  /// Puts one BOS before the ids if the model needs one and the text does not bring it; otherwise changes nothing.
  ///
  /// - Throws: an error if the text contains more than one BOS.
  package func addingBOS(to ids: [Int32]) throws(CheckpointError) -> [Int32] {
    guard addsBOS, let bosToken else { return ids }
    let begun = ids.first == bosToken ? ids : [bosToken] + ids
    guard begun.count < 2 || begun[1] != bosToken else {
      throw CheckpointError(
        path: definition.path, "the text begins with more than one BOS; the model's own is added, leave it out",
        found: displayText(of: bosToken) + displayText(of: bosToken))
    }
    return begun
  }
}

/// Encodes word after word into one output and reuses the merger's buffers.
struct WordEncoder {
  var output: [Int32] = []
  private let tokenizer: Tokenizer
  private var merger: PairMerger

  init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    self.merger = PairMerger(tokenizer.merges)
  }

  mutating func encode(_ text: TextView, _ range: Range<Int>) {
    let bytes = UnsafeBufferPointer(rebasing: text.bytes[range])
    if tokenizer.definition.ignoresMerges, let id = tokenizer.pieces.find(bytes, in: tokenizer.definition.table) {
      output.append(id)
      return
    }
    merger.begin()
    switch tokenizer.definition.alphabet {
    case .bytes:
      var lastWasUnknown = false
      for byte in bytes {
        let token = tokenizer.byteTokens[Int(byte)]
        if token >= 0 { merger.add(token) } else { addUnknown(after: lastWasUnknown) }
        lastWasUnknown = token < 0
      }
    case .scalars(let byteFallback): addScalars(bytes, byteFallback: byteFallback)
    }
    merger.finish(into: &output)
  }

  private mutating func addScalars(_ bytes: UnsafeBufferPointer<UInt8>, byteFallback: Bool) {
    let text = TextView(bytes: bytes)
    var lastWasUnknown = false
    var index = 0
    while index < bytes.count {
      let next = text.scalar(at: index).next
      let scalar = UnsafeBufferPointer(rebasing: bytes[index..<next])
      index = next
      if let id = tokenizer.pieces.find(scalar, in: tokenizer.definition.table) {
        merger.add(id)
        lastWasUnknown = false
      } else if byteFallback, scalar.allSatisfy({ tokenizer.byteTokens[Int($0)] >= 0 }) {
        for byte in scalar { merger.add(tokenizer.byteTokens[Int(byte)]) }
        lastWasUnknown = false
      } else {
        addUnknown(after: lastWasUnknown)
        lastWasUnknown = true
      }
    }
  }

  /// Adds the unknown token, if the model has one, for text without a token.
  private mutating func addUnknown(after lastWasUnknown: Bool) {
    guard let unknown = tokenizer.definition.unknownToken else { return }
    if !(lastWasUnknown && tokenizer.definition.fusesUnknown) { merger.add(unknown) }
  }
}

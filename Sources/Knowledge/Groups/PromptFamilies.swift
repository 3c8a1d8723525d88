// autointerp
// `PromptFamilies` puts prompts together that are nearly the same text, such as a template with one word filled in.
// SPDX-License-Identifier: Apache-2.0

/// Families of near-duplicates: two prompts of which 60 % of all words are in both belong together, and so does whatever
/// belongs to either. Prompts of one family are not independent: what three of them share may be one accident.
package struct PromptFamilies: Sendable {
  /// `[prompts]`: the number of each prompt's family, from 0 in order of first appearance.
  package let numbers: [Int]

  /// Words in both texts over words in either.
  static let smallestOverlap = 0.6

  /// - Complexity: O(sum over words of the square of the number of texts that have the word)
  package init(_ texts: [String]) {
    let words = texts.map { text in
      Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }
    var parents = Array(texts.indices)
    func root(_ start: Int) -> Int {
      var place = start
      while parents[place] != place {
        parents[place] = parents[parents[place]]
        place = parents[place]
      }
      return place
    }
    var earlier: [String: [Int]] = [:]
    var shared = Array(repeating: 0, count: texts.count)
    for (place, own) in words.enumerated() {
      var touched: [Int] = []
      for word in own {
        for other in earlier[word] ?? [] {
          if shared[other] == 0 { touched.append(other) }
          shared[other] += 1
        }
        earlier[word, default: []].append(place)
      }
      for other in touched {
        let either = own.count + words[other].count - shared[other]
        if Double(shared[other]) >= Self.smallestOverlap * Double(either) {
          // The smaller place becomes the root, whatever the order.
          let (a, b) = (root(place), root(other))
          parents[max(a, b)] = min(a, b)
        }
        shared[other] = 0
      }
    }
    var known: [Int: Int] = [:]
    numbers = texts.indices.map { place in
      let found = root(place)
      let number = known[found] ?? known.count
      known[found] = number
      return number
    }
  }
}

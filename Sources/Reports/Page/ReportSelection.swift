// autointerp
// `ReportSelection` says which neurons of a run get a section in a report.
// SPDX-License-Identifier: Apache-2.0

internal import RunIndex

package enum ReportSelection: String, CaseIterable, Sendable {
  /// Half of the places for neurons that differ between groups, the others for the strongest.
  case mixed
  /// The most specific first, whichever group they belong to.
  case specificity
  /// The largest summed |score| first.
  case score
  /// The most prompts first.
  case prompts

  /// How they were chosen, in words.
  var words: String {
    switch self {
    case .mixed:
      "up to half are those that surely differ between the first two groups, by shrunken log odds; the others have the largest "
        + "summed |score|"
    case .specificity: "by the shrunken log odds between the first two groups, whichever way"
    case .score: "by the largest summed |score|"
    case .prompts: "by the number of prompts in which they were selected"
    }
  }

  /// At most `count` neurons without sinks, in order.
  func neurons(of index: RunIndex, count: Int) throws -> [NeuronRow] {
    func found(_ order: NeuronSearch.Order, class name: String? = nil, limit: Int) throws -> [NeuronRow] {
      var search = NeuronSearch()
      search.includesSinks = false
      search.order = order
      search.specificityClass = name
      return try index.neurons(search, limit: limit).rows
    }
    func effect(_ row: NeuronRow) -> Double { abs(row.finding?.shrunkenLogOdds ?? 0) }
    func byEffect(_ rows: [NeuronRow]) -> [NeuronRow] {
      rows.sorted { a, b in effect(a) != effect(b) ? effect(a) > effect(b) : a.neuron < b.neuron }
    }
    switch self {
    case .score: return try found(.score, limit: count)
    case .prompts: return try found(.prompts, limit: count)
    case .specificity:
      let all = try found(.specificity, limit: Int(Int32.max)).filter { $0.finding?.qValue != nil }
      return all.isEmpty ? try found(.score, limit: count) : Array(byEffect(all).prefix(count))
    case .mixed:
      let different = byEffect(
        try ["domain", "baseline"].flatMap { try found(.specificity, class: $0, limit: Int(Int32.max)) })
      var chosen = Array(different.prefix(count / 2))
      var seen = Set(chosen.map(\.neuron))
      for row in try found(.score, limit: count) where chosen.count < count && seen.insert(row.neuron).inserted {
        chosen.append(row)
      }
      return chosen
    }
  }
}

// autointerp
// `EdgeStatisticsExport` writes edge_stats.json, the result of a run.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import JSON
internal import Synchronization

/// Writes the edge-statistics JSON, schema `autointerp.edge-statistics/1`.
///
/// The file depends only on corpus, model and settings, and on the BLAS kernels where a run was allowed to mix them. It holds no times, hosts or worker counts, and its bytes do
/// not depend on the order of merging. Top lists are cut here, never in the aggregate.
package struct EdgeStatisticsExport: Sendable {
  package static let schema = "autointerp.edge-statistics/1"

  package struct Options: Equatable, Sendable {
    /// The length of a profile's top lists.
    package var topCount: Int = 20
    /// Neurons that appear in fewer prompts get no profile, but the summary still counts them.
    package var minimumAppearances: Int = 1

    package init() {}
  }

  private let aggregate: EdgeAggregate
  private let specification: RunSpecification
  private let quarantined: [Int32]
  private let resultsDigest: String?
  private let computeKernels: [String]
  private let labels: [NeuronID: String]
  private let options: Options
  private let additions: (@Sendable () -> any ExportAdditions)?
  /// From the run's own random sample.
  private let trust: TrustCalibration

  /// - Parameters:
  ///   - aggregate: what to export.
  ///   - specification: the run of the aggregate.
  ///   - quarantined: the numbers of the prompts in quarantine.
  ///   - resultsDigest: a digest of the set of results from which the aggregate was made.
  ///   - computeKernels: the BLAS kernels that computed the results. They are named if there are several, because then the
  ///     bytes depend on which of them computed which prompt.
  ///   - labels: known labels from maximally activating examples (`max_act_label`).
  ///   - options: where to cut lists.
  ///   - additions: makes what the layers above add; called once, when the file is written.
  package init(
    aggregate: EdgeAggregate, specification: RunSpecification, quarantined: [Int32] = [], resultsDigest: String? = nil,
    computeKernels: [String] = [], labels: [NeuronID: String] = [:], options: Options = Options(),
    additions: (@Sendable () -> any ExportAdditions)? = nil
  ) {
    self.aggregate = aggregate
    self.specification = specification
    self.quarantined = quarantined.sorted()
    self.resultsDigest = resultsDigest
    self.computeKernels = computeKernels.sorted()
    self.labels = labels
    self.options = options
    self.additions = additions
    trust = aggregate.trustCalibration(specification.settings.rule)
  }

  /// Returns the whole file in memory.
  package func bytes() -> [UInt8] {
    var all: [UInt8] = []
    // Larger than most profiles need. Memory that is never written takes no room.
    all.reserveCapacity(aggregate.neuronCount << 13)
    write { all.append(contentsOf: $0) }
    return all
  }

  /// Writes the file in pieces of a few hundred kilobytes. While one thread passes a batch to `sink`, the next batch
  /// is made.
  ///
  /// - Throws: the error that `sink` throws.
  /// - Complexity: O(edges * log(topCount) + sum over prompts of neurons squared)
  package func write<Failure: Error>(
    to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let neurons = aggregate.sortedNeurons().filter {
      (aggregate.statistics(of: $0)?.prompts ?? 0) >= options.minimumAppearances
    }
    var json = JSONByteWriter(reservingCapacity: 1 << 16)
    json.beginObject(lines: true)
    json.key("metadata")
    writeMetadata(&json)
    json.key("summary")
    writeSummary(profileCount: neurons.count, &json)
    let additions = additions?()
    additions?.writeOverview(to: &json)
    json.key("profiles")
    json.beginArray(lines: true)
    let reader = ProfileReader(aggregate, neurons: neurons, listLength: options.topCount)
    let blocks = stride(from: 0, to: neurons.count, by: Self.blockLength).map {
      $0..<min($0 + Self.blockLength, neurons.count)
    }
    let batchLength = Self.blocksPerCore * max(1, ProcessInfo.processInfo.activeProcessorCount)
    var finished: [JSONByteWriter] = []
    for start in stride(from: 0, to: blocks.count, by: batchLength) {
      var failure: Failure?
      finished = profiles(of: Array(blocks[start..<min(start + batchLength, blocks.count)]), reader, additions) {
        do throws(Failure) {
          for block in finished { try json.passOn(elementsOf: block, into: sink) }
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
    for block in finished { try json.passOn(elementsOf: block, into: sink) }
    json.end()
    json.end()
    try json.drain(into: sink)
  }

  /// The profile of one neuron as the file has it, a JSON object; nil if no merged prompt has the neuron.
  ///
  /// - Complexity: O(edges)
  package func bytes(of neuron: NeuronID) -> [UInt8]? {
    guard let profile = aggregate.profile(of: neuron, topCount: options.topCount) else { return nil }
    var json = JSONByteWriter()
    write(profile, additions?(), &json)
    return json.bytes
  }

  /// How many rows one block has, and how many blocks per core make a batch.
  private static let blockLength = 64
  private static let blocksPerCore = 4

  /// Writes the elements of `profiles` for blocks of rows on all cores, while one of them also does `work`. The
  /// output does not depend on how rows are divided.
  private func profiles(
    of blocks: [Range<Int>], _ reader: ProfileReader, _ additions: (any ExportAdditions)?, during work: () -> Void
  ) -> [JSONByteWriter] {
    let written = Mutex([JSONByteWriter](repeating: JSONByteWriter(), count: blocks.count))
    withoutActuallyEscaping(work) { work in
      // Called once, by one thread, while the caller waits.
      nonisolated(unsafe) let work = work
      DispatchQueue.concurrentPerform(iterations: blocks.count + 1) { number in
        if number == 0 { return work() }
        let rows = blocks[number - 1]
        var json = JSONByteWriter(elementsOfLinesAtDepth: 2, reservingCapacity: rows.count << 13)
        var shared = ProfileReader.SharedPrompts(reader)
        for row in rows { write(reader.profile(row: row, &shared), additions, &json) }
        written.withLock { $0[number - 1] = json }
      }
    }
    return written.withLock { $0 }
  }

  // MARK: Metadata and summary

  private func writeMetadata(_ json: inout JSONByteWriter) {
    json.beginObject(lines: true)
    json.field("schema", Self.schema)
    json.field("run", specification.name)
    json.field("model", specification.modelName)
    json.field("model_fingerprint", specification.modelFingerprint)
    json.field("corpus", specification.corpusName)
    json.field("corpus_digest", specification.corpusDigest)
    if let resultsDigest { json.field("results_digest", resultsDigest) }
    if computeKernels.count > 1 {
      json.key("mixed_kernels")
      json.beginArray()
      for kernel in computeKernels { json.value(kernel) }
      json.end()
    }
    json.field("seed", specification.seed)
    json.key("template")
    json.beginObject()
    json.field("name", specification.template.name)
    json.field("system", specification.template.system)
    json.end()
    json.key("settings")
    specification.settings.write(to: &json)
    json.key("prompts")
    json.beginObject()
    for group in specification.groups {
      json.key(named: group.rawValue)
      json.value(specification.prompts.count { $0.origin == group })
    }
    json.end()
    json.key("quarantined_prompts")
    json.beginArray(lines: true)
    for prompt in quarantined {
      json.beginObject()
      json.field("prompt", prompt)
      if specification.prompts.indices.contains(Int(prompt)) {
        json.field("origin", specification.prompts[Int(prompt)].origin.rawValue)
        json.field("text", specification.prompts[Int(prompt)].text)
      }
      json.end()
    }
    json.end()
    json.field("top_count", options.topCount)
    json.field("minimum_appearances", options.minimumAppearances)
    json.end()
  }

  private func writeSummary(profileCount: Int, _ json: inout JSONByteWriter) {
    let totals = aggregate.totals
    json.beginObject(lines: true)
    json.field("total_prompts", totals.prompts)
    json.field("domain_prompts", totals.domainPrompts)
    json.field("baseline_prompts", totals.baselinePrompts)
    json.field("total_tokens", totals.tokens)
    json.field("total_neurons", aggregate.neuronCount)
    json.field("profiles", profileCount)
    json.field("total_edges", aggregate.edgeCount)
    json.field("neuron_occurrences", totals.nodes)
    json.field("edge_occurrences", totals.edges)
    json.field("candidate_neurons", totals.candidateNeurons)
    json.field("candidate_edges", totals.candidateEdges)
    json.field("truncated_prompts", totals.truncatedPrompts)
    json.field("least_kept_score_share", totals.leastKeptScoreShare)
    json.field("least_kept_flow_share", totals.leastKeptFlowShare)
    write(totals.coverage, &json)
    json.key("worst_conservation_residuals")
    json.beginObject()
    json.field("node_total", totals.worstResiduals.nodeTotal)
    json.field("layer_cut", totals.worstResiduals.layerCut)
    json.field("direct_effects", totals.worstResiduals.directEffects)
    json.end()
    json.field("ambiguous_tokens", aggregate.ambiguousTokenCount)
    json.field("rule", specification.settings.rule.rawValue)
    json.field("verified_nodes", totals.verifiedNodes)
    // Computed from the random samples only. Empty without verification.
    json.key("agreement")
    aggregate.agreement.write(to: &json)
    // What each trust of the profiles is based on, by what is known of a node for free.
    json.key("trust")
    trust.write(to: &json)
    json.end()
  }

  /// Of all prompts together, and of each layer. Null where graphs do not tell.
  private func write(_ coverage: LayerCoverage, _ json: inout JSONByteWriter) {
    func value(_ share: Double?) {
      if let share { json.value(Float(share)) } else { json.null() }
    }
    json.key("kept_score_share")
    value(coverage.share)
    json.key("kept_score_share_by_layer")
    json.beginArray()
    for share in coverage.shares { value(share) }
    json.end()
  }

  // MARK: Profiles

  private func write(_ profile: NeuronProfile, _ additions: (any ExportAdditions)?, _ json: inout JSONByteWriter) {
    let statistics = profile.statistics
    json.beginObject()
    json.field("layer", profile.neuron.layer)
    json.field("neuron", profile.neuron.index)
    json.key("neuron_id")
    json.value(profile.neuron)
    json.field("appearance_count", statistics.prompts)
    json.field("domain_appearance_count", statistics.domainPrompts)
    json.field("baseline_appearance_count", statistics.baselinePrompts)
    json.field("domain_specificity", profile.specificity.ratio)
    json.field("domain_log_odds", profile.specificity.logOdds)
    json.field("domain_z_score", profile.specificity.zScore)
    json.field("position_occurrences", statistics.occurrences)
    json.field("relp_sum", statistics.relpSum)
    json.field("relp_absolute_sum", statistics.absoluteRelpSum)
    json.field("relp_mean", statistics.relpSum / Double(statistics.prompts))
    json.field("relp_positive_count", statistics.positiveRelp)
    json.field("relp_negative_count", statistics.negativeRelp)
    json.field("gradient_score_sum", statistics.gradientScoreSum)
    json.field("gradient_score_absolute_sum", statistics.absoluteGradientScoreSum)
    statistics.writeScore(rule: specification.settings.rule, trust: trust, to: &json)
    json.field("activation_sum", statistics.activationSum)
    json.field("activation_mean", statistics.activationSum / Double(statistics.occurrences))
    json.field("activation_positive_count", statistics.positiveActivation)
    json.field("activation_negative_count", statistics.negativeActivation)
    json.field("upstream_edge_count", profile.upstreamCount)
    json.key("top_upstream_sources")
    json.beginArray()
    for edge in profile.upstream { write(edge, end: "source", &json) }
    json.end()
    json.field("downstream_edge_count", profile.downstreamCount)
    json.key("top_downstream_targets")
    json.beginArray()
    for edge in profile.downstream { write(edge, end: "target", &json) }
    json.end()
    json.field("output_token_count", profile.outputTokenCount)
    json.key("output_token_associations")
    json.beginArray()
    for edge in profile.outputTokens { writeOutput(edge, &json) }
    json.end()
    json.field("cooccurring_neuron_count", profile.cooccurringCount)
    json.key("top_cooccurring_neurons")
    json.beginArray()
    for other in profile.cooccurring {
      json.beginObject()
      json.key("neuron_id")
      json.value(other.neuron)
      json.field("count", other.prompts)
      json.field("frequency", other.frequency)
      json.end()
    }
    json.end()
    json.field("max_act_label", labels[profile.neuron])
    additions?.writeProfile(of: profile.neuron, to: &json)
    json.end()
  }

  private func write(_ edge: NeuronProfile.Edge, end: StaticString, _ json: inout JSONByteWriter) {
    let statistics = edge.statistics
    json.beginObject()
    json.key(end)
    json.value(edge.endpoint)
    if let token = edge.endpoint.token { json.field("text", aggregate.text(ofToken: token)) }
    json.field("count", statistics.prompts)
    json.field("frequency", edge.frequency)
    // Flows are Float32 originally, so their means need no more digits.
    json.field("avg_weight", Float(statistics.mean))
    json.field("std_weight", Float(statistics.standardDeviation))
    json.field("min_weight", Float(statistics.minimum))
    json.field("max_weight", Float(statistics.maximum))
    json.field("domain_count", statistics.domainPrompts)
    json.field("baseline_count", statistics.baselinePrompts)
    json.field("occurrences", statistics.occurrences)
    json.end()
  }

  private func writeOutput(_ edge: NeuronProfile.Edge, _ json: inout JSONByteWriter) {
    json.beginObject()
    json.field("token", edge.endpoint.token ?? 0)
    json.field("text", edge.endpoint.token.flatMap { aggregate.text(ofToken: $0) })
    json.field("count", edge.statistics.prompts)
    json.field("frequency", edge.frequency)
    json.field("avg_weight", Float(edge.statistics.mean))
    json.field("domain_count", edge.statistics.domainPrompts)
    json.field("baseline_count", edge.statistics.baselinePrompts)
    json.end()
  }
}

extension AttributionSettings {
  /// Writes every setting that affects a graph's contents. The size of sweep blocks does not, and is left out.
  func write(to json: inout JSONByteWriter) {
    json.beginObject()
    for setting in written where setting.decidesGraph {
      json.key(named: setting.name)
      switch setting.read(self) {
      case _ where setting.path == \Self.metric: metric.write(to: &json)
      case .none: json.null()
      case .integer(let value): json.value(value)
      case .number(let value): json.value(value)
      case .text(let value): json.value(value)
      }
    }
    json.end()
  }
}

extension MetricSpecification {
  fileprivate func write(to json: inout JSONByteWriter) {
    func tokens(_ kind: Metric.Kind, _ tokens: [Int32]) {
      json.field("kind", kind.rawValue)
      json.key("tokens")
      json.beginArray()
      for token in tokens { json.value(token) }
      json.end()
    }
    json.beginObject()
    switch self {
    case .topLogits(let count):
      json.field("kind", Metric.Kind.topLogits.rawValue)
      json.field("count", count)
    case .tokens(let list): tokens(.tokens, list)
    case .contrast(let first, let second): tokens(.contrast, [first, second])
    case .logProbability(let list): tokens(.logProbability, list)
    case .direction(let direction):
      json.field("kind", Metric.Kind.direction.rawValue)
      json.field("space", direction.space.rawValue)
      json.key("layer")
      if let layer = direction.layer { json.value(layer) } else { json.null() }
      json.key("position")
      if let position = direction.position { json.value(position) } else { json.null() }
      json.key("values")
      json.beginArray()
      for value in direction.values { json.value(value) }
      json.end()
    }
    json.end()
  }
}

// autointerp
// The edge-statistics file of a run.
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import Synchronization

/// Writes the edge-statistics JSON, schema `autointerp.edge-statistics/1`.
///
/// The file is a function of corpus, model and settings alone: no times, hosts or worker counts, and the same bytes
/// whatever the order of merging. Top lists are cut here, never in the aggregate.
package struct EdgeStatisticsExport: Sendable {
  package static let schema = "autointerp.edge-statistics/1"

  package struct Options: Equatable, Sendable {
    /// Length of the top lists of a profile.
    package var topCount: Int = 20
    /// Neurons that appear in fewer prompts get no profile; they are counted in the summary all the same.
    package var minimumAppearances: Int = 1

    package init() {}
  }

  private let aggregate: EdgeAggregate
  private let specification: RunSpecification
  private let quarantined: [Int32]
  private let labels: [NeuronID: String]
  private let options: Options

  /// - Parameters:
  ///   - aggregate: what to export.
  ///   - specification: the run that it belongs to.
  ///   - quarantined: numbers of prompts that were given up.
  ///   - labels: what is known about maximally activating examples (`max_act_label`), where it is.
  ///   - options: what to cut.
  package init(
    aggregate: EdgeAggregate, specification: RunSpecification, quarantined: [Int32] = [],
    labels: [NeuronID: String] = [:], options: Options = Options()
  ) {
    self.aggregate = aggregate
    self.specification = specification
    self.quarantined = quarantined.sorted()
    self.labels = labels
    self.options = options
  }

  /// The whole file in memory.
  package func bytes() -> [UInt8] {
    var all: [UInt8] = []
    // More than most profiles take; memory that is not written to is not used.
    all.reserveCapacity(aggregate.neuronCount << 13)
    write { all.append(contentsOf: $0) }
    return all
  }

  /// Writes the file in pieces of a few hundred kilobytes; while one batch of them is handed to `sink`, by one thread at a
  /// time, the next is made.
  ///
  /// - Throws: what `sink` throws.
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
      finished = profiles(of: Array(blocks[start..<min(start + batchLength, blocks.count)]), reader) {
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

  /// Rows that are written in one go, and how many such blocks a core does before the next are begun.
  private static let blockLength = 64
  private static let blocksPerCore = 4

  /// The elements of `profiles` for blocks of rows, written at once on all cores, and meanwhile, on one of them, `work`.
  /// What is written does not depend on how the rows are divided.
  private func profiles(
    of blocks: [Range<Int>], _ reader: ProfileReader, during work: () -> Void
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
        for row in rows { write(reader.profile(row: row, &shared), &json) }
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
    for (key, origin) in [("domain" as StaticString, PromptOrigin.domain), ("baseline", .baseline)] {
      json.field(key, specification.prompts.count { $0.origin == origin })
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
    json.field("least_kept_relp_share", totals.leastKeptRelpShare)
    json.field("least_kept_flow_share", totals.leastKeptFlowShare)
    json.key("worst_conservation_residuals")
    json.beginObject()
    json.field("node_total", totals.worstResiduals.nodeTotal)
    json.field("layer_cut", totals.worstResiduals.layerCut)
    json.field("direct_effects", totals.worstResiduals.directEffects)
    json.end()
    json.field("ambiguous_tokens", aggregate.ambiguousTokenCount)
    json.end()
  }

  // MARK: Profiles

  private func write(_ profile: NeuronProfile, _ json: inout JSONByteWriter) {
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
    // Flows are Float32 where they come from; their means need no more digits.
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
  /// Everything that decides what a graph contains; the size of sweep blocks, which does not, is left out.
  func write(to json: inout JSONByteWriter) {
    json.beginObject()
    json.key("metric")
    json.beginObject()
    switch metric {
    case .topLogits(let count):
      json.field("kind", Metric.Kind.topLogits.rawValue)
      json.field("count", count)
    case .tokens(let tokens):
      json.field("kind", Metric.Kind.tokens.rawValue)
      json.key("tokens")
      json.beginArray()
      for token in tokens { json.value(token) }
      json.end()
    case .contrast(let first, let second):
      json.field("kind", Metric.Kind.contrast.rawValue)
      json.key("tokens")
      json.beginArray()
      json.value(first)
      json.value(second)
      json.end()
    }
    json.end()
    json.key("position")
    if let position { json.value(position) } else { json.null() }
    json.field("tau", tau)
    json.field("edge_threshold", edgeThreshold)
    json.field("max_nodes", maximumNodeCount)
    json.end()
  }
}

// autointerp
// `EdgeStatisticsExportTests` tests that edge_stats.json equals one worked out by hand and keeps its invariants.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Circuits

@Suite struct EdgeStatisticsExportTests {
  private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func aSmallRunIsExportedAsWorkedOutByHand() throws {
    var second = Fixtures.delta(prompt: 2, origin: .baseline)
    // The baseline prompt lacks L2/N1 and its edges.
    second.graph.neurons.layer.removeLast()
    second.graph.neurons.index.removeLast()
    second.graph.neurons.position.removeLast()
    second.graph.neurons.activation.removeLast()
    second.graph.neurons.gradient.removeLast()
    second.graph.neurons.relp.removeLast()
    second.graph.edges.source = [2, 0]
    second.graph.edges.target = [0, 6]
    second.graph.edges.flow = [3, 8]
    second.graph.edges.effect = [3, 8]
    let aggregate = try Fixtures.aggregate(of: [Fixtures.delta(), second])
    let text = String(decoding: Fixtures.export(aggregate), as: UTF8.self)
    #expect(text == Self.golden)
  }

  @Test func everyInvariantHoldsOnARandomRun() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<60).map { Fixtures.randomDelta(prompt: $0) })
    let file = try parsed(Fixtures.export(aggregate, topCount: 5))
    let profiles = try #require(file["profiles"] as? [[String: Any]])
    #expect(profiles.count == aggregate.neuronCount)
    var previous = NeuronID(layer: 0, index: -1)
    for profile in profiles {
      let name = try #require(profile["neuron_id"] as? String)
      let neuron = try #require(NeuronID(name))
      #expect(previous < neuron)
      previous = neuron
      let appearances = try #require(profile["appearance_count"] as? Int)
      let specificity = try #require(profile["domain_specificity"] as? Double)
      #expect((0...1).contains(specificity))
      for list in [
        "top_upstream_sources", "top_downstream_targets", "output_token_associations", "top_cooccurring_neurons",
      ] {
        let entries = try #require(profile[list] as? [[String: Any]])
        #expect(entries.count <= 5)
        var last = Int.max
        for entry in entries {
          let count = try #require(entry["count"] as? Int)
          let frequency = try #require(entry["frequency"] as? Double)
          #expect((1...appearances).contains(count))
          // Foundation's reader may be off by one rounding.
          #expect(abs(frequency - Double(count) / Double(appearances)) < 1e-15)
          #expect(count <= last)
          last = count
        }
      }
    }
  }

  @Test func cutListsAreTheBeginningsOfUncutOnes() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<60).map { Fixtures.randomDelta(prompt: $0) })
    for neuron in aggregate.sortedNeurons() {
      let whole = try #require(aggregate.profile(of: neuron, topCount: 10_000))
      #expect(whole.upstream.count == whole.upstreamCount)
      #expect(whole.downstream.count == whole.downstreamCount)
      #expect(whole.outputTokens.count == whole.outputTokenCount)
      #expect(whole.cooccurring.count == whole.cooccurringCount)
      for length in [0, 1, 3] {
        let cut = try #require(aggregate.profile(of: neuron, topCount: length))
        #expect(cut.upstream == Array(whole.upstream.prefix(length)))
        #expect(cut.downstream == Array(whole.downstream.prefix(length)))
        #expect(cut.outputTokens == Array(whole.outputTokens.prefix(length)))
        #expect(cut.cooccurring == Array(whole.cooccurring.prefix(length)))
        #expect(cut.upstreamCount == whole.upstreamCount)
      }
    }
  }

  @Test func cooccurrenceCountsSharedPrompts() throws {
    let deltas = (0..<40).map { Fixtures.randomDelta(prompt: $0) }
    let aggregate = try Fixtures.aggregate(of: deltas)
    let sets = deltas.map { delta in
      Set(
        (0..<delta.graph.neurons.count).map {
          NeuronID(layer: Int(delta.graph.neurons.layer[$0]), index: Int(delta.graph.neurons.index[$0]))
        })
    }
    for neuron in aggregate.sortedNeurons() {
      let profile = try #require(aggregate.profile(of: neuron, topCount: 10_000))
      for other in profile.cooccurring {
        #expect(other.neuron != neuron)
        #expect(other.prompts == sets.count { $0.contains(neuron) && $0.contains(other.neuron) })
      }
      let together = sets.filter { $0.contains(neuron) }.reduce(into: Set<NeuronID>()) { $0.formUnion($1) }
      #expect(profile.cooccurringCount == together.count - 1)
      let order = profile.cooccurring.map { (-$0.prompts, $0.neuron) }
      #expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func rareNeuronsCanBeLeftOutOfTheFile() throws {
    let aggregate = try Fixtures.aggregate(of: (0..<20).map { Fixtures.randomDelta(prompt: $0) })
    var options = EdgeStatisticsExport.Options()
    let most = aggregate.sortedNeurons().map { aggregate.statistics(of: $0)?.prompts ?? 0 }.max() ?? 0
    options.minimumAppearances = most
    let file = try parsed(
      EdgeStatisticsExport(
        aggregate: aggregate, specification: Fixtures.specification(domain: 14, baseline: 6), options: options
      ).bytes())
    let profiles = try #require(file["profiles"] as? [[String: Any]])
    let frequent = aggregate.sortedNeurons().filter { (aggregate.statistics(of: $0)?.prompts ?? 0) >= most }
    #expect(profiles.count == frequent.count)
    #expect(profiles.count < aggregate.neuronCount)
  }

  @Test func quarantinedPromptsAndLabelsAreNamed() throws {
    let aggregate = try Fixtures.aggregate(of: [Fixtures.delta()])
    let file = try parsed(
      EdgeStatisticsExport(
        aggregate: aggregate, specification: Fixtures.specification(domain: 2, baseline: 1), quarantined: [2, 1],
        labels: [NeuronID(layer: 2, index: 1): "says \"b\""]
      ).bytes())
    let metadata = try #require(file["metadata"] as? [String: Any])
    let quarantined = try #require(metadata["quarantined_prompts"] as? [[String: Any]])
    #expect(quarantined.map { $0["prompt"] as? Int } == [1, 2])
    #expect(quarantined.map { $0["origin"] as? String } == ["domain", "baseline"])
    let profiles = try #require(file["profiles"] as? [[String: Any]])
    #expect(profiles.map { $0["max_act_label"] as? String } == [nil, "says \"b\""])
  }

  @Test func kernelsAreNamedOnlyWhereARunMixesThem() throws {
    func metadata(_ kernels: [String]) throws -> [String: Any]? {
      let export = EdgeStatisticsExport(
        aggregate: EdgeAggregate(), specification: Fixtures.specification(domain: 1, baseline: 0),
        computeKernels: kernels)
      return try parsed(export.bytes())["metadata"] as? [String: Any]
    }
    #expect(try metadata([])?["mixed_kernels"] == nil && metadata(["Zen"])?["mixed_kernels"] == nil)
    #expect(try metadata(["Zen", "Haswell"])?["mixed_kernels"] as? [String] == ["Haswell", "Zen"])
  }

  @Test func anEmptyRunIsAFileWithoutProfiles() throws {
    let file = try parsed(Fixtures.export(EdgeAggregate()))
    #expect((file["profiles"] as? [Any])?.isEmpty == true)
  }

  @Test func aFailingSinkStopsTheExport() throws {
    struct DiskFull: Error {}
    let aggregate = try Fixtures.aggregate(of: [Fixtures.delta()])
    let export = EdgeStatisticsExport(
      aggregate: aggregate, specification: Fixtures.specification(domain: 1, baseline: 0))
    #expect(throws: DiskFull.self) { try export.write { _ in throw DiskFull() } }
  }
  /// Flows of prompt 0 (domain) and prompt 2 (baseline), one number a prompt: E_5 -> L0/N3 -0.25 and 3, E_7 -> L0/N3 2,
  /// L0/N3 -> L_9 4 and 8, L0/N3 -> L2/N1 0.5 + 1, L2/N1 -> L_7 -3. Log odds of L2/N1: ln 9, error sqrt(16 / 3).
  private static let golden = #"""
    {
     "metadata": {
      "schema": "autointerp.edge-statistics/1",
      "run": "run-1",
      "model": "tiny",
      "model_fingerprint": "abc",
      "corpus": "medical",
      "corpus_digest": "def",
      "seed": 3,
      "template": {"name":"raw","system":null},
      "settings": {"metric":{"kind":"logprob","tokens":[]},"position":null,"rule":"gradient","select":"top=200","edge_threshold":0.0005,"max_nodes":500,"verify":"budget=1000","verify_with":"zero"},
      "prompts": {"domain":2,"baseline":1},
      "quarantined_prompts": [],
      "top_count": 20,
      "minimum_appearances": 1
     },
     "summary": {
      "total_prompts": 2,
      "domain_prompts": 1,
      "baseline_prompts": 1,
      "total_tokens": 6,
      "total_neurons": 2,
      "profiles": 2,
      "total_edges": 5,
      "neuron_occurrences": 5,
      "edge_occurrences": 10,
      "candidate_neurons": 8,
      "candidate_edges": 40,
      "truncated_prompts": 0,
      "least_kept_score_share": 0.9,
      "least_kept_flow_share": 0.8,
      "kept_score_share": null,
      "kept_score_share_by_layer": [],
      "worst_conservation_residuals": {"node_total":1e-06,"layer_cut":2e-06,"direct_effects":3e-06},
      "ambiguous_tokens": 0,
      "rule": "gradient",
      "verified_nodes": 0,
      "agreement": [],
      "trust": []
     },
     "profiles": [
      {"layer":0,"neuron":3,"neuron_id":"L0/N3","appearance_count":2,"domain_appearance_count":1,"baseline_appearance_count":1,"domain_specificity":0.5,"domain_log_odds":0.0,"domain_z_score":0.0,"position_occurrences":4,"relp_sum":2.0,"relp_absolute_sum":10.0,"relp_mean":1.0,"relp_positive_count":2,"relp_negative_count":2,"gradient_score_sum":0.0,"gradient_score_absolute_sum":0.0,"rule":"gradient","score_sum":0.0,"score_absolute_sum":0.0,"score_mean":0.0,"trust":"uncalibrated","trust_counts":{"uncalibrated":4},"verified_count":0,"contribution_mean":null,"contribution_sum":0.0,"contribution_absolute_sum":0.0,"activation_sum":2.0,"activation_mean":0.5,"activation_positive_count":2,"activation_negative_count":2,"upstream_edge_count":2,"top_upstream_sources":[{"source":"E_5","text":" a","count":2,"frequency":1.0,"avg_weight":1.375,"std_weight":1.625,"min_weight":-0.25,"max_weight":3.0,"domain_count":1,"baseline_count":1,"occurrences":4},{"source":"E_7","text":"\n","count":1,"frequency":0.5,"avg_weight":2.0,"std_weight":0.0,"min_weight":2.0,"max_weight":2.0,"domain_count":1,"baseline_count":0,"occurrences":1}],"downstream_edge_count":2,"top_downstream_targets":[{"target":"L_9","text":" \"b\"","count":2,"frequency":1.0,"avg_weight":6.0,"std_weight":2.0,"min_weight":4.0,"max_weight":8.0,"domain_count":1,"baseline_count":1,"occurrences":2},{"target":"2_1","count":1,"frequency":0.5,"avg_weight":1.5,"std_weight":0.0,"min_weight":1.5,"max_weight":1.5,"domain_count":1,"baseline_count":0,"occurrences":2}],"output_token_count":1,"output_token_associations":[{"token":9,"text":" \"b\"","count":2,"frequency":1.0,"avg_weight":6.0,"domain_count":1,"baseline_count":1}],"cooccurring_neuron_count":1,"top_cooccurring_neurons":[{"neuron_id":"L2/N1","count":1,"frequency":0.5}],"max_act_label":null},
      {"layer":2,"neuron":1,"neuron_id":"L2/N1","appearance_count":1,"domain_appearance_count":1,"baseline_appearance_count":0,"domain_specificity":1.0,"domain_log_odds":2.197225,"domain_z_score":0.951426,"position_occurrences":1,"relp_sum":-2.0,"relp_absolute_sum":2.0,"relp_mean":-2.0,"relp_positive_count":0,"relp_negative_count":1,"gradient_score_sum":0.0,"gradient_score_absolute_sum":0.0,"rule":"gradient","score_sum":0.0,"score_absolute_sum":0.0,"score_mean":0.0,"trust":"uncalibrated","trust_counts":{"uncalibrated":1},"verified_count":0,"contribution_mean":null,"contribution_sum":0.0,"contribution_absolute_sum":0.0,"activation_sum":0.5,"activation_mean":0.5,"activation_positive_count":1,"activation_negative_count":0,"upstream_edge_count":1,"top_upstream_sources":[{"source":"0_3","count":1,"frequency":1.0,"avg_weight":1.5,"std_weight":0.0,"min_weight":1.5,"max_weight":1.5,"domain_count":1,"baseline_count":0,"occurrences":2}],"downstream_edge_count":1,"top_downstream_targets":[{"target":"L_7","text":"\n","count":1,"frequency":1.0,"avg_weight":-3.0,"std_weight":0.0,"min_weight":-3.0,"max_weight":-3.0,"domain_count":1,"baseline_count":0,"occurrences":1}],"output_token_count":1,"output_token_associations":[{"token":7,"text":"\n","count":1,"frequency":1.0,"avg_weight":-3.0,"domain_count":1,"baseline_count":0}],"cooccurring_neuron_count":1,"top_cooccurring_neurons":[{"neuron_id":"L0/N3","count":1,"frequency":1.0}],"max_act_label":null}
     ]
    }

    """#
}

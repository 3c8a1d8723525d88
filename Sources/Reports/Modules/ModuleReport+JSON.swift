// autointerp
// `ModuleReport.json` writes the modules of a run for programs.
// SPDX-License-Identifier: Apache-2.0

package import JSON
package import Knowledge

extension ModuleReport {
  /// All modules, or one of them.
  package func json(only module: ModuleFindings.Module? = nil) -> [UInt8] {
    var json = JSONByteWriter(reservingCapacity: 1 << 16)
    json.beginObject(lines: true)
    json.field("schema", "autointerp.modules/1")
    json.field("run", run)
    json.field("prompts", findings.prompts)
    json.field("cut_prompts", findings.cutPrompts)
    json.key("settings")
    json.value([
      "resolution": .number(findings.settings.resolution), "seed": .string("\(findings.settings.seed)"),
      "fewest_prompts": .integer(findings.settings.fewestPrompts),
      "most_neurons": .integer(findings.settings.mostNeurons),
      "fewest_members": .integer(findings.settings.fewestMembers),
    ])
    json.key("searched")
    json.value([
      "neurons": .integer(findings.neurons), "rare": .integer(findings.rareNeurons),
      "cut": .integer(findings.cutNeurons), "sinks": .array(findings.sinks.map { .string($0) }),
      "families": .integer(findings.families), "strata": .integer(findings.strata),
      "lone_prompts": .integer(findings.lonePrompts),
      "tested_pairs": .integer(findings.tests), "linked_neurons": .integer(findings.linkedNeurons),
    ])
    for (key, figure) in [
      ("links", findings.links), ("modularity", findings.modularity), ("halves_agreement", findings.halvesAgreement),
    ] {
      json.key(named: key)
      json.value(Self.json(figure))
    }
    json.field("halves_neurons", findings.halvesNeurons)
    json.key("profile_similarity")
    json.value([
      "linked": .optional(findings.linkedSimilarity?.significant),
      "others": .optional(findings.unlinkedSimilarity?.significant),
    ])
    json.field("beyond_chance", findings.believed.count)
    json.key("motifs")
    json.value(motifs)
    json.key("roles")
    json.value(roles)
    json.key("modules")
    json.beginArray(lines: true)
    for found in module.map({ [$0] }) ?? findings.modules { json.value(Self.json(found)) }
    json.end()
    json.end()
    return json.bytes
  }

  /// A number beside random rounds.
  package static func json(_ figure: AgainstChance?) -> JSONValue {
    guard let figure else { return .null }
    return [
      "value": .number(figure.value.significant), "random_mean": .number(figure.mean.significant),
      "random_largest": .number(figure.largest.significant), "rounds": .integer(figure.rounds),
      "z": .optional(figure.z?.significant), "p_value": .number(figure.pValue.significant),
    ]
  }

  private var motifs: JSONValue {
    guard let motifs = findings.motifs else { return .null }
    return [
      "neurons": .integer(motifs.neurons), "edges": .integer(motifs.edges), "chains": .integer(motifs.chains),
      "fan_ins": .integer(motifs.fanIns), "fan_outs": .integer(motifs.fanOuts),
      "triangles": Self.json(motifs.triangles), "beyond_chance": .boolean(motifs.isBeyondChance),
      "exchanged": .number(motifs.exchanged.significant),
      "strongest_triangles": .array(motifs.strongest.map { .array($0.map { .string($0) }) }),
    ]
  }

  private var roles: JSONValue {
    guard let roles = findings.roles else { return .null }
    return [
      "clusters": .integer(roles.clusters), "tested": .integer(roles.tested),
      "mean_entropy": .number(roles.meanEntropy.significant),
      "random_entropy": .number(roles.randomEntropy.significant),
      "inconstant": .array(
        roles.inconstant.map { neuron in
          [
            "neuron": .string(neuron.neuron), "entropy": Self.json(neuron.entropy),
            "q_value": .number(neuron.qValue.significant),
            "roles": .array(
              neuron.roles.map { part in
                [
                  "module": .optional(part.module), "role": .string(part.role), "prompts": .integer(part.prompts),
                ]
              }),
          ]
        }),
    ]
  }

  private static func json(_ module: ModuleFindings.Module) -> JSONValue {
    [
      "name": .string(module.name), "beyond_chance": .boolean(module.isBeyondChance),
      "size": .integer(module.members.count), "links": .integer(module.links), "strength": json(module.strength),
      "halves_overlap": json(module.halves),
      "halves_q_value": .optional(module.halvesQ?.significant), "stable": .boolean(module.isStable),
      "profile_similarity": .number(module.profileSimilarity.significant),
      "members": .array(
        module.members.map { member in
          [
            "neuron": .string(member.neuron), "weight": .number(member.weight.significant),
            "inside": .number(member.inside.significant), "prompts": .integer(member.prompts),
          ]
        }), "prompts": .array(module.prompts.map { .integer(Int($0)) }),
      "families": .integer(module.families),
      "groups": .array(
        module.groups.map { group in
          [
            "group": .string(group.name), "active": .integer(group.active), "prompts": .integer(group.prompts),
            "q_value": .optional(group.qValue?.significant),
          ]
        }),
      "endings": .array(
        module.endings.map { ending in
          ["text": .string(ending.text), "active": .integer(ending.active), "prompts": .integer(ending.prompts)]
        }), "drivers": json(module.drivers), "targets": json(module.targets),
    ]
  }

  private static func json(_ ends: [ModuleFindings.SharedEnd]) -> JSONValue {
    .array(
      ends.map { end in
        [
          "id": .string(end.end), "text": .optional(end.text), "members": .integer(end.members),
          "ratio": .number(end.ratio.significant),
        ]
      })
  }
}

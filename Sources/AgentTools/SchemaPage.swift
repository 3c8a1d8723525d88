// autointerp
// `SchemaPage` describes the tables and views of a run that can be asked with SQL.
// SPDX-License-Identifier: Apache-2.0

package enum SchemaPage {
  /// In Markdown. A test compares it with the tables and views there are.
  package static let text = """
    # What can be asked

    `autointerp query RUN.sqlite "SELECT ..."` opens three files read-only: the run's index (`RUN.sqlite-index`, made from the
    run's committed results, thrown away when it is stale), the run's file as `run`, and labels (`RUN.sqlite-labels`) as `labels`.
    A neuron is always written `L29/N729`; tokens and logits have their text beside their id (`E_504`, `L_791`), the metric is `M`.

    **score**: a node's attribution to the metric of its prompt, by the run's rule. **flow**: what an edge carries to the metric:
    its direct effect on the target, times what the target does to the metric; for a logit, the direct effect. **contribution**:
    measured, the metric minus the metric without the neuron. **prompts**: merged prompts in which a neuron was selected into the
    graph, each counted once; a frequency is relative to the prompts of the neuron it is about. **activation**: the value of the
    hidden unit. **q_value**, **p_value** and **log_odds** belong to the test that counts: within prompts of equal form if the
    groups differ in form (`test` is `stratified`), else over all prompts. In edge_stats.json `log_odds` is always over all prompts.
    `profiles` holds the first comparison of groups, `specificity` all: by the prompts in which a neuron was selected (`basis` is
    `selected`), then by those in which it is among the most active ones (`active`). `peaks` holds the strongest activations of
    each prompt, of neurons that some prompt selected.

    ## Views

    | view | one row per | columns |
    |---|---|---|
    | `profiles` | neuron | neuron, layer, index, prompts, domain_prompts, baseline_prompts, other_prompts, class, q_value, p_value, log_odds, log_odds_low, log_odds_high, shrunken_log_odds, role, role_score, role_is_stable, is_sink, positions, first_positions, last_positions, mean_activation, mean_score, mean_absolute_score, total_absolute_score, removals, mean_contribution, mean_absolute_contribution |
    | `evidence` | neuron, prompt, position | neuron, layer, index, prompt, group_name, position, token, token_text, activation, score, relp, gradient_score, stream_share, contribution, sampled |
    | `peaks` | neuron, prompt, position | neuron, layer, index, prompt, group_name, position, token, token_text, activation |
    | `edges` | edge | source_kind, source, source_text, target_kind, target, target_text, prompts, domain_prompts, baseline_prompts, other_prompts, occurrences, mean_flow, flow_sum, absolute_flow_sum, square_flow_sum, minimum_flow, maximum_flow |
    | `specificity` | neuron, comparison of groups | neuron, first_group, second_group, basis, first_count, first_total, second_count, second_total, class, q_value, p_value, log_odds, log_odds_low, log_odds_high, shrunken_log_odds, test, crude_q, stratified_q |
    | `prompts` | prompt | prompt, group_name, text, answer_prefix, is_merged, metric_value, tokens, prediction |
    | `tokens` | prompt, position | prompt, position, token, text |
    | `predictions` | prompt, traced logit | prompt, rank, token, text, logit, probability |
    | `labels.labels` | label | neuron, layer, index, polarity, text, source, version, score |
    | `labels.scores` | label, kind of score, scorer | neuron, source, version, text, kind, scorer, value, low, high, control, prompts |

    ## Tables of the index

    Packed node numbers: `layer << 32 | index` of a neuron, `1 << 62 | token` of an input token, `-1 << 63 | token` of a logit, `-1 << 62`
    of the metric.

    | table | one row per | what it holds |
    |---|---|---|
    | `info` | key | format, digest of the committed results, numbers of prompts, run, model, rule |
    | `prompt` | prompt | number, group, text, whether it is merged, position and value of its metric |
    | `token` | token id | its text |
    | `prompt_token` | prompt, position | the token there |
    | `prediction` | prompt, traced logit | token, logit, probability, weight in the metric |
    | `neuron` | neuron | counts, sums, role; `numbers` is the exact statistics, packed |
    | `neuron_group` | neuron, group | prompts of the group in which the neuron was selected |
    | `sink` | sink | the figures that make it one |
    | `comparison` | pair of groups, basis | tests, findings, the findings of each permutation (`null_findings`), what could be found |
    | `finding` | comparison, neuron | counts, class, both tests |
    | `agreement` | place (`first`, `later`) | how well scores agree with removals of random nodes at position 0 and beyond it |
    | `edge` | edge | counts and sums of flow over prompts |
    | `peak` | neuron, prompt, position | activation, if it is among the strongest of the prompt |
    | `occurrence` | neuron, prompt, position | activation, scores, `removal` (change of the metric when it was removed) |

    ## Tables of the run's file (`run.`)

    | table | one row per | what it holds |
    |---|---|---|
    | `run` | file | name, state, model, template, corpus, seed |
    | `settings` | setting | name and value |
    | `prompts` | prompt | group (`origin`), text, answer prefix, target |
    | `deltas` | merged prompt | attempt, worker, kernel, milliseconds, digest, and the graph as MessagePack (`payload`) |
    | `senders` | merged prompt | key and address of its worker |
    | `failures` | failed attempt | worker, kind, error |
    | `quarantine` | prompt that was given up | reason |
    | `discards` | prompt whose result was taken back | the last attempt that is void |
    | `spot_checks` | another key's result of a merged prompt | as in `deltas`, to compare; no `payload` where it is the same |
    | `disagreements` | result of a prompt on which keys disagree | worker, key, digest, payload; whether it is in the statistics (`is_result`) |
    | `workers` | start of a worker | host, slots, model, version |
    | `epochs` | start of a coordinator | version, time |
    | `orders` | order of a person | what was ordered (cancel, retry, discard), when, by which key and from which address |
    | `specification_copy` | run | a second copy of prompts and settings, with which a damaged file is repaired |
    | `agreement` | rule, position class and third of the layers | how well scores agree with removals, with intervals |
    | `neuron_scores` | neuron | score of the rule that ranks, trust, and measured contributions |
    | `aggregate`, `neurons`, `edges`, `tokens`, `prompt_graphs`, `prompt_neurons`, `named_edges` | | the merged statistics, written when a run ends; the index has the same and is never behind |

    ## Examples

    ```
    SELECT token_text, count(*), avg(activation) FROM evidence WHERE neuron = 'L29/N560' GROUP BY token ORDER BY 2 DESC
    SELECT neuron, class, q_value, role FROM profiles WHERE NOT is_sink ORDER BY shrunken_log_odds DESC LIMIT 20
    SELECT source, source_text, mean_flow, prompts FROM edges WHERE target = 'L29/N560' ORDER BY absolute_flow_sum DESC LIMIT 10
    SELECT neuron, avg(contribution), count(*) FROM evidence WHERE sampled GROUP BY neuron ORDER BY 3 DESC LIMIT 10
    ```

    """
}

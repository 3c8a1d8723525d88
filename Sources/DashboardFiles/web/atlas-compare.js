// autointerp
// The views that compare: groups of prompts, two neurons, and two runs.
// SPDX-License-Identifier: Apache-2.0

const groupsView = async (main) => {
  const query = { group: atlas.query.get("group") || "", class: atlas.query.get("class") || "" };
  const { comparisons } = atlas.overview;
  if (comparisons.length === 0) {
    main.replaceChildren(h("div", "title", h("h1", "", "Groups"), note("This run has only one group of prompts, so that nothing can be compared. Run it again with --baseline FILE.")));
    return;
  }
  const change = (name) => (value) => go("/groups", { ...query, [name]: value });
  const list = h("ol", "lines");
  const cloud = h("div", "");
  // The ends of the list, and what is in most prompts: together they show where neurons lie.
  const [answer, lowest, frequent] = await Promise.all([ask("compare_groups", { ...query, limit: 100 }),
    ask("compare_groups", { ...query, class: query.class || "baseline", limit: 100 }),
    !query.group || query.group === comparisons[0].second ? ask("search_neurons", { class: query.class, sort: "prompts", limit: 100 }) : { neurons: [] }]);
  const drawn = new Map([...frequent.neurons, ...lowest.neurons, ...answer.neurons].map((line) => [line.neuron, line]));
  const points = [...drawn.values()].map((line) => ({ line, pairs: readCounts(line.counts) })).filter((row) => row.pairs).map(({ line, pairs }) => ({
    x: pairs[1][0] / Math.max(1, pairs[1][1]), y: pairs[0][0] / Math.max(1, pairs[0][1]), kind: `class-${line.class}`, path: `/neuron/${line.neuron}`,
    title: `${line.neuron}: ${pairs[0][0]} of ${pairs[0][1]} against ${pairs[1][0]} of ${pairs[1][1]}, ${line.class}, q ${scientific(line.q_value)}`,
  }));
  if (points.length) {
    cloud.append(cloudPlot(points, `share of ${answer.second} prompts`, `share of ${answer.first} prompts`, `Shares of prompts in ${answer.first} against ${answer.second} of ${points.length} neurons`, { isShare: true }),
      note(`${points.length} of ${count(answer.total)} neurons: the first of the list, those of the class baseline, and those in most prompts. On the line both shares are equal.`));
  }
  const { more, add } = growing(list, async (cursor) => {
    const page = cursor ? await ask("compare_groups", { ...query, limit: 25, cursor }) : await ask("compare_groups", { ...query, limit: 25 });
    return { rows: page.neurons, next: page.next_cursor, total: page.total };
  }, neuronRow);
  const page = await add();
  const names = ["domain", "baseline", "general", "undetermined"];
  main.replaceChildren(
    h("div", "title", h("h1", "", `${answer.first} against ${answer.second}`),
      h("p", "lead", `${count(answer.findings)} of ${count(answer.tested_neurons)} tested neurons differ. With groups drawn at random ${short(answer.mean_with_random_groups)} would on average, at most ${count(answer.most_with_random_groups)}.`),
      ...answer.warnings.map((text) => h("p", "warning text", text)), cautions(answer.caveats.filter((text) => !answer.warnings.includes(text)))),
    h("div", "filters",
      comparisons.length > 1 ? choice("Compare with", comparisons.map((comparison) => [comparison.second, comparison.second]), query.group || comparisons[0].second, change("group")) : null,
      choice("Class", [["", "any"], ...names.map((name) => [name, name])], query.class, change("class"))),
    h("div", "columns", h("div", "column", card("Shares", cloud)), h("div", "column", card("Most specific first", groupKey([answer.first, answer.second]), list, more))));
  speak(`${plural(page.total, "neuron", "neurons")}`);
};

const pairView = async (main) => {
  const [first, second] = [readNeuron(atlas.query.get("first") || ""), readNeuron(atlas.query.get("second") || "")];
  if (!first || !second) throw new Error("Name two neurons: #/compare?first=L29/N560&second=L28/N1095.");
  const answer = await ask("compare_neurons", { first, second, limit: 20 });
  const lines = (rows) => (rows.length === 0 ? note("None among the 200 strongest of each.") : h("ul", "pairs", h("li", "reading", h("span", ""), h("span", "", first), h("span", "", second)),
    ...rows.map((row) => h("li", "", endLink(row), h("span", "reading", signed(row.first_mean_flow)), h("span", "reading", signed(row.second_mean_flow))))));
  const { edge } = answer;
  main.replaceChildren(
    h("div", "title", h("h1", "", "Two neurons"), h("p", "lead", `Together in ${plural(answer.prompts_in_common, "prompt", "prompts")}, ${percent(answer.jaccard)} of those with either. ${edge ? `The edge between them has a mean flow of ${signed(edge.mean_flow)} in ${plural(edge.prompts, "prompt", "prompts")}.` : "No direct edge between them was kept."}`),
      cautions(answer.caveats)),
    h("ol", "lines", neuronRow(answer.first), neuronRow(answer.second)),
    h("div", "columns", h("div", "column", card("Drivers in common", lines(answer.shared_drivers))), h("div", "column", card("Targets in common", lines(answer.shared_targets)))));
};

// A neuron's line in a comparison of runs: its prompts on both sides.
const changeRow = (row, run) => {
  const pair = (side) => [side.prompts, side.of];
  const [first, second] = [pair(row.first), pair(row.second)];
  const name = h("a", "mono id", row.neuron_id);
  name.href = `#/neuron/${row.neuron_id}?run=${encodeURIComponent(run)}`;
  const shares = h("span", "shares", shareBar(first, 0), shareBar(second, 1));
  return h("li", "line", name, h("span", "what", row.is_sink ? badge("warn", "sink") : null),
    h("span", "shares-box", shares, h("span", "reading", `${first.join("/")} · ${second.join("/")}`)), h("span", "reading q", isNumber(row.q_value) ? `q ${scientific(row.q_value)}` : ""), h("span", "label"));
};

const runsView = async (main) => {
  const { runs } = atlas.contents;
  if (runs.length < 2) throw new Error("This server has one run only: start autointerp serve with two.");
  const [first, second] = [atlas.query.get("first") || runs[0], atlas.query.get("second") || runs.find((name) => name !== (atlas.query.get("first") || runs[0]))];
  const change = (name) => (value) => go("/runs", { first, second, [name]: value });
  const body = h("div", "", note("Comparing; this takes some seconds …"));
  main.replaceChildren(h("div", "title", h("h1", "", "Two runs")),
    h("div", "filters", choice("A", runs.map((name) => [name, name]), first, change("first")), choice("B", runs.map((name) => [name, name]), second, change("second"))), body);
  await fill(body, async () => {
    const answer = await ask("compare_runs", { first, second, limit: 50 });
    const { neurons, edges } = answer;
    const found = `${count(neurons.findings)} of ${count(neurons.tested)} tested neurons differ${neurons.permutation_null ? `; with sides drawn at random ${short(neurons.permutation_null.mean_findings)} on average, at most ${count(neurons.permutation_null.largest_findings)}` : ""} (${neurons.test})`;
    const lists = [["lost", "Only or more in A", first], ["gained", "Only or more in B", second], ["changed", "In both, but not equally", first], ["likeliest", "Likeliest differences, by shrunken log odds", first]]
      .map(([key, title, run]) => [title, (neurons[key] || []).map((row) => changeRow(row, run))]).filter(([, rows]) => rows.length > 0);
    return [h("p", "lead", `${answer.paired ? "In pairs of equal prompts: " : ""}${found}.`),
      h("p", "reading", `A: ${count(answer.first.prompts)} prompts, ${answer.first.model}. B: ${count(answer.second.prompts)} prompts, ${answer.second.model}. ${count(neurons.in_both)} neurons are in both, ${count(neurons.only_in_first)} in A only, ${count(neurons.only_in_second)} in B only; of edges ${count(edges.in_both)}, ${count(edges.only_in_first)} and ${count(edges.only_in_second)}.`),
      answer.what_differs.length ? h("p", "warning text", `What differs besides: ${answer.what_differs.join("; ")}.`) : null,
      cautions([...answer.warnings, ...answer.notes]), groupKey(["A", "B"]),
      h("div", "columns", ...[0, 1].map((side) => h("div", "column", ...lists.filter((_, number) => number % 2 === side).map(([title, rows]) => card(title, h("ol", "lines", ...rows))))))];
  });
};

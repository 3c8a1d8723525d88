// autointerp
// Shows the top neurons and their strongest edges.
// The list is fetched every five seconds while the page is visible and prompts are being merged. All edges of a neuron
// are fetched when it is opened.
// SPDX-License-Identifier: Apache-2.0

// "15_7890" -> "L15/N7890"; tokens as text with visible blanks.
const nodeName = (edge) => {
  const match = /^(\d+)_(\d+)$/.exec(edge.node);
  if (match) return `L${match[1]}/N${match[2]}`;
  if (typeof edge.text !== "string" || edge.text === "") return edge.node;
  return edge.text.replaceAll("\n", "↵").replaceAll(" ", "␣");
};
const nodeTitle = (edge) => {
  const kind = edge.node.startsWith("E_") ? "input token" : edge.node.startsWith("L_") ? "output token" : "neuron";
  return `${kind} ${edge.node}${edge.text ? ` "${edge.text}"` : ""}, in ${plural(edge.prompts, "prompt", "prompts")} (${Math.round(edge.frequency * 100)} %), mean flow ${signed(edge.meanFlow)}, mean |flow| ${signed(edge.meanAbsoluteFlow).slice(1)}${isMixed(edge) ? "; its sign differs between prompts" : ""}`;
};

// True if more than a tenth of what the edge carries has the opposite sign.
const isMixed = (edge) => Math.abs(edge.meanFlow) < 0.8 * edge.meanAbsoluteFlow;
const flowText = (edge) => (isMixed(edge) ? `±${signed(edge.meanAbsoluteFlow).slice(1)}` : signed(edge.meanFlow));
const flowClass = (edge) => (isMixed(edge) ? "mixed" : edge.meanFlow < 0 ? "minus" : "plus");

const edgeChip = () => {
  const chip = h("span", "edge", h("span", "node mono text"), h("span"));
  return chip;
};
const renderEdges = (container, edges) => {
  keyed(container, edges, (edge) => edge.node, edgeChip, (chip, edge) => {
    setText(chip.firstChild, nodeName(edge));
    setText(chip.lastChild, flowText(edge));
    chip.lastChild.className = flowClass(edge);
    chip.classList.toggle("token", /^[EL]_/.test(edge.node));
    chip.title = nodeTitle(edge);
  });
};

// Score, how far it can be trusted, and what was measured when the neuron was removed.
const scoreText = (neuron) => {
  if (!isNumber(neuron.meanScore)) return `mean RelP ${signed(neuron.meanRelp)}`;
  const measured = neuron.verifiedCount > 0 && isNumber(neuron.meanContribution)
    ? `; removed at ${plural(neuron.verifiedCount, "position", "positions")}: contribution ${signed(neuron.meanContribution)}` : "";
  return `mean score ${signed(neuron.meanScore)} (${neuron.rule}, trust: ${neuron.trust})${measured}`;
};

const neuronRow = (neuron, run) => {
  const parts = {
    rank: h("span", "rank"), label: h("span", "label text"), share: h("span"), shareNote: h("span"),
    domain: h("i"), baseline: h("i"), upstream: h("span", "edges"), downstream: h("span", "edges"), detail: h("div", "detail"),
  };
  const way = (arrow, label, edges) => {
    const mark = h("span", "", arrow);
    mark.title = label;
    return h("span", "way", mark, edges);
  };
  const row = h("details", "neuron",
    h("summary", "", parts.rank, h("span", "id", h("b", "mono", neuron.neuron), parts.label),
      h("span", "share", parts.share, parts.shareNote, h("span", "split", parts.domain, parts.baseline)),
      way("←", "driven by", parts.upstream), way("→", "drives", parts.downstream)), parts.detail);
  row.parts = parts;
  row.neuron = neuron.neuron;
  row.run = run.name;
  row.addEventListener("toggle", () => { if (row.open) loadDetail(row); });
  return row;
};

const loadDetail = async (row) => {
  const { run, neuron } = row;
  const list = (title, items) => h("div", "", h("h3", "", title), h("ul", "", ...(items.length ? items : [h("li", "", h("span", "", "none yet"))])));
  const edge = (item) => {
    const line = h("li", "", h("span", "mono text", nodeName(item)), h("span", "", `${flowText(item)} in ${count(item.prompts)}`));
    line.title = nodeTitle(item);
    return line;
  };
  try {
    const explore = h("a", "", "Explore it");
    explore.href = `/atlas#/neuron/${neuron}?run=${encodeURIComponent(run)}`;
    const { profile } = await getJSON(`/neurons/${neuron}?run=${encodeURIComponent(run)}`);
    row.parts.detail.replaceChildren(
      h("p", "score", `${scoreText(profile)}. `, explore),
      list("Driven by (mean flow, prompts)", profile.upstream.slice(0, 15).map(edge)),
      list("Drives", profile.downstream.slice(0, 15).map(edge)),
      list("Selected together with", profile.cooccurring.slice(0, 15).map((other) =>
        h("li", "", h("span", "mono", other.neuron), h("span", "", `${Math.round(other.frequency * 100)} % of its prompts`)))));
  } catch (error) {
    row.parts.detail.replaceChildren(h("p", "empty", error.message));
  }
};

let neuronsOf = null;
const renderNeurons = (neurons, run) => {
  neuronsOf = run.name;
  setText($("sort-score"), run.rule ? `by |score| (${run.rule})` : "by |score|");
  const most = Math.max(1, ...neurons.map((neuron) => neuron.prompts));
  const empty = $("no-neurons");
  empty.hidden = neurons.length > 0;
  setText(empty, "No neuron yet: the first merged prompt brings the first ones.");
  let rank = 0;
  keyed($("neurons"), neurons, (neuron) => `${run.name} ${neuron.neuron}`, (neuron) => neuronRow(neuron, run), (row, neuron) => {
    const parts = row.parts;
    rank += 1;
    setText(parts.rank, String(rank));
    setText(parts.label, neuron.label || "");
    setText(parts.share, plural(neuron.prompts, "prompt", "prompts"));
    const specificity = neuron.domainSpecificity;
    setText(parts.shareNote, isNumber(specificity) ? ` · ${Math.round(specificity * 100)} % domain` : "");
    setWidth(parts.domain, neuron.domainPrompts / most);
    setWidth(parts.baseline, neuron.baselinePrompts / most);
    row.firstChild.title = `${neuron.neuron}: ${plural(neuron.domainPrompts, "domain prompt", "domain prompts")}, ${plural(neuron.baselinePrompts, "baseline prompt", "baseline prompts")}, ${scoreText(neuron)}`;
    renderEdges(parts.upstream, neuron.upstream);
    renderEdges(parts.downstream, neuron.downstream);
    if (row.open) loadDetail(row);
  });
};

let neuronsAsked = "";
const refreshNeurons = async () => {
  if (document.hidden || !state.status) return;
  const run = chosenRun();
  if (!run) return;
  const wanted = `${run.name} ${state.sort} ${run.done}`;
  if (wanted === neuronsAsked) return;
  neuronsAsked = wanted;
  if (neuronsOf !== null && neuronsOf !== run.name) {
    renderNeurons([], run);
    setText($("no-neurons"), "Reading the neurons of this run …");
  }
  try {
    const answer = await getJSON(`/neurons?run=${encodeURIComponent(run.name)}&sort=${state.sort}&limit=12`);
    if (wanted === neuronsAsked) renderNeurons(answer.neurons, run);
  } catch (error) {
    if (wanted !== neuronsAsked) return;
    neuronsAsked = "";
    $("no-neurons").hidden = false;
    setText($("no-neurons"), error.message);
  }
};

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    state.sort = button.dataset.sort;
    for (const other of document.querySelectorAll("[data-sort]")) other.setAttribute("aria-pressed", String(other === button));
    refreshNeurons();
  });
}

// autointerp
// The views that find things: neurons by role, class, layer, token and label, and prompts by their text.
// SPDX-License-Identifier: Apache-2.0

// "50/165 against 1/165" as two pairs of numbers.
const readCounts = (text) => {
  const match = /^(\d+)\/(\d+) against (\d+)\/(\d+)$/.exec(text || "");
  return match ? [[Number(match[1]), Number(match[2])], [Number(match[3]), Number(match[4])]] : null;
};
const shareBar = (pair, number) => {
  const bar = h("span", "share-bar", h("i"));
  bar.firstChild.dataset.group = String(number);
  setWidth(bar.firstChild, pair[1] ? pair[0] / pair[1] : 0);
  return bar;
};

const neuronRow = (line) => {
  const pairs = readCounts(line.counts);
  const [first, second] = atlas.overview.comparisons.length ? [atlas.overview.comparisons[0].first, atlas.overview.comparisons[0].second] : ["", ""];
  const shares = h("span", "shares");
  if (pairs) {
    shares.append(shareBar(pairs[0], 0), shareBar(pairs[1], 1));
    shares.title = `${first}: ${pairs[0][0]} of ${pairs[0][1]} prompts; ${second}: ${pairs[1][0]} of ${pairs[1][1]}`;
  }
  return h("li", "line", neuronLink(line.neuron, "mono id"),
    h("span", "what", roleBadge(line.role), line.class ? classBadge(line.class) : null),
    h("span", "shares-box", shares, h("span", "reading", pairs ? `${pairs[0][0]}/${pairs[0][1]} · ${pairs[1][0]}/${pairs[1][1]}` : plural(line.prompts, "prompt", "prompts"))),
    h("span", "reading q", isNumber(line.q_value) ? `q ${scientific(line.q_value)}` : ""),
    line.label ? h("q", "label text", line.label) : h("span", "label"));
};

const WHERE = [
  ["fires_on", "neurons that fire at a token"], ["promotes", "neurons that drive a token"], ["text", "neurons by label"], ["prompt", "prompts by text"],
];

// The search at the top of both lists.
const searchForm = (where, word) => {
  const input = h("input", "");
  input.type = "search";
  input.id = "word";
  input.value = word;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = "L29/N560, or a token, or words";
  input.setAttribute("aria-label", "What to search: the name of a neuron, a token, or words");
  const options = WHERE.filter(([key]) => key !== "text" || atlas.overview.has_labels);
  let chosen = where;
  const form = h("form", "search", input, choice("among", options, where, (value) => { chosen = value; }), h("button", "primary", "Search"));
  form.setAttribute("role", "search");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value;
    const neuron = readNeuron(text);
    if (neuron) go(`/neuron/${neuron}`);
    else if (chosen === "prompt") go("/prompts", { text: text.trim() });
    else go("/neurons", { where: text ? chosen : "", word: text, sort: atlas.query.get("sort") });
  });
  return form;
};

const neuronsView = async (main) => {
  const { overview } = atlas;
  const query = Object.fromEntries(["where", "word", "role", "class", "layer", "sort"].map((name) => [name, atlas.query.get(name) || ""]));
  const change = (name) => (value) => go("/neurons", { ...query, [name]: value });
  const names = (rows) => rows.map((row) => [row.name, `${roleName(row.name)} (${count(row.neurons)})`]);
  const filters = h("div", "filters",
    choice("Role", [["", "any"], ...names(overview.roles)], query.role, change("role")),
    overview.classes.length ? choice("Class", [["", "any"], ...names(overview.classes)], query.class, change("class")) : null,
    choice("Layer", [["", "any"], ...overview.layers.map((layer) => [String(layer.layer), `${layer.layer} (${count(layer.neurons)})`])], query.layer, change("layer")),
    choice("Order", [["", "score"], ["prompts", "prompts"], ["specificity", "specificity"]], query.sort, change("sort")));
  const first = overview.comparisons[0];
  const list = h("ol", overview.has_labels ? "lines" : "lines unlabelled");
  const heading = h("h1", "", "Neurons");
  const told = h("p", "reading");
  main.replaceChildren(
    h("div", "title", heading, h("p", "reading", `${count(overview.neurons)} neurons and ${count(overview.edges)} edges from ${overview.groups.map((group) => `${count(group.merged)} prompts of ${group.name}`).join(" and ")}. Model ${overview.model}.`)),
    searchForm(query.where || "fires_on", query.word),
    h("div", "layers", layersPlot(overview.layers, query.layer === "" ? null : Number(query.layer), { ...query, layer: "" })),
    filters, told, first ? groupKey([`${first.first}: share of prompts`, `${first.second}`]) : h("span"), list);
  const words = { role: query.role, class: query.class, layer: query.layer, sort: query.sort };
  if (query.word) words[query.where || "fires_on"] = query.word;
  let caveats = [];
  const { more, add } = growing(list, async (cursor) => {
    const answer = await ask("search_neurons", { ...words, limit: 25, cursor });
    caveats = answer.caveats;
    return { rows: answer.neurons, next: answer.next_cursor, total: answer.total };
  }, neuronRow);
  try {
    const page = await add();
    setText(told, `${plural(page.total, "neuron", "neurons")}${query.word ? ` for “${query.word}”` : ""}`);
    speak(told.textContent);
    list.after(more, h("div", "", cautions(caveats)));
  } catch (error) {
    if (error.name === "AbortError") return;
    list.after(failure(error));
  }
};

const promptRow = (row) => h("li", "line prompt-line",
  row.is_merged ? promptLink(row.prompt, String(row.prompt)) : h("span", "reading", String(row.prompt)), badge("group", row.group),
  h("span", "text", row.text),
  h("span", "reading", row.prediction === null ? "not merged" : `→ ${tokenText(row.prediction)} ${percent(row.probability)}`));

const promptsView = async (main) => {
  const query = { text: atlas.query.get("text") || "", group: atlas.query.get("group") || "" };
  const list = h("ol", "lines");
  const told = h("p", "reading");
  main.replaceChildren(h("div", "title", h("h1", "", "Prompts"), h("p", "reading", "Open one to see its attribution graph.")),
    searchForm("prompt", query.text),
    h("div", "filters", choice("Group", [["", "any"], ...atlas.overview.groups.map((group) => [group.name, `${group.name} (${count(group.of)})`])], query.group,
      (group) => go("/prompts", { ...query, group }))), told, list);
  const { more, add } = growing(list, async (cursor) => {
    const answer = await ask("list_prompts", { ...query, limit: 40, cursor });
    return { rows: answer.prompts, next: answer.next_cursor, total: answer.total };
  }, promptRow);
  try {
    const page = await add();
    setText(told, `${plural(page.total, "prompt", "prompts")}${query.text ? ` with “${query.text}”` : ""}`);
    speak(told.textContent);
    list.after(more);
  } catch (error) {
    if (error.name !== "AbortError") list.after(failure(error));
  }
};

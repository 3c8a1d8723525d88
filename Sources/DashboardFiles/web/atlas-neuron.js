// autointerp
// The view of one neuron: verdicts first, then texts, histogram, specificity, role, drivers and targets, removals, company.
// SPDX-License-Identifier: Apache-2.0

const endLink = (end) => {
  if (end.kind === "neuron") return neuronLink(end.id);
  if (end.kind === "metric") return h("span", "", "the metric");
  const text = end.text === undefined ? end.id : tokenText(end.text);
  const chip = link("token-chip text", text, "/neurons", { where: end.kind === "token" ? "fires_on" : "promotes", word: end.text });
  chip.title = end.kind === "token" ? "input token" : "predicted token";
  return chip;
};

const flowList = (edges, end, ofPrompts) => {
  // What an edge carries in the whole run, by which the list is ordered.
  const carried = (edge) => edge.mean_absolute_flow * edge.prompts;
  const most = Math.max(1e-12, ...edges.map(carried));
  return h("ul", "flows", ...edges.map((edge) => {
    const bar = h("span", "flow-bar", h("i", edge.mean_flow < 0 ? "minus" : "plus"));
    setWidth(bar.firstChild, carried(edge) / most);
    const row = h("li", "", endLink(end ? edge[end] : edge), bar, h("span", "reading", `${signed(edge.mean_flow)} in ${count(edge.prompts)}`));
    row.title = `mean flow ${signed(edge.mean_flow)}, mean |flow| ${signed(edge.mean_absolute_flow).slice(1)}, in ${edge.prompts} of ${ofPrompts} prompts`;
    return row;
  }));
};

const flowsCard = (neuron, prompts, direction) => {
  const isIn = direction === "in";
  const box = h("div", "", note("…"));
  fill(box, async () => {
    const answer = await ask("get_edges", { neuron, direction, limit: 12 });
    if (answer.total === 0) return note("No edge was kept.");
    return [flowList(answer.edges, isIn ? "source" : "target", prompts), note(`${plural(answer.total, "edge", "edges")}, what carries most in all first (the bar); mean flow, and the number of prompts.`)];
  });
  return card(isIn ? "Driven by" : "Drives", box);
};

const snippetLine = (snippet, most, fetched) => {
  const values = fetched || snippet.activations;
  const tokens = snippet.tokens.map((text, at) => {
    const token = tintedToken(text, values[at], most);
    if (snippet.start + at === snippet.peak) token.element.classList.add("peak");
    return token;
  });
  if (snippet.start > 0) tokens.unshift(h("span", "reading", "… "));
  if (snippet.start + snippet.tokens.length < snippet.length) tokens.push(h("span", "reading", " …"));
  const peak = snippet.activations[snippet.peak - snippet.start];
  return h("li", "snippet", tokenLine(tokens),
    h("p", "reading", promptLink(snippet.prompt), ` · ${snippet.group} · activation ${signed(peak)} at “${tokenText(snippet.tokens[snippet.peak - snippet.start] || "")}”${snippet.peak === 0 ? ", the first position: large there whatever the token" : ""}`));
};

const textsCard = (neuron) => {
  const list = h("ol", "snippets");
  const box = h("div", "", list);
  const sign = atlas.query.get("sign") || "";
  const shown = [];
  let most = 0;
  const load = () => {
    list.replaceChildren();
    shown.length = 0;
    most = 0;
    const pages = growing(list, async (cursor) => {
      const answer = await ask("get_snippets", { neuron, sign: atlas.query.get("sign"), limit: 6, cursor });
      // The first position has massive activations whatever its token; measured by them, all others would look like none.
      most = Math.max(most, ...answer.snippets.flatMap((snippet) => snippet.activations.filter((value, at) => isNumber(value) && snippet.start + at > 0).map(Math.abs)));
      box.caveats = answer.caveats;
      return { rows: answer.snippets, next: answer.next_cursor, total: answer.total };
    }, (snippet) => {
      const line = snippetLine(snippet, most);
      shown.push({ snippet, line });
      return line;
    });
    return fill(box, async () => {
      const page = await pages.add();
      return [list, page.total === 0 ? note("No activation of this sign.") : null, pages.more, cautions(box.caveats)];
    });
  };
  load();
  const tools = h("div", "filters", choice("Sign", [["", "both"], ["positive", "positive"], ["negative", "negative"]], sign, (value) => { keep({ sign: value }); load(); }));
  if (offers("test_activation")) {
    const every = h("button", "toggle", "Compute every token");
    every.type = "button";
    every.title = "Asks the model for the activation at each token of the texts shown, not only where the run stored it";
    every.addEventListener("click", async () => {
      every.disabled = true;
      try {
        for (const entry of shown) {
          const answer = await ask("test_activation", { neuron, prompt: entry.snippet.prompt });
          const line = snippetLine(entry.snippet, most, answer.tokens.slice(entry.snippet.start).map((token) => token.activation));
          entry.line.replaceWith(line);
          entry.line = line;
        }
        speak("Every token is tinted now.");
      } catch (error) { if (error.name !== "AbortError") box.append(failure(error)); }
      every.disabled = false;
    });
    tools.append(every);
  }
  return card("Texts", tools, box);
};

const histogramCard = (neuron, profile) => {
  const [histogram, removals] = [h("div", "", note("…")), h("div", "", note("…"))];
  const answer = ask("get_activations", { neuron });
  fill(histogram, async () => {
    const { histogram: groups, ...rest } = await answer;
    return [groupKey(groups.map((group) => group.group)), histogramPlot({ histogram: groups, ...rest }), cautions(rest.caveats)];
  });
  fill(removals, async () => removalsPlot(await answer, profile));
  return [card("Activations where it was selected", histogram), card("Removals", removals)];
};

const removalsPlot = (answer, profile) => {
  const { removals } = answer;
  const summary = profile.removals;
  if (removals.length === 0) return note("It was never removed in this run: whether it is necessary is not known.");
  const points = removals.slice(0, 1500).map((place) => ({
    x: place.score, y: place.contribution, kind: place.is_random ? "random" : "selected", path: `/prompt/${place.prompt}`,
    title: `prompt ${place.prompt}, position ${place.position}: score ${signed(place.score)}, measured contribution ${signed(place.contribution)}${place.is_random ? "" : "; removed because its score was high"}`,
  }));
  const random = h("span", "swatch dot-random");
  const chosen = h("span", "swatch dot-selected");
  const share = summary.random_places ? `the sign was right in ${summary.scores_with_right_sign} of ${summary.random_places}` : "no place was drawn at random";
  return [h("p", "key", random, "drawn at random ", chosen, "removed because the score was high; on the line the score is right"),
    cloudPlot(points, "score, the predicted contribution", "measured contribution", `Scores against measured contributions of ${points.length} removals; ${share}`),
    note(`Removed at ${plural(summary.places, "position", "positions")}. Of those drawn at random ${share}${isNumber(summary.mean_contribution) ? `; on average its presence changes the metric by ${signed(summary.mean_contribution)}` : ""}.`)];
};

const factRow = (name, value, title) => { const pair = [h("dt", "", name), h("dd", "", value)]; if (title) pair[1].title = title; return pair; };

const roleCard = (neuron, profile) => {
  const { role } = profile;
  const rule = h("div", "", note("…"));
  const details = h("details", "", h("summary", "", "The rule"), rule);
  details.addEventListener("toggle", () => { if (details.open) fill(rule, async () => { const answer = await ask("explain_role", { neuron }); return [note(`${answer.rule}.`), cautions(answer.caveats)]; }); }, { once: true });
  return card("Role", h("p", "verdict", roleBadge(role.name), ` ${role.is_stable ? "both halves of the prompts agree" : `the halves of the prompts disagree (${role.halves.map(roleName).join(", ")})`}`),
    h("dl", "facts", ...factRow("incoming flow from tokens", percent(role.token_share)), ...factRow("outgoing flow to predictions", percent(role.output_share)),
      ...factRow("sign of what it sends", signed(role.sign), "−1 all lowers the metric, +1 all raises it"),
      ...factRow("effective edges in / out", `${fixed(role.fan_in, 1)} / ${fixed(role.fan_out, 1)}`), ...factRow("distance to the threshold", fixed(role.score, 2))), details);
};

const specificityCard = (profile, asked) => {
  const box = h("div", "", sharesPlot(profile.groups));
  fill(box, async () => {
    const { specificity } = profile;
    const children = [sharesPlot(profile.groups)];
    if (!specificity) return [...children, note("Only one group of prompts was run: nothing can be said about specificity.")];
    const [low, high] = specificity.interval;
    const answer = await asked;
    const odds = (value) => (isNumber(value) ? `×${short(Math.exp(value))}` : "∞");
    children.push(h("dl", "facts", ...factRow("class", specificity.class), ...factRow(`q value (${specificity.test})`, scientific(specificity.q_value)),
      ...factRow(`odds of ${specificity.first}`, `${odds(specificity.log_odds)} (95 % interval ${odds(low)} to ${odds(high)})`),
      ...(answer.by_activity ? factRow("where it fires most", `${answer.by_activity.class}, ${Object.entries(answer.by_activity.groups).map(([name, group]) => `${group.prompts} of ${group.of} ${name}`).join(" against ")}`) : []),
      ...factRow("with groups drawn at random", `${short(answer.null.mean_with_random_groups)} of ${count(answer.null.tested_neurons)} neurons would be found`)),
    cautions(answer.caveats));
    return children;
  });
  return card("Specificity", box);
};

const companyCard = (neuron) => {
  const box = h("div", "", note("…"));
  fill(box, async () => {
    const answer = await ask("get_cooccurrence", { neuron, limit: 10 });
    if (answer.neurons.length === 0) return note("No other neuron was selected in the same prompts.");
    return [note(`${plural(answer.significant, "neuron is", "neurons are")} together with it more often than by chance, of ${count(answer.tested_neurons)} tested within each group. This says nothing about cause.`), h("ul", "flows company", ...answer.neurons.map((other) => {
      const row = h("li", "", neuronLink(other.neuron), h("span", "reading", `${count(other.both)} together, ${fixed(other.expected, 1)} expected`),
        link("reading", `lift ${fixed(other.lift, 1)}`, "/compare", { first: neuron, second: other.neuron }));
      row.title = `q ${scientific(other.q_value)}; the link compares both`;
      return row;
    }))];
  });
  return card("In the same prompts", box);
};

const tryCard = (neuron) => {
  const input = h("textarea", "");
  input.rows = 2;
  input.maxLength = 1500;
  input.placeholder = "The patient was treated with";
  input.setAttribute("aria-label", "A text of your own");
  const result = h("div", "");
  result.setAttribute("aria-live", "polite");
  const form = h("form", "try", input, h("button", "primary", "Read"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    result.replaceChildren(note("The model reads …"));
    fill(result, async () => {
      const text = input.value;
      const [fires, without] = [await ask("test_activation", { neuron, text }), await ask("ablate", { neuron, text })];
      const later = fires.tokens.slice(1).map((token) => Math.abs(token.activation));
      const most = Math.max(1e-9, ...later);
      const top = (tokens) => tokens.slice(0, 3).map((token) => `${tokenText(token.token)} ${percent(token.probability)}`).join(", ");
      return [tokenLine(fires.tokens.map((token) => tintedToken(token.token, token.activation, most))),
        note(`Without it everywhere in this text: KL ${scientific(without.divergence)} nats; the most probable token ${without.answer_changed ? "changes" : "stays"} (${top(without.top_before)} before; ${top(without.top_after)} after).`),
        cautions([...fires.caveats, ...without.caveats])];
    });
  });
  return card("Try a text", form, result);
};

// Who says so, and how well it predicts prompts that it was not made from.
const claim = (label) => {
  const figure = (value) => value.toFixed(2);
  const scores = label.scores.map((score) => `${score.kind} ${score.unit} ${figure(score.value)}`
    + (score.low === null ? "" : ` (${figure(score.low)} to ${figure(score.high)})`)
    + ` on ${score.prompts} held-out prompts` + (score.other_labels === null ? "" : `, other neurons’ labels ${figure(score.other_labels)}`));
  return [[label.source, label.is_machine_made ? "machine-made" : "", label.polarity === "both" ? "" : label.polarity].filter(Boolean).join(", "), ...scores].join("; ");
};

const neuronView = async (main, name) => {
  const neuron = readNeuron(name);
  if (!neuron) throw new Error(`“${name}” is no neuron: write it as L29/N560.`);
  const profile = await ask("get_neuron_profile", { neuron, limit: 5 });
  const asked = profile.specificity ? ask("is_domain_specific", { neuron }) : Promise.resolve(null);
  const verdict = h("p", "lead text");
  asked.then((answer) => { if (answer) setText(verdict, answer.verdict); }).catch(() => {});
  const other = h("input", "");
  other.placeholder = "another neuron";
  other.setAttribute("aria-label", "Compare with another neuron");
  const compare = h("form", "inline", other, h("button", "toggle", "Compare"));
  compare.addEventListener("submit", (event) => {
    event.preventDefault();
    const second = readNeuron(other.value);
    if (second) go("/compare", { first: neuron, second });
    else other.focus();
  });
  if (offers("get_module")) compare.append(link("module-link", "Its module", `/module/${neuron}`));
  const heading = h("h1", "mono", neuron);
  main.replaceChildren(
    h("div", "title", heading, h("p", "badges", roleBadge(profile.role.name), profile.specificity ? classBadge(profile.specificity.class) : null, profile.is_sink ? badge("warn", "sink") : null,
      h("span", "reading", `selected in ${plural(profile.prompts, "prompt", "prompts")}`)),
    ...profile.labels.slice(0, 3).map((label) => h("p", "labelled", h("q", "text", label.text), h("span", "reading", ` — ${claim(label)}`))),
    verdict, compare, cautions(profile.caveats)),
    h("div", "columns", h("div", "column", textsCard(neuron), offers("test_activation") && offers("ablate") ? tryCard(neuron) : "", ...histogramCard(neuron, profile)),
      h("div", "column", specificityCard(profile, asked), roleCard(neuron, profile), flowsCard(neuron, profile.prompts, "in"), flowsCard(neuron, profile.prompts, "out"), companyCard(neuron))));
  speak(`${neuron}, ${roleName(profile.role.name)}, selected in ${plural(profile.prompts, "prompt", "prompts")}`);
};

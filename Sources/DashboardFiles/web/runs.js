// autointerp
// Shows the runs: their progress, their figures and their quarantined prompts.
// SPDX-License-Identifier: Apache-2.0

const stateOf = (run) => {
  const aside = quarantinedCount(run);
  if (run.state === "complete" && aside) return ["partial", `complete with ${aside} quarantined`];
  return [run.state, run.state];
};

// Active and waiting runs first. Finished runs are folded, except the one that is shown.
const renderRuns = () => {
  const runs = state.status.runs;
  const shown = chosenRun();
  const over = runs.filter((run) => isOver(run) && run !== shown).reverse();
  const folded = over.length > (runs.length - over.length > 3 ? 0 : 2) ? over : [];
  $("runs").hidden = runs.length < 2;
  renderRunButtons($("runs-open"), runs.filter((run) => !folded.includes(run)), shown);
  const more = $("runs-more");
  more.hidden = folded.length === 0;
  setText(more, `${state.isAllRuns ? "Hide" : "Show"} ${plural(folded.length, "finished run", "finished runs")}`);
  more.setAttribute("aria-expanded", String(state.isAllRuns));
  $("runs-over").hidden = folded.length === 0 || !state.isAllRuns;
  renderRunButtons($("runs-over"), state.isAllRuns ? folded : [], shown);
};
$("runs-more").addEventListener("click", () => { state.isAllRuns = !state.isAllRuns; render(); });

const renderRunButtons = (container, runs, shown) => {
  keyed(container, runs, (run) => run.name, (run) => {
    const parts = { title: h("span", "text"), hint: h("span", "hint mono"), what: h("span", "what"), bar: h("i") };
    const button = h("button", "", parts.title, parts.hint, parts.what, h("span", "mini", parts.bar));
    button.type = "button";
    button.parts = parts;
    button.addEventListener("click", () => {
      state.chosen = run.name;
      history.replaceState(null, "", `#run=${encodeURIComponent(run.name)}`);
      render();
      refreshNeurons();
    });
    return button;
  }, (button, run) => {
    const parts = button.parts;
    setText(parts.title, run.corpusName);
    setText(parts.hint, runHint(run));
    setText(parts.what, isOver(run) && run.finishedAt ? `${stateOf(run)[1]} ${moment(run.finishedAt)}` : stateOf(run)[1]);
    setWidth(parts.bar, run.promptCount ? run.done / run.promptCount : 0);
    button.title = run.name;
    button.setAttribute("aria-pressed", String(run === shown));
  });
};

// The link to a run is the page's address after the hash mark.
const readAddress = () => { state.chosen = new URLSearchParams(location.hash.slice(1)).get("run"); };
addEventListener("hashchange", () => { readAddress(); if (state.status) { render(); refreshNeurons(); } });
readAddress();

const percentOf = (run) => {
  // Never 100 before the last prompt is done.
  const percent = run.promptCount ? Math.floor((run.done / run.promptCount) * 1000) / 10 : 0;
  return percent >= 100 ? "100" : percent.toFixed(1);
};

const renderTitle = (run) => {
  const title = run ? `${percentOf(run)} % ${run.corpusName} · autointerp` : "autointerp";
  if (document.title !== title) document.title = title;
};

// The text at the right end above the bar: [strong, rest].
const timeOf = (run) => {
  if (run.state === "active") {
    const left = run.secondsLeft;
    return isNumber(left) ? [`${span(left)} left`, `until ${moment(coordinatorNow() + left * 1000)}`] : ["", "time left not known yet"];
  }
  if (!isOver(run) || !run.finishedAt) return ["", ""];
  const took = run.startedAt ? `, took ${span((run.finishedAt - run.startedAt) / 1000)}` : "";
  return [`${run.state === "cancelled" ? "last result" : "finished"} ${moment(run.finishedAt)}`, took];
};

const legendParts = ["done", "flight", "queued", "quarantine"];
const legendNames = { done: "done", flight: "in flight", queued: "queued", quarantine: "quarantined" };

const renderProgress = (run) => {
  const [kind, words] = stateOf(run);
  const total = run.promptCount;
  const aside = quarantinedCount(run);
  const share = total ? run.done / total : 0;
  setText($("run-title"), run.corpusName);
  setText($("run-model"), run.modelName);
  setText($("run-name"), run.name);
  setText($("run-state"), words);
  setData($("run-state"), "state", kind);
  setText($("run-started"), run.startedAt ? `started ${moment(run.startedAt)}` : "");
  setText($("percent"), percentOf(run));
  setText($("done"), count(run.done));
  setText($("total"), count(total));
  setWidth($("bar-done"), share);
  setWidth($("bar-flight"), total ? run.inFlight / total : 0);
  setWidth($("bar-quarantine"), total ? aside / total : 0);
  const bar = $("bar");
  bar.setAttribute("aria-valuemax", String(total));
  bar.setAttribute("aria-valuenow", String(run.done));
  bar.setAttribute("aria-valuetext", `${count(run.done)} of ${plural(total, "prompt", "prompts")}`);

  const [time, rest] = timeOf(run);
  setText($("eta"), time);
  setText($("eta-at"), rest);

  const counts = { done: run.done, flight: run.inFlight, queued: run.queued, quarantine: aside };
  keyed($("legend"), legendParts.filter((part) => part !== "quarantine" || aside), (part) => part, (part) => {
    const number = h("b");
    const swatch = h("span", "swatch");
    swatch.dataset.kind = part;
    const row = h("li", "", swatch, h("span", "", number, ` ${legendNames[part]}`));
    row.numberPart = number;
    return row;
  }, (row, part) => setText(row.numberPart, count(counts[part])));
};

const renderFacts = (run) => {
  const residual = run.worstConservationResidual;
  const facts = [
    ["Neurons", count(run.neurons)],
    ["Edges", count(run.edges)],
    ["Edge updates", count(run.edgeUpdates)],
    ["Domain / baseline prompts", `${count(run.domainDone)} / ${count(run.baselineDone)}`],
    run.deltaBytes ? ["Deltas", bytes(run.deltaBytes)] : null,
    run.computeMilliseconds ? ["Compute time", span(run.computeMilliseconds / 1000)] : null,
    ["Worst conservation error", isNumber(residual) ? (residual ? residual.toExponential(1) : "0") : String(residual ?? "–")],
    isOver(run) ? null : ["Merge lag", plural(run.mergeLag, "delta", "deltas")],
    ["Aggregate in memory", bytes(run.aggregateBytes)],
  ].filter((fact) => fact);
  if (run.rule) facts.push(["Metric, rule that ranks", `${run.metric}, ${run.rule}`]);
  for (const part of run.agreement ?? []) {
    const place = { first: "at position 0", later: "beyond position 0", ordinary: "beyond position 0 without sinks" }[part.position] ?? part.position;
    facts.push([`Scores against removal, ${place}`, `${part.text}; ${plural(part.nodes, "random node", "random nodes")} of ${plural(part.prompts, "prompt", "prompts")}`]);
  }
  const checks = run.spotChecks;
  if (checks) {
    const twice = `${(100 * checks.computedTwice).toFixed(1)} % computed twice`;
    facts.push(["Spot checks", `${count(checks.agreed)} agreed, ${count(checks.disagreed)} disagreed, ${count(checks.underWay)} under way, ${count(checks.due)} due, ${count(checks.unmade)} not made; ${twice}`]);
  }
  if (run.computeKernels.length) facts.push(["BLAS kernels", run.computeKernels.join(", ")]);
  const list = $("facts");
  if (list.childElementCount !== facts.length * 2) list.replaceChildren(...facts.flatMap(() => [h("dt"), h("dd", "text")]));
  facts.forEach(([name, value], i) => { setText(list.children[2 * i], name); setText(list.children[2 * i + 1], value); });
};

const fewQuarantined = 3;

// One line per prompt with its last error; all of its errors when it is opened.
const renderQuarantine = (run) => {
  const all = run.quarantined;
  const number = quarantinedCount(run);
  $("quarantine-card").hidden = number === 0;
  setText($("quarantine-title"), plural(number, "quarantined prompt", "quarantined prompts"));
  keyed($("quarantine"), state.isAllQuarantine ? all : all.slice(0, fewQuarantined), (item) => `${run.name} ${item.prompt}`, (item) => {
    const parts = { excerpt: h("span", "text"), last: h("span", "why cut text"), errors: h("div", "") };
    const row = h("li", "", h("details", "", h("summary", "", h("span", "number", `#${item.prompt}`), parts.excerpt, parts.last), parts.errors));
    row.parts = parts;
    return row;
  }, (row, item) => {
    setText(row.parts.excerpt, item.excerpt);
    setText(row.parts.last, item.errors.at(-1) || "no error was reported");
    const list = row.parts.errors;
    while (list.childElementCount < item.errors.length) list.append(h("p", "why text"));
    while (list.childElementCount > item.errors.length) list.lastElementChild.remove();
    item.errors.forEach((error, i) => setText(list.children[i], error));
  });
  const more = $("quarantine-more");
  more.hidden = all.length <= fewQuarantined;
  setText(more, state.isAllQuarantine ? "Show fewer" : `Show ${all.length < number ? "the first" : "all"} ${count(all.length)}`);
};
$("quarantine-more").addEventListener("click", () => { state.isAllQuarantine = !state.isAllQuarantine; render(); });

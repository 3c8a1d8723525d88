// autointerp
// The dashboard's runs: which ones, how far, what they collected, what they set aside.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  static let runScript = #"""
    const stateOf = (run) => {
      const aside = run.quarantined.length;
      if (run.state === "complete" && aside) return ["partial", `complete with ${aside} quarantined`];
      return [run.state, run.state];
    };

    const renderRuns = () => {
      const runs = state.status.runs;
      const shown = chosenRun();
      $("runs").hidden = runs.length < 2;
      keyed($("runs"), runs, (run) => run.name, (run) => {
        const title = h("span", "text");
        const what = h("span", "what");
        const bar = h("i");
        const button = h("button", "", title, what, h("span", "mini", bar));
        button.type = "button";
        Object.assign(button, { titlePart: title, whatPart: what, barPart: bar });
        button.addEventListener("click", () => { state.chosen = run.name; render(); refreshNeurons(); });
        return button;
      }, (button, run) => {
        setText(button.titlePart, run.corpusName);
        setText(button.whatPart, stateOf(run)[1]);
        setWidth(button.barPart, run.promptCount ? run.done / run.promptCount : 0);
        button.title = run.name;
        button.setAttribute("aria-pressed", String(run === shown));
      });
    };

    const legendParts = ["done", "flight", "queued", "quarantine"];
    const legendNames = { done: "done", flight: "in flight", queued: "queued", quarantine: "quarantined" };

    const renderProgress = (run) => {
      const [kind, words] = stateOf(run);
      const total = run.promptCount;
      const aside = run.quarantined.length;
      const share = total ? run.done / total : 0;
      // Never 100 before the last prompt is in.
      const percent = Math.floor(share * 1000) / 10;
      const percentText = percent >= 100 ? "100" : percent.toFixed(1);
      setText($("run-title"), run.corpusName);
      setText($("run-model"), run.modelName);
      setText($("run-name"), run.name);
      setText($("run-state"), words);
      setData($("run-state"), "state", kind);
      setText($("percent"), percentText);
      setText($("done"), count(run.done));
      setText($("total"), count(total));
      setWidth($("bar-done"), share);
      setWidth($("bar-flight"), total ? run.inFlight / total : 0);
      setWidth($("bar-quarantine"), total ? aside / total : 0);
      const bar = $("bar");
      bar.setAttribute("aria-valuemax", String(total));
      bar.setAttribute("aria-valuenow", String(run.done));
      bar.setAttribute("aria-valuetext", `${count(run.done)} of ${plural(total, "prompt", "prompts")}`);

      const left = run.secondsLeft;
      const isOn = run.state === "active";
      setText($("eta"), isOn && isNumber(left) ? `${span(left)} left` : "");
      setText($("eta-at"), isOn ? (isNumber(left) ? `until ${clock(coordinatorNow() + left * 1000)}` : "time left not known yet") : "");

      const counts = { done: run.done, flight: run.inFlight, queued: run.queued, quarantine: aside };
      keyed($("legend"), legendParts.filter((part) => part !== "quarantine" || aside), (part) => part, (part) => {
        const number = h("b");
        const swatch = h("span", "swatch");
        swatch.dataset.kind = part;
        const row = h("li", "", swatch, h("span", "", number, ` ${legendNames[part]}`));
        row.numberPart = number;
        return row;
      }, (row, part) => setText(row.numberPart, count(counts[part])));
      document.title = `${percentText} % ${run.corpusName} · autointerp`;
    };

    const renderFacts = (run) => {
      const residual = run.worstConservationResidual;
      const facts = [
        ["Neurons", count(run.neurons)],
        ["Edges", count(run.edges)],
        ["Edge updates", count(run.edgeUpdates)],
        ["Domain / baseline prompts", `${count(run.domainDone)} / ${count(run.baselineDone)}`],
        ["Deltas", bytes(run.deltaBytes)],
        ["Compute time", span(run.computeMilliseconds / 1000)],
        ["Worst conservation error", isNumber(residual) ? (residual ? residual.toExponential(1) : "0") : String(residual ?? "–")],
        ["Merge lag", plural(run.mergeLag, "delta", "deltas")],
        ["Aggregate in memory", bytes(run.aggregateBytes)],
      ];
      if (run.computeKernels.length) facts.push(["BLAS kernels", run.computeKernels.join(", ")]);
      const list = $("facts");
      if (list.childElementCount !== facts.length * 2) list.replaceChildren(...facts.flatMap(() => [h("dt"), h("dd", "text")]));
      facts.forEach(([name, value], i) => { setText(list.children[2 * i], name); setText(list.children[2 * i + 1], value); });
    };

    const renderQuarantine = (run) => {
      const all = run.quarantined;
      const shown = state.isAllQuarantine ? all : all.slice(0, 10);
      $("quarantine-card").hidden = all.length === 0;
      keyed($("quarantine"), shown, (item) => item.prompt, (item) => {
        const excerpt = h("span", "text");
        const row = h("li", "", h("span", "excerpt", h("span", "number", `#${item.prompt}`), excerpt));
        row.excerptPart = excerpt;
        return row;
      }, (row, item) => {
        setText(row.excerptPart, item.excerpt);
        const wanted = item.errors.length + 1;
        while (row.childElementCount < wanted) row.append(h("span", "why text"));
        while (row.childElementCount > wanted) row.lastElementChild.remove();
        item.errors.forEach((error, i) => setText(row.children[i + 1], error));
      });
      const more = $("quarantine-more");
      more.hidden = all.length <= 10;
      setText(more, state.isAllQuarantine ? "Show fewer" : `Show all ${count(all.length)}`);
    };
    $("quarantine-more").addEventListener("click", () => { state.isAllQuarantine = !state.isAllQuarantine; render(); });
    """#
}

// autointerp
// The dashboard's rate over time, a small SVG.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  /// Progress samples come from `/history` once for each run shown, then from the events. The rate at a time is what was
  /// done in the window before it; the window is a fortieth of what is shown, at least ten seconds, and wide enough for
  /// some eight prompts, so that a slow run is a line and not a fence.
  static let chartScript = #"""
    const svg = (tag, attributes, text) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      if (text !== undefined) element.textContent = text;
      return element;
    };

    const addSample = (run) => {
      const samples = state.samples;
      if (!samples || state.samplesOf !== run.name || (run.state !== "active" && samples.done.at(-1) === run.done)) return;
      const last = samples.at.at(-1);
      if (last !== undefined && state.status.now <= last) return;
      samples.at.push(state.status.now);
      samples.done.push(run.done);
      if (samples.at.length <= 4000) return;
      samples.at = samples.at.filter((_, i) => i % 2 === 1);
      samples.done = samples.done.filter((_, i) => i % 2 === 1);
    };

    const loadHistory = async (run) => {
      state.samplesOf = run.name;
      state.samples = null;
      try {
        const answer = await getJSON(`/history?run=${encodeURIComponent(run.name)}`);
        if (state.samplesOf !== run.name) return;
        state.samples = answer.samples;
      } catch {
        if (state.samplesOf === run.name) state.samples = { at: [], done: [] };
      }
      render();
    };

    // Prompts done at a time, between samples in proportion.
    const doneAt = (samples, time) => {
      const { at, done } = samples;
      if (time <= at[0]) return done[0];
      let low = 0;
      let high = at.length - 1;
      if (time >= at[high]) return done[high];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (at[middle] <= time) low = middle; else high = middle;
      }
      return done[low] + ((done[high] - done[low]) * (time - at[low])) / (at[high] - at[low]);
    };

    const rates = (samples) => {
      const { at } = samples;
      if (at.length < 2) return [];
      const [start, end] = [at[0], at.at(-1)];
      const perPrompt = (end - start) / Math.max(1, samples.done.at(-1) - samples.done[0]);
      const window = Math.max(10000, (end - start) / 40, Math.min(8 * perPrompt, (end - start) / 3));
      const points = Math.max(2, Math.min(160, Math.floor((end - start) / 1000)));
      const result = [];
      for (let i = 0; i <= points; i += 1) {
        const time = start + ((end - start) * i) / points;
        const from = Math.max(start, time - window);
        if (time - from < Math.min(window, 3000)) continue;
        result.push([time, ((doneAt(samples, time) - doneAt(samples, from)) * 60000) / (time - from)]);
      }
      return result;
    };

    const niceCeiling = (value) => {
      if (!(value > 0)) return 1;
      const power = 10 ** Math.floor(Math.log10(value));
      return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
    };

    let hover = null;

    const renderChart = (run) => {
      if (state.samplesOf !== run.name) loadHistory(run);
      addSample(run);
      const perMinute = run.promptsPerSecond * 60;
      const samples = state.samples || { at: [], done: [] };
      const points = rates(samples);
      const box = $("chart");
      const [width, height] = [box.clientWidth, box.clientHeight];
      const reading = $("rate-now");
      if (points.length < 2 || width < 50) {
        box.replaceChildren(h("p", "empty", run.state === "active" ? "The curve begins after the first few seconds of work." : "No work was watched while this coordinator was up."));
        setText(reading, run.state === "active" ? `now ${rate(perMinute)}` : "");
        return;
      }
      const [left, right, top, bottom] = [40, width - 4, 8, height - 22];
      const [start, end] = [points[0][0], points.at(-1)[0]];
      const ceiling = niceCeiling(Math.max(...points.map((point) => point[1])) * 1.05);
      const x = (time) => left + ((right - left) * (time - start)) / (end - start);
      const y = (value) => bottom - ((bottom - top) * value) / ceiling;
      const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Prompts per minute from ${clock(start)} to ${clock(end)}` });
      for (const share of [0, 0.5, 1]) {
        const value = ceiling * share;
        root.append(svg("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }));
        root.append(svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(+value.toFixed(2))));
      }
      const line = points.map(([time, value], i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("");
      root.append(svg("path", { class: "area", d: `${line}L${right} ${bottom}L${left} ${bottom}Z` }), svg("path", { class: "line", d: line }));
      const isShort = end - start < 600000;
      root.append(svg("text", { x: left, y: height - 4 }, clock(start, isShort)), svg("text", { x: right, y: height - 4, "text-anchor": "end" }, clock(end, isShort)));
      let words = run.state === "active" ? `now ${rate(perMinute)}` : "";
      if (hover !== null) {
        const time = start + ((end - start) * (Math.max(left, Math.min(right, hover)) - left)) / (right - left);
        const nearest = points.reduce((best, point) => (Math.abs(point[0] - time) < Math.abs(best[0] - time) ? point : best));
        root.append(svg("line", { class: "cursor", x1: x(nearest[0]), x2: x(nearest[0]), y1: top, y2: bottom }), svg("circle", { class: "point", cx: x(nearest[0]), cy: y(nearest[1]), r: 4 }));
        words = `${clock(nearest[0], true)}: ${rate(nearest[1])}`;
      }
      setText(reading, words);
      box.replaceChildren(root);
    };

    const hoverTo = (position) => { hover = position; if (state.status) render(); };
    $("chart").addEventListener("pointermove", (event) => hoverTo(event.clientX - $("chart").getBoundingClientRect().left));
    $("chart").addEventListener("pointerleave", () => hoverTo(null));
    """#
}

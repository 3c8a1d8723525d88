// autointerp
// Draws a run's curves over time as small SVGs: the rate, prompts in flight, deltas waiting.
// Progress samples come from `/history` once per run, then from the events. The rate at a time is averaged over the
// window before it. The window is a fortieth of the shown time, at least ten seconds, and wide enough for about eight
// prompts, so that the curve of a slow run is smooth.
// SPDX-License-Identifier: Apache-2.0

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
  samples.inFlight.push(run.inFlight);
  samples.mergeLag.push(run.mergeLag);
  if (samples.at.length <= 4000) return;
  for (const [name, values] of Object.entries(samples)) samples[name] = values.filter((_, i) => i % 2 === 1);
};

const noSamples = () => ({ at: [], done: [], inFlight: [], mergeLag: [] });

const loadHistory = async (run) => {
  state.samplesOf = run.name;
  state.samples = null;
  try {
    const answer = await getJSON(`/history?run=${encodeURIComponent(run.name)}`);
    if (state.samplesOf !== run.name) return;
    state.samples = answer.samples;
  } catch {
    if (state.samplesOf === run.name) state.samples = noSamples();
  }
  render();
};

// Prompts done at a time, interpolated between samples.
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

// At most 240 points, each the largest of its interval, so that short peaks stay visible.
const levels = (at, values) => {
  const stride = Math.max(1, Math.ceil(at.length / 240));
  const result = [];
  for (let i = 0; i < at.length; i += stride) {
    let best = i;
    for (let j = i + 1; j < Math.min(i + stride, at.length); j += 1) if (values[j] > values[best]) best = j;
    result.push([at[best], values[best]]);
  }
  return result;
};

// The curves of a run; the first one is large. `read` writes a value as text.
const curves = (samples) => [
  { kind: "rate", title: "", points: rates(samples), read: (value) => `${rate(value)} per minute` },
  { kind: "flight", title: "in flight", points: levels(samples.at, samples.inFlight), read: (value) => `${count(Math.round(value))} in flight` },
  { kind: "lag", title: "waiting to be stored", points: levels(samples.at, samples.mergeLag), read: (value) => `${count(Math.round(value))} waiting` },
];

const renderChart = (run) => {
  if (state.samplesOf !== run.name) loadHistory(run);
  addSample(run);
  const isOn = run.state === "active";
  const samples = state.samples || noSamples();
  const box = $("chart");
  const [width, height] = [box.clientWidth, box.clientHeight];
  const reading = $("rate-now");
  const drawn = curves(samples);
  if (drawn[0].points.length < 2 || width < 50) {
    const words = isOn ? "The curves begin after the first few seconds of work." : run.state === "queued" ? "This run waits for its turn." : "No work was watched while this coordinator was up.";
    box.replaceChildren(h("p", "empty", words));
    setText(reading, isOn ? `now ${rate(run.promptsPerSecond * 60)}` : "");
    return;
  }
  const [left, right] = [44, width - 4];
  const [start, end] = [samples.at[0], samples.at.at(-1)];
  const x = (time) => left + ((right - left) * (time - start)) / Math.max(1, end - start);
  const small = 30;
  let top = 8;
  for (const curve of drawn) {
    curve.top = top + (curve.title ? 18 : 0);
    curve.bottom = curve.title ? curve.top + small : height - 22 - 2 * (small + 18 + 8) - 8;
    top = curve.bottom + 8;
    const most = Math.max(...curve.points.map((point) => point[1]));
    curve.ceiling = curve.title ? Math.max(1, most) : niceCeiling(most * 1.05);
    curve.y = (value) => curve.bottom - ((curve.bottom - curve.top) * value) / curve.ceiling;
  }
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Prompts per minute, prompts in flight and deltas waiting from ${moment(start)} to ${moment(end)}` });
  const tick = (value, y) => root.append(svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(+value.toFixed(2))));
  for (const curve of drawn) {
    for (const share of curve.title ? [0] : [0, 0.5, 1]) {
      const [value, y] = [curve.ceiling * share, curve.y(curve.ceiling * share)];
      root.append(svg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
      if (!curve.title) tick(value, y);
    }
    if (curve.title) {
      tick(curve.ceiling, curve.top + 4);
      root.append(svg("text", { x: left, y: curve.top - 6 }, curve.title));
    }
    const line = curve.points.map(([time, value], i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${curve.y(value).toFixed(1)}`).join("");
    const [from, to] = [x(curve.points[0][0]).toFixed(1), x(curve.points.at(-1)[0]).toFixed(1)];
    root.append(svg("path", { class: `area ${curve.kind}`, d: `${line}L${to} ${curve.bottom}L${from} ${curve.bottom}Z` }), svg("path", { class: `line ${curve.kind}`, d: line }));
  }
  const label = end - start < 600000 ? (time) => clock(time, true) : moment;
  root.append(svg("text", { x: left, y: height - 4 }, label(start)), svg("text", { x: right, y: height - 4, "text-anchor": "end" }, label(end)));
  let words = isOn ? `now ${rate(run.promptsPerSecond * 60)}` : "";
  if (hover !== null) {
    const time = start + ((end - start) * (Math.max(left, Math.min(right, hover)) - left)) / (right - left);
    const readings = [];
    for (const curve of drawn) {
      const nearest = curve.points.reduce((best, point) => (Math.abs(point[0] - time) < Math.abs(best[0] - time) ? point : best));
      root.append(svg("circle", { class: `point ${curve.kind}`, cx: x(nearest[0]), cy: curve.y(nearest[1]), r: curve.title ? 3 : 4 }));
      readings.push(curve.read(nearest[1]));
    }
    root.append(svg("line", { class: "cursor", x1: x(time), x2: x(time), y1: drawn[0].top, y2: drawn.at(-1).bottom }));
    words = `${clock(time, true)}: ${readings.join(", ")}`;
  }
  setText(reading, words);
  box.replaceChildren(root);
};

const hoverTo = (position) => { hover = position; if (state.status) render(); };
$("chart").addEventListener("pointermove", (event) => hoverTo(event.clientX - $("chart").getBoundingClientRect().left));
$("chart").addEventListener("pointerleave", () => hoverTo(null));

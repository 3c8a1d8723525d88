// autointerp
// Plots as SVG: histogram by group, intervals of shares, scores against removals, groups against each other, bars of layers.
// Each has a text for screen readers; a table or list beside it has the figures.
// SPDX-License-Identifier: Apache-2.0

const svg = (tag, attributes = {}, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
};
const titled = (element, text) => { element.append(svg("title", {}, text)); return element; };
const plot = (width, height, label, ...children) => {
  const element = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "plot", role: "img", "aria-label": label }, ...children);
  return element;
};
const words = (x, y, text, attributes = {}) => svg("text", { x, y, ...attributes }, text);

// Numbers at which an axis is marked: about `wanted` round ones.
const marks = (low, high, wanted) => {
  const span = high - low || 1;
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) || power * 10;
  const result = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) result.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return result;
};
const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))).replace("-", "−");

const histogramPlot = (answer) => {
  const [width, height, base] = [520, 190, 160];
  const bins = answer.histogram.length ? answer.histogram[0].counts.length : 0;
  const sums = Array.from({ length: bins }, (_, bin) => answer.histogram.reduce((sum, group) => sum + group.counts[bin], 0));
  const most = Math.max(1, ...sums);
  const [low, high] = answer.low === answer.high ? [answer.low - 0.5, answer.high + 0.5] : [answer.low, answer.high];
  const x = (value) => 8 + ((value - low) / (high - low)) * (width - 16);
  const y = (value) => base - (value / most) * (base - 14);
  const drawn = svg("g");
  const step = (width - 16) / Math.max(1, bins);
  for (let bin = 0; bin < bins; bin += 1) {
    let below = 0;
    answer.histogram.forEach((group, number) => {
      const size = group.counts[bin];
      if (size === 0) return;
      const from = low + ((high - low) * bin) / bins;
      const bar = svg("rect", {
        x: 8 + bin * step + 0.5, width: Math.max(1, step - 1), y: y(below + size), height: y(below) - y(below + size), class: `group-${number}`, rx: 1,
      });
      drawn.append(titled(bar, `${group.group}: ${plural(size, "place", "places")} with an activation from ${short(from)} to ${short(from + (high - low) / bins)}`));
      below += size;
    });
  }
  const axis = svg("g", { class: "axis" }, svg("line", { x1: 8, x2: width - 8, y1: base, y2: base }));
  for (const at of marks(low, high, 6)) axis.append(svg("line", { x1: x(at), x2: x(at), y1: base, y2: base + 4 }), words(x(at), base + 18, short(at), { "text-anchor": "middle" }));
  return plot(width, height, `Histogram of ${count(answer.places)} activations from ${short(answer.low)} to ${short(answer.high)}`, drawn, axis);
};

const groupKey = (names) => h("p", "key", ...names.flatMap((name, number) => {
  const swatch = h("span", "swatch");
  swatch.dataset.group = String(number);
  return [swatch, `${name} `];
}));

// Shares of prompts with their 95 % intervals.
const sharesPlot = (groups) => {
  const entries = Object.entries(groups);
  const [width, row] = [520, 34];
  const most = Math.max(0.05, ...entries.map(([, group]) => group.interval[1]));
  const x = (share) => 130 + (share / most) * (width - 230);
  const height = entries.length * row + 26;
  const drawn = svg("g");
  entries.forEach(([name, group], number) => {
    const y = number * row + 18;
    const share = group.of ? group.prompts / group.of : 0;
    drawn.append(
      words(0, y + 4, name.length > 16 ? `${name.slice(0, 15)}…` : name, { class: "strong" }),
      svg("line", { x1: x(group.interval[0]), x2: x(group.interval[1]), y1: y, y2: y, class: `interval group-${number}` }),
      titled(svg("circle", { cx: x(share), cy: y, r: 5.5, class: `group-${number}` }),
        `${name}: ${group.prompts} of ${group.of} prompts, ${percent(share)} (95 % interval ${percent(group.interval[0])} to ${percent(group.interval[1])})`),
      words(width, y + 4, `${group.prompts} of ${group.of}`, { "text-anchor": "end" }));
  });
  const base = entries.length * row + 4;
  const axis = svg("g", { class: "axis" }, svg("line", { x1: 130, x2: width - 100, y1: base, y2: base }));
  for (const at of marks(0, most, 4)) axis.append(words(x(at), base + 16, percent(at), { "text-anchor": "middle" }));
  const label = entries.map(([name, group]) => `${name}: ${group.prompts} of ${group.of} prompts`).join("; ");
  return plot(width, height, label, axis, drawn);
};

// A cloud of points with the diagonal on which both numbers are equal. `points` have x, y, title, kind and path.
const cloudPlot = (points, xName, yName, label, { isShare = false } = {}) => {
  const [width, height, left, base] = [520, 340, 52, 300];
  const values = points.flatMap((point) => [point.x, point.y]);
  let low = Math.min(0, ...values);
  let high = Math.max(0, ...values);
  const room = (high - low || 1) * 0.06;
  low -= isShare ? 0 : room;
  high += room;
  const x = (value) => left + ((value - low) / (high - low)) * (width - left - 10);
  const y = (value) => base - ((value - low) / (high - low)) * (base - 12);
  const axis = svg("g", { class: "axis" });
  for (const at of marks(low, high, 7)) {
    const text = isShare ? percent(at) : short(at);
    axis.append(svg("line", { x1: x(at), x2: x(at), y1: 12, y2: base, class: at === 0 ? "zero" : "grid" }),
      svg("line", { x1: left, x2: width - 10, y1: y(at), y2: y(at), class: at === 0 ? "zero" : "grid" }),
      words(x(at), base + 16, text, { "text-anchor": "middle" }), words(left - 6, y(at) + 4, text, { "text-anchor": "end" }));
  }
  axis.append(words((left + width) / 2, height - 6, xName, { "text-anchor": "middle" }),
    words(-(base + 12) / 2, 11, yName, { "text-anchor": "middle", transform: "rotate(-90)" }),
    svg("line", { x1: x(low), y1: y(low), x2: x(high), y2: y(high), class: "diagonal" }));
  const drawn = svg("g");
  for (const point of points) {
    const circle = titled(svg("circle", { cx: x(point.x), cy: y(point.y), r: 4.5, class: `point ${point.kind || ""}` }), point.title);
    if (!point.path) { drawn.append(circle); continue; }
    drawn.append(svg("a", { href: address(point.path), tabindex: -1 }, circle));
  }
  return plot(width, height, label, axis, drawn);
};

// How many neurons each layer has; a bar is a link.
const layersPlot = (layers, chosen, query) => {
  const [width, height, base] = [960, 92, 70];
  const last = Math.max(1, ...layers.map((layer) => layer.layer));
  const most = Math.max(1, ...layers.map((layer) => layer.neurons));
  const step = width / (last + 1);
  const element = plot(width, height, `Neurons of each layer, from 0 to ${last}`);
  element.setAttribute("role", "group");
  for (const layer of layers) {
    const size = (layer.neurons / most) * (base - 8);
    const bar = svg("a", { href: address("/neurons", { ...query, layer: layer.layer === chosen ? "" : layer.layer }), class: layer.layer === chosen ? "bar chosen" : "bar", "aria-label": `layer ${layer.layer}: ${plural(layer.neurons, "neuron", "neurons")}` },
      svg("rect", { x: layer.layer * step, y: 0, width: step, height, class: "target" }),
      svg("rect", { x: layer.layer * step + 1.5, y: base - size, width: Math.max(1, step - 3), height: size, rx: 2, class: "fill" }));
    if (last < 40 || layer.layer % 5 === 0) bar.append(words((layer.layer + 0.5) * step, base + 16, String(layer.layer), { "text-anchor": "middle" }));
    element.append(titled(bar, `layer ${layer.layer}: ${plural(layer.neurons, "neuron", "neurons")}`));
  }
  return element;
};

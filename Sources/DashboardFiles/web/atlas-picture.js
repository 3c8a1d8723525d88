// autointerp
// The picture of a prompt's graph: what is shown, where each node stands, how it is drawn, and what is under the pointer.
// Nodes are numbered as in the answer: neurons, tokens, predictions, the metric; groups of nodes (supernodes) come after them.
// Columns are positions, rows are layers: tokens at the bottom, predictions at the top.
// SPDX-License-Identifier: Apache-2.0

const TRUST = { exact: 3, good: 2, rough: 1, unreliable: 0, uncalibrated: 0 };

// Tokens stand on row 0; some room is left between them, the layers and the predictions.
const rowOfLayer = (layer) => layer + 2;

// The graph with the facts that every drawing needs.
const readGraph = (answer) => {
  const { neurons, edges } = answer;
  const [N, T, P] = [neurons.layer.length, answer.tokens.length, answer.predictions.length];
  const all = N + T + P + (answer.has_metric ? 1 : 0);
  const top = neurons.layer.reduce((most, layer) => Math.max(most, layer), 0);
  const graph = { answer, N, T, P, all, top, row: new Int32Array(all), position: new Int32Array(all), score: new Float64Array(all), edges };
  for (let i = 0; i < all; i += 1) {
    if (i < N) { graph.row[i] = rowOfLayer(neurons.layer[i]); graph.position[i] = neurons.position[i]; graph.score[i] = neurons.score[i]; }
    else if (i < N + T) { graph.row[i] = 0; graph.position[i] = i - N; graph.score[i] = answer.tokens[i - N].score; }
    else { graph.row[i] = rowOfLayer(top) + (i < N + T + P ? 2 : 4); graph.position[i] = answer.metric.position; }
  }
  graph.byFlow = Array.from(edges.flow.keys()).sort((a, b) => Math.abs(edges.flow[b]) - Math.abs(edges.flow[a]) || a - b);
  graph.labels = new Map(answer.labels.map((label) => [label.neuron, label.text]));
  return graph;
};

// Names by which addresses and people refer to nodes: L29/N560@4, T3, P0, M.
const nodeKey = (graph, node) => {
  const { N, T, P, answer } = graph;
  if (node < N) return `L${answer.neurons.layer[node]}/N${answer.neurons.index[node]}@${answer.neurons.position[node]}`;
  if (node < N + T) return `T${node - N}`;
  return node < N + T + P ? `P${node - N - T}` : "M";
};
const nodeByKey = (graph, key) => {
  graph.keys ??= new Map(Array.from({ length: graph.all }, (_, node) => [nodeKey(graph, node), node]));
  return graph.keys.get(key);
};
const nodeWords = (graph, node, groups = []) => {
  const { N, T, P, answer, all } = graph;
  if (node >= all) return `${groups[node - all].name} (${groups[node - all].members.length})`;
  if (node < N) return `L${answer.neurons.layer[node]}/N${answer.neurons.index[node]}`;
  if (node < N + T) return `“${tokenText(answer.tokens[node - N].text)}”`;
  return node < N + T + P ? `→ ${tokenText(answer.predictions[node - N - T].token)}` : "the metric";
};

// What is shown: which nodes, and edges between them with those of groups added up. `view` has showsSinks, trust (0 to 3),
// edgeCount and groups (`{ name, members }`).
const shownGraph = (graph, view) => {
  const { N, all, answer, edges } = graph;
  const owner = new Int32Array(all).map((_, node) => node);
  view.groups.forEach((group, number) => { for (const member of group.members) owner[member] = all + number; });
  const isShown = new Uint8Array(all + view.groups.length);
  for (let node = 0; node < all; node += 1) {
    if (owner[node] >= all) isShown[owner[node]] = 1;
    else isShown[node] = node >= N || ((view.showsSinks || !answer.neurons.is_sink[node]) && TRUST[answer.neurons.trust[node]] >= view.trust) ? 1 : 0;
  }
  const sums = new Map();
  let drawn = 0;
  let smallest = 0;
  for (const edge of graph.byFlow) {
    if (drawn >= view.edgeCount) break;
    const [source, target] = [owner[edges.source[edge]], owner[edges.target[edge]]];
    if (source === target || !isShown[source] || !isShown[target]) continue;
    const key = source * (all + view.groups.length) + target;
    const known = sums.get(key);
    if (known) known.flow += edges.flow[edge];
    else sums.set(key, { source, target, flow: edges.flow[edge] });
    drawn += 1;
    smallest = Math.abs(edges.flow[edge]);
  }
  const list = [...sums.values()].sort((a, b) => Math.abs(b.flow) - Math.abs(a.flow));
  const [into, from] = [new Map(), new Map()];
  for (const edge of list) {
    if (!into.has(edge.target)) into.set(edge.target, []);
    if (!from.has(edge.source)) from.set(edge.source, []);
    into.get(edge.target).push(edge);
    from.get(edge.source).push(edge);
  }
  return { owner, isShown, list, into, from, drawn, smallest };
};

// Where the shown nodes stand, in a plane of `width` by `height`.
const placeNodes = (graph, shown, view, width, height) => {
  const { all, T } = graph;
  const count = all + view.groups.length;
  const [x, y, radius] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const cells = new Map();
  for (let node = 0; node < all; node += 1) {
    if (!shown.isShown[node] || shown.owner[node] !== node) continue;
    const key = graph.position[node] * 1024 + graph.row[node];
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(node);
  }
  const units = new Float64Array(T).fill(3);
  for (const [key, nodes] of cells) units[Math.floor(key / 1024)] = Math.max(units[Math.floor(key / 1024)], nodes.length + 1);
  const total = units.reduce((sum, value) => sum + value, 0);
  const [left, top, bottom] = [40, 26, 46];
  const unit = Math.min(26, (width - left - 12) / total);
  const rows = rowOfLayer(graph.top) + (graph.answer.has_metric ? 5 : 3);
  const step = (height - top - bottom) / (rows - 1);
  const starts = new Float64Array(T + 1);
  for (let p = 0; p < T; p += 1) starts[p + 1] = starts[p] + units[p] * unit;
  const indent = left + Math.max(0, (width - left - 12 - starts[T]) / 2);
  const most = Math.max(1e-12, ...cells.size ? [...cells.values()].flat().map((node) => (node < graph.N ? Math.abs(graph.score[node]) : 0)) : [1]);
  const rowY = (row) => height - bottom - row * step;
  for (const nodes of cells.values()) {
    // The strongest stands in the middle.
    nodes.sort((a, b) => Math.abs(graph.score[b]) - Math.abs(graph.score[a]) || a - b);
    nodes.forEach((node, rank) => {
      const p = graph.position[node];
      const offset = (rank % 2 === 0 ? 1 : -1) * Math.ceil(rank / 2) + (nodes.length % 2 === 0 ? 0.5 : 0);
      // Predictions need room for their words.
      const gap = node < graph.N + T ? unit : Math.min(84, Math.max(unit, (units[p] * unit) / nodes.length));
      x[node] = indent + starts[p] + (units[p] * unit) / 2 + offset * gap;
      y[node] = rowY(graph.row[node]);
      const size = node < graph.N ? 2 + 7 * Math.sqrt(Math.abs(graph.score[node]) / most) : 5;
      radius[node] = Math.max(1.2, Math.min(size, Math.max(unit * 0.62, 1.6), step * 0.48));
    });
  }
  view.groups.forEach((group, number) => {
    const node = all + number;
    const members = group.members;
    const middle = (value) => members.reduce((sum, member) => sum + value(member), 0) / members.length;
    x[node] = middle((member) => indent + starts[graph.position[member]] + (units[graph.position[member]] * unit) / 2);
    y[node] = rowY(middle((member) => graph.row[member]));
    radius[node] = 13;
  });
  return { x, y, radius, rowY, step, unit, columns: Array.from({ length: T }, (_, p) => [indent + starts[p], indent + starts[p + 1]]) };
};

// The colours of the page, read again when the scheme changes.
const readColours = () => {
  const style = getComputedStyle(document.body);
  return Object.fromEntries(["ink", "muted", "faint", "line", "card", "plus", "minus", "accent", "wash", "ground"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

// Draws into a canvas. `frame` has scale and shift of the plane, `chosen` and `pinned` nodes, and the node under the pointer.
const drawGraph = (canvas, graph, shown, places, view, frame) => {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const paint = canvas.getContext("2d");
  const colours = frame.colours;
  const { x, y, radius } = places;
  paint.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint.clearRect(0, 0, width, height);
  const X = (value) => value * frame.scale + frame.shiftX;
  const Y = (value) => value * frame.scale + frame.shiftY;
  const size = Math.max(1, Math.sqrt(frame.scale));

  // Rows of every fifth layer, and the tokens below.
  paint.font = "11px system-ui, sans-serif";
  paint.textBaseline = "middle";
  for (let layer = 0; layer <= graph.top; layer += 5) {
    const row = rowOfLayer(layer);
    paint.strokeStyle = colours.line;
    paint.beginPath(); paint.moveTo(0, Y(places.rowY(row))); paint.lineTo(width, Y(places.rowY(row))); paint.stroke();
    paint.fillStyle = colours.muted;
    paint.textAlign = "left";
    paint.fillText(`L${layer}`, 6, Y(places.rowY(row)) - 7);
  }
  paint.textAlign = "center";
  places.columns.forEach(([from, to], position) => {
    const [a, b] = [X(from), X(to)];
    if (b < 0 || a > width) return;
    if (position % 2 === 1) { paint.globalAlpha = 0.5; paint.fillStyle = colours.wash; paint.fillRect(a, 0, b - a, height - 30); paint.globalAlpha = 1; }
  });

  // Lines of a sign and about equal strength are one path: thousands of strokes would take long. A dense picture gets straight ones.
  const lines = (edges, alpha, widest) => {
    const most = shown.list.length ? Math.abs(shown.list[0].flow) : 1;
    const isDense = edges.length > 6000;
    const paths = new Map();
    for (const edge of edges) {
      const level = Math.ceil(Math.sqrt(Math.abs(edge.flow) / most) * 10);
      const key = edge.flow < 0 ? -level : level;
      if (!paths.has(key)) paths.set(key, new Path2D());
      const path = paths.get(key);
      const [x1, y1, x2, y2] = [X(x[edge.source]), Y(y[edge.source]), X(x[edge.target]), Y(y[edge.target])];
      const middle = (y1 + y2) / 2;
      path.moveTo(x1, y1);
      if (isDense) path.lineTo(x2, y2);
      else path.bezierCurveTo(x1, middle, x2, middle, x2, y2);
    }
    for (const [key, path] of [...paths].sort(([left], [right]) => Math.abs(left) - Math.abs(right))) {
      const strength = Math.abs(key) / 10;
      paint.globalAlpha = Math.min(1, alpha * (0.25 + 0.75 * strength));
      paint.strokeStyle = key < 0 ? colours.minus : colours.plus;
      paint.lineWidth = Math.max(0.5, widest * strength);
      paint.stroke(path);
    }
    paint.globalAlpha = 1;
  };
  const focus = new Set([frame.chosen, ...frame.pinned].filter((node) => node !== null && shown.isShown[node]));
  const near = new Set(focus);
  const strong = shown.list.filter((edge) => {
    const isNear = edge.source === frame.chosen || edge.target === frame.chosen || (focus.has(edge.source) && focus.has(edge.target));
    if (isNear) { near.add(edge.source); near.add(edge.target); }
    return isNear;
  });
  // The more lines, the fainter each, so that a dense picture still has a shape.
  lines(shown.list, Math.max(0.05, Math.min(0.5, 0.5 * Math.sqrt(800 / Math.max(1, shown.list.length)))) * (focus.size ? 0.2 : 1), 2.4);
  if (focus.size) lines(strong, 0.95, 3.4);

  const isFaint = (node) => focus.size > 0 && !near.has(node);
  for (let node = 0; node < x.length; node += 1) {
    if (!shown.isShown[node] || (node < graph.all && shown.owner[node] !== node)) continue;
    const [cx, cy, r] = [X(x[node]), Y(y[node]), radius[node] * size];
    if (cx < -20 || cx > width + 20 || cy < -20 || cy > height + 20) continue;
    paint.globalAlpha = isFaint(node) ? 0.25 : 1;
    const colour = node >= graph.N ? colours.ink : graph.score[node] < 0 ? colours.minus : colours.plus;
    paint.beginPath();
    if (node >= graph.N) paint.roundRect(cx - r, cy - r, 2 * r, 2 * r, node >= graph.all ? 5 : 2);
    else paint.arc(cx, cy, r, 0, 2 * Math.PI);
    const isMeasured = node < graph.N && graph.answer.neurons.trust[node] === "exact";
    const isDoubtful = node < graph.N && TRUST[graph.answer.neurons.trust[node]] === 0;
    // A hollow circle needs some size to be seen as one.
    const isHollow = isDoubtful && r > 2.5;
    if (isDoubtful && !isHollow) paint.globalAlpha *= 0.4;
    paint.fillStyle = isHollow ? colours.card : colour;
    paint.fill();
    paint.lineWidth = isMeasured ? 2 : 1;
    paint.strokeStyle = isMeasured ? colours.ink : isDoubtful ? colour : colours.card;
    if (r > 2.5 || isMeasured) paint.stroke();
    if (frame.pinned.has(node) || node === frame.chosen || node === frame.under) {
      paint.lineWidth = 2;
      paint.strokeStyle = colours.accent;
      paint.beginPath(); paint.arc(cx, cy, r + 4, 0, 2 * Math.PI); paint.stroke();
    }
  }
  paint.globalAlpha = 1;

  // Words on what is pinned, chosen, near or a group; nothing is written over something written before.
  const written = [];
  const label = (node, isBold) => {
    const text = nodeWords(graph, node, view.groups);
    paint.font = `${isBold ? "600 " : ""}12px system-ui, sans-serif`;
    const wide = paint.measureText(text).width + 8;
    const [cx, cy] = [Math.min(width - wide / 2 - 2, Math.max(wide / 2 + 2, X(x[node]))), Y(y[node]) - radius[node] * size - 11];
    const box = [cx - wide / 2, cy - 8, cx + wide / 2, cy + 8];
    if (written.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    written.push(box);
    paint.fillStyle = colours.card;
    paint.globalAlpha = 0.88;
    paint.beginPath(); paint.roundRect(box[0], box[1], wide, 16, 4); paint.fill();
    paint.globalAlpha = 1;
    paint.fillStyle = colours.ink;
    paint.fillText(text, cx, cy);
  };
  for (const node of focus) label(node, true);
  view.groups.forEach((_, number) => label(graph.all + number, true));
  for (const edge of strong.slice(0, 24)) for (const node of [edge.source, edge.target]) if (node < graph.N || node >= graph.N + graph.T) label(node, false);
  for (let node = graph.N + graph.T; node < graph.all; node += 1) label(node, false);

  paint.fillStyle = colours.card;
  paint.fillRect(0, height - 30, width, 30);
  paint.font = "12px system-ui, sans-serif";
  let free = -1;
  places.columns.forEach(([from, to], position) => {
    const middle = X((from + to) / 2);
    const text = tokenText(graph.answer.tokens[position].text) || "∅";
    const cut = text.length > 14 ? `${text.slice(0, 13)}…` : text;
    const wide = paint.measureText(cut).width;
    if (middle - wide / 2 < free || middle < 0 || middle > width) return;
    free = middle + wide / 2 + 7;
    paint.fillStyle = shown.owner[graph.N + position] === frame.chosen ? colours.accent : colours.muted;
    paint.fillText(cut, Math.min(width - wide / 2 - 3, Math.max(wide / 2 + 3, middle)), height - 14);
  });
  setData(canvas, "drawn", String(shown.isShown.reduce((sum, isShown) => sum + isShown, 0)));
};

// The node at a place of the canvas; null if there is none near.
const nodeAt = (graph, shown, places, frame, atX, atY) => {
  let best = null;
  let nearest = 14 * 14;
  for (let node = 0; node < places.x.length; node += 1) {
    if (!shown.isShown[node] || (node < graph.all && shown.owner[node] !== node)) continue;
    const [dx, dy] = [places.x[node] * frame.scale + frame.shiftX - atX, places.y[node] * frame.scale + frame.shiftY - atY];
    const distance = dx * dx + dy * dy;
    if (distance < nearest) { nearest = distance; best = node; }
  }
  return best;
};

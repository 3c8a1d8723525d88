// autointerp
// Shows the workers at a glance: the map of a large fleet, and small lines of throughput.
// Throughput samples come from `/history/workers` once, then from the events. Each cell of the map is a worker; its
// filling shows how many of its slots are busy.
// SPDX-License-Identifier: Apache-2.0

const workerStates = { setAside: "set aside", lost: "lost", draining: "draining", working: "working", idle: "idle", left: "left" };
const stateRank = Object.fromEntries(Object.keys(workerStates).map((key, i) => [key, i]));
// Up to this many workers are listed without tools. Longer lists begin with this many rows.
const fewWorkers = 10;

const workerLines = new Map();
const lineLength = 60;
let lineAt = 0;

const loadWorkerHistory = async () => {
  try {
    const { at, perMinute } = await getJSON("/history/workers");
    for (const [name, values] of Object.entries(perMinute)) {
      const earlier = at.map((time, i) => [time, values[i]]).filter(([, value]) => isNumber(value));
      const later = (workerLines.get(name) || []).filter(([time]) => !earlier.length || time > earlier.at(-1)[0]);
      workerLines.set(name, [...earlier, ...later].slice(-lineLength));
    }
    lineAt = Math.max(lineAt, at.at(-1) || 0);
    render();
  } catch { /* The lines grow from now on. */ }
};

const addWorkerSample = () => {
  const { now, workers } = state.status;
  if (now - lineAt < 4500) return;
  lineAt = now;
  const present = new Set();
  for (const worker of workers) {
    present.add(worker.name);
    const line = workerLines.get(worker.name) || [];
    if (worker.state !== "lost" && worker.state !== "left") line.push([now, worker.promptsPerMinute]);
    if (line.length > lineLength) line.shift();
    workerLines.set(worker.name, line);
  }
  for (const name of workerLines.keys()) if (!present.has(name)) workerLines.delete(name);
};

const spark = () => {
  const root = svg("svg", { class: "spark", viewBox: "0 0 84 22", "aria-hidden": "true" });
  root.append(svg("path", { class: "area" }), svg("path", { class: "line" }));
  return root;
};

// The last five minutes, all workers on the same scale.
const drawSpark = (root, name, ceiling) => {
  const points = workerLines.get(name) || [];
  const end = lineAt;
  const x = (time) => Math.max(0, 84 - ((end - time) / 300000) * 84);
  const y = (value) => 21 - (20 * Math.min(value, ceiling)) / ceiling;
  const line = points.map(([time, value], i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const flat = points.length === 1 ? `${line}h1` : line;
  root.lastChild.setAttribute("d", flat);
  root.firstChild.setAttribute("d", points.length > 1 ? `${line}L${x(points.at(-1)[0]).toFixed(1)} 22L${x(points[0][0]).toFixed(1)} 22Z` : "");
};

const map = { step: 12, perRow: 1, pointed: null };

const renderMap = (workers) => {
  const box = $("fleet-map");
  box.hidden = workers.length <= fewWorkers;
  if (box.hidden) return;
  const canvas = $("fleet-cells");
  const width = box.clientWidth;
  map.step = workers.length > 400 ? (width < 600 ? 8 : 11) : workers.length > 100 ? 14 : 18;
  map.perRow = Math.max(1, Math.floor((width + 2) / map.step));
  const rows = Math.ceil(workers.length / map.perRow);
  const ratio = devicePixelRatio || 1;
  const [pixelsWide, pixelsHigh] = [Math.round(width * ratio), Math.round(rows * map.step * ratio)];
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
    [canvas.width, canvas.height] = [pixelsWide, pixelsHigh];
    canvas.style.height = `${rows * map.step}px`;
  }
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const colors = { track: color("track"), busy: color("accent"), draining: color("accent-soft"), setAside: color("warn-fill"), lost: color("bad"), ink: color("ink") };
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, rows * map.step);
  const side = map.step - 2;
  workers.forEach((worker, i) => {
    const [left, top] = [(i % map.perRow) * map.step, Math.floor(i / map.perRow) * map.step];
    const isBad = worker.state === "lost" || worker.state === "setAside";
    if (worker.state !== "left") {
      context.fillStyle = isBad ? colors[worker.state] : colors.track;
      context.fillRect(left, top, side, side);
    }
    const share = worker.slots ? Math.min(1, worker.busySlots / worker.slots) : 0;
    if (!isBad && share > 0) {
      context.fillStyle = worker.state === "draining" ? colors.draining : colors.busy;
      const filled = Math.max(1, Math.round(side * share));
      context.fillRect(left, top + side - filled, side, filled);
    }
    if (i === map.pointed) {
      context.strokeStyle = colors.ink;
      context.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
    }
  });
  const pointed = workers[map.pointed];
  setText($("fleet-note"), pointed
    ? `${pointed.name} · ${workerStates[pointed.state] || pointed.state} · ${pointed.busySlots}/${pointed.slots} slots · ${rate(pointed.promptsPerMinute)} per minute`
    : "A cell is a worker, filled as far as its slots are busy; lost red, set aside yellow.");
};

const pointAt = (event) => {
  const place = $("fleet-cells").getBoundingClientRect();
  const [column, row] = [Math.floor((event.clientX - place.left) / map.step), Math.floor((event.clientY - place.top) / map.step)];
  const number = row * map.perRow + column;
  map.pointed = column < map.perRow && state.status && number < state.status.workers.length ? number : null;
  if (state.status) renderMap(state.status.workers);
};
$("fleet-cells").addEventListener("pointermove", pointAt);
$("fleet-cells").addEventListener("pointerleave", () => { map.pointed = null; if (state.status) renderMap(state.status.workers); });
$("fleet-cells").addEventListener("click", () => {
  const worker = state.status && state.status.workers[map.pointed];
  if (!worker) return;
  $("worker-filter").value = worker.name;
  list.isAll = false;
  renderWorkers();
});

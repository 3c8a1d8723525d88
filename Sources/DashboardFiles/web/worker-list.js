// autointerp
// Shows the list of workers, which can be searched and sorted; workers with problems come first.
// SPDX-License-Identifier: Apache-2.0

const list = { state: null, isAll: false };

const workerRow = () => {
  const cell = (className, label, ...children) => {
    const element = h("td", className, ...children);
    if (label) element.dataset.label = label;
    return element;
  };
  const row = h("tr");
  const parts = {
    name: h("span", "worker-name text"), host: h("span", "host text"), stateWord: h("span"), boxes: h("span", "slots"),
    slotWords: h("span"), spark: spark(), rate: h("span", "rate"), done: cell("n", "Done"), failed: cell("n", "Failed"),
    memory: cell("n", "Memory"), heard: cell("n", "Heard"),
  };
  parts.boxes.setAttribute("aria-hidden", "true");
  const dot = h("span", "dot");
  dot.setAttribute("aria-hidden", "true");
  parts.state = cell("state", null, dot, parts.stateWord);
  row.append(
    cell("who", null, parts.name, parts.host), parts.state, cell("busy", "Slots", parts.boxes, parts.slotWords),
    cell("n speed", "Per minute", parts.spark, parts.rate), parts.done, parts.failed, parts.memory, parts.heard);
  row.parts = parts;
  return row;
};

const updateRow = (row, worker, fastest, now) => {
  const parts = row.parts;
  setText(parts.name, worker.name);
  setText(parts.host, worker.computeKernel ? `${worker.host} · ${worker.computeKernel}` : worker.host);
  row.title = worker.prompts.length ? `${worker.name}: working on ${worker.prompts.slice(0, 20).map((prompt) => `#${prompt}`).join(", ")}` : worker.name;
  setData(row, "state", worker.state);
  setData(parts.state, "state", worker.state);
  setText(parts.stateWord, workerStates[worker.state] || worker.state);
  const boxes = worker.slots <= 16 ? worker.slots : 0;
  while (parts.boxes.childElementCount < boxes) parts.boxes.append(h("i"));
  while (parts.boxes.childElementCount > boxes) parts.boxes.lastElementChild.remove();
  [...parts.boxes.children].forEach((box, i) => box.classList.toggle("busy", i < worker.busySlots));
  setText(parts.slotWords, `${worker.busySlots}/${worker.slots}`);
  drawSpark(parts.spark, worker.name, fastest);
  setText(parts.rate, rate(worker.promptsPerMinute));
  setText(parts.done, count(worker.done));
  setText(parts.failed, count(worker.failed));
  parts.failed.classList.toggle("bad", worker.failed > 0);
  setText(parts.memory, worker.residentBytes ? bytes(worker.residentBytes) : "–");
  setText(parts.heard, worker.lastHeardAt ? ago((now - worker.lastHeardAt) / 1000) : "never");
};

const trouble = (worker) => (worker.state === "setAside" ? 0 : worker.state === "lost" ? 1 : worker.state === "left" ? 3 : 2);

// Each order puts the most interesting workers first; equal ones stay sorted by name.
const orders = {
  name: () => 0,
  trouble: (a, b) => trouble(a) - trouble(b) || b.failed - a.failed || stateRank[a.state] - stateRank[b.state],
  rate: (a, b) => b.promptsPerMinute - a.promptsPerMinute,
  busy: (a, b) => b.busySlots - a.busySlots,
  done: (a, b) => b.done - a.done,
  failed: (a, b) => b.failed - a.failed,
  memory: (a, b) => b.residentBytes - a.residentBytes,
  heard: (a, b) => a.lastHeardAt - b.lastHeardAt,
};

const renderPills = (counts, number) => {
  const pills = [[null, "all", number], ...counts.map(([key, many]) => [key, workerStates[key], many])];
  keyed($("worker-states"), pills, (pill) => String(pill[0]), ([key]) => {
    const parts = { number: h("b"), word: h("span") };
    const button = h("button", "", parts.number, " ", parts.word);
    button.type = "button";
    button.parts = parts;
    if (key) button.dataset.state = key;
    button.addEventListener("click", () => { list.state = key; renderWorkers(); });
    return button;
  }, (button, [key, word, many]) => {
    setText(button.parts.number, count(many));
    setText(button.parts.word, word);
    button.setAttribute("aria-pressed", String(list.state === key));
  });
};

const renderWorkers = () => {
  const workers = state.status.workers;
  const isFleet = workers.length > fewWorkers;
  // A long list is placed after the results.
  const [card, neurons] = [$("workers-card"), $("neurons-card")];
  if (isFleet !== (neurons.nextElementSibling === card)) (isFleet ? neurons.after(card) : card.after(neurons));
  $("no-workers").hidden = workers.length > 0;
  $("workers-table").hidden = workers.length === 0;
  const counts = Object.keys(workerStates).map((key) => [key, workers.filter((worker) => worker.state === key).length]).filter(([, many]) => many);
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const busy = workers.reduce((sum, worker) => sum + worker.busySlots, 0);
  const summary = isFleet ? "" : `${counts.map(([key, many]) => `${many} ${workerStates[key]}`).join(", ")}; `;
  setText($("workers-summary"), workers.length ? `${summary}${count(busy)} of ${plural(slots, "slot", "slots")} busy` : "");
  renderMap(workers);
  $("worker-tools").hidden = !isFleet;
  if (!isFleet || !counts.some(([key]) => key === list.state)) list.state = null;
  renderPills(counts, workers.length);

  const wanted = isFleet ? $("worker-filter").value.trim().toLowerCase() : "";
  const found = workers.filter((worker) => (list.state === null || worker.state === list.state)
    && (!wanted || worker.name.toLowerCase().includes(wanted) || worker.host.toLowerCase().includes(wanted)));
  const order = $("worker-sort").value;
  const sorted = found.slice().sort(orders[order] || orders.trouble);
  const shown = list.isAll ? sorted : sorted.slice(0, fewWorkers);
  const now = coordinatorNow();
  const fastest = Math.max(1e-9, ...workers.map((worker) => worker.promptsPerMinute));
  keyed($("workers"), shown, (worker) => worker.name, workerRow, (row, worker) => updateRow(row, worker, fastest, now));
  for (const head of document.querySelectorAll("th[data-order]")) {
    setData(head, "sorted", String(isFleet && head.dataset.order === order));
    head.tabIndex = isFleet ? 0 : -1;
  }
  $("no-match").hidden = workers.length === 0 || found.length > 0;
  const more = $("workers-more");
  more.hidden = found.length <= fewWorkers;
  setText(more, list.isAll ? "Show fewer" : `Show all ${count(found.length)}`);
};

$("workers-more").addEventListener("click", () => { list.isAll = !list.isAll; renderWorkers(); });
for (const id of ["worker-filter", "worker-sort"]) $(id).addEventListener("input", () => { if (state.status) renderWorkers(); });
for (const head of document.querySelectorAll("th[data-order]")) {
  const choose = () => {
    if (!state.status || state.status.workers.length <= fewWorkers) return;
    $("worker-sort").value = head.dataset.order;
    renderWorkers();
  };
  head.addEventListener("click", choose);
  head.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } });
}

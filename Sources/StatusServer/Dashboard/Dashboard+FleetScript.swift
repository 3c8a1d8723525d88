// autointerp
// The dashboard's workers, errors and counters.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  static let fleetScript = #"""
    const workerStates = { working: "working", idle: "idle", draining: "draining", setAside: "set aside", lost: "lost" };
    const mostWorkers = 40;

    const workerRow = () => {
      const cell = (className, label, ...children) => {
        const element = h("td", className, ...children);
        if (label) element.dataset.label = label;
        return element;
      };
      const row = h("tr");
      const parts = {
        name: h("span", "worker-name text"), host: h("span", "host text"), stateWord: h("span"), boxes: h("span", "slots"),
        slotWords: h("span"), meter: h("i"), rate: h("span"), done: cell("n", "Done"), failed: cell("n", "Failed"),
        memory: cell("n", "Memory"), heard: cell("n", "Heard"),
      };
      parts.boxes.setAttribute("aria-hidden", "true");
      const dot = h("span", "dot");
      dot.setAttribute("aria-hidden", "true");
      parts.state = cell("state", null, dot, parts.stateWord);
      row.append(
        cell("", null, parts.name, parts.host), parts.state, cell("", "Slots", parts.boxes, parts.slotWords),
        cell("n", "Per minute", h("span", "meter", parts.meter), parts.rate), parts.done, parts.failed, parts.memory, parts.heard);
      row.parts = parts;
      return row;
    };

    const renderWorkers = () => {
      const workers = state.status.workers;
      const shown = state.isAllWorkers ? workers : workers.slice(0, mostWorkers);
      const fastest = Math.max(1e-9, ...workers.map((worker) => worker.promptsPerMinute));
      const now = coordinatorNow();
      $("no-workers").hidden = workers.length > 0;
      $("workers-table").hidden = workers.length === 0;
      const summary = Object.keys(workerStates)
        .map((key) => [key, workers.filter((worker) => worker.state === key).length])
        .filter(([, number]) => number).map(([key, number]) => `${number} ${workerStates[key]}`);
      const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
      const busy = workers.reduce((sum, worker) => sum + worker.busySlots, 0);
      setText($("workers-summary"), workers.length ? `${summary.join(", ")}; ${count(busy)} of ${plural(slots, "slot", "slots")} busy` : "");
      keyed($("workers"), shown, (worker) => worker.name, workerRow, (row, worker) => {
        const parts = row.parts;
        setText(parts.name, worker.name);
        setText(parts.host, worker.computeKernel ? `${worker.host} · ${worker.computeKernel}` : worker.host);
        row.title = worker.prompts.length ? `working on ${worker.prompts.slice(0, 20).map((prompt) => `#${prompt}`).join(", ")}` : "";
        setData(parts.state, "state", worker.state);
        setText(parts.stateWord, workerStates[worker.state] || worker.state);
        const boxes = worker.slots <= 12 ? worker.slots : 0;
        while (parts.boxes.childElementCount < boxes) parts.boxes.append(h("i"));
        while (parts.boxes.childElementCount > boxes) parts.boxes.lastElementChild.remove();
        [...parts.boxes.children].forEach((box, i) => box.classList.toggle("busy", i < worker.busySlots));
        setText(parts.slotWords, `${worker.busySlots}/${worker.slots}`);
        setWidth(parts.meter, worker.promptsPerMinute / fastest);
        setText(parts.rate, rate(worker.promptsPerMinute));
        setText(parts.done, count(worker.done));
        setText(parts.failed, count(worker.failed));
        parts.failed.classList.toggle("bad", worker.failed > 0);
        setText(parts.memory, worker.residentBytes ? bytes(worker.residentBytes) : "–");
        const age = (now - worker.lastHeardAt) / 1000;
        setText(parts.heard, !worker.lastHeardAt ? "never" : age < 2 ? "now" : `${span(age)} ago`);
      });
      const more = $("workers-more");
      more.hidden = workers.length <= mostWorkers;
      setText(more, state.isAllWorkers ? "Show fewer" : `Show all ${count(workers.length)}`);
    };
    $("workers-more").addEventListener("click", () => { state.isAllWorkers = !state.isAllWorkers; render(); });

    const renderErrors = () => {
      const errors = state.status.recentErrors;
      $("errors-card").hidden = errors.length === 0;
      const numbered = errors.map((error, i) => ({ ...error, key: `${error.at} ${i} ${error.text}` })).reverse().slice(0, 100);
      keyed($("errors"), numbered, (error) => error.key,
        (error) => h("li", "", h("time", "", clock(error.at, true)), h("span", "text", error.text)), () => {});
    };

    const renderFleet = () => {
      const { softwareVersion, startedAt, counters } = state.status;
      setText($("coordinator"), `coordinator ${softwareVersion} · up ${span((coordinatorNow() - startedAt) / 1000)}`);
      const words = [
        `${plural(counters.leasesGranted, "lease", "leases")} granted, ${count(counters.leasesExpired)} expired`,
        `${plural(counters.deltasMerged, "delta", "deltas")} merged, ${count(counters.deltasDuplicate)} duplicate, ${count(counters.deltasConflicting)} conflicting`,
        `${plural(counters.failuresReported, "failure", "failures")} reported`,
        `${plural(counters.framesReceived, "message", "messages")}, ${bytes(counters.bytesReceived)} in, ${bytes(counters.bytesSent)} out`,
        `${count(counters.framesRefused)} messages and ${count(counters.workersRefused)} workers refused`,
      ];
      const foot = $("foot");
      while (foot.childElementCount < words.length) foot.append(h("span"));
      words.forEach((text, i) => setText(foot.children[i], text));
    };
    """#
}

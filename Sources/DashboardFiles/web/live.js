// autointerp
// Keeps the page connected to the coordinator: events, reconnection, and how old the numbers are.
// The coordinator sends something at least every five seconds. After twelve silent seconds the page says that its
// numbers are old. The browser reconnects by itself after an interruption; after an HTTP error the page reconnects.
// SPDX-License-Identifier: Apache-2.0

const getJSON = async (path) => {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) { location.reload(); throw new Error("signed out"); }
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ? body.error.message : `HTTP ${answer.status}`);
  return body;
};

const render = () => {
  if (!state.status) return;
  const run = chosenRun();
  // Also in hidden tabs, of which only the title is visible.
  renderTitle(run);
  if (document.hidden) return;
  $("main").hidden = false;
  $("no-run").hidden = run !== null;
  $("run").hidden = run === null;
  $("neurons-card").hidden = run === null;
  renderRuns();
  if (run) {
    renderProgress(run);
    renderFacts(run);
    renderQuarantine(run);
    renderChart(run);
  }
  renderWorkers();
  renderErrors();
  renderFleet();
};

const link = { source: null, isOpen: false, retry: 0, timer: 0 };

const showLink = () => {
  const silence = state.status ? (performance.now() - state.heardAt) / 1000 : 0;
  const isStale = silence > 12;
  const [kind, words] = isStale
    ? [link.isOpen ? "stale" : "lost", `${link.isOpen ? "stale" : "no connection"}: these numbers are ${span(Math.floor(silence / 5) * 5)} old`]
    : link.isOpen ? ["live", "live"] : [state.status ? "lost" : "connecting", state.status ? "reconnecting" : "connecting"];
  setData($("link"), "state", kind);
  setText($("link-text"), words);
  document.body.classList.toggle("stale", isStale);
};

const heard = (now) => {
  if (state.status) state.status.now = now;
  state.heardAt = performance.now();
  link.isOpen = true;
  link.retry = 0;
  showLink();
};

const connect = () => {
  const source = new EventSource("/events");
  link.source = source;
  source.addEventListener("status", (event) => {
    const isFirst = state.status === null;
    state.status = JSON.parse(event.data);
    heard(state.status.now);
    if (isFirst) loadWorkerHistory();
    addWorkerSample();
    render();
    if (isFirst) refreshNeurons();
  });
  source.addEventListener("heartbeat", (event) => { heard(JSON.parse(event.data).now); render(); });
  source.addEventListener("error", () => {
    link.isOpen = false;
    showLink();
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused: signed out, or too many readers. Ask why, then try again after growing pauses.
    source.close();
    clearTimeout(link.timer);
    link.retry = Math.min(link.retry + 1, 5);
    link.timer = setTimeout(() => { getJSON("/status").catch(() => {}).finally(connect); }, 1500 * link.retry);
  });
};

document.addEventListener("visibilitychange", () => { render(); refreshNeurons(); });
addEventListener("resize", render);
// Tell the server at once that this reader leaves, also when the page goes into the back-forward cache.
addEventListener("pagehide", () => link.source.close());
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
setInterval(showLink, 1000);
setInterval(refreshNeurons, 5000);
connect();

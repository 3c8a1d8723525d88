// autointerp
// The dashboard's line to the coordinator: events, reconnection, staleness; and the sign-in page.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  /// The coordinator says something at least every five seconds; after twelve without a word the page says that what it
  /// shows is old. The browser reconnects by itself after a cut; after an HTTP error the page does.
  static let liveScript = #"""
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
      // Also where nobody looks: the title is all that is seen of a tab in the background.
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
        // Refused: signed out, or too many readers. Ask why, then try again, less and less often.
        source.close();
        clearTimeout(link.timer);
        link.retry = Math.min(link.retry + 1, 5);
        link.timer = setTimeout(() => { getJSON("/status").catch(() => {}).finally(connect); }, 1500 * link.retry);
      });
    };

    document.addEventListener("visibilitychange", () => { render(); refreshNeurons(); });
    addEventListener("resize", render);
    // Let the server forget this reader at once, also when the page goes into the back-forward cache.
    addEventListener("pagehide", () => link.source.close());
    addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
    setInterval(showLink, 1000);
    setInterval(refreshNeurons, 5000);
    connect();
    """#

  static let signInScript = #"""
    const form = document.getElementById("form");
    const answer = document.getElementById("answer");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      answer.textContent = "";
      const token = document.getElementById("token").value;
      try {
        const reply = await fetch("/session", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
        if (reply.ok) location.replace("/");
        else answer.textContent = reply.status === 401 ? "That is not the token." : `The coordinator answered ${reply.status}.`;
      } catch {
        answer.textContent = "The coordinator does not answer.";
      }
    });
    """#
}

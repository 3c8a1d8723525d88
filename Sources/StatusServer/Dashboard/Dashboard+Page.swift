// autointerp
// The dashboard's markup.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  /// Everything that scripts fill has an id; nothing in here comes from data.
  static let body = #"""
    <header class="top">
      <p class="mark"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 12 8 4l4 8"/><circle cx="8" cy="4" r="2.4"/><circle cx="4" cy="12" r="2.4"/><circle cx="12" cy="12" r="2.4"/></svg>autointerp</p>
      <p class="coordinator" id="coordinator"></p>
      <p class="link" id="link" data-state="connecting"><span class="dot" aria-hidden="true"></span><span id="link-text" role="status">connecting</span></p>
    </header>
    <noscript><p class="notice">The dashboard needs JavaScript. The same numbers are at <a href="/status">/status</a> and in
    <code>autointerp status --watch</code>.</p></noscript>
    <main id="main" hidden>
      <nav class="runs" id="runs" aria-label="Runs" hidden>
        <div class="run-list" id="runs-open"></div>
        <button type="button" class="more" id="runs-more" hidden></button>
        <div class="run-list" id="runs-over" hidden></div>
      </nav>
      <p class="empty" id="no-run" hidden>No run yet. Start one with <code>autointerp run</code>; it will appear here by itself.</p>
      <div id="run" hidden>
        <section class="progress" aria-labelledby="run-title">
          <div class="run-head">
            <h1 id="run-title"></h1>
            <span class="badge" id="run-state"></span>
          </div>
          <p class="run-sub"><span id="run-model"></span><span id="run-name" class="mono"></span><span id="run-started"></span></p>
          <div class="headline">
            <p class="percent"><span id="percent"></span><small>%</small></p>
            <p class="of"><strong id="done"></strong> of <span id="total"></span> prompts</p>
            <p class="eta"><strong id="eta"></strong> <span id="eta-at"></span></p>
          </div>
          <div class="bar" id="bar" role="progressbar" aria-label="Prompts done" aria-valuemin="0">
            <span class="bar-done" id="bar-done"></span><span class="bar-flight" id="bar-flight"></span><span class="bar-quarantine" id="bar-quarantine"></span>
          </div>
          <ul class="legend" id="legend"></ul>
        </section>
        <div class="pair">
          <section class="card" aria-labelledby="rate-title">
            <div class="card-head"><h2 id="rate-title">Prompts per minute</h2><p class="reading" id="rate-now"></p></div>
            <div class="chart" id="chart"></div>
          </section>
          <section class="card" aria-labelledby="facts-title">
            <div class="card-head"><h2 id="facts-title">Collected so far</h2></div>
            <dl class="facts" id="facts"></dl>
          </section>
        </div>
        <section class="card trouble" id="quarantine-card" aria-labelledby="quarantine-title" hidden>
          <div class="card-head"><h2 id="quarantine-title"></h2><p class="reading">set aside; <code>autointerp retry</code> runs them again</p></div>
          <ul class="quarantine" id="quarantine"></ul>
          <button type="button" class="more" id="quarantine-more" hidden></button>
        </section>
      </div>
      <section class="card" id="workers-card" aria-labelledby="workers-title">
        <div class="card-head"><h2 id="workers-title">Workers</h2><p class="reading" id="workers-summary"></p></div>
        <p class="empty" id="no-workers" hidden>No worker has said hello yet. Start one with <code>autointerp worker</code>.</p>
        <div id="fleet-map" class="fleet-map" hidden><canvas id="fleet-cells" role="img" aria-label="A cell for each worker"></canvas><p class="reading" id="fleet-note"></p></div>
        <div class="tools" id="worker-tools" hidden>
          <div class="pills" id="worker-states" role="group" aria-label="Show workers by state"></div>
          <label>Find <input id="worker-filter" type="search" placeholder="name or host" autocomplete="off" spellcheck="false"></label>
          <label>Order <select id="worker-sort">
            <option value="trouble">trouble first</option><option value="name">name</option><option value="rate">per minute</option>
            <option value="busy">busy slots</option><option value="done">done</option><option value="failed">failed</option>
            <option value="memory">memory</option><option value="heard">longest silent</option>
          </select></label>
        </div>
        <table class="workers" id="workers-table">
          <thead><tr><th scope="col" data-order="name">Worker</th><th scope="col" data-order="trouble">State</th><th scope="col" data-order="busy">Slots</th><th scope="col" class="n" data-order="rate">Per minute</th><th scope="col" class="n" data-order="done">Done</th><th scope="col" class="n" data-order="failed">Failed</th><th scope="col" class="n" data-order="memory">Memory</th><th scope="col" class="n" data-order="heard">Heard</th></tr></thead>
          <tbody id="workers"></tbody>
        </table>
        <p class="empty" id="no-match" hidden>No worker matches.</p>
        <button type="button" class="more" id="workers-more" hidden></button>
      </section>
      <section class="card" id="neurons-card" aria-labelledby="neurons-title" hidden>
        <div class="card-head">
          <h2 id="neurons-title">Top neurons so far</h2>
          <div class="sort" role="group" aria-label="Order of the neurons">
            <button type="button" data-sort="relp" aria-pressed="true">by |RelP|</button>
            <button type="button" data-sort="prompts" aria-pressed="false">by prompts</button>
            <button type="button" data-sort="domain" aria-pressed="false">by domain specificity</button>
          </div>
        </div>
        <p class="key"><span class="swatch" data-kind="done"></span>domain prompts, <span class="swatch" data-kind="flight"></span>baseline prompts; ← driven by, → drives: the edges that carry most, with their mean flow (± where prompts differ about the sign; tokens tinted).</p>
        <p class="empty" id="no-neurons"></p>
        <div class="neurons" id="neurons"></div>
      </section>
      <section class="card" id="errors-card" aria-labelledby="errors-title" hidden>
        <div class="card-head"><h2 id="errors-title">Recent errors</h2><p class="reading">newest first</p></div>
        <ol class="errors" id="errors"></ol>
      </section>
      <footer class="foot" id="foot"></footer>
    </main>
    """#

  static let signInBody = #"""
    <main class="sign-in">
      <p class="mark"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 12 8 4l4 8"/><circle cx="8" cy="4" r="2.4"/><circle cx="4" cy="12" r="2.4"/><circle cx="12" cy="12" r="2.4"/></svg>autointerp</p>
      <h1>Sign in to the status port</h1>
      <form id="form">
        <label for="token">Bearer token</label>
        <input id="token" type="password" autocomplete="current-password" required autofocus>
        <button type="submit">Sign in</button>
      </form>
      <p id="answer" role="alert"></p>
    </main>
    """#
}

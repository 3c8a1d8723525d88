// autointerp
// The dashboard's looks, light and dark, wide and narrow.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  static let style = #"""
    :root {
      color-scheme: light dark;
      --ground: #f6f6f3; --card: #fff; --ink: #1c1e23; --muted: #5f636c; --faint: #8a8e97; --line: #e5e4df; --track: #e9e8e3;
      --accent: #3d4fc4; --accent-soft: #a9b3ec; --wash: #eef0fb;
      --good: #17693f; --warn: #8f5b00; --warn-fill: #d9962a; --bad: #b3261e; --idle: #9a9ea7;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #101216; --card: #171a1f; --ink: #e8e9ec; --muted: #a0a5b0; --faint: #777d89; --line: #282c34; --track: #262a32;
        --accent: #8d9fff; --accent-soft: #4a579f; --wash: #1e2233;
        --good: #5fc792; --warn: #e3ad4a; --warn-fill: #c98a20; --bad: #ff8f86; --idle: #6d727d;
      }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 20px 32px 48px; max-width: 1240px; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Inter", "Noto Sans", "DejaVu Sans", sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    h1, h2, p, ul, ol, dl, dd { margin: 0; padding: 0; font-weight: inherit; }
    ul, ol { list-style: none; }
    code, .mono { font-family: ui-monospace, "SF Mono", "Cascadia Code", "Noto Sans Mono", "DejaVu Sans Mono", monospace; font-size: .92em; }
    small { font-size: inherit; }
    a { color: var(--accent); }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .text { unicode-bidi: isolate; }

    .top { display: flex; align-items: center; gap: 8px 18px; flex-wrap: wrap; margin-bottom: 26px; }
    .mark { display: flex; align-items: center; gap: 8px; font-weight: 650; letter-spacing: -.01em; }
    .mark svg { width: 20px; height: 20px; fill: var(--accent); }
    .mark path { fill: none; stroke: var(--accent-soft); stroke-width: 1.6; }
    .coordinator { color: var(--muted); font-size: 13px; flex: 1; }
    .link { display: flex; align-items: center; gap: 8px; font-size: 13px; color: var(--muted); }
    .dot { width: 8px; height: 8px; border-radius: 50%; background: var(--idle); flex: none; display: inline-block; }
    .link[data-state=live] .dot { background: var(--good); }
    .link[data-state=stale], .link[data-state=lost] { color: var(--bad); font-weight: 600; }
    .link[data-state=stale] .dot, .link[data-state=lost] .dot { background: var(--bad); }
    body.stale #main { opacity: .62; }
    .notice, .empty { color: var(--muted); padding: 6px 0; }

    #no-run { padding-bottom: 18px; }

    .runs { margin: -8px 0 24px; }
    .run-list { display: flex; gap: 8px; flex-wrap: wrap; }
    .runs .more { padding: 6px 0 0; }
    #runs-over { margin-top: 8px; max-height: 210px; overflow: auto; padding: 1px; }
    .run-list button {
      appearance: none; border: 1px solid var(--line); background: var(--card); color: var(--ink); border-radius: 8px;
      padding: 6px 12px 7px; font: inherit; font-size: 13px; cursor: pointer; text-align: left; max-width: 100%;
    }
    .run-list button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
    .runs .mini { display: block; height: 3px; border-radius: 2px; background: var(--track); margin-top: 5px; overflow: hidden; }
    .runs .mini i { display: block; height: 100%; background: var(--accent); }
    .runs .what, .runs .hint { color: var(--muted); margin-left: 8px; }
    .runs .hint:empty { display: none; }

    .progress { margin-bottom: 28px; }
    .run-head { display: flex; align-items: baseline; gap: 12px; flex-wrap: wrap; }
    h1 { font-size: 24px; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; }
    .badge { font-size: 12.5px; font-weight: 600; padding: 1px 10px; border-radius: 99px; background: var(--track); color: var(--muted); }
    .badge[data-state=active] { background: var(--wash); color: var(--accent); }
    .badge[data-state=complete] { color: var(--good); }
    .badge[data-state=partial] { color: var(--warn); }
    .badge[data-state=cancelled] { color: var(--bad); }
    .run-sub { color: var(--muted); font-size: 13px; display: flex; flex-wrap: wrap; gap: 0 14px; margin-top: 2px; }
    .headline { display: flex; align-items: baseline; gap: 4px 22px; flex-wrap: wrap; margin: 16px 0 10px; }
    .percent { font-size: 60px; line-height: 1; font-weight: 300; letter-spacing: -.035em; }
    .percent small { font-size: 28px; margin-left: 3px; color: var(--faint); letter-spacing: 0; }
    .of, .eta { color: var(--muted); }
    .of strong, .eta strong { color: var(--ink); font-weight: 600; }
    .eta { margin-left: auto; text-align: right; }
    .bar { display: flex; height: 12px; border-radius: 6px; background: var(--track); overflow: hidden; }
    .bar span { flex: none; width: 0; transition: width .6s ease; }
    .bar-done { background: var(--accent); }
    .bar-flight { background: var(--accent-soft); }
    .bar-quarantine { background: var(--warn-fill); }
    .legend { display: flex; flex-wrap: wrap; gap: 2px 20px; margin-top: 9px; font-size: 13px; color: var(--muted); }
    .legend li { display: flex; align-items: center; gap: 7px; }
    .legend b { color: var(--ink); font-weight: 600; }
    .swatch { width: 9px; height: 9px; border-radius: 3px; background: var(--track); }
    .swatch[data-kind=done] { background: var(--accent); }
    .swatch[data-kind=flight] { background: var(--accent-soft); }
    .swatch[data-kind=quarantine] { background: var(--warn-fill); }
    .swatch[data-kind=queued] { box-shadow: inset 0 0 0 1px var(--faint); }

    .pair { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); gap: 16px; }
    .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px 18px; margin-bottom: 16px; min-width: 0; }
    .card-head { display: flex; align-items: baseline; justify-content: space-between; gap: 4px 16px; flex-wrap: wrap; margin-bottom: 10px; }
    h2 { font-size: 14px; font-weight: 650; }
    .reading { color: var(--muted); font-size: 13px; }
    .reading b { color: var(--ink); font-weight: 600; }
    .pair > .card { display: flex; flex-direction: column; }
    .chart { height: 270px; flex: 1 0 auto; position: relative; }
    .chart svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
    .chart .grid { stroke: var(--line); stroke-width: 1; }
    .chart .area { fill: var(--accent); opacity: .11; }
    .chart .line { fill: none; stroke: var(--accent); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
    .chart .flight { stroke-width: 1.3; }
    .chart .area.flight { opacity: .07; stroke-width: 0; }
    .chart .lag { stroke: var(--warn-fill); stroke-width: 1.3; }
    .chart .area.lag { fill: var(--warn-fill); stroke-width: 0; opacity: .16; }
    .chart .cursor { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 2 3; }
    .chart .point { fill: var(--accent); stroke: var(--card); stroke-width: 2; }
    .chart .point.lag { fill: var(--warn-fill); stroke: var(--card); stroke-width: 2; }
    .chart text { fill: var(--muted); font-size: 11.5px; }
    .facts { display: grid; grid-template-columns: auto minmax(0, 1fr); font-size: 14px; }
    .facts dt { color: var(--muted); padding: 4px 0; border-top: 1px solid var(--line); }
    .facts dd { text-align: right; padding: 4px 0 4px 16px; border-top: 1px solid var(--line); }
    .facts dt:first-child, .facts dt:first-child + dd { border-top: 0; }

    .more { appearance: none; border: 0; background: none; color: var(--accent); font: inherit; font-size: 13px; padding: 10px 0 0; cursor: pointer; }

    .quarantine li, .errors li { border-top: 1px solid var(--line); padding: 8px 0; font-size: 14px; }
    .quarantine li:first-child, .errors li:first-child { border-top: 0; }
    .trouble { border-left: 3px solid var(--warn-fill); }
    .quarantine summary { cursor: pointer; list-style: none; }
    .quarantine summary::-webkit-details-marker { display: none; }
    .quarantine .cut { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 1; overflow: hidden; }
    .quarantine details[open] .cut { display: none; }
    .quarantine .number { color: var(--muted); margin-right: 10px; }
    .quarantine .why { display: block; color: var(--bad); font-size: 12.5px; margin-top: 2px; }
    .quarantine li:last-child, .errors li:last-child { padding-bottom: 0; }
    .errors { max-height: 320px; overflow: auto; }
    .errors time { color: var(--muted); margin-right: 12px; font-size: 13px; }

    .sort { display: flex; flex-wrap: wrap; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
    .sort button { appearance: none; border: 0; background: none; font: inherit; font-size: 12.5px; padding: 3px 11px; color: var(--muted); cursor: pointer; }
    .sort button + button { border-left: 1px solid var(--line); }
    .sort button[aria-pressed=true] { background: var(--wash); color: var(--accent); font-weight: 600; }
    .sort button:focus-visible { outline-offset: -2px; }
    .key { color: var(--muted); font-size: 12.5px; margin: -4px 0 6px; }
    .key .swatch { display: inline-block; margin: 0 4px 0 0; }
    .key .swatch + .swatch { margin-left: 10px; }
    .neuron { border-top: 1px solid var(--line); }
    .neuron:first-child { border-top: 0; }
    .neuron summary {
      display: grid; grid-template-columns: 22px 92px 172px minmax(0, 1fr) minmax(0, 1fr); gap: 4px 12px;
      padding: 9px 0; cursor: pointer; list-style: none; align-items: center;
    }
    .neuron summary::-webkit-details-marker { display: none; }
    .neuron summary:hover .id b { color: var(--accent); }
    .neuron .rank { color: var(--muted); font-size: 13px; text-align: right; }
    .neuron .id b { font-weight: 600; }
    .neuron .label { display: block; color: var(--muted); font-size: 12.5px; line-height: 1.3; }
    .split { display: flex; height: 6px; border-radius: 3px; background: var(--track); overflow: hidden; margin-top: 3px; }
    .split i { display: block; height: 100%; background: var(--accent); }
    .split i + i { background: var(--accent-soft); }
    .share { font-size: 12.5px; line-height: 1.35; white-space: nowrap; }
    .share span { color: var(--muted); }
    .edges { display: flex; flex-wrap: wrap; gap: 4px 5px; align-items: center; font-size: 13px; min-width: 0; }
    .way { display: grid; grid-template-columns: 18px minmax(0, 1fr); align-items: baseline; font-size: 13px; min-width: 0; }
    .way > span:first-child { color: var(--muted); }
    .edge { display: inline-flex; gap: 6px; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; padding: 0 6px; line-height: 22px; font-size: 12.5px; }
    .edge .node { overflow: hidden; text-overflow: ellipsis; white-space: pre; max-width: 13ch; }
    .edge.token { background: var(--wash); border-color: transparent; }
    .edge .plus { color: var(--good); }
    .edge .minus { color: var(--bad); }
    .edge .mixed { color: var(--warn); }
    .detail { padding: 2px 0 16px 40px; display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 28px; font-size: 13px; }
    .detail h3 { font-size: 12.5px; font-weight: 500; color: var(--muted); margin: 0 0 4px; }
    .detail li { display: flex; align-items: baseline; justify-content: space-between; gap: 12px; padding: 1px 0; }
    .detail li span:first-child { min-width: 0; white-space: pre-wrap; }
    .detail li span:last-child { color: var(--muted); white-space: nowrap; }

    .foot { color: var(--muted); font-size: 12.5px; display: flex; flex-wrap: wrap; gap: 2px 20px; padding: 4px 2px; }
    .sign-in { max-width: 360px; margin: 14vh auto 0; }
    .sign-in h1 { margin: 26px 0 14px; }
    .sign-in label { display: block; font-size: 13px; color: var(--muted); margin-bottom: 4px; }
    .sign-in input { width: 100%; font: inherit; padding: 9px 12px; border: 1px solid var(--faint); border-radius: 8px; background: var(--card); color: inherit; }
    .sign-in button { margin-top: 12px; font: inherit; font-weight: 600; padding: 8px 18px; border: 0; border-radius: 8px; background: var(--accent); color: var(--card); cursor: pointer; }
    .sign-in p[role=alert] { color: var(--bad); margin-top: 12px; min-height: 1.5em; }

    @media (max-width: 1000px) {
      .neuron summary { grid-template-columns: 24px minmax(0, 1fr) minmax(0, 1fr); }
      .neuron .way { grid-column: 2 / -1; }
    }
    @media (max-width: 760px) {
      body { padding: 14px 14px 36px; }
      .top { margin-bottom: 18px; }
      .coordinator { order: 3; flex-basis: 100%; }
      .link { margin-left: auto; }
      .pair { grid-template-columns: minmax(0, 1fr); gap: 0; }
      .card { padding: 14px 14px 14px; }
      .percent { font-size: 50px; }
      .eta { margin-left: 0; text-align: left; flex-basis: 100%; }
      .chart { height: 240px; }
      .neuron summary { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
      .neuron .rank { display: none; }
      .neuron .way { grid-column: 1 / -1; }
      .detail { grid-template-columns: minmax(0, 1fr); padding-left: 0; }
    }
    @media (prefers-reduced-motion: reduce) { .bar span { transition: none; } }
    """#
}

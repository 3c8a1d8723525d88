// autointerp
// The dashboard's looks: workers.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  static let workerStyle = #"""
    table { width: 100%; border-collapse: collapse; font-size: 14px; }
    th { text-align: left; font-weight: 500; font-size: 12.5px; color: var(--muted); padding: 4px 16px 6px 0; white-space: nowrap; }
    th[data-sorted=true] { color: var(--ink); font-weight: 600; }
    th[tabindex="0"] { cursor: pointer; }
    td { padding: 6px 16px 6px 0; border-top: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
    th:last-child, td:last-child { padding-right: 0; }
    .n { text-align: right; }
    .workers { table-layout: auto; }
    .who { width: 40%; max-width: 0; }
    .who span { display: block; overflow: hidden; text-overflow: ellipsis; }
    .who .host { color: var(--muted); font-size: 12.5px; line-height: 1.3; }
    .worker-name { font-weight: 550; line-height: 1.35; }
    .state .dot { margin-right: 8px; }
    [data-state=working] > .dot { background: var(--good); }
    [data-state=draining] > .dot { background: var(--warn-fill); }
    .state[data-state=setAside], .state[data-state=lost] { color: var(--bad); }
    [data-state=setAside] > .dot, [data-state=lost] > .dot { background: var(--bad); }
    tr[data-state=left] td { color: var(--muted); }
    .slots { display: inline-flex; gap: 2px; vertical-align: -1px; margin-right: 8px; }
    .slots:empty { display: none; }
    .slots i { width: 6px; height: 13px; border-radius: 2px; background: var(--track); transition: background .4s; }
    .slots i.busy { background: var(--accent); }
    .spark { width: 84px; height: 20px; vertical-align: middle; margin-right: 10px; overflow: visible; }
    .spark .area { fill: var(--accent); opacity: .13; }
    .spark .line { fill: none; stroke: var(--accent); stroke-width: 1.4; stroke-linejoin: round; stroke-linecap: round; }
    .rate { display: inline-block; min-width: 5ch; vertical-align: middle; }
    .bad { color: var(--bad); }

    .fleet-map { margin: 2px 0 12px; }
    .fleet-map canvas { display: block; width: 100%; cursor: crosshair; }
    .fleet-map .reading { margin-top: 4px; font-size: 12.5px; }
    .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-bottom: 6px; font-size: 13px; color: var(--muted); }
    .tools label { display: flex; align-items: center; gap: 8px; }
    .tools input, .tools select {
      font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 3px 8px; min-width: 0;
    }
    .tools input { width: 170px; }
    .pills { display: flex; flex-wrap: wrap; gap: 6px; margin-right: auto; }
    .pills button {
      appearance: none; border: 1px solid var(--line); border-radius: 99px; background: none; color: var(--muted); font: inherit; font-size: 13px;
      padding: 1px 11px; cursor: pointer;
    }
    .pills b { color: var(--ink); font-weight: 600; }
    .pills button[data-state=lost] b, .pills button[data-state=setAside] b { color: var(--bad); }
    .pills button[aria-pressed=true] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }

    @media (max-width: 760px) {
      .workers thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      .workers, .workers tbody { display: block; }
      .workers tr { display: grid; grid-template-columns: repeat(4, auto); justify-content: space-between; gap: 4px 12px; padding: 10px 0; border-top: 1px solid var(--line); }
      .workers tbody tr:first-child { border-top: 0; padding-top: 2px; }
      .workers td { display: block; border: 0; padding: 0; text-align: left; width: auto; max-width: none; }
      .workers td[data-label]::before { content: attr(data-label); display: block; font-size: 11.5px; line-height: 1.2; color: var(--muted); }
      .workers .who { grid-column: span 3; min-width: 0; }
      .workers .state { text-align: right; }
      .workers .busy, .workers .speed { grid-column: span 2; }
      .workers .speed { justify-self: end; }
      .tools input { width: 130px; }
    }
    @media (prefers-reduced-motion: reduce) { .slots i { transition: none; } }
    """#
}

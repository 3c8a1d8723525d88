// autointerp
// The dashboard's building blocks: elements, lists and numbers.
// SPDX-License-Identifier: Apache-2.0

extension Dashboard {
  /// `h` makes an element, `keyed` keeps a list of elements in step with a list of items without touching what stays
  /// the same. Text goes in by `textContent` alone.
  static let baseScript = #"""
    const $ = (id) => document.getElementById(id);

    const h = (tag, className, ...children) => {
      const element = document.createElement(tag);
      if (className) element.className = className;
      element.append(...children.filter((child) => child !== null && child !== undefined));
      return element;
    };

    const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    const setData = (element, key, value) => { if (element.dataset[key] !== value) element.dataset[key] = value; };
    const setWidth = (element, share) => { element.style.width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`; };

    const rowsOf = new WeakMap();
    const keyed = (container, items, keyOf, make, update) => {
      const old = rowsOf.get(container) || new Map();
      const rows = new Map();
      let place = container.firstElementChild;
      for (const item of items) {
        const key = keyOf(item);
        if (rows.has(key)) continue;
        const row = old.get(key) || make(item);
        old.delete(key);
        rows.set(key, row);
        update(row, item);
        if (row === place) place = place.nextElementSibling;
        else container.insertBefore(row, place);
      }
      for (const row of old.values()) row.remove();
      rowsOf.set(container, rows);
    };

    const whole = new Intl.NumberFormat("en");
    const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
    const count = (value) => (isNumber(value) ? whole.format(value) : "–");
    const plural = (value, one, many) => `${count(value)} ${value === 1 ? one : many}`;
    const fixed = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

    const rate = (perMinute) => {
      if (!isNumber(perMinute)) return "–";
      return fixed(perMinute, perMinute >= 100 || perMinute === 0 ? 0 : 1);
    };

    const bytes = (value) => {
      if (!isNumber(value)) return "–";
      const units = ["B", "kB", "MB", "GB", "TB"];
      let unit = 0;
      while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
      return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
    };

    const span = (seconds) => {
      if (!isNumber(seconds) || seconds < 0) return "–";
      const s = Math.round(seconds);
      if (s < 60) return `${s} s`;
      if (s < 3600) return `${Math.floor(s / 60)} min${s < 600 && s % 60 ? ` ${s % 60} s` : ""}`;
      if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
      return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
    };

    const clock = (milliseconds, withSeconds) => new Date(milliseconds).toLocaleTimeString([], {
      hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined, hour12: false,
    });

    const signed = (value) => {
      if (!isNumber(value)) return "–";
      const size = Math.abs(value);
      const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
      return `${value < 0 ? "−" : "+"}${size.toFixed(digits)}`;
    };

    // What the page knows. `status` is the coordinator's latest word; `heardAt` is when it came, by this page's clock.
    const state = { status: null, heardAt: 0, chosen: null, samples: null, samplesOf: null, sort: "relp", isAllWorkers: false, isAllQuarantine: false };

    const coordinatorNow = () => state.status.now + (performance.now() - state.heardAt);

    const chosenRun = () => {
      const runs = state.status.runs;
      return runs.find((run) => run.name === state.chosen) || runs.find((run) => run.state === "active")
        || runs.findLast((run) => run.done > 0) || runs.at(-1) || null;
    };
    """#
}

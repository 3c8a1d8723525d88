// autointerp
// The building blocks of the page: elements, lists that follow the data, and numbers as text.
// `h` makes an element. `keyed` updates a list of elements to match a list of items and leaves unchanged ones alone.
// Text is only set through `textContent`.
// SPDX-License-Identifier: Apache-2.0

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

// How long ago, in one unit.
const ago = (seconds) => {
  if (seconds < 2) return "now";
  const [size, unit] = seconds < 60 ? [1, "s"] : seconds < 3600 ? [60, "min"] : seconds < 172800 ? [3600, "h"] : [86400, "d"];
  return `${Math.floor(seconds / size)} ${unit} ago`;
};

const clock = (milliseconds, withSeconds) => new Date(milliseconds).toLocaleTimeString([], {
  hour: "2-digit", minute: "2-digit", second: withSeconds ? "2-digit" : undefined, hour12: false,
});

// A time, with its day unless it is today.
const moment = (milliseconds) => {
  const [date, today] = [new Date(milliseconds), new Date(state.status ? coordinatorNow() : Date.now())];
  if (date.toDateString() === today.toDateString()) return clock(milliseconds);
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return `${date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", year })}, ${clock(milliseconds)}`;
};

const signed = (value) => {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  return `${value < 0 ? "−" : "+"}${size.toFixed(digits)}`;
};

// What the page knows. `status` is the coordinator's latest status; `heardAt` is when it arrived, by this page's clock.
const state = {
  status: null, heardAt: 0, chosen: null, samples: null, samplesOf: null, sort: "score", isAllRuns: false, isAllWorkers: false,
  isAllQuarantine: false,
};

const coordinatorNow = () => state.status.now + (performance.now() - state.heardAt);

const isOver = (run) => run.state === "complete" || run.state === "cancelled";
const quarantinedCount = (run) => run.quarantined.length + (run.quarantinedBeyond || 0);

// Runs of the same corpus are distinguished by the end of their names.
const runHint = (run) => (state.status.runs.some((other) => other !== run && other.corpusName === run.corpusName) ? run.name.split("-").at(-1) : "");

const chosenRun = () => {
  const runs = state.status.runs;
  return runs.find((run) => run.name === state.chosen) || runs.find((run) => run.state === "active")
    || runs.findLast((run) => run.done > 0) || runs.at(-1) || null;
};

// autointerp
// What all views of the atlas page share: questions to /api/v1, addresses, links, badges, tokens and lists with more pages.
// An address is what follows `#`: a path and a query, such as `#/neuron/L29/N560?sign=negative`. `run` names another run than
// the server's first. Text only enters the document through `textContent`.
// SPDX-License-Identifier: Apache-2.0

// What the page knows: the server's contents, the overview of the run, and the view that is shown.
const atlas = { contents: null, overview: null, overviewOf: null, abort: new AbortController(), path: "", query: new URLSearchParams() };

const ask = async (operation, query = {}) => {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) words.set(name, String(value));
  }
  const run = atlas.query.get("run");
  if (run && operation) words.set("run", run);
  const tail = words.toString();
  const reply = await fetch(`/api/v1/${operation}${tail ? `?${tail}` : ""}`, { signal: atlas.abort.signal, cache: "no-store" });
  if (reply.status === 401) location.reload();
  let body = null;
  try { body = await reply.json(); } catch { /* The status tells enough. */ }
  if (!reply.ok || body === null) {
    const error = new Error(body && body.error ? body.error.message : `The server answered ${reply.status}.`);
    error.status = reply.status;
    throw error;
  }
  return body;
};
const offers = (operation) => atlas.contents.operations.includes(operation);

// MARK: Addresses

const address = (path, query = {}) => {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") words.set(name, String(value));
  }
  const run = atlas.query.get("run");
  if (run) words.set("run", run);
  // Slashes and commas need no escape here, and addresses are read by people.
  const tail = words.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%40", "@");
  return `#${path}${tail ? `?${tail}` : ""}`;
};
const go = (path, query) => { location.hash = address(path, query); };

// Changes the query of the view that is shown, without leaving it: what can be shared stays in the address.
const keep = (changes) => {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === null || value === "") atlas.query.delete(name);
    else atlas.query.set(name, String(value));
  }
  history.replaceState(null, "", address(atlas.path, Object.fromEntries(atlas.query)));
};

const link = (className, text, path, query) => {
  const element = h("a", className, text);
  element.href = address(path, query);
  return element;
};
const neuronLink = (neuron, className = "mono") => link(className, neuron, `/neuron/${neuron}`);
const promptLink = (prompt, text) => link("", text || `prompt ${prompt}`, `/prompt/${prompt}`);
const readNeuron = (text) => {
  const match = /^\s*L?(\d{1,4})[/:_ ]N?(\d{1,7})\s*$/i.exec(text);
  return match ? `L${Number(match[1])}/N${Number(match[2])}` : null;
};

// MARK: Words

const ROLES = {
  feature_detector: "feature detector", relay: "relay", integrator: "integrator", output_formatter: "output formatter",
  inhibitor: "inhibitor", mixed: "mixed", unclear: "unclear", sink: "sink",
};
const roleName = (role) => ROLES[role] || role.replaceAll("_", " ");
const percent = (share) => {
  if (!isNumber(share)) return "–";
  const value = share * 100;
  return `${value === 0 || value >= 9.95 ? Math.round(value) : value.toFixed(1)} %`;
};
const scientific = (value) => {
  if (!isNumber(value)) return "–";
  if (value >= 0.001 || value === 0) return fixed(value, value >= 0.1 ? 2 : 3);
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits} × 10${[...String(Number(power))].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻").join("")}`;
};
// Blanks at the ends of a token matter, and are marked; line feeds come as \n.
const tokenText = (text) => text.replace(/^ +| +$/g, (blanks) => "␣".repeat(blanks.length));
const badge = (kind, text) => { const element = h("span", "badge", text); element.dataset.kind = kind; return element; };
const classBadge = (name) => badge(`class-${name}`, name);
const roleBadge = (name) => badge("role", roleName(name));
const speak = (text) => setText($("spoken"), text);

// MARK: Parts of pages

const card = (title, ...children) => {
  const heading = h("h2", "", title);
  const section = h("section", "card", h("div", "card-head", heading), ...children);
  heading.id = `title-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  section.setAttribute("aria-labelledby", heading.id);
  return section;
};
const note = (text) => h("p", "reading", text);
const cautions = (texts) => {
  if (!texts || texts.length === 0) return null;
  return h("details", "cautions", h("summary", "", `Read with care: ${plural(texts.length, "note", "notes")}`),
    h("ul", "", ...texts.map((text) => h("li", "text", `${text}.`))));
};
const failure = (error) => {
  const box = h("p", "failure text", error.message);
  box.setAttribute("role", "alert");
  return box;
};
// Fills `box` with what `make` returns, or with the reason why there is nothing. A view that was left stays silent.
const fill = async (box, make) => {
  box.setAttribute("aria-busy", "true");
  const owner = atlas.abort;
  try {
    const content = await make();
    if (owner === atlas.abort) box.replaceChildren(...[content].flat().filter((child) => child !== null && child !== undefined));
  } catch (error) {
    if (owner === atlas.abort && error.name !== "AbortError") box.replaceChildren(failure(error));
  }
  box.removeAttribute("aria-busy");
};

// A list that grows by pages. `load(cursor)` returns `{ rows, next, total }`.
const growing = (list, load, row) => {
  const more = h("button", "more", "Show more");
  more.type = "button";
  let next = null;
  let shown = 0;
  const add = async () => {
    const page = await load(next);
    list.append(...page.rows.map(row));
    next = page.next;
    shown += page.rows.length;
    more.hidden = next === null;
    setText(more, `Show more (${count(shown)} of ${count(page.total)})`);
    return page;
  };
  more.addEventListener("click", async () => {
    more.disabled = true;
    const last = list.lastElementChild;
    try {
      await add();
      const target = last && last.nextElementSibling ? last.nextElementSibling.querySelector("a, button") : null;
      if (target) target.focus();
    } catch (error) { if (error.name !== "AbortError") more.replaceWith(failure(error)); }
    more.disabled = false;
  });
  return { more, add };
};

// A labelled choice. `options` are `[value, text]`.
const choice = (label, options, value, onChange) => {
  const select = h("select", "", ...options.map(([key, text]) => { const option = h("option", "", text); option.value = key; return option; }));
  select.value = options.some(([key]) => key === value) ? value : options[0][0];
  select.addEventListener("change", () => onChange(select.value));
  return h("label", "choice", h("span", "", label), select);
};
const pressed = (text, isOn, onChange) => {
  const button = h("button", "toggle", text);
  button.type = "button";
  button.setAttribute("aria-pressed", String(isOn));
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    onChange(now);
  });
  return button;
};

// MARK: Tokens

// A token on a ground tinted by the activation: one hue for each sign, as strong as its share of `most`.
// Blanks before it are left untinted, so that lines break well.
const tintedToken = (text, activation, most) => {
  const blanks = text.trim() === "" ? "" : /^ */.exec(text)[0];
  const element = h("span", "token text", text.slice(blanks.length));
  if (isNumber(activation)) {
    element.classList.add(activation < 0 ? "minus" : "plus");
    element.style.setProperty("--strength", String(Math.round(Math.min(1, Math.abs(activation) / (most || 1)) * 100)));
    element.title = `${tokenText(text)}: activation ${signed(activation)}`;
  }
  return { element, parts: [blanks, element] };
};
const tokenLine = (tokens) => h("p", "tokens", ...tokens.flatMap((token) => token.parts || [token]));

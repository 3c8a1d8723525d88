// autointerp
// Starts the page: reads what the server offers, shows the view that the address names, and follows it when it changes.
// SPDX-License-Identifier: Apache-2.0

const VIEWS = [
  { path: /^\/?$|^\/neurons$/, nav: "/neurons", title: () => "Neurons", show: neuronsView },
  { path: /^\/neuron\/(.+)$/, nav: "/neurons", title: (name) => readNeuron(name) || name, show: neuronView },
  { path: /^\/prompts$/, nav: "/prompts", title: () => "Prompts", show: promptsView },
  { path: /^\/prompt\/(.+)$/, nav: "/prompts", title: (number) => `Prompt ${number}`, show: promptView },
  { path: /^\/groups$/, nav: "/groups", title: () => "Groups", show: groupsView },
  { path: /^\/compare$/, nav: "/groups", title: () => "Two neurons", show: pairView },
  { path: /^\/runs$/, nav: "/runs", title: () => "Two runs", show: runsView },
  { path: /^\/modules$/, nav: "/modules", title: () => "Modules", show: modulesView },
  { path: /^\/module\/(.+)$/, nav: "/modules", title: (name) => `Module ${name}`, show: moduleView },
];

const readAddress = () => {
  const text = location.hash.slice(1);
  const cut = text.indexOf("?");
  atlas.query = new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1));
  try { atlas.path = decodeURIComponent(cut < 0 ? text : text.slice(0, cut)) || "/neurons"; } catch { atlas.path = "/neurons"; }
};

const showFrame = (current) => {
  const views = [["/neurons", "Neurons"], ["/prompts", "Prompts"], ["/groups", "Groups"], ...(offers("compare_runs") && atlas.contents.runs.length > 1 ? [["/runs", "Runs"]] : []), ...(offers("list_modules") ? [["/modules", "Modules"]] : [])];
  $("nav").replaceChildren(...views.map(([path, name]) => {
    const entry = link("", name, path);
    if (path === current) entry.setAttribute("aria-current", "page");
    return entry;
  }));
  $("home").href = address("/neurons");
  const { runs } = atlas.contents;
  $("run-choice").hidden = runs.length < 2;
  if (runs.length > 1) {
    $("run").replaceChildren(...runs.map((name) => { const option = h("option", "", name); option.value = name; return option; }));
    $("run").value = atlas.query.get("run") || runs[0];
  }
  const run = atlas.overview;
  setText($("foot"), run ? `${run.run} · ${run.model} · ${run.snapshot.prompts} of ${run.snapshot.of} prompts merged${run.snapshot.is_current ? "" : " (older than the run)"} · scores by ${run.rule} · autointerp ${atlas.contents.version}` : "");
};

const showView = async () => {
  atlas.abort.abort();
  atlas.abort = new AbortController();
  const owner = atlas.abort;
  readAddress();
  const main = $("main");
  main.setAttribute("aria-busy", "true");
  const view = VIEWS.find((candidate) => candidate.path.test(atlas.path));
  const parameter = view ? view.path.exec(atlas.path)[1] : undefined;
  document.title = `${view ? view.title(parameter) : "Not found"} · autointerp`;
  try {
    atlas.contents ??= await ask("");
    const run = atlas.query.get("run") || "";
    if (!atlas.overview || atlas.overviewOf !== run) {
      atlas.overview = null;
      showFrame(view ? view.nav : "");
      atlas.overview = await ask("get_overview");
      atlas.overviewOf = run;
    }
    if (owner !== atlas.abort) return;
    showFrame(view ? view.nav : "");
    if (!view) throw new Error(`There is nothing at ${atlas.path}.`);
    await view.show(main, parameter);
  } catch (error) {
    if (owner !== atlas.abort || error.name === "AbortError") return;
    main.replaceChildren(h("div", "title", h("h1", "", error.status === 404 ? "Not in this run" : "This does not work"), failure(error), link("", "Search neurons", "/neurons")));
  }
  if (owner !== atlas.abort) return;
  main.removeAttribute("aria-busy");
};

// A new view begins at its top, where keyboards and screen readers go on reading. Back and forward keep what the browser keeps.
const follow = async () => {
  await showView();
  const heading = document.querySelector("#main h1");
  if (heading && document.activeElement && !document.activeElement.closest("#main")) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
};

$("run").addEventListener("change", () => { location.hash = `#/neurons?run=${encodeURIComponent($("run").value)}`; });
$("skip").addEventListener("click", () => $("main").focus());
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const input = $("word");
  if (!input) return;
  event.preventDefault();
  input.focus();
});
window.addEventListener("hashchange", follow);
showView();

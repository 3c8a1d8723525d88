// autointerp
// The view of one prompt: its text and predictions, the picture of its graph with filters, and what is known about a node.
// What is chosen, pinned, grouped and filtered stands in the address, so that a link shows the same picture.
// SPDX-License-Identifier: Apache-2.0

const TRUST_CHOICES = [["0", "any"], ["1", "rough or better"], ["2", "good or better"], ["3", "measured only"]];

// The picture with everything that can be done to it. `onChange` is called after each change.
const graphStage = (graph, canvas, onChange) => {
  const keys = (text) => (text ? text.split(",").map((key) => nodeByKey(graph, key)).filter((node) => node !== undefined) : []);
  const stage = {
    graph,
    view: {
      showsSinks: atlas.query.get("sinks") === "1",
      trust: Number(atlas.query.get("trust")) || 0,
      edgeCount: Math.max(1, Number(atlas.query.get("edges")) || Math.min(250, graph.byFlow.length || 1)),
      groups: (atlas.query.get("groups") || "").split(";").map((text) => text.split(":")).filter((parts) => parts.length === 2)
        .map(([name, members]) => ({ name, members: keys(members) })).filter((group) => group.members.length > 0),
    },
    frame: { scale: 1, shiftX: 0, shiftY: 0, chosen: keys(atlas.query.get("at"))[0] ?? null, pinned: new Set(keys(atlas.query.get("pin"))), under: null, colours: readColours() },
  };
  const { view, frame } = stage;
  let asked = false;
  const draw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (canvas.isConnected && canvas.clientWidth > 0) drawGraph(canvas, graph, stage.shown, stage.places, view, frame);
    });
  };
  stage.draw = draw;
  stage.arrange = () => {
    stage.shown = shownGraph(graph, view);
    stage.places = placeNodes(graph, stage.shown, view, Math.max(280, canvas.clientWidth), canvas.clientHeight);
    if (frame.chosen !== null && !stage.shown.isShown[frame.chosen]) frame.chosen = null;
    draw();
    onChange();
  };
  const written = (nodes) => [...nodes].filter((node) => node < graph.all).map((node) => nodeKey(graph, node)).join(",");
  stage.remember = () => keep({
    sinks: view.showsSinks ? "1" : "", trust: view.trust || "", edges: view.edgeCount === Math.min(250, graph.byFlow.length) ? "" : view.edgeCount,
    at: frame.chosen === null ? "" : written([frame.chosen]), pin: written(frame.pinned),
    groups: view.groups.map((group) => `${group.name}:${written(group.members)}`).join(";"),
  });
  stage.choose = (node) => {
    frame.chosen = node;
    stage.remember();
    draw();
    onChange();
    speak(node === null ? "Nothing is chosen." : stage.sentence(node));
  };
  stage.pin = (node) => {
    if (frame.pinned.has(node)) frame.pinned.delete(node);
    else frame.pinned.add(node);
    stage.remember();
    draw();
    onChange();
  };
  stage.sentence = (node) => {
    const name = nodeWords(graph, node, view.groups);
    const ways = `${plural((stage.shown.into.get(node) || []).length, "edge", "edges")} in, ${(stage.shown.from.get(node) || []).length} out`;
    if (node >= graph.N) return `${name}, ${ways}`;
    return `${name} at ${nodeWords(graph, graph.N + graph.position[node])}, score ${signed(graph.score[node])}, ${roleName(graph.answer.neurons.role[node])}, ${ways}`;
  };
  stage.zoom = (factor, atX = canvas.clientWidth / 2, atY = canvas.clientHeight / 2) => {
    const scale = Math.min(40, Math.max(1, frame.scale * factor));
    const ratio = scale / frame.scale;
    frame.shiftX = scale === 1 ? 0 : atX - (atX - frame.shiftX) * ratio;
    frame.shiftY = scale === 1 ? 0 : atY - (atY - frame.shiftY) * ratio;
    frame.scale = scale;
    draw();
  };
  listenToPointer(stage, canvas);
  listenToKeys(stage, canvas);
  const size = new ResizeObserver(() => { if (canvas.isConnected) stage.arrange(); else size.disconnect(); });
  size.observe(canvas);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", () => { frame.colours = readColours(); draw(); }, { signal: atlas.abort.signal });
  return stage;
};

// Hover tells, click chooses, drag moves, wheel with Ctrl and two fingers zoom.
const listenToPointer = (stage, canvas) => {
  const { frame } = stage;
  let drag = null;
  const place = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = place(event);
    drag = { x, y, shiftX: frame.shiftX, shiftY: frame.shiftY, isMoved: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (drag && event.buttons & 1) {
      if (Math.hypot(x - drag.x, y - drag.y) > 4 && frame.scale > 1) {
        if (!drag.isMoved) canvas.setPointerCapture(event.pointerId);
        drag.isMoved = true;
      }
      if (drag.isMoved) { frame.shiftX = drag.shiftX + x - drag.x; frame.shiftY = drag.shiftY + y - drag.y; stage.draw(); }
      return;
    }
    const under = nodeAt(stage.graph, stage.shown, stage.places, frame, x, y);
    if (under === frame.under) return;
    frame.under = under;
    canvas.style.cursor = under === null ? "default" : "pointer";
    canvas.title = under === null ? "" : stage.sentence(under);
    stage.draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    const wasMoved = drag !== null && drag.isMoved;
    drag = null;
    if (wasMoved) return;
    const node = nodeAt(stage.graph, stage.shown, stage.places, frame, ...place(event));
    if (node !== null && event.shiftKey) stage.pin(node);
    else stage.choose(node);
  });
  canvas.addEventListener("dblclick", (event) => stage.zoom(2, ...place(event)));
  canvas.addEventListener("pointerleave", () => { frame.under = null; stage.draw(); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    stage.zoom(Math.exp(-event.deltaY / 200), ...place(event));
  }, { passive: false });
};

// Arrows go to neighbours, Enter follows the strongest edge, p pins, + and - zoom, Escape lets go.
const listenToKeys = (stage, canvas) => {
  const { graph, frame } = stage;
  const step = (isAcross, sign) => {
    const { places, shown } = stage;
    const from = frame.chosen;
    let best = null;
    let least = Infinity;
    for (let node = 0; node < places.x.length; node += 1) {
      if (!shown.isShown[node] || node === from || (node < graph.all && shown.owner[node] !== node)) continue;
      if (from === null) { if (-graph.score[node] * graph.score[node] < least) { least = -graph.score[node] * graph.score[node]; best = node; } continue; }
      const along = isAcross ? (places.x[node] - places.x[from]) * sign : (places.y[node] - places.y[from]) * sign;
      const aside = isAcross ? Math.abs(places.y[node] - places.y[from]) : Math.abs(places.x[node] - places.x[from]);
      if (along < 0.5) continue;
      const cost = along + aside * 3;
      if (cost < least) { least = cost; best = node; }
    }
    if (best !== null) stage.choose(best);
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => step(true, -1), ArrowRight: () => step(true, 1), ArrowUp: () => step(false, -1), ArrowDown: () => step(false, 1),
      Enter: () => { const edges = frame.chosen === null ? [] : stage.shown.from.get(frame.chosen) || []; if (edges.length) stage.choose(edges[0].target); },
      Backspace: () => { const edges = frame.chosen === null ? [] : stage.shown.into.get(frame.chosen) || []; if (edges.length) stage.choose(edges[0].source); },
      p: () => { if (frame.chosen !== null) stage.pin(frame.chosen); }, Escape: () => stage.choose(null),
      "+": () => stage.zoom(1.5), "-": () => stage.zoom(1 / 1.5), 0: () => stage.zoom(0),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
};

const edgeButtons = (stage, edges, end) => {
  const most = Math.max(1e-12, ...edges.map((edge) => Math.abs(edge.flow)));
  return h("ul", "flows", ...edges.slice(0, 12).map((edge) => {
    const node = edge[end];
    const button = h("button", "follow mono", nodeWords(stage.graph, node, stage.view.groups));
    button.type = "button";
    button.addEventListener("click", () => stage.choose(node));
    const bar = h("span", "flow-bar", h("i", edge.flow < 0 ? "minus" : "plus"));
    setWidth(bar.firstChild, Math.abs(edge.flow) / most);
    return h("li", "", button, bar, h("span", "reading", signed(edge.flow)));
  }));
};

// What is known about the chosen node, with its edges to follow.
const nodePanel = (stage) => {
  const { graph, view, frame, shown } = stage;
  const node = frame.chosen;
  if (node === null) return [h("h2", "", "Choose a node"), note("Click a node to see its edges and to follow them, or use the arrow keys in the picture. Shift-click pins. Pinned nodes can become a group.")];
  const name = nodeWords(graph, node, view.groups);
  const heading = h("h2", "", node < graph.N ? neuronLink(name) : name);
  const facts = [];
  if (node < graph.N) {
    const { neurons } = graph.answer;
    facts.push(...factRow("at", nodeWords(graph, graph.N + graph.position[node])), ...factRow("activation", signed(neurons.activation[node])), ...factRow("score", signed(neurons.score[node])),
      ...factRow("measured contribution", isNumber(neurons.contribution[node]) ? signed(neurons.contribution[node]) : "not measured"),
      ...factRow("trust in the score", neurons.trust[node] + (neurons.is_sink[node] ? ", sink" : "")), ...factRow("role in the run", roleName(neurons.role[node])));
  } else if (node >= graph.all) facts.push(...factRow("members", view.groups[node - graph.all].members.map((member) => nodeWords(graph, member)).join(", ")));
  const pin = pressed("Pin", frame.pinned.has(node), () => stage.pin(node));
  const tools = h("div", "filters", pin);
  if (node >= graph.all) {
    const free = h("button", "toggle", "Ungroup");
    free.type = "button";
    free.addEventListener("click", () => { view.groups.splice(node - graph.all, 1); frame.pinned = new Set([...frame.pinned].filter((other) => other < graph.all)); frame.chosen = null; stage.arrange(); stage.remember(); });
    tools.append(free);
  }
  const label = node < graph.N ? graph.labels.get(name) : null;
  return [heading, label ? h("q", "label text", label) : null, tools, facts.length ? h("dl", "facts", ...facts) : null,
    h("h3", "", "From"), shown.into.has(node) ? edgeButtons(stage, shown.into.get(node), "source") : note("No edge shown."),
    h("h3", "", "To"), shown.from.has(node) ? edgeButtons(stage, shown.from.get(node), "target") : note("No edge shown.")];
};

const groupForm = (stage) => {
  const { graph, view, frame } = stage;
  const members = [...frame.pinned].filter((node) => node < graph.all && stage.shown.owner[node] === node);
  if (members.length < 2) return null;
  const input = h("input", "");
  input.maxLength = 30;
  input.placeholder = "name of the group";
  input.setAttribute("aria-label", "Name of the group");
  const form = h("form", "inline", input, h("button", "toggle", `Group ${members.length} pinned nodes`));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.replace(/[:;,]/g, " ").trim() || `group ${view.groups.length + 1}`;
    view.groups.push({ name, members });
    frame.pinned = new Set();
    frame.chosen = graph.all + view.groups.length - 1;
    stage.arrange();
    stage.remember();
    speak(`${name}: ${members.length} nodes`);
  });
  return form;
};

// The edges slider is logarithmic: few edges are what one looks at mostly.
const edgeSlider = (stage, onChange) => {
  const all = Math.max(1, stage.graph.byFlow.length);
  const input = h("input", "");
  Object.assign(input, { type: "range", min: "0", max: "100", step: "1", value: String(Math.round((Math.log(Math.min(all, stage.view.edgeCount)) / Math.log(all || 2)) * 100) || 0) });
  const told = h("span", "reading");
  const tell = () => setText(told, `${count(stage.shown.drawn)} of ${count(all)}, |flow| ≥ ${scientific(stage.shown.smallest)}`);
  input.addEventListener("input", () => { stage.view.edgeCount = Math.max(1, Math.round(all ** (Number(input.value) / 100))); onChange(); });
  return { element: h("label", "choice slider", h("span", "", "Edges by flow"), input, told), tell };
};

const promptView = async (main, text) => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`“${text}” is no number of a prompt.`);
  const answer = await ask("get_graph", { prompt: Number(text) });
  const graph = readGraph(answer);
  const canvas = h("canvas", "picture");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `Attribution graph: ${graph.N} neurons, ${graph.byFlow.length} edges. Arrow keys go from node to node, Enter follows the strongest edge, P pins. The same is in the list below.`);
  const [panel, grouping, list] = [h("aside", "card panel"), h("div", ""), h("ol", "lines")];
  panel.setAttribute("aria-label", "The chosen node");
  const most = Math.max(1e-9, ...answer.tokens.slice(1).map((token) => Math.abs(token.score)));
  const words = tokenLine(answer.tokens.map((token) => {
    const tinted = tintedToken(token.text, token.score, most);
    tinted.element.title = `${tokenText(token.text)}: score ${signed(token.score)}`;
    return tinted;
  }));
  const predictions = [...answer.predictions].sort((a, b) => b.probability - a.probability).slice(0, 4);
  let slider = null;
  const stage = graphStage(graph, canvas, () => {
    panel.replaceChildren(...nodePanel(stage).filter((child) => child !== null));
    grouping.replaceChildren(...[groupForm(stage)].filter((child) => child !== null));
    if (slider) slider.tell();
  });
  slider = edgeSlider(stage, () => { stage.arrange(); stage.remember(); });
  const zoom = (name, sign, factor) => { const button = h("button", "toggle", sign); button.type = "button"; button.setAttribute("aria-label", name); button.addEventListener("click", () => stage.zoom(factor)); return button; };
  const clear = h("button", "toggle", "Clear");
  clear.type = "button";
  clear.addEventListener("click", () => { stage.frame.pinned = new Set(); stage.frame.chosen = null; stage.view.groups.length = 0; stage.zoom(0); stage.arrange(); stage.remember(); });
  main.replaceChildren(
    h("div", "title", h("h1", "", `Prompt ${answer.prompt}`), h("p", "badges", badge("group", answer.group), h("span", "reading", `${plural(answer.neurons_in_all, "neuron", "neurons")} with ${percent(answer.kept_score_share)} of all |score|, ${plural(answer.edges_in_all, "edge", "edges")}; scores by ${answer.rule}`)),
      words, h("p", "reading", ...predictions.flatMap((target) => [h("b", "text", tokenText(target.token)), ` ${percent(target.probability)}  `])), cautions(answer.caveats)),
    h("div", "filters", slider.element, choice("Trust", TRUST_CHOICES, String(stage.view.trust), (value) => { stage.view.trust = Number(value); stage.arrange(); stage.remember(); }),
      pressed("Show sinks", stage.view.showsSinks, (isOn) => { stage.view.showsSinks = isOn; stage.arrange(); stage.remember(); }),
      h("span", "zoom", zoom("Zoom out", "−", 1 / 1.6), zoom("Fit", "fit", 0), zoom("Zoom in", "+", 1.6)), clear, grouping),
    h("p", "key", h("span", "swatch plus-dot"), "raises the metric ", h("span", "swatch minus-dot"), "lowers it ", h("span", "swatch ring-dot"), "measured by removal ", h("span", "swatch hollow-dot"), "score not to be trusted; size by |score|"),
    h("div", "stage", h("div", "card picture-card", canvas), panel));
  stage.arrange();
  const strongest = Array.from({ length: graph.N }, (_, node) => node).filter((node) => !answer.neurons.is_sink[node]).sort((a, b) => Math.abs(graph.score[b]) - Math.abs(graph.score[a])).slice(0, 40);
  list.append(...strongest.map((node) => {
    const show = h("button", "toggle", "Show");
    show.type = "button";
    show.setAttribute("aria-label", `Show ${nodeKey(graph, node)} in the picture`);
    show.addEventListener("click", () => { stage.choose(node); canvas.scrollIntoView({ block: "center" }); });
    return h("li", "line node-line", neuronLink(nodeWords(graph, node), "mono id"), h("span", "text", `at ${nodeWords(graph, graph.N + graph.position[node])}`), h("span", "what", roleBadge(answer.neurons.role[node])),
      h("span", "reading", `score ${signed(graph.score[node])}${isNumber(answer.neurons.contribution[node]) ? `, measured ${signed(answer.neurons.contribution[node])}` : ""}, trust ${answer.neurons.trust[node]}`), show);
  }));
  main.append(card("Strongest neurons", list));
  speak(`Prompt ${answer.prompt}, ${graph.N} neurons`);
};

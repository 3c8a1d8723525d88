// autointerp
// The views of modules: sets of neurons that are selected together more than chance explains, if the server offers them.
// SPDX-License-Identifier: Apache-2.0

const againstChance = (figure) => (figure ? `${short(figure.value)} (in shuffled runs ${short(figure.random_mean)}, at most ${short(figure.random_largest)}; p ${scientific(figure.p_value)})` : "–");
const groupWords = (groups) => (groups || []).map((group) => `${group.group} ${group.active} of ${group.prompts}`).join(", ");
const moduleLink = (name) => link("mono id", name, `/module/${name}`);

// Beating shuffled runs is easy, because they link almost nothing. Being found by both halves of the prompts is the harder test.
const sureness = (module) => (module.beyond_chance
  ? [badge("class-domain", "beyond chance"), " ", module.stable ? badge("class-domain", "in both halves of the prompts") : badge("warn", "not in both halves")]
  : [badge("warn", "no more than chance")]);

const moduleRow = (module) => h("li", "line module-line", moduleLink(module.module),
  h("span", "", plural(module.neurons, "neuron", "neurons"), " ", ...sureness(module)),
  h("span", "reading", groupWords(module.groups)), h("span", "neurons-of", ...module.strongest.slice(0, 5).flatMap((neuron) => [neuronLink(neuron), " "])));

const modulesView = async (main) => {
  if (!offers("list_modules")) throw new Error("This server knows no modules.");
  const list = h("ol", "lines");
  const told = h("p", "lead", "Looking for modules; the first time takes up to a minute …");
  const withChance = atlas.query.get("chance") === "1";
  main.replaceChildren(h("div", "title", h("h1", "", "Modules"), told),
    h("div", "filters", pressed("Show those no stronger than chance", withChance, (isOn) => go("/modules", { chance: isOn ? "1" : "" }))), list);
  let answer = null;
  const { more, add } = growing(list, async (cursor) => {
    answer = await ask("list_modules", { include_chance: withChance, limit: 25, cursor });
    return { rows: answer.modules, next: answer.next_cursor, total: answer.total };
  }, moduleRow);
  try {
    await add();
  } catch (error) {
    if (error.name !== "AbortError") list.after(failure(error));
    return;
  }
  setText(told, answer.beyond_chance === 0 ? `No module beyond chance: ${plural(answer.found, "cluster was", "clusters were")} found, none stronger than in shuffled runs.`
    : `${count(answer.beyond_chance)} of ${plural(answer.found, "cluster is a module", "clusters are modules")} beyond chance.`);
  list.after(more, h("div", "", cautions(answer.caveats)));
  speak(told.textContent);
};

const moduleView = async (main, name) => {
  const answer = await ask("get_module", { module: name, limit: 100 });
  const ends = (rows) => (!rows || rows.length === 0 ? note("None beyond what is expected.") : h("ul", "pairs", ...rows.map((end) => {
    const kind = end.id.startsWith("E_") ? "token" : end.id.startsWith("L_") ? "logit" : end.id === "M" ? "metric" : "neuron";
    return h("li", "", endLink({ ...end, kind }), h("span", "reading", plural(end.members, "member", "members")), h("span", "reading", `×${short(end.ratio)}`));
  })));
  main.replaceChildren(
    h("div", "title", h("h1", "mono", answer.module), h("p", "badges", ...sureness(answer),
      h("span", "reading", `${plural(answer.total, "neuron", "neurons")}, active in ${plural(answer.active_prompts, "prompt", "prompts")}: ${groupWords(answer.groups)}`)), cautions(answer.caveats)),
    h("div", "columns", h("div", "column", card("Members", h("ul", "pairs", ...answer.members.map((member) =>
      h("li", "", neuronLink(member.neuron), h("span", "reading", plural(member.prompts, "prompt", "prompts")), h("span", "reading", `weight ${short(member.weight)}`))))),
    card("Prompts", h("p", "", ...answer.prompts.flatMap((prompt) => [promptLink(prompt), "  "])))),
    h("div", "column", card("How sure it is", h("dl", "facts", ...factRow("strength", againstChance(answer.strength)), ...factRow("overlap of the halves", againstChance(answer.halves_overlap)),
      ...factRow("similar profiles", short(answer.profile_similarity)))), card("Driven more than expected by", ends(answer.drivers)), card("Drive more than expected", ends(answer.targets)))));
  speak(`${answer.module}, ${plural(answer.total, "neuron", "neurons")}`);
};

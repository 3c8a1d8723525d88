// autointerp
// Sorts and filters the table of neurons. Without this script the page shows everything in its first order.
// SPDX-License-Identifier: Apache-2.0

for (const table of document.querySelectorAll("table.overview")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const place = new Map(rows.map((row, index) => [row, index]));

  // A cell's value: a number if it has one, else its text. Missing values come last in both directions.
  const value = (row, column) => {
    const cell = row.cells[column];
    const given = cell.dataset.value;
    if (given === undefined) return cell.textContent.trim().toLowerCase();
    return given === "" ? null : Number(given);
  };

  const sort = (header, direction) => {
    const column = header.cellIndex;
    const sign = direction === "ascending" ? 1 : -1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sorted = [...rows].sort((a, b) => {
      const [left, right] = [value(a, column), value(b, column)];
      if (left === null || right === null) return (left === null) - (right === null) || place.get(a) - place.get(b);
      if (left === right) return place.get(a) - place.get(b);
      return (left < right ? -1 : 1) * sign;
    });
    body.append(...sorted);
  };

  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const isNumber = header.classList.contains("number");
      const now = header.getAttribute("aria-sort");
      const first = isNumber && header.dataset.first !== "ascending" ? "descending" : "ascending";
      sort(header, now === null ? first : now === "ascending" ? "descending" : "ascending");
    });
  }

  // Narrow windows show no headers: a list stands for them.
  const controls = document.getElementById("controls");
  const order = document.getElementById("order");
  for (const header of table.tHead.rows[0].cells) order.append(new Option(header.textContent, String(header.cellIndex)));
  order.addEventListener("change", () => {
    if (order.value !== "") table.tHead.rows[0].cells[Number(order.value)].querySelector("button").click();
  });
  const search = document.getElementById("search");
  const choices = [...controls.querySelectorAll("select[name]")];
  const shown = document.getElementById("shown");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(words.every((word) => text.includes(word))
        && choices.every((choice) => choice.value === "" || row.dataset[choice.name] === choice.value));
      if (!row.hidden) count += 1;
    }
    shown.value = `${count} of ${rows.length} neurons`;
  };
  search.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  filter();
}

"use strict";
// Sorting and filtering of tables, copying of SQL, and folds that open for a link: the page reads without any of it.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = row => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const number = text => text === "" ? NaN : Number(text);
      const order = (a, b) => {
        const [x, y] = [number(value(a)), number(value(b))];
        if (!isNaN(x) || !isNaN(y)) return isNaN(x) ? 1 : isNaN(y) ? -1 : (x - y) * (up ? 1 : -1);
        return value(a).localeCompare(value(b)) * (up ? 1 : -1);
      };
      body.append(...[...body.rows].sort(order));
    });
  });
  if (body.rows.length > 12) {
    const label = document.createElement("label");
    label.className = "filter";
    label.append("Filter rows ");
    const input = document.createElement("input");
    input.type = "search";
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    label.append(input);
    table.closest(".scroll").before(label);
  }
}
for (const sql of navigator.clipboard ? document.querySelectorAll("pre.sql") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy the SQL";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(sql.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy the SQL"; }, 2000);
  });
  sql.before(button);
}
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();

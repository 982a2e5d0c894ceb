"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const money = (n) => {
    if (!n) return "–";
    const size = Math.abs(n), digits = size < 1000 ? 2 : 0;
    return (n < 0 ? "-$" : "$") + size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  const cell = (row, text, numeric) => {
    const td = row.insertCell();
    td.textContent = text;
    if (numeric) td.className = "n";
    return td;
  };

  const people = document.getElementById("people");
  if (people) {
    const { columns, rows, sort } = read("people-data");
    const at = Object.fromEntries(columns.map((column, i) => [column.key, i]));
    const search = document.getElementById("search"), group = document.getElementById("group"), band = document.getElementById("band");
    const body = people.tBodies[0], status = document.getElementById("people-status"), more = document.getElementById("more");
    const page = 25;
    let shown = page, key = sort, down = true;
    const groups = {
      all: () => true,
      deleveraged: (row) => row[at.adl_fills] > 0,
      indebt: (row) => row[at.debt_peak_usd] >= 0.01,
      ended: (row) => row[at.debt_end] >= 0.01,
      swallowed: (row) => row[at.deposits_to_debt_usd] > 0,
    };
    const draw = () => {
      const wanted = search.value.trim().toLowerCase();
      const found = rows.filter((row) => (!group || groups[group.value](row)) && (!band || !band.value || row[at.band] === band.value) && (!wanted || row[at.account].toLowerCase().includes(wanted)));
      const i = at[key], sign = down ? -1 : 1;
      if (key) found.sort((a, b) => (a[i] < b[i] ? -sign : a[i] > b[i] ? sign : a[0] < b[0] ? -1 : 1));
      body.replaceChildren();
      for (const row of found.slice(0, shown)) {
        const tr = body.insertRow();
        columns.forEach((column, j) => {
          const text = column.kind === "usd" ? money(row[j]) : column.kind === "count" ? (row[j] || "–").toLocaleString("en-US") : row[j];
          const td = cell(tr, text, column.kind !== "text");
          if (column.key === "account" && text.length > 18) { td.textContent = text.slice(0, 8) + "…" + text.slice(-6); td.title = text; }
        });
      }
      status.textContent = found.length.toLocaleString("en-US") + " of " + rows.length.toLocaleString("en-US") + " accounts";
      more.hidden = found.length <= shown;
      people.querySelectorAll("th").forEach((th) => {
        if (th.dataset.key === key) th.setAttribute("aria-sort", down ? "descending" : "ascending");
        else th.removeAttribute("aria-sort");
      });
    };
    const restart = () => { shown = page; draw(); };
    [search, group, band].filter(Boolean).forEach((control) => control.addEventListener("input", restart));
    more.addEventListener("click", () => { shown += 100; draw(); });
    people.querySelectorAll("th").forEach((th) => {
      const button = document.createElement("button");
      button.textContent = th.textContent;
      th.replaceChildren(button);
      button.addEventListener("click", () => {
        const text = columns[at[th.dataset.key]].kind === "text";
        down = th.dataset.key === key ? !down : !text;
        key = th.dataset.key;
        restart();
      });
    });
    document.getElementById("people-controls").hidden = false;
    draw();
  }

  document.querySelectorAll("figure[data-hover]").forEach((figure) => {
    const { left, right, texts } = JSON.parse(figure.querySelector("script").textContent);
    const readout = figure.querySelector(".readout");
    figure.querySelectorAll("svg").forEach((svg) => svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), width = svg.viewBox.baseVal.width;
      const x = ((event.clientX - box.left) * width) / box.width;
      const i = Math.floor(((x - left) / (width - left - right)) * texts.length);
      if (texts[i]) readout.textContent = texts[i];
    }));
  });
})();

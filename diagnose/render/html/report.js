"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const SEVERITY = { critical: 4, error: 3, warning: 2, info: 1 };
  const FIRST = 100, MORE = 500;
  const F = { severity: 0, namespace: 1, kind: 2, name: 3, what: 4, rule: 5, category: 6, ranks: 7, root: 8, since: 9, id: 10, objects: 11, when: 12, state: 13 };
  const rows = JSON.parse($("#data").textContent);

  const element = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const badge = (severity) => {
    const made = element("span", undefined, { class: `badge ${severity}` });
    made.append(element("span", undefined, { class: "shape", "aria-hidden": "true" }), severity);
    return made;
  };

  // --- theme ---
  const THEMES = ["auto", "light", "dark"];
  const stored = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
                   set: (value) => { try { localStorage.setItem("theme", value); } catch { /* not kept */ } } };
  let theme = THEMES.includes(stored.get()) ? stored.get() : "auto";
  const showTheme = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    $("#theme").textContent = `Theme: ${theme}`;
  };
  $("#theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    stored.set(theme);
    showTheme();
  });
  showTheme();
  $("#theme").hidden = false;

  // --- copy ---
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* pages that are not secure */ }
    const area = element("textarea", text, { class: "hidden", "aria-hidden": "true" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const said = element("p", "", { class: "hidden", "aria-live": "polite" });
  document.body.append(said);
  for (const button of all(".copy")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const command = $("code", button.parentElement).textContent;
    const done = await copy(command);
    button.focus();
    button.textContent = done ? "Copied" : "Select and copy";
    said.textContent = done ? `Copied: ${command}` : "Could not copy.";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });

  // --- sorting ---
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    return typeof a === "number" && typeof b === "number" ? a - b : order(String(a), String(b));
  };
  const sortable = (table, sort) => all("th", table).forEach((head, column) => {
    const button = element("button", head.textContent, { type: "button" });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of all("th", table)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down ? -1 : 1);
    });
  });
  const cellValue = (row, column) => {
    const text = row.cells[column].textContent.trim();
    return row.cells[column].className === "number" ? (text === "" ? "" : Number(text.replaceAll(",", ""))) : text;
  };
  for (const table of all("table.sortable:not(#rows)")) {
    sortable(table, (column, sign) => {
      const sorted = [...table.tBodies[0].rows].map((row) => [cellValue(row, column), row]);
      sorted.sort((a, b) => (a[0] === "" || b[0] === "" ? 1 : sign) * compare(a[0], b[0]));
      table.tBodies[0].append(...sorted.map(([, row]) => row));
    });
  }

  // --- details, and links into them ---
  const show = (target) => {
    if (!target) return;
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    const own = $(":scope > details", target);
    if (own) own.open = true;
    target.scrollIntoView();
  };
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id.startsWith("f-") ? document.getElementById(id) : null;
    if (target && target.closest(".cause[hidden]")) $("#filter").reset();
    show(target);
  };
  addEventListener("hashchange", follow);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all(".cause:not([hidden]) > details:not([open])");
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
  const filter = $("#filter");
  if (!filter) return;

  // --- the table of findings: only the rows that are shown are made ---
  const body = $("#rows").tBodies[0];
  const COLUMNS = [
    (row) => SEVERITY[row[F.severity]], (row) => row[F.namespace], (row) => row[F.kind], (row) => row[F.name],
    (row) => row[F.what], (row) => row[F.ranks][0], (row) => row[F.since], (row) => row[F.rule],
  ];
  let sorted = rows, fitting = rows, shown = 0;
  const line = (row) => {
    const made = element("tr");
    const first = element("td");
    first.append(badge(row[F.severity]));
    const what = element("td");
    what.append(element("a", row[F.what], { href: `#f-${row[F.id]}` }));
    const rule = element("td");
    rule.append(element("code", row[F.rule]));
    const ranks = row[F.ranks].slice(0, 5).join(", ") + (row[F.ranks].length > 5 ? " …" : "");
    const cause = row[F.root] ? `${row[F.ranks][0]}` : `because of ${ranks}`;
    const cells = [row[F.namespace], row[F.kind], row[F.name]].map((text) => element("td", text));
    made.append(first, ...cells, what, element("td", cause), element("td", row[F.when]), rule);
    return made;
  };
  const showMore = (number) => {
    body.append(...fitting.slice(shown, shown + number).map(line));
    shown = Math.min(shown + number, fitting.length);
    const left = fitting.length - shown;
    $("#more").hidden = left === 0;
    $("#more button").textContent = `Show ${Math.min(MORE, left).toLocaleString("en")} more of ${left.toLocaleString("en")}`;
  };
  $("#more button").addEventListener("click", () => {
    const next = shown;
    showMore(MORE);
    $("a", body.rows[next])?.focus();
  });
  const fill = () => { body.replaceChildren(); shown = 0; showMore(FIRST); };
  sortable($("#rows"), (column, sign) => {
    const value = COLUMNS[column];
    sorted = [...rows].sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      return (left === "" || right === "" ? 1 : sign) * compare(left, right);
    });
    const fits = new Set(fitting);
    fitting = sorted.filter((row) => fits.has(row));
    fill();
  });

  // --- filter ---
  const cards = new Map(all(".cause").map((card) => [Number($(".rank", card).textContent), card]));
  const texts = new Map();
  const noun = $("#infos") ? "causes and infos" : "causes";
  const textOf = (rank, card) => {
    if (!texts.has(rank)) texts.set(rank, card.textContent.toLowerCase());
    return texts.get(rank);
  };
  const haystacks = new Map();
  const haystack = (row) => {
    if (!haystacks.has(row)) {
      const parts = [row[F.kind], `${row[F.namespace]}/${row[F.name]}`, row[F.what], row[F.rule], row[F.category], row[F.objects]];
      haystacks.set(row, parts.join(" ").toLowerCase());
    }
    return haystacks.get(row);
  };
  const choices = (select, field, none) => {
    const counts = new Map();
    for (const row of rows) counts.set(row[field], (counts.get(row[field]) ?? 0) + 1);
    for (const [value, number] of [...counts].sort((a, b) => order(a[0], b[0]))) {
      select.append(element("option", `${value || none} (${number})`, { value }));
    }
  };
  choices($("#namespace"), F.namespace, "no namespace");
  choices($("#category"), F.category, "no category");
  choices($("#state"), F.state, "no history");
  $("#states").hidden = rows.every((row) => row[F.state] === "");
  const apply = () => {
    const words = $("#text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(all("input[name=severity]:checked", filter).map((box) => box.value));
    const selected = [["#namespace", F.namespace], ["#category", F.category], ["#state", F.state]]
      .map(([id, field]) => [$(id).value, field]).filter(([value]) => value !== "*");
    const chosen = (row) => severities.has(row[F.severity]) && selected.every(([value, field]) => row[field] === value);
    const has = (text) => words.every((word) => text.includes(word));
    const possible = sorted.filter(chosen);
    fitting = words.length ? possible.filter((row) => has(haystack(row))) : possible;
    const ranks = new Set(possible.flatMap((row) => row[F.ranks]));
    let causes = 0;
    for (const [rank, card] of cards) {
      const fits = ranks.has(rank) && (words.length === 0 || has(textOf(rank, card)));
      causes += fits;
      if (card.hidden === fits) card.hidden = !fits;
    }
    for (const list of all(".causes")) list.hidden = !$(".cause:not([hidden])", list);
    const none = $("#no-causes");
    if (none) none.hidden = causes > 0;
    const told = (part, whole, noun) => `${part.toLocaleString("en")} of ${whole.toLocaleString("en")} ${noun}`;
    $("#count").textContent = `${told(causes, cards.size, noun)}, ${told(fitting.length, rows.length, "findings")}`;
    fill();
  };
  let timer;
  filter.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(apply, event.target.id === "text" ? 120 : 0);
  });
  filter.addEventListener("reset", () => { clearTimeout(timer); setTimeout(apply); });
  filter.addEventListener("submit", (event) => { event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      $("#text").focus();
    }
  });
  const toggle = (open) => {
    for (const each of all(".cause:not([hidden]) > details")) each.open = open;
  };
  $("#expand").addEventListener("click", () => toggle(true));
  $("#collapse").addEventListener("click", () => toggle(false));
  for (const tools of all(".tools")) tools.hidden = false;
  filter.hidden = false;
  $("#no-script").hidden = true;
  apply();
  follow();
})();

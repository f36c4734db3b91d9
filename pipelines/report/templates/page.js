"use strict";
(() => {
  const island = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = island("lists-data");
  const PAGE = 50;
  const MORE = 250;

  // everything that comes from data becomes text or an attribute, never markup
  const fill = (made, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const byId = (id) => document.getElementById(id);
  const hidden = (text) => el("span", { class: "hidden" }, text);
  const words = (name) => (name ?? "").replaceAll("_", " ");

  const amounts = [0, undefined].map(
    (most) => new Intl.NumberFormat("en", { style: "currency", currency: data.currency, maximumFractionDigits: most }),
  );
  const money = (value) => amounts[Math.abs(value) >= 1000 ? 0 : 1].format(value);
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const share = (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
  const collator = new Intl.Collator("en", { numeric: true });
  const naming = (row) => row.name || row.account_id;

  // -------------------------------------------------------------------------------------------------- the table

  const reasonsOf = (row) => row.reasons ?? [];
  const rankCell = (row) => {
    const moved = row.rank_before ? row.rank_before - row.rank : 0;
    if (!moved) return [String(row.rank)];
    const told = `${moved > 0 ? "up" : "down"} ${Math.abs(moved)} since the list before`;
    return [String(row.rank), " ", el("span", { class: "moved", title: told }, moved > 0 ? "▲" : "▼", hidden(told))];
  };
  const accountCell = (row) => [
    el("button", { type: "button", class: "open", "data-account": row.account_id, "aria-haspopup": "dialog" },
      el("bdi", {}, naming(row))),
    row.name ? el("span", { class: "id" }, el("bdi", {}, row.account_id)) : null,
  ];
  const bar = (row) => {
    const width = Math.max(1, Math.round(60 * Math.min(1, row.probability)));
    return [
      el("span", {}, share(row.probability)),
      svg("svg", { class: "bar", viewBox: "0 0 60 4", "aria-hidden": "true" },
        svg("rect", { width: 60, height: 4, rx: 2, class: "track" }),
        svg("rect", { width, height: 4, rx: 2, class: "level" })),
    ];
  };
  const whyCell = (row) => {
    const [first, ...others] = reasonsOf(row);
    if (!first) return [];
    return [
      el("span", { class: "why" }, first.text),
      others.length ? el("span", { class: "also" }, `also ${others.map((each) => words(each.theme)).join(", ")}`) : null,
    ];
  };
  const text = (key) => ({ of: (row) => row[key] ?? null, cell: (row) => [el("bdi", {}, row[key] ?? "")] });
  const word = (key) => ({ of: (row) => row[key] ?? null, cell: (row) => [words(row[key])] });
  const amount = (key) => ({ of: (row) => row[key] ?? null, cell: (row) => [row[key] == null ? "" : money(row[key])], n: true });
  const COLUMNS = [
    { key: "rank", title: "Rank", of: (row) => row.rank, cell: rankCell, n: true },
    { key: "account", title: "Account", of: naming, cell: accountCell, head: true },
    { key: "trigger", title: "What happened", ...word("trigger") },
    { key: "owner", title: "Owner", ...text("owner") },
    { key: "plan", title: "Plan", ...text("plan") },
    { key: "mrr", title: "MRR", ...amount("mrr") },
    { key: "probability", title: "Risk", of: (row) => row.probability ?? null, n: true, least: true,
      cell: (row) => (row.probability == null ? [] : bar(row)) },
    { key: "expected_loss", title: "Expected loss", ...amount("expected_loss") },
    { key: "expected_value", title: "Value of contact", ...amount("expected_value") },
    { key: "why", title: "Why", of: (row) => reasonsOf(row)[0]?.text ?? null, cell: whyCell },
    { key: "play", title: "Play", of: (row) => row.play ?? null, cell: (row) => [data.plays[row.play]?.title ?? words(row.play)] },
    { key: "attention", title: "Contact by", ...word("attention") },
    { key: "days_on_list", title: "Days on list", of: (row) => row.days_on_list ?? null, n: true,
      cell: (row) => [row.days_on_list == null ? "" : String(row.days_on_list)] },
  ];

  const view = { list: data.lists[0], sort: "rank", down: false, shown: PAGE, rows: [] };
  const controls = ["search", "owner", "plan", "theme"];
  const shownColumns = () => COLUMNS.filter((column) => view.list.rows.some((row) => column.of(row) !== null) || column.key === "account");

  const haystack = (row) =>
    (row.haystack ??= [row.account_id, row.name, row.owner, row.plan, words(row.play), words(row.trigger),
      ...reasonsOf(row).map((each) => each.text)].filter(Boolean).join("\n").toLowerCase());

  const choose = () => {
    const [query, owner, plan, theme] = controls.map((id) => byId(id).value);
    const sought = query.trim().toLowerCase();
    const is = (wanted, value) => !wanted || wanted === `=${value ?? ""}`;
    const rows = view.list.rows.filter((row) =>
      is(owner, row.owner) && is(plan, row.plan) &&
      (!theme || reasonsOf(row).some((each) => theme === `=${each.theme}`)) &&
      (!sought || haystack(row).includes(sought)));
    const { of } = COLUMNS.find((column) => column.key === view.sort);
    const sign = view.down ? -1 : 1;
    view.rows = rows.sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a.rank - b.rank;
      const order = typeof x === "number" ? x - y : collator.compare(x, y);
      return sign * order || a.rank - b.rank;
    });
  };

  const line = (columns) => (row) =>
    el("tr", { role: "row" }, ...columns.map((column) =>
      el(column.head ? "th" : "td",
        { role: column.head ? "rowheader" : "cell", scope: column.head ? "row" : null, class: `${column.key}${column.n ? " n" : ""}`,
          "data-title": column.title },
        ...column.cell(row))));

  const showRows = (from) => {
    const body = byId("rows");
    const made = view.rows.slice(from, view.shown).map(line(shownColumns()));
    if (from) body.append(...made); else body.replaceChildren(...made);
    const left = view.rows.length - Math.min(view.shown, view.rows.length);
    const more = byId("more");
    more.hidden = !left;
    more.textContent = `Show ${whole.format(Math.min(MORE, left))} more`;
    byId("none").hidden = view.rows.length > 0;
    const all = view.list.rows.length;
    byId("status").textContent = all === view.rows.length
      ? `${whole.format(all)} account${all === 1 ? "" : "s"}`
      : `${whole.format(view.rows.length)} of ${whole.format(all)} accounts`;
    return made;
  };

  const showHeads = () => {
    byId("heads").replaceChildren(...shownColumns().map((column) => {
      const by = view.sort === column.key;
      return el("th", { role: "columnheader", scope: "col", class: `${column.key}${column.n ? " n" : ""}`,
        "aria-sort": by ? (view.down ? "descending" : "ascending") : "none" },
        el("button", { type: "button", class: "sort", "data-sort": column.key }, column.title,
          el("span", { class: "arrow", "aria-hidden": "true" }, by ? (view.down ? "↓" : "↑") : "")));
    }));
  };

  const refresh = () => {
    view.shown = PAGE;
    choose();
    showRows(0);
  };

  const sortBy = (key) => {
    const column = COLUMNS.find((each) => each.key === key);
    // of numbers but the rank the highest is what people look for first
    view.down = view.sort === key ? !view.down : Boolean(column.n) && key !== "rank";
    view.sort = key;
    showHeads();
    refresh();
    byId("heads").querySelector(`[data-sort="${key}"]`).focus();
  };

  const options = (id, values, label) => {
    const select = byId(id);
    const before = select.value;
    const known = [...new Set(values.map((value) => value ?? ""))].sort(collator.compare);
    select.replaceChildren(el("option", { value: "" }, "All"),
      ...known.map((value) => el("option", { value: `=${value}` }, label(value) || "none")));
    select.value = known.includes(before.slice(1)) && before ? before : "";
    select.closest("label").hidden = known.length < 2 && !known[0];
  };

  const showList = (list) => {
    view.list = list;
    view.sort = "rank";
    view.down = false;
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const own = tab.dataset.list === list.name;
      tab.setAttribute("aria-selected", own);
      tab.tabIndex = own ? 0 : -1;
    }
    byId("panel").setAttribute("aria-labelledby", `tab-${list.name}`);
    byId("about").textContent = list.about;
    byId("table").setAttribute("aria-label", list.title);
    const short = (value) => (value.length > 60 ? `${value.slice(0, 59)}…` : value);
    options("owner", list.rows.map((row) => row.owner), short);
    options("plan", list.rows.map((row) => row.plan), short);
    options("theme", list.rows.flatMap((row) => reasonsOf(row).map((each) => each.theme)), words);
    showHeads();
    refresh();
  };

  // ------------------------------------------------------------------------------------------------ an account

  let known = null;
  const history = (id) => (known ??= island("accounts-data")).of[id] ?? {};

  const dated = (first, count) => Array.from({ length: count }, (_, at) => {
    const day = new Date(`${first}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + at);
    return day.toISOString().slice(0, 10);
  });
  const numbers = (summary, header, rows) =>
    el("details", { class: "numbers" }, el("summary", {}, summary),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": summary },
        el("table", {},
          el("thead", {}, el("tr", {}, ...header.map((each) => el("th", { scope: "col" }, each)))),
          el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((each) => el("td", {}, each ?? ""))))))));
  const drawing = (label, height, ...parts) =>
    svg("svg", { class: "spark", viewBox: `0 0 560 ${height}`, role: "img", "aria-label": label }, ...parts);
  const ends = (first, last) => el("p", { class: "ends" }, el("span", {}, first), el("span", {}, last));

  const scoresOf = (scores) => {
    const { days, models, parts } = known;
    const at = scores.map((score, place) => [place, score]).filter(([, score]) => score !== null);
    const values = at.map(([, score]) => score / parts);
    const top = Math.max(...values) * 1.15 || 1;
    const x = (place) => (days.length === 1 ? 280 : 4 + (552 * place) / (days.length - 1));
    const y = (value) => 96 - (88 * value) / top;
    const told = `Probability of leaving on ${at.length} days: ${share(values[0])} on ${days[at[0][0]]}, ` +
      `${share(values.at(-1))} on ${days[at.at(-1)[0]]}, between ${share(Math.min(...values))} and ${share(Math.max(...values))}`;
    const runs = at.reduce((found, [place], number) => {
      if (number && at[number - 1][0] === place - 1) found.at(-1).push(number); else found.push([number]);
      return found;
    }, []);
    const changed = at.filter(([place]) => place && models[place] && models[place - 1] && models[place] !== models[place - 1]);
    return el("section", {}, el("h3", {}, "Score over time"),
      drawing(told, 97,
        svg("line", { class: "ground", x1: 0, x2: 560, y1: 96, y2: 96 }),
        ...changed.map(([place]) => svg("line", { class: "change", x1: x(place), x2: x(place), y1: 4, y2: 96 },
          svg("title", {}, `model ${models[place]} from ${days[place]} on`))),
        ...runs.map((run) => svg("polyline", { class: "course",
          points: run.map((number) => `${x(at[number][0]).toFixed(1)},${y(values[number]).toFixed(1)}`).join(" ") })),
        svg("circle", { class: "now", cx: x(at.at(-1)[0]).toFixed(1), cy: y(values.at(-1)).toFixed(1), r: 4 })),
      ends(days[0], days.at(-1)),
      changed.length ? el("p", { class: "note" }, "Dotted: another model scores from then on.") : null,
      numbers("Scores by day", ["day", "probability", "model"],
        at.map(([place], number) => [days[place], share(values[number]), models[place]]).reverse()));
  };

  const usageOf = (usage) => {
    const days = dated(known.usage_from, usage.length);
    const top = Math.max(...usage, 1);
    const step = 560 / usage.length;
    const sum = (from, to) => usage.slice(from, to).reduce((total, each) => total + each, 0);
    const lately = sum(-28);
    const before = usage.length >= 56 ? sum(-56, -28) : null;
    const told = `${whole.format(lately)} events in the last 28 days` +
      (before === null ? "" : `, ${whole.format(before)} in the 28 days before`);
    const path = usage.map((count, at) => (count
      ? `M${(at * step).toFixed(2)} 76v${(-(72 * count) / top).toFixed(2)}h${(step * 0.78).toFixed(2)}V76z` : "")).join("");
    const weeks = [];
    for (let end = usage.length; end > 0; end -= 7) weeks.push([days[end - 1], whole.format(sum(Math.max(0, end - 7), end))]);
    return el("section", {}, el("h3", {}, `Usage in ${usage.length} days`), el("p", {}, `${told}.`),
      drawing(`Usage by day: ${told}`, 77, svg("path", { class: "columns", d: path }),
        svg("line", { class: "ground", x1: 0, x2: 560, y1: 76, y2: 76 })),
      ends(days[0], days.at(-1)),
      numbers("Usage by week", ["week up to", "events"], weeks));
  };

  const playOf = (row, message) => {
    const play = data.plays[row.play] ?? {};
    const steps = play.steps ?? [];
    const by = [play.who, play.channel].filter(Boolean).map(words).join(", ");
    return el("section", {}, el("h3", {}, "What to do"),
      el("p", {}, el("strong", {}, play.title ?? words(row.play)), by ? el("span", { class: "also" }, by) : null),
      steps.length ? el("ol", {}, ...steps.map((step) => el("li", {}, step))) : null,
      message ? el("details", { class: "message" }, el("summary", {}, "Message"),
        el("blockquote", {}, el("strong", {}, message.subject), `\n${message.body}`)) : null);
  };

  const factsOf = (row, lists) => {
    const facts = [
      ["Owner", row.owner], ["Plan", row.plan], ["MRR", row.mrr == null ? null : money(row.mrr)],
      ["Risk", row.probability == null ? null
        : share(row.probability) + (row.probability_before == null ? "" : `, ${share(row.probability_before)} on the list before`)],
      ["Expected loss", row.expected_loss == null ? null : `${money(row.expected_loss)} a month`],
      ["Value of contact", row.expected_value == null ? null : money(row.expected_value)],
      ["What happened", row.trigger ? words(row.trigger) : null],
      ["Contact by", row.attention ? words(row.attention) : null],
      ["On the list", row.since == null ? null
        : `since ${row.since}${row.days_on_list == null ? "" : ` (${row.days_on_list} day${row.days_on_list === 1 ? "" : "s"})`}`],
      ["Lists", lists.map(([list, each]) => `${list.title}, rank ${each.rank}`).join("; ")],
    ];
    return el("dl", { class: "facts" }, ...facts.filter(([, value]) => value).map(([term, value]) =>
      el("div", {}, el("dt", {}, term), el("dd", {}, el("bdi", {}, value)))));
  };

  const account = (id) => {
    const lists = data.lists.flatMap((list) => list.rows.filter((row) => row.account_id === id).map((row) => [list, row]));
    if (!lists.length) return null;
    const [from, row] = lists.find(([list]) => list === view.list) ?? lists[0];
    const told = history(id);
    const reasons = reasonsOf(row);
    return [
      el("h2", { id: "account-name", tabindex: "-1" }, el("bdi", {}, naming(row))),
      row.name ? el("p", { class: "id" }, el("bdi", {}, id)) : null,
      factsOf(row, lists),
      el("section", {}, el("h3", {}, "Why"), reasons.length
        ? el("ul", { class: "reasons" }, ...reasons.map((each) =>
          el("li", {}, el("span", { class: "theme" }, words(each.theme)), el("span", {}, each.text))))
        : el("p", {}, "Nothing that can be acted on raises its risk.")),
      row.play ? playOf(row, told.messages?.[from.name]) : null,
      told.scores ? scoresOf(told.scores) : null,
      told.usage ? usageOf(told.usage)
        : el("section", {}, el("h3", {}, "Usage"), el("p", {}, known.usage_from ? "None in this time." : "Not known: there is no table of usage.")),
      el("section", {}, el("h3", {}, "Contacts"), told.contacts
        ? el("ul", { class: "contacts" }, ...told.contacts.map((each) =>
          el("li", {}, el("time", {}, each.day), el("span", {}, el("bdi", {}, words(each.play)),
            each.outcome ? el("span", { class: "outcome" }, el("bdi", {}, words(each.outcome))) : null))))
        : el("p", {}, data.contacts ? "None on record." : "Not known: there is no table of outreach.")),
    ].filter(Boolean);
  };

  const dialog = byId("account");
  const address = (id) => `#account=${encodeURIComponent(id)}`;
  const asked = () => {
    const found = /^#account=(.*)$/.exec(location.hash);
    try { return found && decodeURIComponent(found[1]); } catch { return null; }
  };
  const follow = () => {
    const id = asked();
    const content = id === null ? null : account(id);
    if (!content) { if (dialog.open) dialog.close(); return; }
    dialog.dataset.account = id;
    byId("account-content").replaceChildren(...content);
    const place = view.rows.findIndex((row) => row.account_id === id);
    byId("previous").disabled = place < 1;
    byId("next").disabled = place < 0 || place >= view.rows.length - 1;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId("account-name").focus();
  };
  const step = (by) => {
    const place = view.rows.findIndex((row) => row.account_id === dialog.dataset.account);
    const next = view.rows[place + by];
    if (next) location.replace(address(next.account_id));
  };
  const open = (id) => { location.hash = address(id); };

  // ------------------------------------------------------------------------------------------------------ events

  dialog.addEventListener("close", () => {
    if (asked() === dialog.dataset.account) window.history.replaceState(null, "", location.href.split("#")[0]);
    const buttons = [...document.querySelectorAll("button.open")];
    (buttons.find((each) => each.dataset.account === dialog.dataset.account) ?? byId("search"))?.focus();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  byId("close").addEventListener("click", () => dialog.close());
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  window.addEventListener("hashchange", follow);

  if (!view.list) return;
  let waiting = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 120);
  });
  for (const id of controls.slice(1)) byId(id).addEventListener("change", refresh);
  byId("heads").addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort]");
    if (button) sortBy(button.dataset.sort);
  });
  byId("rows").addEventListener("click", (event) => {
    const button = event.target.closest("button.open") ?? event.target.closest("tr")?.querySelector("button.open");
    if (button && !String(getSelection())) open(button.dataset.account);
  });
  byId("more").addEventListener("click", () => {
    const from = view.shown;
    view.shown += MORE;
    showRows(from)[0]?.querySelector("button.open").focus();
  });
  byId("clear").addEventListener("click", () => {
    for (const id of controls) byId(id).value = "";
    refresh();
    byId("search").focus();
  });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const named = (tab) => data.lists.find((list) => list.name === tab.dataset.list);
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => showList(named(tab)));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = tabs[(to + tabs.length) % tabs.length];
      next.focus();
      showList(named(next));
    });
  });
  showList(view.list);
  follow();
})();

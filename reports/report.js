"use strict";
// The page is complete without this script, which only hides what is not looked for and opens what a link points to.
(() => {
  const form = document.getElementById("filter");
  const outcomes = { fail: "fail", error: "error", unknown: "unknown", pass: "pass", na: "not_applicable" };

  const subjects = new Map();
  const subjectText = (anchor) => {
    if (!subjects.has(anchor)) {
      const row = document.getElementById(anchor);
      subjects.set(anchor, row ? row.textContent : "");
    }
    return subjects.get(anchor);
  };

  // A verdict is its row and the rows of its elements below.
  const verdictsOf = (rule) => {
    const verdicts = [];
    for (const row of rule.querySelectorAll("table.verdicts tbody tr")) {
      if (row.hasAttribute("data-element")) verdicts.at(-1).rows.push(row);
      else verdicts.push({ rows: [row], outcome: outcomes[row.className], text: null });
    }
    return verdicts;
  };

  const textOf = (about, { rows }) => {
    const link = rows[0].querySelector("th a");
    const subject = link ? subjectText(link.hash.slice(1)) : "";
    return [about, subject, ...rows.map((row) => row.textContent)].join(" ").toLowerCase();
  };

  const rules = form ? Array.from(document.querySelectorAll("details.rule"), (rule) => ({
    rule,
    about: rule.querySelector("summary").textContent,
    verdicts: verdictsOf(rule),
  })) : [];
  const all = rules.reduce((sum, { verdicts }) => sum + verdicts.length, 0);
  const control = (name) => form.elements.namedItem(name);

  const apply = () => {
    const wanted = control("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcome = control("outcome").value;
    const severity = control("severity").value;
    const idle = wanted.length === 0 && !outcome && !severity;
    let shown = 0;
    for (const { rule, about, verdicts } of rules) {
      const grave = !severity || rule.dataset.severity === severity;
      let here = 0;
      for (const verdict of verdicts) {
        let match = grave && (!outcome || verdict.outcome === outcome);
        if (match && wanted.length > 0) {
          verdict.text ??= textOf(about, verdict);
          match = wanted.every((word) => verdict.text.includes(word));
        }
        for (const row of verdict.rows) row.hidden = !match;
        if (match) here += 1;
      }
      rule.hidden = !idle && here === 0;
      shown += here;
    }
    control("count").value = idle ? all + " verdicts" : shown + " of " + all + " verdicts";
  };

  const state = () => new URLSearchParams(["words", "outcome", "severity"]
    .map((name) => [name, control(name).value]).filter(([, value]) => value));

  const remember = () => {
    const query = state().toString();
    history.replaceState(null, "", query ? "#?" + query : location.pathname + location.search);
  };

  const recall = (query) => {
    for (const [name, value] of new URLSearchParams(query)) {
      if (["words", "outcome", "severity"].includes(name)) control(name).value = value;
    }
    apply();
  };

  // Opens every fold around what the address names, and lets go of a filter that hides it.
  const reveal = () => {
    if (form && location.hash.startsWith("#?")) {
      recall(location.hash.slice(2));
      return;
    }
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (form && target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  };

  if (form) {
    const openAll = (open) => rules.forEach(({ rule }) => { rule.open = open; });
    form.addEventListener("input", () => { apply(); remember(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    control("open").addEventListener("click", () => openAll(true));
    control("close").addEventListener("click", () => openAll(false));
    addEventListener("keydown", (event) => {
      const typing = event.target.closest && event.target.closest("input, select, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      control("words").focus();
    });
    form.hidden = false;
    apply();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();

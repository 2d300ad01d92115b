"use strict";
// The page is complete without this script, which only hides what is not looked for and opens what a link points to.
(() => {
  const form = document.getElementById("filter");
  const { words, outcome, severity, count } = form.elements;
  const rules = Array.from(document.querySelectorAll("details.rule"), (rule) => {
    const about = rule.querySelector("summary").textContent.toLowerCase();
    const rows = Array.from(rule.querySelectorAll("tbody[data-outcome]"), (row) => ({ row, text: null }));
    return { rule, about, rows };
  });
  const all = rules.reduce((sum, { rows }) => sum + rows.length, 0);

  const matches = (about, entry, wanted) => {
    const { row } = entry;
    if (outcome.value && row.dataset.outcome !== outcome.value) return false;
    if (severity.value && row.dataset.severity !== severity.value) return false;
    if (wanted.length === 0) return true;
    entry.text ??= about + " " + row.textContent.toLowerCase();
    return wanted.every((word) => entry.text.includes(word));
  };

  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const idle = wanted.length === 0 && !outcome.value && !severity.value;
    let shown = 0;
    for (const { rule, about, rows } of rules) {
      let here = 0;
      for (const entry of rows) {
        const match = matches(about, entry, wanted);
        entry.row.hidden = !match;
        if (match) here += 1;
      }
      rule.hidden = !idle && here === 0;
      shown += here;
    }
    count.value = idle ? all + " verdicts" : shown + " of " + all + " verdicts";
  };

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    const rule = target && target.closest("details");
    if (!rule) return;
    if (rule.hidden || target.hidden) {
      form.reset();
      apply();
    }
    rule.open = true;
    target.scrollIntoView();
  };

  const openAll = (open) => rules.forEach(({ rule }) => { rule.open = open; });

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.open.addEventListener("click", () => openAll(true));
  form.elements.close.addEventListener("click", () => openAll(false));
  addEventListener("hashchange", reveal);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    words.focus();
  });
  form.hidden = false;
  apply();
  reveal();
})();

// The four key figures.

import { el } from "./dom.js";
import { count, decimal, exactUsd, usd } from "./format.js";

const CARDS = {
  "kpi-total": ["total_compensation_usd", (value) => usd(value, 2), ({ posted_usd: posted }) => (posted === null ? "decided payouts" : `decided payouts; ${usd(posted, 2)} posted to the ledger for these days`)],
  "kpi-count": ["compensation_count", count, () => "compensated requests"],
  "kpi-average": ["average_per_compensation_usd", (value) => usd(value, 6), () => "per compensated request"],
  "kpi-per-day": ["average_compensation_per_day", (value) => decimal(value, 1), () => "compensated requests per day"],
};

export function drawKpis(root, answer) {
  const isEmpty = answer.kpis.compensation_count === 0;
  for (const [testid, [name, show, caption]] of Object.entries(CARDS)) {
    const card = root.querySelector(`[data-testid=${testid}]`);
    const value = answer.kpis[name];
    const isMoney = name.endsWith("_usd");
    const figure = card.querySelector(".figure");
    const isBlank = isEmpty && name.startsWith("average");
    figure.textContent = isBlank ? "—" : show(value);
    figure.title = isMoney && !isBlank ? exactUsd(value) : "";
    figure.dataset.value = value;
    card.querySelector(".caption").replaceChildren(el("span", {}, caption(answer)), change(answer, name));
  }
}

function change(answer, name) {
  const value = answer.change[name];
  if (answer.before === null) return el("span", { title: "The published data does not cover the whole previous period, so there is nothing to compare with." }, "no complete previous period");
  if (value === null) return el("span", {}, "none in the previous period");
  const sign = value.startsWith("-") ? "↓" : /[1-9]/.test(value) ? "↑" : "=";
  return el("span", { class: "change", title: "Change from the previous period of the same length" }, `${sign} ${decimal(value.replace("-", ""), 1)}%`);
}

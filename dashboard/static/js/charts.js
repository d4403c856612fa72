// A chart card: stacked bars over time or a ranking, its legend, and its table view.
// Amounts are converted to numbers for the bars only; wherever an amount is shown as text, it is formatted from the text that the API sent.

import { el } from "./dom.js";
import { axisNumber, bucketName, count, usd } from "./format.js";

const TYPES = { light: ["#e11d48", "#4f46e5", "#f59e0b", "#0d9488", "#9333ea", "#65a30d"], dark: ["#fb7185", "#818cf8", "#fbbf24", "#2dd4bf", "#c084fc", "#a3e635"] };
const MODELS = {
  light: ["#4f46e5", "#0ea5e9", "#10b981", "#f59e0b", "#ef4444", "#8b5cf6", "#ec4899", "#14b8a6"],
  dark: ["#818cf8", "#38bdf8", "#34d399", "#fbbf24", "#f87171", "#a78bfa", "#f472b6", "#2dd4bf"],
};
const OTHERS = { light: "#cbd5e1", dark: "#52525b" };
const FONT = getComputedStyle(document.body).fontFamily;

// The chart library is loaded after the page has requested its data; drawing a chart waits for it.
export const library = new Promise((loaded, failed) => {
  const script = document.getElementById("echarts");
  script.addEventListener("load", loaded);
  script.addEventListener("error", () => failed(new Error("The chart library could not be loaded.")));
});
library.catch(() => {});

export class ChartCard {
  constructor(root, { title, kind, choose, narrow }) {
    this.root = root;
    this.kind = kind;
    this.choose = choose;
    this.narrow = narrow;
    this.title = title;
    this.grain = el("span", { class: "grain" });
    this.views = el("div", { class: "segments", role: "group", "aria-label": `View of the chart ${title}` },
      ["trend", "ranking"].map((view) => el("button", {
        type: "button", "data-view": view, "data-testid": `chart-${kind}-${view}`, on: { click: () => choose({ [`${kind}_view`]: view }) },
      }, view === "trend" ? "Trend" : "Ranking")));
    this.asTable = el("button", {
      type: "button", class: "quiet", "data-testid": `chart-${kind}-as-table`, on: { click: () => choose({ [`${kind}_table`]: this.isTable ? "" : "1" }) },
    }, "Table");
    this.canvas = el("div", { class: "canvas", role: "img" });
    this.table = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, as a table` });
    this.legend = el("ul", { class: "legend" });
    root.replaceChildren(
      el("div", { class: "card-head" }, el("h2", {}, title, this.grain), el("span", { class: "actions" }, this.views, this.asTable)),
      this.canvas, this.table, this.legend);
    new ResizeObserver(() => this.chart?.resize()).observe(this.canvas);
  }

  draw(answer, state) {
    const view = state[`${this.kind}_view`] === "ranking" ? "ranking" : "trend";
    this.isTable = state[`${this.kind}_table`] === "1";
    const theme = document.documentElement.dataset.theme;
    const isMoney = state.tab !== "times";
    const groups = this.coloured(answer, theme);
    const show = isMoney ? (value) => usd(value, 6) : count;
    const short = isMoney ? (value) => usd(value, 2) : count;
    for (const button of this.views.children) button.setAttribute("aria-pressed", button.dataset.view === view);
    this.asTable.setAttribute("aria-pressed", this.isTable);
    this.grain.textContent = view === "ranking" ? "Whole range" : answer.bucket === "hour" ? "Hourly" : "Daily (UTC)";
    this.canvas.hidden = this.isTable;
    this.table.hidden = !this.isTable;
    this.canvas.setAttribute("aria-label", `${this.title}, ${view}: ${groups.map(({ label, total }) => `${label} ${short(total)}`).join(", ") || "no compensation in this range"}`);
    this.drawLegend(groups, short);
    const names = answer.buckets.map((at) => bucketName(at, answer.bucket, state.zone));
    if (this.isTable) {
      this.table.replaceChildren(view === "trend" ? trendTable(this.title, groups, names, show) : rankingTable(this.title, groups, show));
      return;
    }
    this.chart ??= globalThis.echarts.init(this.canvas, null, { renderer: "canvas" });
    const base = { animation: false, textStyle: { fontFamily: FONT }, ...axes(isMoney, theme) };
    this.chart.setOption(view === "trend" ? trend(base, groups, names, show) : ranking(base, groups, show, short, Math.min(190, Math.round(this.canvas.clientWidth * 0.4))), true);
    this.chart.getZr().flush();
  }

  coloured(answer, theme) {
    const groups = this.kind === "type" ? answer.by_type : answer.by_model;
    return groups.map((group, index) => ({
      ...group,
      color: group.key === null ? OTHERS[theme]
        : this.kind === "type" ? TYPES[theme][this.order.indexOf(group.key) % TYPES[theme].length] : MODELS[theme][index],
    }));
  }

  drawLegend(groups, short) {
    this.legend.replaceChildren(...groups.map((group) => el("li", {}, el("button", {
      type: "button", disabled: group.key === null, title: group.key === null ? "" : `Show only ${group.label}`,
      on: { click: () => this.narrow(group.key) },
    }, el("span", { class: "swatch", color: group.color }), el("span", { class: "name" }, group.label), el("span", {}, short(group.total))))));
  }
}

// The style sheet's colours, cached per theme, because reading them forces the browser to recalculate the layout.
const inks = new Map();

function inksOf(theme) {
  if (!inks.has(theme)) {
    const style = getComputedStyle(document.documentElement);
    inks.set(theme, ["--ink-3", "--line", "--card", "--ink"].map((name) => style.getPropertyValue(name).trim()));
  }
  return inks.get(theme);
}

function axes(isMoney, theme) {
  const [ink, line, card, strong] = inksOf(theme);
  const label = (value) => (isMoney ? `$${axisNumber(value)}` : axisNumber(value));
  return {
    ink, strong, label,
    values: { type: "value", minInterval: isMoney ? undefined : 1, axisLabel: { color: ink, formatter: label, hideOverlap: true }, splitLine: { lineStyle: { color: line } }, splitNumber: 4 },
    names: { type: "category", axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink, hideOverlap: true } },
    tooltip: { confine: true, backgroundColor: card, borderColor: line, textStyle: { color: strong, fontSize: 12.5 }, padding: [8, 12], transitionDuration: 0 },
    hover: theme === "dark" ? "rgba(255,255,255,.05)" : "rgba(24,24,27,.04)",
  };
}

function trend({ values, names: axis, tooltip, hover, ink, strong, label, ...base }, groups, names, show) {
  return {
    ...base,
    grid: { left: 12, right: 14, top: 12, bottom: 2, containLabel: true },
    xAxis: { ...axis, data: names },
    yAxis: values,
    tooltip: {
      ...tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: hover } },
      formatter: ([{ dataIndex }]) => tip(names[dataIndex], groups.map((group) => ({ ...group, value: group.values[dataIndex] })), show),
    },
    series: groups.toReversed().map((group) => ({
      type: "bar", stack: "all", name: group.label, itemStyle: { color: group.color }, barCategoryGap: "26%", data: group.values.map(Number), emphasis: { disabled: true },
    })),
  };
}

function ranking({ values, names: axis, tooltip, hover, ink, strong, label, ...base }, groups, show, short, width) {
  const ranked = groups.toReversed();
  return {
    ...base,
    grid: { left: width, right: 84, top: 4, bottom: 24 },
    xAxis: { ...values, splitNumber: 3 },
    yAxis: { ...axis, data: ranked.map(({ label }) => label), axisLabel: { ...axis.axisLabel, width: width - 8, overflow: "truncate", hideOverlap: false, interval: 0 } },
    tooltip: {
      ...tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: hover } },
      formatter: ([{ dataIndex }]) => tip(ranked[dataIndex].label, [{ ...ranked[dataIndex], value: ranked[dataIndex].total }], show),
    },
    series: [{
      type: "bar", barMaxWidth: 22, emphasis: { disabled: true },
      data: ranked.map(({ total, color }) => ({ value: Number(total), itemStyle: { color, borderRadius: [0, 4, 4, 0] } })),
      label: { show: true, position: "right", color: strong, formatter: ({ dataIndex }) => short(ranked[dataIndex].total) },
    }],
  };
}

const isNothing = (text) => !/[1-9]/.test(text);

function tip(title, lines, show) {
  const drawn = lines.filter(({ value }) => !isNothing(value));
  const made = el("div", { class: "tip" }, el("h3", {}, title));
  for (const { color, label, value } of drawn) {
    made.append(el("div", {}, el("span", { class: "swatch", color }), el("span", {}, label), el("span", {}, show(value))));
  }
  if (drawn.length === 0) made.append(el("div", {}, "No compensation"));
  return made;
}

function trendTable(title, groups, names, show) {
  return el("table", {}, el("caption", { class: "unseen" }, title),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Time"), groups.map(({ label }) => el("th", { scope: "col", class: "number" }, label)))),
    el("tbody", {}, names.map((name, index) => el("tr", {}, el("th", { scope: "row" }, name),
      groups.map(({ values }) => el("td", { class: "number", "data-value": values[index] }, isNothing(values[index]) ? "—" : show(values[index])))))));
}

function rankingTable(title, groups, show) {
  return el("table", {}, el("caption", { class: "unseen" }, title),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), el("th", { scope: "col", class: "number" }, "Total"))),
    el("tbody", {}, groups.map(({ label, total }) => el("tr", {}, el("th", { scope: "row" }, label), el("td", { class: "number", "data-value": total }, show(total))))));
}

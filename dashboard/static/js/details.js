// The details: category tabs, a table with sorting and column filters, and paging.

import { emptiness } from "./cards.js";
import { byId, el, selectTab } from "./dom.js";
import { count, decimal, exactUsd, known, timestamp, usd } from "./format.js";
import { BOUNDED, hasColumnFilters, isFiltered, rowQuery } from "./state.js";

const COLUMNS = [
  ["timestamp", "Timestamp"], ["model", "Model"], ["input_tokens", "Input Tokens"], ["output_tokens", "Output Tokens"], ["cost", "Cost"],
  ["latency", "Latency"], ["throughput", "Throughput"], ["finish", "Finish"], ["payout", "Payout"],
];
const FINISHES = ["stop", "length", "tool_calls", "content_filter", "error", "cancelled", "other", "none"];
const FINISH_TONE = { length: "amber", content_filter: "amber", cancelled: "amber", error: "red" };
const UNITS = { latency: "ms", throughput: "tok/s", cost: "$", payout: "$" };
const PAGE_SIZES = ["25", "50", "100"];
const isNumber = (name) => BOUNDED.includes(name);

export class Details {
  constructor(changed, clear) {
    this.changed = changed;
    this.clear = clear;
    this.table = byId("details-table");
    this.toggle = byId("column-filters");
    this.toggle.addEventListener("click", () => this.openFilters(this.filterRow.hidden));
    this.drawHead();
  }

  drawHead() {
    this.sorts = Object.fromEntries(COLUMNS.map(([name, label]) => [name, el("th", { role: "columnheader", scope: "col", class: isNumber(name) ? "number" : "" },
      el("button", { type: "button", "data-sort": name, on: { click: () => this.sortBy(name) } }, label, el("span", { class: "arrow", "aria-hidden": "true" })))]));
    this.inputs = {};
    this.filterRow = el("tr", { role: "row", class: "column-filters", hidden: true },
      COLUMNS.map(([name, label]) => el("th", { role: "columnheader", "data-label": label }, this.columnFilter(name, label))), el("th", { role: "columnheader" },
        el("button", { type: "button", class: "quiet", "aria-label": "Clear column filters", "data-testid": "clear-columns", on: { click: () => this.clear("columns") } }, "Clear")));
    this.table.tHead.replaceChildren(
      el("tr", { role: "row" }, Object.values(this.sorts), el("th", { role: "columnheader", scope: "col", class: "plain" }, "Action")), this.filterRow);
  }

  columnFilter(name, label) {
    if (name === "timestamp") {
      return el("div", { class: "bounds" }, this.input("min_timestamp", `${label} from (UTC)`, "", "datetime-local"), this.input("max_timestamp", `${label} to (UTC)`, "", "datetime-local"));
    }
    if (name === "model") return this.input("model_contains", `${label} contains`, "contains");
    if (name === "finish") {
      const options = [["", "any"], ...FINISHES.map((value) => [value, value])].map(([value, text]) => el("option", { value }, text));
      this.inputs.finish = el("select", { "aria-label": "Finish reason", "data-testid": "column-finish", on: { change: ({ target }) => this.changed({ finish: target.value ? [target.value] : [], page: "1" }) } }, options);
      return this.inputs.finish;
    }
    const unit = UNITS[name] ? ` (${UNITS[name]})` : "";
    return el("div", { class: "bounds" }, this.input(`min_${name}`, `${label} at least${unit}`, "min"), this.input(`max_${name}`, `${label} at most${unit}`, "max"));
  }

  input(key, label, placeholder, type = "text") {
    this.inputs[key] = el("input", {
      type, title: label, size: 5, placeholder, "aria-label": label, inputMode: placeholder === "contains" ? "text" : "decimal", "data-testid": `column-${key}`, autocomplete: "off",
      on: { change: ({ target }) => this.changed({ [key]: target.value.trim().replace(/^\$/, ""), page: "1" }) },
    });
    return this.inputs[key];
  }

  openFilters(isOpen) {
    this.filterRow.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", isOpen);
  }

  sortBy(name) {
    const usual = ["model", "finish"].includes(name) ? "asc" : "desc";
    const turned = this.state.direction === "asc" ? "desc" : "asc";
    this.changed({ sort: name, direction: this.state.sort === name ? turned : usual, page: "1" });
  }

  show(state) {
    this.state = state;
    for (const [name, head] of Object.entries(this.sorts)) {
      const isSorted = name === state.sort;
      head.setAttribute("aria-sort", !isSorted ? "none" : state.direction === "asc" ? "ascending" : "descending");
      head.querySelector(".arrow").textContent = isSorted ? (state.direction === "asc" ? "↑" : "↓") : "";
    }
    for (const [name, input] of Object.entries(this.inputs)) {
      const isBeingTyped = input === document.activeElement && input.tagName === "INPUT";
      if (!isBeingTyped) input.value = name === "finish" ? state.finish[0] ?? "" : state[name];
    }
    if (hasColumnFilters(state)) this.openFilters(true);
    for (const form of ["csv", "parquet"]) byId(`export-${form}`).href = `/api/export?${rowQuery(state)}&format=${form}`;
    selectTab(byId("categories"), state.category);
  }

  offer(types, totals) {
    const counts = new Map((totals ?? []).map(({ compensation_type, compensation_count }) => [compensation_type, compensation_count]));
    const all = (totals ?? []).reduce((sum, { compensation_count }) => sum + compensation_count, 0);
    const tally = (number) => (totals ? el("span", { class: "tally" }, count(number)) : null);
    const tabs = [["", "All", all], ...types.map(({ compensation_type: name, label }) => [name, label, counts.get(name) ?? 0])];
    byId("categories").replaceChildren(...tabs.map(([value, label, number]) => el("button", {
      type: "button", role: "tab", "data-value": value, "aria-controls": "details-panel", "data-testid": `details-tab-${value || "all"}`,
    }, label, tally(number))));
    if (this.state) selectTab(byId("categories"), this.state.category);
  }

  draw(answer, state) {
    this.table.tBodies[0].replaceChildren(...answer.rows.map((row) => this.row(row, state)));
    const isEmpty = answer.rows.length === 0;
    byId("details-empty").replaceChildren(...(isEmpty ? [emptiness(
      answer.total ? "There is no page with this number." : isFiltered(state) ? "No compensated requests match these filters." : "There are no compensated requests in this time range.", isFiltered(state) ? () => this.clear("all") : null)] : []));
    this.drawPager(answer, state);
  }

  row(row, state) {
    const named = new URLSearchParams({ source: row.source, id: row.request_id, hour: row.timestamp.slice(0, 13), key: row.request_key, at: row.timestamp });
    const cell = (name, content, properties = {}) => el("td", {
      role: "cell", "data-label": COLUMNS.find(([key]) => key === name)?.[1] ?? "Action", class: `${name}${isNumber(name) ? " number" : ""}`, ...properties,
    }, content);
    return el("tr", { role: "row", "data-testid": "details-row", "data-request": row.request_id },
      cell("timestamp", timestamp(row.timestamp, state.zone), { title: row.timestamp }),
      cell("model", row.model),
      cell("input_tokens", known(row.input_tokens, count)),
      cell("output_tokens", known(row.output_tokens, count)),
      cell("cost", usd(row.cost, 6), { title: exactUsd(row.cost), "data-value": row.cost }),
      cell("latency", known(row.latency, (ms) => `${count(ms)} ms`)),
      cell("throughput", known(row.throughput, (speed) => `${decimal(speed, 1)} tok/s`)),
      cell("finish", el("span", { class: `badge ${FINISH_TONE[row.finish] ?? ""}` }, row.finish ?? "—")),
      cell("payout", usd(row.payout, 6), { title: exactUsd(row.payout), "data-value": row.payout }),
      cell("action", [
        el("a", { href: `/request?${named}`, "data-testid": "details-action", "aria-label": `Details of ${row.request_id}` }, "Details"),
        el("a", { href: `/request?${named}#meta`, "data-testid": "details-meta", "aria-label": `Meta of ${row.request_id}` }, "Meta"),
      ]));
  }

  drawPager({ total, page, page_size: size, rows }, state) {
    const last = Math.max(1, Math.ceil(total / size));
    const first = (page - 1) * size;
    const turn = (to, label, name) => el("button", {
      type: "button", disabled: to < 1 || to > last || to === page, "aria-label": name, "data-testid": `page-${name.split(" ")[0].toLowerCase()}`, on: { click: () => this.changed({ page: String(to) }) },
    }, label);
    const focused = document.activeElement?.dataset?.testid;
    byId("pager").replaceChildren(
      el("span", { "data-testid": "page-range" }, rows.length ? `${count(first + 1)}–${count(first + rows.length)} of ${count(total)}` : `0 of ${count(total)}`),
      el("span", { class: "steps" },
        el("label", {}, "Rows per page ", el("select", { "data-testid": "page-size", on: { change: ({ target }) => this.changed({ page_size: target.value, page: "1" }) } },
          PAGE_SIZES.map((value) => el("option", { value, selected: value === state.page_size }, value)))),
        turn(1, "«", "First page"), turn(page - 1, "‹", "Previous page"),
        el("label", {}, "Page ", el("input", {
          type: "text", inputMode: "numeric", value: String(page), "data-testid": "page-number",
          on: { change: ({ target }) => this.changed({ page: String(Math.min(last, Math.max(1, Number.parseInt(target.value.replace(/\D/g, ""), 10) || 1))) }) },
        }), ` of ${count(last)}`),
        turn(page + 1, "›", "Next page"), turn(last, "»", "Last page")));
    if (focused?.startsWith("page-")) byId("pager").querySelector(`[data-testid=${focused}]:not(:disabled)`)?.focus();
  }
}

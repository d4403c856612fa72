// The page of one request: the decision in a sentence, and everything that it is based on.

import { ask } from "./api.js";
import { load } from "./cards.js";
import { byId, el } from "./dom.js";
import { count, decimal, exactUsd, known, moment, percent, timestamp } from "./format.js";
import { drawZoneSwitch, startThemeSwitch } from "./switches.js";
import { leftOut, raw, tree } from "./tree.js";

const given = new URLSearchParams(location.search);
let zone = given.get("zone") === "local" ? "local" : "utc";
let view = given.get("meta") === "raw" ? "raw" : "tree";
let answer;

const ms = (value) => `${count(value)} ms`;
const yes = (value) => (value ? "yes" : "no");
const FACTS = [
  ["model", "Model"], ["model_served", "Model served"], ["provider", "Provider"], ["account_id", "Account"], ["source", "Source"],
  ["requested_at", "Requested at", "time"], ["completed_at", "Completed at", "time"],
  ["operation", "Operation"], ["native_operation", "Operation (as logged)"],
  ["cost_usd", "Cost", exactUsd], ["cost_source", "Cost source"], ["list_cost_usd", "Cost before discount", exactUsd],
  ["discount_usd", "Discount", exactUsd], ["cache_hit", "Answered from the cache", yes],
  ["latency_ms", "Latency", ms], ["latency_baseline_ms", "Latency baseline (p95)", ms], ["ttft_ms", "Time to first token", ms], ["throughput_tps", "Throughput", (value) => `${decimal(value, 1)} tok/s`],
  ["input_tokens", "Input tokens", count], ["output_tokens", "Output tokens", count], ["cached_tokens", "Cached tokens", count],
  ["cache_write_tokens", "Cache-write tokens", count], ["cache_write_1h_tokens", "Cache-write tokens (1 hour)", count],
  ["reasoning_tokens", "Reasoning tokens", count], ["max_output_tokens", "Output token limit set by the caller", count],
  ["streamed", "Streamed", yes], ["finish_reason", "Finish reason"], ["native_finish_reason", "Finish reason (as the provider gave it)"],
  ["has_answer", "Answer in the log", yes], ["is_answer_withheld", "Answer withheld from the log", yes],
  ["status_code", "Status code"], ["error_code", "Error code"], ["error_origin", "Error origin (as logged)"], ["error_fault", "Party at fault"], ["trace_id", "Trace ID"], ["gateway_call_id", "Gateway call ID"],
  ["api_key_ref", "API key reference"], ["landing_file", "Landing file"], ["landing_line", "Line in the landing file", count],
];
const RULES = [
  ["rule_id", "Rule", "code"], ["label", "Type"], ["sentence", "Observed"], ["payout_rate", "Payout rate", "number"],
  ["payout_cap_usd", "Payout cap", "number"], ["rule_payout_usd", "Payout", "number"], ["description", "Description"],
];

const STATUSES = {
  decided: "Decided but not posted: the day of the request is not settled yet, or its account is not known.",
  posted: "Posted to the ledger in full.",
  capped: "Less than the payout was posted, because the account reached its daily or monthly cap.",
  pending: "Less than the payout was posted, because the account is on hold, the money of its day waits for somebody to accept it, or the payout was decided again.",
};

function draw() {
  const { facts } = answer;
  byId("title").textContent = answer.request_id;
  document.title = `${answer.request_id}: Insurance Compensation`;
  byId("through").textContent = `${facts.model} · ${moment(answer.requested_at, zone)}`;
  byId("request").replaceChildren(
    decision(), factsCard(), rulesCard(),
    listed("Ledger entries", answer.ledger_entries, "Nothing has been posted to the ledger for this request.", "ledger"),
    listed("Verdicts on the answer", answer.assessments, "No detector has given a verdict on this answer.", "assessments"), metaCard());
}

function decision() {
  const isPaid = answer.reason_code === "compensated";
  return el("section", { class: `card decision ${isPaid ? "paid" : ""}`, "data-testid": "decision" },
    el("div", { class: "head" },
      el("span", { class: "amount", "data-value": answer.facts.payout_usd }, isPaid ? exactUsd(answer.facts.payout_usd) : "Not paid"),
      el("span", { class: `badge ${isPaid ? "green" : ""}` }, answer.reason_code.replaceAll("_", " ")),
      isPaid ? el("span", { class: "badge", title: STATUSES[answer.payout_status], "data-testid": "payout-status" }, answer.payout_status) : null),
    el("p", { class: "sentence" }, answer.decision),
    answer.others.length ? el("p", { class: "sentence", "data-testid": "others" }, "Other requests with the same id: ",
      answer.others.flatMap((other, index) => [index ? ", " : "", el("a", { href: otherRequest(other) }, `${moment(other.requested_at, zone)} (account ${other.account_id})`)])) : null);
}

function otherRequest({ requested_at: at, request_key: key }) {
  const named = new URLSearchParams(given);
  named.set("hour", at.slice(0, 13));
  named.set("key", key);
  named.set("at", at);
  return `/request?${named}`;
}

function factsCard() {
  const shown = FACTS.filter(([name]) => answer.facts[name] !== null && answer.facts[name] !== undefined);
  const text = (name, show) => (show === "time" ? timestamp(`${answer.facts[name]}Z`, zone) : show ? show(answer.facts[name]) : String(answer.facts[name]));
  return el("section", { class: "card", "data-testid": "signals" }, el("h2", {}, "What was observed"),
    el("dl", { class: "facts" }, shown.map(([name, label, show]) => el("div", {}, el("dt", {}, label), el("dd", {}, text(name, show))))));
}

function rulesCard() {
  const cells = (rule) => ({
    ...rule,
    payout_rate: percent(rule.payout_rate),
    payout_cap_usd: known(rule.payout_cap_usd, exactUsd),
    rule_payout_usd: rule.outcome === "matched" ? known(rule.rule_payout_usd, exactUsd) : "—",
  });
  return el("section", { class: "card", "data-testid": "rules" }, el("h2", {}, "Rules in force"), answer.rules.length
    ? table("Rules in force", RULES, answer.rules.map((rule) => [cells(rule), rule.is_paid ? "pays" : rule.outcome]))
    : el("p", { class: "none" }, "No rules are recorded for this request."));
}

function listed(title, rows, none, testid) {
  const columns = rows.length ? Object.keys(rows[0]).map((name) => [name, name.replaceAll("_", " ").replace(/ usd$/, " (USD)"), name.endsWith("_usd") || name === "score" ? "number" : ""]) : [];
  return el("section", { class: "card", "data-testid": testid }, el("h2", {}, title),
    rows.length ? table(title, columns, rows.map((row) => [row, ""])) : el("p", { class: "none" }, none));
}

function table(title, columns, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, el("table", {},
    el("thead", {}, el("tr", {}, columns.map(([, label, kind]) => el("th", { scope: "col", class: kind === "number" ? "number" : "" }, label)))),
    el("tbody", {}, rows.map(([row, kind]) => el("tr", { class: kind }, columns.map(([name, , cell]) => el("td", { class: cell }, known(row[name], String))))))));
}

function metaCard() {
  const choose = (value) => { view = value; remember("meta", value === "raw" ? "raw" : ""); draw(); document.querySelector(`[data-view=${value}]`).focus(); };
  const left = answer.meta === null ? null : leftOut(answer.meta);
  return el("section", { class: "card", id: "meta", "data-testid": "meta" },
    el("div", { class: "card-head" }, el("h2", {}, "Meta"), answer.meta === null ? null : el("div", { class: "segments", role: "group", "aria-label": "View of the meta" },
      ["tree", "raw"].map((name) => el("button", { type: "button", "data-view": name, "data-testid": `meta-${name}-view`, "aria-pressed": String(name === view), on: { click: () => choose(name) } }, name === "tree" ? "Tree" : "Raw JSON")))),
    answer.meta === null ? el("p", { class: "none" }, "No meta is available for this request.") : view === "raw" ? raw(answer.meta) : tree(answer.meta),
    left && el("p", { class: "none", "data-testid": "meta-left-out" }, left));
}

function remember(name, value) {
  if (value) given.set(name, value);
  else given.delete(name);
  history.replaceState(null, "", `${location.pathname}?${given}${location.hash}`);
}

async function show() {
  document.body.dataset.ready = "false";
  const [source, id] = ["source", "id"].map((name) => encodeURIComponent(given.get(name) ?? ""));
  const which = new URLSearchParams([["hour", "hour"], ["account", "account"], ["key", "request_key"], ["at", "at"]]
    .filter(([name]) => given.get(name)).map(([name, parameter]) => [parameter, given.get(name)]));
  const path = `/api/requests/${source}/${id}?${which}`;
  await load(byId("request"), async () => {
    answer = await ask("request", path);
    if (answer !== null) draw();
    return answer !== null;
  });
  if (answer && location.hash) byId(location.hash.slice(1))?.scrollIntoView();
  document.body.dataset.ready = "true";
}

byId("zone").addEventListener("click", () => {
  zone = zone === "utc" ? "local" : "utc";
  remember("zone", zone === "local" ? "local" : "");
  drawZoneSwitch(zone);
  if (answer) draw();
});
const overview = sessionStorage.getItem("overview");
if (overview) byId("back").href = `/?${overview}`;
startThemeSwitch();
drawZoneSwitch(zone);
show();

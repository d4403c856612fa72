// The overview page: a change of the state requests the affected data and redraws the cards, each of which is drawn by its own module.

import { ask } from "./api.js";
import { load } from "./cards.js";
import { ChartCard, library } from "./charts.js";
import { Details } from "./details.js";
import { byId, el, selectTab, tablist } from "./dom.js";
import { FilterBar } from "./filters.js";
import { moment } from "./format.js";
import { drawKpis } from "./kpis.js";
import { filterQuery, isFiltered, pageQuery, read, withoutColumnFilters, withoutFilters, write } from "./state.js";
import { startThemeSwitch } from "./switches.js";

const LOOK_EVERY_MS = 15_000;
const TOGETHER_MS = 60; // how long an answer waits for the others, so that all are drawn in one frame
const ALL = ["summary", "series", "details"];
// The requests that a change of a part of the state makes necessary; a part that is not listed makes all of them necessary.
const RELOADS = { tab: ["series"], zone: [], type_view: [], model_view: [], type_table: [], model_table: [] };
for (const name of ["category", "sort", "direction", "page", "page_size", ...Object.keys(withoutColumnFilters())]) RELOADS[name] = ["details"];

let state = read(location.search);
let publication;
const answers = {};
const newest = {};
let round = 0;

const filters = new FilterBar(change);
const details = new Details(change, (which) => change({ ...(which === "columns" ? withoutColumnFilters() : withoutFilters()), page: "1" }));
const charts = [
  new ChartCard(byId("chart-type"), { title: "Aggregate by Compensation Type", kind: "type", choose: change, narrow: (key) => change({ type: [key] }) }),
  new ChartCard(byId("chart-model"), { title: "Aggregate by Compensation Model", kind: "model", choose: change, narrow: (key) => change({ model: [key] }) }),
];
const QUESTIONS = {
  summary: [byId("summary"), () => `/api/summary?${filterQuery(state)}`, drawSummary],
  series: [byId("charts"), () => `/api/series?${filterQuery(state)}&measure=${state.tab === "times" ? "times" : "credits"}`, drawCharts],
  details: [byId("details"), () => `/api/details?${pageQuery(state)}`, () => details.draw(answers.details, state)],
};

function change(changes) {
  const names = Object.keys(changes).filter((name) => String(changes[name]) !== String(state[name]));
  const reloads = new Set(names.flatMap((name) => RELOADS[name] ?? ALL));
  if (reloads.has("summary") && !("page" in changes)) changes.page = "1";
  state = { ...state, ...changes };
  history.pushState(null, "", `${location.pathname}${write(state) && "?"}${write(state)}`);
  show();
  if (names.includes("zone")) redraw();
  else if (names.some((name) => /_(view|table)$/.test(name)) && answers.series) drawCharts();
  return refresh([...reloads]);
}

// Shows the chosen filters at once, before any answer has arrived.
function show() {
  filters.show(state);
  details.show(state);
  selectTab(byId("measures"), state.tab);
  byId("charts").setAttribute("aria-labelledby", `tab-${state.tab}`);
  drawThrough();
  sessionStorage.setItem("overview", write(state));
}

// `asked` holds requests that are already pending, by name. Answers that arrive shortly after each other are drawn in one frame.
async function refresh(names, asked = {}) {
  const mine = ++round;
  document.body.dataset.ready = "false";
  const askings = Object.fromEntries(names.map((name) => [name, asked[name] ?? ask(name, QUESTIONS[name][1]())]));
  const together = Promise.race([Promise.allSettled(Object.values(askings)), new Promise((late) => setTimeout(late, TOGETHER_MS))]);
  await Promise.all(names.map(async (name) => {
    const [card, path, draw] = QUESTIONS[name];
    await load(card, async () => {
      const asking = askings[name] ?? ask(name, path());
      delete askings[name];
      newest[name] = asking;
      const answer = await asking;
      await together;
      if (name === "series") await library;
      if (answer === null || newest[name] !== asking) return false;
      answers[name] = answer;
      draw();
      return true;
    });
  }));
  if (mine === round) document.body.dataset.ready = "true";
  if (names.some((name) => answers[name] && answers[name].publication_id !== publication?.publication_id)) await look();
}

function redraw() {
  if (answers.series) drawCharts();
  if (answers.details) details.draw(answers.details, state);
}

function drawSummary() {
  drawKpis(byId("summary"), answers.summary);
  details.offer(publication?.types ?? [], answers.summary.types);
  drawNotes();
}

function drawCharts() {
  for (const chart of charts) {
    chart.order = (publication?.types ?? []).map(({ compensation_type }) => compensation_type);
    chart.draw(answers.series, state);
  }
}

function drawThrough() {
  if (!publication) return;
  byId("through").textContent = publication.data_through ? `Data through ${moment(publication.data_through, state.zone)}` : "No data has been published yet";
}

function drawNotes() {
  const notes = [];
  if (publication?.is_stale) {
    notes.push(el("p", { class: "note", "data-testid": "note-stale" },
      `The newest published data is from more than ${publication.stale_after_hours} hours ago. Later requests are not included in these figures yet.`));
  }
  if (publication && !publication.held_hours) {
    notes.push(el("p", { class: "note", "data-testid": "note-held" },
      "Which hours wait for somebody to accept their money is not known, because its record cannot be read."));
  } else if (publication?.held_hours.length) {
    const [first] = publication.held_hours, more = publication.held_hours.length - 1;
    const others = more ? ` and of ${more} more ${more === 1 ? "hour" : "hours"}` : "";
    notes.push(el("p", { class: "note", "data-testid": "note-held" },
      `The money of the hour from ${moment(first, state.zone)}${others} is far more than usual. Nothing more is posted for ${more ? "their days" : "its day"} until somebody has accepted it.`));
  }
  if (answers.summary?.kpis.compensation_count === 0) {
    notes.push(el("p", { class: "note plain", "data-testid": "note-empty" }, "No compensation in this range.",
      isFiltered(state) ? el("button", { type: "button", on: { click: () => change(withoutFilters()) } }, "Clear filters") : null));
  }
  byId("notes").replaceChildren(...notes);
}

// Looks for a new publication, and updates the filters' options and all cards if there is one.
async function look() {
  const found = await ask("publication", "/api/publication").catch((error) => {
    byId("notes").replaceChildren(el("p", { class: "note", role: "alert" }, error.message, el("button", { type: "button", on: { click: start } }, "Retry")));
    return null;
  });
  if (found === null) return;
  const isNew = found.publication_id !== publication?.publication_id;
  const isLater = publication !== undefined && isNew;
  publication = found;
  if (isNew) filters.offer(found);
  show();
  drawNotes();
  if (isLater || ALL.some((name) => answers[name] && answers[name].publication_id !== found.publication_id)) await refresh(ALL);
}

async function start() {
  show();
  // All requests are sent at once. Their errors are shown only after it is known that there is a publication.
  const asked = Object.fromEntries(ALL.map((name) => [name, ask(name, QUESTIONS[name][1]())]));
  for (const asking of Object.values(asked)) asking.catch(() => {});
  await look();
  if (publication) await refresh(ALL, asked);
  else document.body.dataset.ready = "true";
}

tablist(byId("measures"), (tab) => change({ tab }));
tablist(byId("categories"), (category) => change({ category, page: "1" }));
addEventListener("popstate", () => {
  state = read(location.search);
  show();
  refresh(ALL);
});
document.addEventListener("themechange", redraw);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(() => { if (!document.hidden) look(); }, LOOK_EVERY_MS);

startThemeSwitch();
start();

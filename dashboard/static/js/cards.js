// The states of a card: old content dims while new is on its way; a failure says so, with Retry, and leaves the old in place.

import { el } from "./dom.js";

export async function load(card, work) {
  card.setAttribute("aria-busy", "true");
  try {
    const isDone = await work();
    if (isDone === false) return;
    card.querySelector(":scope > .failed")?.remove();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    fail(card, error, () => load(card, work));
  }
  card.removeAttribute("aria-busy");
}

function fail(card, error, retry) {
  card.querySelector(":scope > .failed")?.remove();
  card.prepend(el("div", { class: "failed", role: "alert" },
    el("span", {}, `This could not be loaded: ${error.message}`),
    el("button", { type: "button", on: { click: retry } }, "Retry")));
}

export function emptiness(message, clear) {
  return el("div", { class: "empty" }, el("p", {}, message),
    clear ? el("button", { type: "button", "data-testid": "clear-filters", on: { click: clear } }, "Clear filters") : null);
}

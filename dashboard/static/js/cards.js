// The loading states of a card: its old content is dimmed if the new takes long, and a failure shows a message with Retry above it.

import { el } from "./dom.js";

const LONG_MS = 150;
const waiting = new Map();

export async function load(card, work) {
  card.setAttribute("aria-busy", "true");
  // A timer and not a delayed CSS transition, which would make the browser draw frames from the click on even if the answer comes at once.
  if (!waiting.has(card)) waiting.set(card, setTimeout(() => card.classList.add("dim"), LONG_MS));
  try {
    const isDone = await work();
    if (isDone === false) return;
    card.querySelector(":scope > .failed")?.remove();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    fail(card, error, () => load(card, work));
  }
  clearTimeout(waiting.get(card));
  waiting.delete(card);
  card.classList.remove("dim");
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

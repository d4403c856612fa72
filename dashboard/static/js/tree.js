// Nested data as a tree that opens and closes, and as raw JSON.

import { el } from "./dom.js";

const isNested = (value) => value !== null && typeof value === "object";

export function tree(value) {
  if (!isNested(value)) return el("div", { class: "tree" }, leafText(value));
  return el("div", { class: "tree", "data-testid": "meta-tree" }, branch(value, 0));
}

function branch(value, depth) {
  return el("ul", {}, Object.entries(value).map(([key, child]) => el("li", {}, isNested(child)
    ? el("details", { open: depth < 2 }, el("summary", {}, el("span", { class: "key" }, key), el("span", { class: "size" }, size(child))), branch(child, depth + 1))
    : el("div", { class: "leaf" }, el("span", { class: "key" }, key), ": ", leafText(child)))));
}

const size = (value) => (Array.isArray(value) ? ` [${value.length}]` : ` {${Object.keys(value).length}}`);
const leafText = (value) => (typeof value === "string" ? value : String(value));

export const raw = (value) => el("pre", { class: "raw", tabindex: "0", "data-testid": "meta-raw" }, JSON.stringify(value, null, 2));

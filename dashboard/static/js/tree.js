// Shows nested data as a collapsible tree, and as raw JSON.

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

const LEFT_OUT = {
  "[not kept]": "texts that are not known to be harmless",
  "[not kept: content]": "prompts and answers",
  "[not kept: credential]": "credentials",
  "[not kept: personal]": "personal data",
  "[redacted]": "keys inside texts",
};

const leaves = (value) => (isNested(value) ? Object.values(value).flatMap(leaves) : [value]);

// A sentence that says what landing removed from nested data and why; null if nothing was removed.
export function leftOut(value) {
  const found = leaves(value);
  const counts = Object.entries(LEFT_OUT)
    .map(([mark, what]) => [found.filter((leaf) => (mark === "[redacted]" ? String(leaf).includes(mark) : leaf === mark)).length, what])
    .filter(([count]) => count > 0);
  if (!counts.length) return null;
  return `Removed before this was stored: ${counts.map(([count, what]) => `${what} (${count})`).join(", ")}. `
    + "To keep more texts of a source, list their paths under keep in sources.yml.";
}

const leafText = (value) => (typeof value === "string" ? value : String(value));

export const raw = (value) => el("pre", { class: "raw", tabindex: "0", "data-testid": "meta-raw" }, JSON.stringify(value, null, 2));

// A multiple-choice picker: a button that shows the choice, and a panel with a search field and checkboxes.

import { el } from "./dom.js";

export class Picker {
  constructor(root, { all, one, search, changed }) {
    this.names = { all, one };
    this.changed = changed;
    this.chosen = new Set();
    this.label = el("span", { class: "chosen" }, all);
    this.button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": `${root.id}-panel`, on: { click: () => this.toggle() } }, this.label);
    this.search = search ? el("input", { type: "search", placeholder: search, "aria-label": search, on: { input: () => this.filter() } }) : null;
    this.list = el("ul");
    this.clear = el("button", { type: "button", class: "quiet", on: { click: () => this.choose([]) } }, "Clear");
    this.panel = el("div", { class: "panel", id: `${root.id}-panel`, role: "group", "aria-label": `Filter by ${one}`, hidden: true },
      this.search, this.list, el("div", { class: "foot" }, this.clear, el("button", { type: "button", on: { click: () => this.toggle(false, true) } }, "Done")));
    root.replaceChildren(this.button, this.panel);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape" && !this.panel.hidden) this.toggle(false, true); });
    document.addEventListener("pointerdown", (event) => { if (!root.contains(event.target)) this.toggle(false); });
  }

  offer(options) {
    this.options = options;
    this.list.replaceChildren(...options.map(({ value, label }) => el("li", { "data-name": label.toLowerCase() }, el("label", {},
      el("input", { type: "checkbox", value, checked: this.chosen.has(value), on: { change: ({ target }) => this.set(value, target.checked) } }), el("span", {}, label)))));
    this.draw();
  }

  show(values) {
    this.chosen = new Set(values);
    for (const box of this.list.querySelectorAll("input")) box.checked = this.chosen.has(box.value);
    this.draw();
  }

  set(value, isChosen) {
    this.chosen[isChosen ? "add" : "delete"](value);
    this.choose([...this.chosen]);
  }

  choose(values) {
    this.show(values);
    this.changed(values);
  }

  draw() {
    const labels = new Map((this.options ?? []).map(({ value, label }) => [value, label]));
    const [first] = this.chosen;
    this.label.textContent = this.chosen.size === 0 ? this.names.all : this.chosen.size === 1 ? labels.get(first) ?? first : `${this.chosen.size} ${this.names.one}s`;
    this.clear.disabled = this.chosen.size === 0;
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const item of this.list.children) item.hidden = !item.dataset.name.includes(wanted);
  }

  toggle(isOpen = this.panel.hidden, isByKey = false) {
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", isOpen);
    if (isOpen) (this.search ?? this.list.querySelector("input"))?.focus();
    else if (isByKey) this.button.focus();
  }
}

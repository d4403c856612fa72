// The filters at the top of the page: they show the state and report the visitor's changes.

import { ask } from "./api.js";
import { byId, el } from "./dom.js";
import { Picker } from "./picker.js";
import { drawZoneSwitch } from "./switches.js";

const HOUR = /^\d{4}-\d\d-\d\dT\d\d$/;

export class FilterBar {
  constructor(changed) {
    this.changed = changed;
    this.form = byId("filters");
    this.models = new Picker(byId("models"), { all: "All models", one: "model", search: "Search models", changed: (model) => changed({ model }) });
    this.types = new Picker(byId("types"), { all: "All types", one: "type", changed: (type) => changed({ type }) });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", ({ target }) => { if (target.name === "range") this.chooseRange(target.value); });
    byId("apply").addEventListener("click", () => this.apply());
    for (const id of ["from", "to"]) byId(id).addEventListener("keydown", (event) => { if (event.key === "Enter") this.apply(); });
    byId("account").addEventListener("change", ({ target }) => changed({ account: target.value.trim() }));
    byId("account").addEventListener("input", ({ target }) => this.suggest(target.value.trim()));
    byId("zone").addEventListener("click", () => changed({ zone: this.zone === "utc" ? "local" : "utc" }));
  }

  offer(publication) {
    this.models.offer(publication.models.map((value) => ({ value, label: value })));
    this.types.offer(publication.types.map(({ compensation_type, label }) => ({ value: compensation_type, label })));
    byId("account-field").hidden = publication.account !== null;
    this.through = publication.data_through;
  }

  show(state) {
    const isCustom = Boolean(state.from && state.to);
    const chosen = isCustom ? "custom" : state.range;
    for (const radio of this.form.elements.range) radio.checked = radio.value === chosen;
    byId("custom").hidden = !isCustom;
    byId("from").value = isCustom ? `${state.from.slice(0, 13)}:00` : "";
    byId("to").value = isCustom ? `${state.to.slice(0, 13)}:00` : "";
    byId("custom-wrong").textContent = "";
    byId("account").value = state.account;
    this.models.show(state.model);
    this.types.show(state.type);
    this.zone = state.zone === "local" ? "local" : "utc";
    drawZoneSwitch(this.zone);
  }

  chooseRange(value) {
    if (value !== "custom") {
      this.changed({ range: value, from: "", to: "" });
      return;
    }
    byId("custom").hidden = false;
    if (this.through && !byId("to").value) {
      byId("to").value = this.through.slice(0, 16);
      byId("from").value = new Date(new Date(this.through) - 24 * 3600e3).toISOString().slice(0, 16);
    }
  }

  apply() {
    const [from, to] = ["from", "to"].map((id) => byId(id).value.slice(0, 13));
    const isWhole = ["from", "to"].every((id) => byId(id).value.slice(14, 16) === "00");
    const wrong = !HOUR.test(from) || !HOUR.test(to) ? "Enter a start and an end." : !isWhole ? "Enter whole hours, such as 14:00." : to <= from ? "The end must be later than the start." : "";
    byId("custom-wrong").textContent = wrong;
    if (!wrong) this.changed({ from, to });
  }

  async suggest(contains) {
    if (contains.length < 2) return;
    const found = await ask("accounts", `/api/accounts?${new URLSearchParams({ contains })}`).catch(() => null);
    if (found) byId("accounts").replaceChildren(...found.map((value) => el("option", { value })));
  }
}

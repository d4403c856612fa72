// The state of the overview page and its representation in the URL. All values are text or lists of text; the API validates them.

const DEFAULTS = {
  range: "30d", from: "", to: "", model: [], type: [], account: "",
  tab: "credits", type_view: "trend", model_view: "trend", type_table: "", model_table: "",
  category: "", sort: "timestamp", direction: "desc", page: "1", page_size: "25", zone: "utc",
  min_timestamp: "", max_timestamp: "", model_contains: "", finish: [],
};
export const BOUNDED = ["input_tokens", "output_tokens", "cost", "latency", "throughput", "payout"];
for (const name of BOUNDED) {
  DEFAULTS[`min_${name}`] = "";
  DEFAULTS[`max_${name}`] = "";
}
const FILTERS = ["range", "from", "to", "model", "type", "account"];
export const COLUMN_FILTERS = ["min_timestamp", "max_timestamp", "model_contains", "finish", ...BOUNDED.flatMap((name) => [`min_${name}`, `max_${name}`])];

export function read(search) {
  const given = new URLSearchParams(search);
  return Object.fromEntries(Object.entries(DEFAULTS).map(([name, usual]) => [
    name, Array.isArray(usual) ? given.getAll(name).filter(Boolean) : given.get(name) ?? usual,
  ]));
}

export function write(state) {
  const names = Object.keys(DEFAULTS).filter((name) => String(state[name]) !== String(DEFAULTS[name]));
  return query(state, names);
}

export function query(state, names) {
  const made = new URLSearchParams();
  for (const name of names) {
    for (const value of [state[name]].flat()) if (value !== "") made.append(name, value);
  }
  return made.toString();
}

const ofRange = (state) => FILTERS.filter((name) => name !== "range" || !(state.from && state.to));
export const filterQuery = (state) => query(state, ofRange(state));
export const rowQuery = (state) => query(state, [...ofRange(state), "category", ...COLUMN_FILTERS, "sort", "direction"]);
export const pageQuery = (state) => `${rowQuery(state)}&${query(state, ["page", "page_size"])}`;

export const isFiltered = (state) => [...FILTERS, "category", ...COLUMN_FILTERS].some((name) => String(state[name]) !== String(DEFAULTS[name]));
export const hasColumnFilters = (state) => COLUMN_FILTERS.some((name) => state[name].length > 0);
export const withoutColumnFilters = () => Object.fromEntries(COLUMN_FILTERS.map((name) => [name, DEFAULTS[name]]));
export const withoutFilters = () => ({
  ...Object.fromEntries([...FILTERS, "category"].map((name) => [name, DEFAULTS[name]])), ...withoutColumnFilters(), page: "1",
});

// Formats numbers and times. Money is formatted from its decimal text, exactly: Intl.NumberFormat converts no text to a float.

const formats = new Map();

// The decimal text with so many decimal places at least and at most, rounded half-even; a true minus sign, and none for zero.
function exactly(text, least, most) {
  const key = `${least} ${most}`;
  if (!formats.has(key)) {
    const options = { minimumFractionDigits: least, maximumFractionDigits: most, roundingMode: "halfEven", signDisplay: "negative" };
    formats.set(key, new Intl.NumberFormat("en-US", options));
  }
  return formats.get(key).format(text).replace("-", "−");
}

const asUsd = (shown) => (shown.startsWith("−") ? `−$${shown.slice(1)}` : `$${shown}`);

export const decimal = (text, places) => exactly(text, places, places);

// USD with the given number of decimal places; an amount that would be shown as 0 gets enough places for its first two significant digits.
export function usd(text, places) {
  const isHidden = /[1-9]/.test(text) && !/[1-9]/.test(decimal(text, places));
  const needed = isHidden ? text.split(".")[1].search(/[1-9]/) + 2 : places;
  return asUsd(decimal(text, Math.min(12, needed)));
}

// USD with all its digits, without trailing zeros.
export const exactUsd = (text) => asUsd(exactly(text, 0, 20));

// A share as per cent, such as 12.5%; it has at most four decimal places, so nothing is rounded.
const percents = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 2, roundingMode: "halfEven" });
export const percent = (share) => percents.format(share);

export const count = (number) => exactly(number, 0, 0);
export const known = (value, show) => (value === null || value === undefined ? "—" : show(value));

// Only axis labels are abbreviated, such as $1.2k. The exact numbers are in the tooltip and the table.
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const tiny = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 12 });
export const axisNumber = (value) => (value !== 0 && Math.abs(value) < 0.01 ? tiny : short).format(value);

const pad = (number, width = 2) => String(number).padStart(width, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function parts(iso, zone) {
  const at = new Date(iso);
  return zone === "utc"
    ? [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), at.getUTCMilliseconds()]
    : [at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds(), at.getMilliseconds()];
}

export function timestamp(iso, zone) {
  const [year, month, day, hour, minute, second, ms] = parts(iso, zone);
  return `${year}-${pad(month + 1)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(ms, 3)}`;
}

export function moment(iso, zone) {
  const [year, month, day, hour, minute] = parts(iso, zone);
  return `${MONTHS[month]} ${day}, ${year} ${pad(hour)}:${pad(minute)} ${zoneName(zone)}`;
}

// The label of a chart bucket: days are always UTC days, hours follow the time zone switch.
export function bucketName(iso, bucket, zone) {
  const [, month, day, hour, minute] = parts(iso, bucket === "day" ? "utc" : zone);
  return bucket === "day" ? `${pad(month + 1)}-${pad(day)}` : `${pad(month + 1)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
}

export function zoneName(zone) {
  if (zone === "utc") return "UTC";
  const part = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(new Date()).find(({ type }) => type === "timeZoneName");
  return part.value;
}

// Formats numbers and times. Money is rounded digit by digit as text and never converted to a float.

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

// Rounds decimal text half-even to the given number of decimal places.
export function rounded(text, places) {
  const isNegative = text.startsWith("-");
  const [whole, fraction = ""] = (isNegative ? text.slice(1) : text).split(".");
  const kept = BigInt(whole + fraction.slice(0, places).padEnd(places, "0"));
  const rest = fraction.slice(places).replace(/0+$/, "");
  const half = rest.localeCompare("5");
  const isUp = rest !== "" && (rest[0] > "5" || (rest[0] === "5" && rest.length > 1) || (half === 0 && kept % 2n === 1n));
  const digits = String(kept + (isUp ? 1n : 0n)).padStart(places + 1, "0");
  const made = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return isNegative && /[1-9]/.test(made) ? `-${made}` : made;
}

export function decimal(text, places) {
  const [whole, fraction] = rounded(text, places).split(".");
  const sign = whole.startsWith("-") ? "−" : "";
  return sign + grouped(whole.replace("-", "")) + (fraction ? `.${fraction}` : "");
}

// USD with the given number of decimal places; an amount that would be shown as 0 gets enough places for its first two significant digits.
export function usd(text, places) {
  const isHidden = /[1-9]/.test(text) && !/[1-9]/.test(rounded(text, places));
  const needed = isHidden ? text.split(".")[1].search(/[1-9]/) + 2 : places;
  const shown = decimal(text, Math.min(12, needed));
  return shown.startsWith("−") ? `−$${shown.slice(1)}` : `$${shown}`;
}

// USD with all its digits, without trailing zeros.
export function exactUsd(text) {
  const plain = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const [whole, fraction] = plain.replace("-", "").split(".");
  return `${text.startsWith("-") ? "−" : ""}$${grouped(whole)}${fraction ? `.${fraction}` : ""}`;
}

export const count = (number) => grouped(String(number));
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

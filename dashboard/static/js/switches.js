// The two switches at the top of every page: the theme, and the time zone.

import { byId } from "./dom.js";
import { zoneName } from "./format.js";

function drawThemeSwitch() {
  const isDark = document.documentElement.dataset.theme === "dark";
  byId("theme").textContent = isDark ? "☀" : "☾";
  byId("theme").setAttribute("aria-label", isDark ? "Switch to the light theme" : "Switch to the dark theme");
}

export function drawZoneSwitch(zone) {
  byId("zone").textContent = zoneName(zone);
  byId("zone").title = zone === "utc" ? "Times are shown in UTC. Click to show them in your local time zone." : "Times are shown in your local time zone. Click to show them in UTC.";
}

export function startThemeSwitch() {
  byId("theme").addEventListener("click", () => globalThis.switchTheme());
  document.addEventListener("themechange", drawThemeSwitch);
  drawThemeSwitch();
}

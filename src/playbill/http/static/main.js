/** The page's entrance: who is watching, then their page. The address holds the profile, so a reload comes back. */

import { ApiError } from "./api.js";
import { h } from "./element.js";
import { listenToKeys, showKeys } from "./keys.js";
import { Page } from "./page.js";
import { Player } from "./player.js";
import { profileScreen } from "./profiles.js";
import { hideToast } from "./toast.js";
import { Visit } from "./visit.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const foot = /** @type {HTMLElement} */ (document.querySelector(".foot"));
const topEnd = /** @type {HTMLElement} */ (document.querySelector(".top-end"));

/** @type {{visit: Visit, page: Page, player: Player} | null} */
let open = null;

/** @param {string} profile */
function choose(profile) {
  location.hash = `#/${encodeURIComponent(profile)}`;
}

/** The profile that the address names, or nothing. */
function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(2));
  } catch {
    return "";
  }
}

/** Shows what the address says. @param {string} [complaint] @returns {Promise<void>} */
async function show(complaint) {
  open?.player.end();
  open?.page.stop();
  open?.visit.end();
  open = null;
  hideToast();
  foot.replaceChildren();
  topEnd.replaceChildren();
  document.title = "playbill";
  const profile = chosen();
  try {
    if (profile) await showPage(profile);
    else main.replaceChildren(await profileScreen(choose, complaint));
  } catch (error) {
    if (error instanceof ApiError && profile && error.status >= 400 && error.status < 500) return refuse(error.message);
    if (!(error instanceof DOMException)) main.replaceChildren(failure(error));
  }
}

/** Back to the profiles, with what was wrong with this one. @param {string} complaint */
function refuse(complaint) {
  history.replaceState(null, "", location.pathname);
  return show(complaint);
}

/** @param {string} profile */
async function showPage(profile) {
  const visit = new Visit(profile);
  const player = new Player(visit);
  const page = new Page(visit, player);
  open = { visit, page, player };
  main.replaceChildren(page.element);
  scrollTo(0, 0);
  const data = await page.load();
  main.focus({ preventScroll: true });
  document.title = `${data.profile.name} · playbill`;
  topEnd.replaceChildren(...corner(data.profile));
  foot.replaceChildren(h("p", {}, `Data as of ${date(data.as_of)}; the clock runs from there. ${data.notice}`));
}

/** @param {{name: string, kids: boolean, ceiling: number | null}} profile */
function corner({ name, kids, ceiling }) {
  const limit = ceiling === null ? "Kids" : `to age ${ceiling}`;
  const who = h(
    "a",
    { class: "who-am-i", href: "#/", title: "Switch profile", dir: "auto" },
    name,
    kids ? h("span", { class: "badge" }, limit) : "",
  );
  return [who, h("button", { class: "round", "aria-label": "Keys", title: "Keys", onclick: showKeys }, "?")];
}

/** @param {unknown} error */
function failure(error) {
  const text = error instanceof Error ? error.message : String(error);
  return h(
    "div",
    { class: "message", role: "alert" },
    h("p", {}, text),
    h("button", { class: "play", onclick: () => show() }, "Try again"),
  );
}

/** @param {number} time */
function date(time) {
  return (
    new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(time) + " UTC"
  );
}

addEventListener("hashchange", () => show());
addEventListener("pagehide", () => {
  open?.player.leave();
  open?.visit.leave();
});
new IntersectionObserver(([entry]) => document.body.classList.toggle("scrolled", !entry?.isIntersecting)).observe(
  /** @type {Element} */ (document.querySelector(".top-mark")),
);
listenToKeys(
  () => open?.page ?? null,
  () => open?.player ?? null,
);
show();

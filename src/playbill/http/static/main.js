/** The page's entrance: who is watching, then their page. The address holds what is shown, so a reload comes back. */

import { h, icon } from "./element.js";
import { listenToKeys, showKeys } from "./keys.js";
import { Page } from "./page.js";
import { ServiceError } from "./playbill.js";
import { Player } from "./player.js";
import { address, limit, profileScreen } from "./profiles.js";
import { Search } from "./search.js";
import { LANGUAGES, date, language, nameOf, speak, t, told } from "./texts.js";
import { hideToast } from "./toast.js";
import { Visit } from "./visit.js";

/** @typedef {{element: HTMLElement, close: () => boolean, stop: () => void}} Screen */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const foot = /** @type {HTMLElement} */ (document.querySelector(".foot"));
const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));
const topEnd = /** @type {HTMLElement} */ (document.querySelector(".top-end"));

/** @type {{visits: Visit[], screens: Screen[], player: Player | null} | null} */
let open = null;
let shows = 0; // how often something was shown: the latest wins

/** The parts of the address: a profile, and what of it. */
function parts() {
  try {
    return location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent).filter(Boolean);
  } catch {
    return [];
  }
}

/** Shows what the address says. @param {string} [complaint] @returns {Promise<void>} */
async function show(complaint) {
  end();
  const now = ++shows;
  foot.replaceChildren();
  topEnd.replaceChildren();
  document.title = "playbill";
  const [profile, what, which] = parts();
  try {
    if (!profile) await showProfiles(complaint, now);
    else if (what === "vs" && which) await showCompared(profile, which, now);
    else await showProfile(profile, what, which, now);
  } catch (error) {
    if (now !== shows || error instanceof DOMException) return;
    const wrong = error instanceof ServiceError && error.status >= 400 && error.status < 500;
    if (profile && wrong) return refuse(told(error));
    main.replaceChildren(failure(error));
  }
}

/** Ends what is shown. @param {boolean} [forget]  for a profile that is erased: nothing more is said of it */
function end(forget = false) {
  if (!forget) open?.player?.end();
  for (const screen of open?.screens ?? []) screen.stop();
  for (const visit of open?.visits ?? []) visit.client.end(forget);
  open = null;
  hideToast();
}

/** Back to the profiles, with what was wrong with this one. @param {string} complaint */
function refuse(complaint) {
  history.replaceState(null, "", location.pathname);
  return show(complaint);
}

/** @param {string | undefined} complaint @param {number} now */
async function showProfiles(complaint, now) {
  const screen = await profileScreen(complaint);
  if (now !== shows) return;
  main.replaceChildren(screen);
  scrollTo(0, 0);
  foot.replaceChildren(languages());
}

/** A profile's page, its rules, or what is like a title. @param {string} profile @param {string | undefined} what @param {string | undefined} which @param {number} now */
async function showProfile(profile, what, which, now) {
  const visit = new Visit(profile);
  const player = new Player(visit);
  const screen = await screenOf(visit, player, what, which);
  const search = new Search(visit, player, screen.element);
  if (now !== shows) return visit.client.end();
  open = { visits: [visit], screens: [search, screen], player };
  main.replaceChildren(screen.element, search.element);
  scrollTo(0, 0);
  const { name, limits, heading, asOf, notice } = await screen.load();
  if (now !== shows) return;
  main.focus({ preventScroll: true });
  document.title = t("web.title", { name: heading ?? name });
  topEnd.replaceChildren(search.form, ...corner(profile, name, limits, what));
  foot.replaceChildren(asOf ? h("p", {}, `${t("web.as_of", { date: moment(asOf) })} ${notice}`) : "", languages());
}

/** @param {Visit} visit @param {Player} player @param {string | undefined} what @param {string | undefined} which
 * @returns {Promise<any>} */
async function screenOf(visit, player, what, which) {
  if (what === "rules") return new (await import("./rules.js")).Rules(visit, end);
  if (what === "like" && which) return new (await import("./similar.js")).Similar(visit, player, which);
  return new Page(visit, player);
}

/** @param {string} first @param {string} second @param {number} now */
async function showCompared(first, second, now) {
  const { Compare } = await import("./compare.js");
  const visits = [first, second].map((profile) => new Visit(profile));
  const screen = new Compare(visits);
  if (now !== shows) return visits.forEach((visit) => visit.client.end());
  open = { visits, screens: [screen], player: null };
  main.replaceChildren(screen.element);
  scrollTo(0, 0);
  document.title = t("web.title", { name: await screen.load() });
  topEnd.replaceChildren(keysButton());
  foot.replaceChildren(languages());
}

/** @param {string} profile @param {string} name @param {string} limits @param {string | undefined} what  is shown */
function corner(profile, name, limits, what) {
  const badge = limits ? h("span", { class: "badge" }, limits) : "";
  const there = what === "rules" ? [address(profile), t("web.to_page")] : [address(profile, "rules"), t("web.rules")];
  const [href, label] = there;
  const rules = { class: "round", href, "aria-label": label, title: label };
  const label2 = t("web.switch");
  return [
    h("a", rules, icon(what === "rules" ? "left" : "rules")),
    h("a", { class: "who-am-i", href: "#/", title: label2, "aria-label": `${name}. ${label2}` }, h("bdi", {}, name), badge),
    keysButton(),
  ];
}

function keysButton() {
  return h("button", { class: "round keys-button", "aria-label": t("web.keys"), title: t("web.keys"), onclick: showKeys }, "?");
}

/** The choice of a language. What is shown is shown again in it. */
function languages() {
  const change = async (/** @type {any} */ event) => (await speak(event.target.value), label(), show());
  const options = LANGUAGES.map((tag) => h("option", { value: tag, lang: tag, selected: tag === language }, nameOf(tag)));
  return h("label", { class: "languages" }, t("web.language"), h("select", { onchange: change }, ...options));
}

/** @param {unknown} error */
function failure(error) {
  const again = h("button", { class: "play", onclick: () => show() }, t("web.retry"));
  return h("div", { class: "message", role: "alert" }, h("p", {}, told(error)), again);
}

/** @param {number} time */
const moment = (time) => `${date(time, { dateStyle: "long", timeStyle: "short" })} UTC`;

/** The words outside of the screens. */
function label() {
  skip.textContent = t("web.skip");
}

skip.addEventListener("click", () => main.focus());
addEventListener("hashchange", () => show());
addEventListener("pagehide", () => {
  open?.player?.leave();
  for (const visit of open?.visits ?? []) visit.client.leave();
});
new IntersectionObserver(([entry]) => document.body.classList.toggle("scrolled", !entry?.isIntersecting)).observe(
  /** @type {Element} */ (document.querySelector(".top-mark")),
);
listenToKeys(
  () => open?.screens.find((screen) => screen.close()),
  () => open?.player ?? null,
);
await speak();
label();
show();

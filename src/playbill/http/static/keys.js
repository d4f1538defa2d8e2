/** The keyboard: arrows move through the grid, and a few letters do the rest. */

import { h } from "./element.js";
import { rtl, t } from "./texts.js";
import { undoShown } from "./toast.js";

const KEYS = [
  ["← → ↑ ↓", "web.keys.move"],
  ["Home End", "web.keys.ends"],
  ["Enter", "web.keys.open"],
  ["Esc", "web.keys.close"],
  ["/", "web.keys.search"],
  ["P", "web.keys.pause"],
  ["U", "web.keys.undo"],
  ["?", "web.keys.list"],
];

/** The list of keys, shown over the page. */
export function showKeys() {
  const close = h("button", { class: "play", onclick: () => dialog.close() }, t("web.close"));
  const items = KEYS.flatMap(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, t(String(does)))]);
  const heading = h("h2", { id: "keys-heading" }, t("web.keys"));
  const dialog = /** @type {HTMLDialogElement} */ (
    h("dialog", { class: "box", "aria-labelledby": heading.id }, heading, h("dl", { class: "keys" }, ...items), close)
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {() => void} close  closes what is open
 * @param {() => import("./player.js").Player | null} player
 */
export function listenToKeys(close, player) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, dialog")) return;
    if (event.key === "Escape") close();
    else if (event.key === "?") showKeys();
    else if (event.key === "/") /** @type {HTMLElement | null} */ (document.querySelector(".search input"))?.focus();
    else if (event.key === "p" || event.key === "P") player()?.toggle();
    else if (event.key === "u" || event.key === "U") undoShown();
    else if (!goTo(destination(event.key, target))) return;
    event.preventDefault();
  });
}

/** @param {HTMLElement | null | undefined} card */
export function goTo(card) {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "center", inline: "nearest" });
  return Boolean(card);
}

/** The element that a key leads to from here. @param {string} key @param {HTMLElement} here */
function destination(key, here) {
  const row = here.closest(".row");
  if (!row) return key === "ArrowDown" ? cards(firstRow())[0] : null;
  const shelf = cards(row);
  const at = shelf.findIndex((card) => card.parentElement === here.closest(".card"));
  const on = rtl() ? -1 : 1;
  if (key === "ArrowRight") return shelf[at + on];
  if (key === "ArrowLeft") return shelf[at - on];
  if (key === "Home") return shelf[0];
  if (key === "End") return shelf.at(-1);
  if (key === "ArrowDown") return line(shelf, here, 1) ?? nearest(beside(row, "nextElementSibling"), here);
  if (key === "ArrowUp") {
    return line(shelf, here, -1) ?? nearest(beside(row, "previousElementSibling"), here) ?? billboard();
  }
  return null;
}

/** The first row that is shown. */
function firstRow() {
  return [...document.querySelectorAll("main .row")].find((row) => row.checkVisibility()) ?? null;
}

/** The row above or below; where two pages stand side by side, of the same page. @param {Element} row @param {"nextElementSibling" | "previousElementSibling"} way */
function beside(row, way) {
  const pair = row.closest(".pair");
  if (!pair) return row[way];
  return pair[way]?.children[[...pair.children].indexOf(row)] ?? null;
}

/** @param {Element | null} row @returns {HTMLElement[]} */
function cards(row) {
  return row
    ? [...row.querySelectorAll(".card:not([data-leaving]) .poster")].filter((e) => e instanceof HTMLElement)
    : [];
}

const middle = (/** @type {Element} */ e) => e.getBoundingClientRect().left + e.getBoundingClientRect().width / 2;

/** The card of a row that stands straight above or below. @param {Element | null} row @param {HTMLElement} here */
function nearest(row, here) {
  const x = middle(here.closest(".card") ?? here);
  return cards(row).sort((a, b) => Math.abs(middle(a) - x) - Math.abs(middle(b) - x))[0];
}

/** The card of the next line of a grid. @param {HTMLElement[]} shelf @param {HTMLElement} here @param {1 | -1} way */
function line(shelf, here, way) {
  const from = (here.closest(".card") ?? here).getBoundingClientRect();
  const x = middle(here.closest(".card") ?? here);
  const off = (/** @type {Element} */ e) => way * (e.getBoundingClientRect().top - from.top);
  const ahead = shelf.filter((card) => off(card) > from.height / 2);
  return ahead.sort((a, b) => off(a) - off(b) || Math.abs(middle(a) - x) - Math.abs(middle(b) - x))[0];
}

/** @returns {HTMLElement | null} */
function billboard() {
  const play = /** @type {HTMLElement | null} */ (document.querySelector(".billboard .play"));
  return play?.checkVisibility() ? play : null;
}

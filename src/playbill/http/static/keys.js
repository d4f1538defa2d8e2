/** The keyboard: arrows move through the grid, and a few letters do the rest. */

import { h } from "./element.js";
import { undoShown } from "./toast.js";

const KEYS = [
  ["← → ↑ ↓", "Move through the page"],
  ["Home End", "First and last title of the row"],
  ["Enter", "Open a title"],
  ["Esc", "Close it"],
  ["P", "Pause the player, or go on"],
  ["U", "Undo, while it is offered"],
  ["?", "This list"],
];

/** The list of keys, shown over the page. */
export function showKeys() {
  const close = h("button", { class: "play", onclick: () => dialog.close() }, "Close");
  const items = KEYS.flatMap(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)]);
  const dialog = /** @type {HTMLDialogElement} */ (
    h("dialog", { class: "keys", "aria-label": "Keys" }, h("h2", {}, "Keys"), h("dl", {}, ...items), close)
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {() => import("./page.js").Page | null} page
 * @param {() => import("./player.js").Player | null} player
 */
export function listenToKeys(page, player) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, dialog")) return;
    if (event.key === "Escape") page()?.close();
    else if (event.key === "?") showKeys();
    else if (event.key === "p" || event.key === "P") player()?.toggle();
    else if (event.key === "u" || event.key === "U") undoShown();
    else if (!goTo(destination(event.key, target))) return;
    event.preventDefault();
  });
}

/** @param {HTMLElement | null | undefined} card */
function goTo(card) {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "center", inline: "nearest" });
  return Boolean(card);
}

/** The element that a key leads to from here. @param {string} key @param {HTMLElement} here */
function destination(key, here) {
  const row = here.closest(".row");
  if (!row) return key === "ArrowDown" ? cards(document.querySelector(".row"))[0] : null;
  const shelf = cards(row);
  const at = shelf.findIndex((card) => card.parentElement === here.closest(".card"));
  if (key === "ArrowRight") return shelf[at + 1];
  if (key === "ArrowLeft") return shelf[at - 1];
  if (key === "Home") return shelf[0];
  if (key === "End") return shelf.at(-1);
  if (key === "ArrowDown") return nearest(row.nextElementSibling, here);
  if (key === "ArrowUp") return nearest(row.previousElementSibling, here) ?? play();
  return null;
}

/** @param {Element | null} row @returns {HTMLElement[]} */
function cards(row) {
  return row
    ? [...row.querySelectorAll(".card:not([data-leaving]) .poster")].filter((e) => e instanceof HTMLElement)
    : [];
}

/** The card of a row that stands straight above or below. @param {Element | null} row @param {HTMLElement} here */
function nearest(row, here) {
  const middle = (/** @type {Element} */ e) => e.getBoundingClientRect().left + e.getBoundingClientRect().width / 2;
  const x = middle(here.closest(".card") ?? here);
  return cards(row).sort((a, b) => Math.abs(middle(a) - x) - Math.abs(middle(b) - x))[0];
}

/** @returns {HTMLElement | null} */
function play() {
  return document.querySelector(".billboard .play");
}

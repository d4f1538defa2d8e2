/** One short message at the foot of the page, with an undo where there is something to undo. */

import { h } from "./element.js";
import { t } from "./texts.js";

const STAYS = 10_000; // ms

const place = /** @type {HTMLElement} */ (document.querySelector(".toast"));
let timer = 0;

/**
 * Shows a message for ten seconds.
 * @param {string} text
 * @param {() => void} [undo]
 */
export function toast(text, undo) {
  clearTimeout(timer);
  const attributes = { class: "link", "aria-keyshortcuts": "u", onclick: () => (hideToast(), undo?.()) };
  place.replaceChildren(h("span", { dir: "auto" }, text), ...(undo ? [h("button", attributes, t("web.undo"))] : []));
  timer = setTimeout(hideToast, STAYS);
}

export function hideToast() {
  clearTimeout(timer);
  place.replaceChildren();
}

/** Presses the undo that is shown, if any. */
export function undoShown() {
  place.querySelector("button")?.click();
}

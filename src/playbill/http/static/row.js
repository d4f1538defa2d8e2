/** One row of the page: a heading with its reason, and a shelf of cards that scrolls sideways, or a grid. */

import { Card } from "./card.js";
import { arrange, fadeOut, h, icon, still } from "./element.js";
import { rtl, t } from "./texts.js";

/** @typedef {import("./shapes.js").RowData} RowData */
/** @typedef {Omit<RowData, "index" | "key" | "heading"> & {index?: number, heading?: RowData["heading"]}} Content */
/** @typedef {import("./card.js").Origin} Origin */

const FEW = 3; // titles that stand wide, with words beside the pictures, for there is room

let rowsMade = 0;

/** @type {WeakMap<Element, {past: () => void, name: string, shown: boolean, left: boolean}>} */
const watched = new WeakMap();
const passing = new IntersectionObserver((entries) => entries.forEach(pass));

/** Tells of a row that left the screen upwards, once. @param {IntersectionObserverEntry} entry */
function pass({ target, isIntersecting, boundingClientRect, rootBounds }) {
  const row = watched.get(target);
  if (!row || boundingClientRect.height === 0) return; // hidden, not passed
  if (!isIntersecting && boundingClientRect.bottom <= (rootBounds?.top ?? 0) && row.shown && !row.left) {
    row.left = true;
    row.past();
  }
  row.shown ||= isIntersecting;
}

export class Row {
  /** @type {Map<string, Card>} by title, in order */ cards = new Map();
  #visit;
  #player;
  #toggle;
  #heading = h("h2", { id: `row-${++rowsMade}`, dir: "auto" });
  #reason = h("p", { class: "row-reason", dir: "auto" });
  #shelf;

  /**
   * @param {string} name  what makes it the same row on another page
   * @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player
   * @param {(card: Card) => void} toggle
   * @param {boolean} [grid]  whether its cards stand in lines instead of scrolling sideways
   */
  constructor(name, visit, player, toggle, grid = false) {
    this.name = name;
    this.#visit = visit;
    this.#player = player;
    this.#toggle = toggle;
    this.#shelf = h("ul", { class: "shelf", role: "list", "aria-labelledby": this.#heading.id });
    this.#shelf.addEventListener("scroll", () => this.#ends(), { passive: true });
    this.element = h(
      "section",
      { class: grid ? "row grid" : "row" },
      h("div", { class: "row-head" }, this.#heading, this.#reason),
      h("div", { class: "shelf-frame" }, this.#arrow(-1), this.#shelf, this.#arrow(1)),
    );
    this.#shelf.addEventListener("focusin", (event) => this.#reached(/** @type {HTMLElement} */ (event.target)));
  }

  /** What the row is now. @param {Content} data @param {Origin} origin */
  update(data, origin) {
    this.#heading.replaceChildren(...emphasized(data.text, data.heading?.facts.title));
    this.#reason.textContent = data.reason === data.text ? "" : data.reason;
    const wide = data.kind === "continue_watching" || (data.slots.length <= FEW && data.kind !== "results");
    this.element.classList.toggle("wide", wide);
    const before = this.cards;
    this.cards = new Map();
    for (const slot of data.slots) {
      const standing = before.get(slot.title.id);
      const card = standing ?? new Card(slot, origin, this.#visit, this.#player, this.#toggle);
      card.update(slot, origin, wide);
      this.cards.set(slot.title.id, card);
    }
    for (const [title, card] of before) if (!this.cards.has(title)) card.close();
    arrange(
      this.#shelf,
      [...this.cards.values()].map((card) => card.element),
    );
    if (!this.#shelf.querySelector(".poster[tabindex='0']")) this.#first()?.setAttribute("tabindex", "0");
    if (origin.impression !== null) this.#watchPassing(origin.impression, data.index ?? 0);
    requestAnimationFrame(() => this.#ends());
  }

  /** Takes a title out at once, before the service has answered. @param {string} title */
  drop(title) {
    const card = this.cards.get(title);
    if (!card) return;
    const next = /** @type {Element | null} */ (card.element.nextElementSibling ?? card.element.previousElementSibling);
    const focused =
      card.element.contains(document.activeElement) || card.panel?.element.contains(document.activeElement);
    card.close();
    this.cards.delete(title);
    fadeOut(card.element);
    if (focused) /** @type {HTMLElement | null} */ (next?.querySelector(".poster"))?.focus({ preventScroll: true });
  }

  /** @param {string} impression @param {number} index */
  #watchPassing(impression, index) {
    const name = `${impression}/${index}`;
    if (watched.get(this.element)?.name === name) return;
    const past = () => void this.#visit.client.record({ kind: "scrolled_past", source: impression, value: index });
    watched.set(this.element, { past, name, shown: false, left: false });
    passing.unobserve(this.element);
    passing.observe(this.element);
  }

  #first() {
    return this.cards.values().next().value?.button;
  }

  /** Tab comes back to the card that was last reached. @param {HTMLElement} target */
  #reached(target) {
    if (!target.classList.contains("poster")) return;
    for (const card of this.cards.values()) card.button.tabIndex = card.button === target ? 0 : -1;
  }

  /** @param {-1 | 1} way */
  #arrow(way) {
    const turn = () => {
      const left = way * (rtl() ? -1 : 1) * this.#shelf.clientWidth * 0.86;
      this.#shelf.scrollBy({ left, behavior: still() ? "instant" : "smooth" });
    };
    const [side, label] = way < 0 ? ["back", t("web.previous")] : ["on", t("web.next")];
    const attributes = { class: `turn ${side}`, tabindex: -1, "aria-hidden": "true", title: label, onclick: turn };
    return h("button", attributes, icon(way < 0 ? "left" : "right"));
  }

  #ends() {
    const { scrollLeft, clientWidth, scrollWidth } = this.#shelf;
    const gone = Math.abs(scrollLeft); // right to left, it counts below zero
    this.element.classList.toggle("at-start", gone < 8);
    this.element.classList.toggle("at-end", gone + clientWidth > scrollWidth - 8);
  }
}

/** The text with the title it names set apart. @param {string} text @param {string | undefined} title */
function emphasized(text, title) {
  const at = title ? text.indexOf(title) : -1;
  if (!title || at < 0) return [text];
  return [text.slice(0, at), h("em", {}, title), text.slice(at + title.length)];
}

/** One row of the page: a heading with its reason, and a shelf of cards that scrolls sideways. */

import { Card } from "./card.js";
import { arrange, fadeOut, h, icon, still } from "./element.js";

/** @typedef {import("./api.js").RowData} RowData */

let rowsMade = 0;

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
   */
  constructor(name, visit, player, toggle) {
    this.name = name;
    this.#visit = visit;
    this.#player = player;
    this.#toggle = toggle;
    this.#shelf = h("ul", { class: "shelf", role: "list", "aria-labelledby": this.#heading.id });
    this.#shelf.addEventListener("scroll", () => this.#ends(), { passive: true });
    this.element = h(
      "section",
      { class: "row" },
      h("div", { class: "row-head" }, this.#heading, this.#reason),
      h("div", { class: "shelf-frame" }, this.#arrow(-1), this.#shelf, this.#arrow(1)),
    );
    this.#shelf.addEventListener("focusin", (event) => this.#reached(/** @type {HTMLElement} */ (event.target)));
  }

  /** What the row is now. @param {RowData} data @param {string} impression */
  update(data, impression) {
    this.#heading.replaceChildren(...emphasized(data.text, data.heading.facts.title));
    this.#reason.textContent = data.reason === data.text ? "" : data.reason;
    const before = this.cards;
    this.cards = new Map();
    for (const slot of data.slots) {
      const standing = before.get(slot.title.id);
      standing?.update(slot, impression);
      const card = standing ?? new Card(slot, impression, this.#visit, this.#player, this.#toggle);
      this.cards.set(slot.title.id, card);
    }
    for (const [title, card] of before) if (!this.cards.has(title)) card.close();
    arrange(
      this.#shelf,
      [...this.cards.values()].map((card) => card.element),
    );
    if (!this.#shelf.querySelector(".poster[tabindex='0']")) this.#first()?.setAttribute("tabindex", "0");
    this.#visit.views.watchRow(this.element, impression, data.index);
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
    const turn = () =>
      this.#shelf.scrollBy({ left: way * this.#shelf.clientWidth * 0.86, behavior: still() ? "instant" : "smooth" });
    const side = way < 0 ? "left" : "right";
    return h("button", { class: `turn ${side}`, tabindex: -1, "aria-hidden": "true", onclick: turn }, icon(side));
  }

  #ends() {
    const { scrollLeft, clientWidth, scrollWidth } = this.#shelf;
    this.element.classList.toggle("at-start", scrollLeft < 8);
    this.element.classList.toggle("at-end", scrollLeft + clientWidth > scrollWidth - 8);
  }
}

/** The text with the title it names set apart. @param {string} text @param {string | undefined} title */
function emphasized(text, title) {
  const at = title ? text.indexOf(title) : -1;
  if (!title || at < 0) return [text];
  return [text.slice(0, at), h("em", {}, title), text.slice(at + title.length)];
}

/** The page's first choice, large: taken out of its row, so that no title stands on the page twice. */

import { subjectOf } from "./card.js";
import { h } from "./element.js";
import { Panel } from "./panel.js";
import { t } from "./texts.js";

/** @typedef {import("./shapes.js").RowData} RowData */

const SHORT = 4; // a row with fewer slots gives none away
const OWN = new Set(["continue_watching", "my_list", "watch_again"]); // nothing new: no first choice

/**
 * The rows without the slot that is shown large, and that slot: the first of the top picks, or else of the first row
 * that can spare one; null where none can.
 * @param {RowData[]} rows
 */
export function spare(rows) {
  const able = rows.filter((row) => !OWN.has(row.kind) && row.slots.length >= SHORT);
  const from = able.find((row) => row.kind === "top_picks") ?? able[0];
  const slot = from?.slots[0] ?? null;
  return { slot, rows: rows.map((row) => (row === from ? { ...row, slots: row.slots.slice(1) } : row)) };
}

const whenIdle = window.requestIdleCallback ?? ((/** @type {() => void} */ act) => setTimeout(act, 100));

export class Billboard {
  #visit;
  #player;
  /** @type {Panel | null} */ #panel = null;
  #glow = h("img", { class: "glow", alt: "", "aria-hidden": "true" });
  #picture = h("img", { class: "large", alt: "", width: 240, height: 360, fetchpriority: "high" });

  /** @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player */
  constructor(visit, player) {
    this.#visit = visit;
    this.#player = player;
    this.#picture.addEventListener("load", () => whenIdle(() => this.#shine())); // the picture itself comes first
    const pictures = [this.#glow, this.#picture];
    this.element = h("section", { class: "billboard empty", "aria-label": t("web.first_choice") }, ...pictures);
  }

  /** @param {import("./shapes.js").Slot | null} slot @param {string} impression */
  update(slot, impression) {
    this.element.hidden = !slot;
    this.element.classList.remove("gone", "empty");
    if (!slot) return;
    if (this.#picture.getAttribute("src") !== slot.artwork.url) this.#picture.setAttribute("src", slot.artwork.url);
    const subject = subjectOf(slot, { impression });
    if (this.#panel?.subject.title.id === slot.title.id) this.#panel.show(subject);
    else this.#renew(new Panel(subject, this.#visit, this.#player, null));
    this.#visit.client.shown(this.#picture, impression, slot.slot);
  }

  /** Lets the picture's light fill the room. */
  #shine() {
    const source = this.#picture.getAttribute("src") ?? "";
    if (this.#glow.getAttribute("src") !== source) this.#glow.setAttribute("src", source);
  }

  /** @param {Panel} panel */
  #renew(panel) {
    this.#panel?.element.remove();
    this.#panel = panel;
    panel.name.setAttribute("aria-level", "2");
    this.element.append(panel.element);
  }

  /** Lets the title go at once, if it is this one. @param {string} title */
  drop(title) {
    this.element.classList.toggle("gone", this.#panel?.subject.title.id === title);
  }
}

/** One title in a row: a picture that opens in place into a panel. */

import { episodeName, Panel } from "./panel.js";
import { h } from "./element.js";
import { from } from "./visit.js";

/** @typedef {import("./api.js").Slot} Slot */
/** @typedef {import("./panel.js").Subject} Subject */

const PHONE = matchMedia("(max-width: 640px)"); // there the panel is a sheet at the foot of the screen

/** What a panel is about. @param {Slot} slot @param {string} impression @returns {Subject} */
export function subjectOf(slot, impression) {
  const { title, reason, progress, episode } = slot;
  return { title, reason, progress, episode, place: { impression, slot: slot.slot } };
}

/** What stands at a slot, in one sentence. @param {Slot} slot */
function sentence({ title, reason, progress, episode }) {
  const facts = [title.name, title.year, episode && episodeName(episode)].filter(Boolean).join(", ");
  const seen = progress ? `, ${Math.round(progress * 100)} percent watched` : "";
  return `${facts}${seen}.${reason ? ` ${reason.replace(/\.?$/, ".")}` : ""}`;
}

export class Card {
  /** @type {Panel | null} */ panel = null;
  #visit;
  #player;
  #picture = h("img", { alt: "", width: 240, height: 360, loading: "lazy", decoding: "async" });
  #tag = h("span", { class: "tag", hidden: true });
  #watched = h("span", { class: "watched", hidden: true }, h("span"));

  /**
   * @param {Slot} slot @param {string} impression
   * @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player
   * @param {(card: Card) => void} toggle
   */
  constructor(slot, impression, visit, player, toggle) {
    this.#visit = visit;
    this.#player = player;
    this.name = h("span", { class: "card-name", dir: "auto", "aria-hidden": "true" }, slot.title.name);
    this.button = h(
      "button",
      { class: "poster", tabindex: -1, "aria-expanded": "false", onclick: () => toggle(this) },
      this.name,
      this.#picture,
      this.#tag,
      this.#watched,
    );
    this.element = h("li", { class: "card" }, this.button);
    this.#picture.addEventListener("error", () => (this.#picture.hidden = true)); // the name stands behind it
    this.slot = slot;
    this.subject = subjectOf(slot, impression);
    this.update(slot, impression);
    visit.views.watchHover(this.button);
  }

  /** The same title, from a newer page. @param {Slot} slot @param {string} impression */
  update(slot, impression) {
    this.slot = slot;
    this.subject = subjectOf(slot, impression);
    this.button.setAttribute("aria-label", sentence(slot));
    if (this.#picture.getAttribute("src") !== slot.artwork.url) {
      this.#picture.hidden = false;
      this.#picture.setAttribute("src", slot.artwork.url);
    }
    this.#tag.hidden = !slot.episode;
    this.#tag.textContent = slot.episode ? episodeName(slot.episode) : "";
    this.#watched.hidden = !slot.progress;
    /** @type {HTMLElement} */ (this.#watched.firstElementChild).style.width = `${100 * (slot.progress ?? 0)}%`;
    this.#visit.views.watch(this.button, { impression, slot: slot.slot });
    if (this.panel?.subject.place) this.panel.show(this.subject);
  }

  /** @param {() => void} close */
  open(close) {
    this.panel = new Panel(this.subject, this.#visit, this.#player, close);
    this.panel.element.id = `about-${this.subject.place?.slot}`;
    this.button.setAttribute("aria-expanded", "true");
    this.button.setAttribute("aria-controls", this.panel.element.id);
    this.element.classList.add("open");
    if (PHONE.matches) document.body.append(this.panel.element);
    else this.element.append(this.panel.element);
    this.panel.element.classList.toggle("sheet", PHONE.matches);
    this.panel.element.setAttribute("role", PHONE.matches ? "dialog" : "group");
    if (!PHONE.matches) this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.panel.focus();
    this.#visit.outbox.record({ kind: "open", title: this.slot.title.id, ...from(this.subject.place) });
  }

  /** Closes the panel and gives the cursor back, if it was in it. */
  close() {
    const inside = this.panel?.element.contains(document.activeElement);
    this.panel?.element.remove();
    this.panel = null;
    this.element.classList.remove("open");
    this.button.setAttribute("aria-expanded", "false");
    this.button.removeAttribute("aria-controls");
    if (inside) this.button.focus({ preventScroll: true });
  }
}

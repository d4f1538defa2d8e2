/** One title in a row: a picture that opens in place into a panel. */

import { h } from "./element.js";
import { Panel } from "./panel.js";
import { episodeName, length, percent, t } from "./texts.js";
import { from } from "./visit.js";

/** @typedef {import("./shapes.js").Slot} Slot */
/** @typedef {import("./panel.js").Subject} Subject */
/** @typedef {{impression: string | null, source?: string}} Origin  impression: null where it is no page as served */

const PHONE = matchMedia("(max-width: 640px)"); // there the panel is a sheet at the foot of the screen
const RESTED = 1000; // ms that a hover must last

let opened = 0;

/** What a panel is about. @param {Slot} slot @param {Origin} origin @returns {Subject} */
export function subjectOf(slot, { impression, source }) {
  const { title, reason, progress, episode } = slot;
  return { title, reason, progress, episode, source, place: impression === null ? null : { impression, slot: slot.slot } };
}

/** What stands at a slot, in one sentence. @param {Slot} slot */
export function sentence({ title, reason, progress, episode }) {
  const facts = [title.name, title.year, episode && episodeName(episode)].filter(Boolean).join(", ");
  const seen = progress ? `, ${t("web.watched_share", { share: percent(progress) })}` : "";
  return `${facts}${seen}.${reason ? ` ${reason.replace(/\.?$/, ".")}` : ""}`;
}

/** The card that is open, of all that stand together. */
export class Opener {
  /** @type {Card | null} */ card = null;

  /** Opens a card, or closes it if it is the open one. @param {Card} card */
  toggle = (card) => {
    const again = this.card === card && card.panel;
    this.close();
    if (again) return;
    this.card = card;
    card.open(() => this.close());
  };

  /** Closes the open card. Returns whether there was one. */
  close() {
    const was = this.card;
    this.card = null;
    was?.close();
    return was !== null;
  }
}

export class Card {
  /** @type {Panel | null} */ panel = null;
  #visit;
  #player;
  #wide = false;
  #picture = h("img", { alt: "", width: 240, height: 360, loading: "lazy", decoding: "async" });
  #tag = h("span", { class: "tag", hidden: true });
  #watched = h("span", { class: "watched", hidden: true }, h("span"));
  #caption = h("div", { class: "caption", "aria-hidden": "true" });

  /**
   * @param {Slot} slot @param {Origin} origin
   * @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player
   * @param {(card: Card) => void} toggle
   */
  constructor(slot, origin, visit, player, toggle) {
    this.#visit = visit;
    this.#player = player;
    this.button = h(
      "button",
      { class: "poster", tabindex: -1, "aria-expanded": "false", onclick: () => toggle(this) },
      h("span", { class: "card-name", dir: "auto", "aria-hidden": "true" }, slot.title.name),
      this.#picture,
      this.#tag,
      this.#watched,
    );
    this.#caption.addEventListener("click", () => this.button.click()); // for the pointer; the button is for everyone
    this.element = h("li", { class: "card" }, this.button);
    this.#picture.addEventListener("error", () => (this.#picture.hidden = true)); // the name stands behind it
    this.slot = slot;
    this.subject = subjectOf(slot, origin);
    this.update(slot, origin, false);
    this.#watchHover();
  }

  /** The same title, from a newer page. @param {Slot} slot @param {Origin} origin @param {boolean} wide */
  update(slot, origin, wide) {
    this.slot = slot;
    this.subject = subjectOf(slot, origin);
    this.button.setAttribute("aria-label", sentence(slot));
    if (this.#picture.getAttribute("src") !== slot.artwork.url) {
      this.#picture.hidden = false;
      this.#picture.setAttribute("src", slot.artwork.url);
    }
    this.#tag.hidden = !slot.episode;
    this.#tag.textContent = slot.episode ? episodeName(slot.episode) : "";
    this.#watched.hidden = !slot.progress;
    /** @type {HTMLElement} */ (this.#watched.firstElementChild).style.width = `${100 * (slot.progress ?? 0)}%`;
    if (origin.impression !== null) this.#visit.client.shown(this.button, origin.impression, slot.slot);
    if (wide) this.#caption.replaceChildren(...told(slot));
    if (wide !== this.#wide) wide ? this.button.after(this.#caption) : this.#caption.remove();
    this.#wide = wide;
    if (this.panel?.subject.place) this.panel.show(this.subject);
  }

  /** @param {() => void} close */
  open(close) {
    this.panel = new Panel(this.subject, this.#visit, this.#player, close);
    this.panel.element.id = `about-${++opened}`;
    this.button.setAttribute("aria-expanded", "true");
    this.button.setAttribute("aria-controls", this.panel.element.id);
    this.element.classList.add("open");
    if (PHONE.matches) document.body.append(this.panel.element);
    else this.element.append(this.panel.element);
    this.panel.element.classList.toggle("sheet", PHONE.matches);
    this.panel.element.setAttribute("role", PHONE.matches ? "dialog" : "group");
    if (!PHONE.matches) this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.panel.focus();
    this.#visit.client.record({ kind: "open", title: this.slot.title.id, ...from(this.subject.place) });
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

  /** Tells of a pointer that rested on the picture. */
  #watchHover() {
    let since = 0;
    this.button.addEventListener("pointerenter", ({ pointerType }) => {
      since = pointerType === "mouse" ? performance.now() : 0;
    });
    this.button.addEventListener("pointerleave", () => {
      const rested = performance.now() - since;
      if (since && this.subject.place && rested > RESTED) {
        this.#visit.client.record({ kind: "hover", value: Math.round(rested / 100) / 10, ...from(this.subject.place) });
      }
      since = 0;
    });
  }
}

/** What stands beside a picture where there is room. @param {Slot} slot */
function told({ title, reason, progress, episode }) {
  const left = progress && title.runtime ? t("web.left", { length: length((1 - progress) * title.runtime) }) : "";
  const facts = [episode ? episodeName(episode) : title.year, left || (title.runtime && length(title.runtime))];
  return [
    h("p", { class: "caption-name", dir: "auto" }, title.name),
    h("p", { class: "caption-facts" }, facts.filter(Boolean).join(" · ")),
    reason ? h("p", { class: "caption-reason", dir: "auto" }, reason) : "",
    title.synopsis ? h("p", { class: "caption-synopsis", dir: "auto" }, title.synopsis) : "",
  ];
}

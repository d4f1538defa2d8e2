/** The search box: results after each letter, as cards that open in place, instead of the page until it is closed. */

import { Opener } from "./card.js";
import { h, icon } from "./element.js";
import { goTo } from "./keys.js";
import { Row } from "./row.js";
import { genre, list, t, told } from "./texts.js";
import { pictureOf } from "./visit.js";

/** @typedef {import("./shapes.js").Title} Title */
/** @typedef {import("./shapes.js").Found} Found */

const PAUSE = 80; // ms without a letter before the service is asked
const SETTLED = 2000; // ms after which a query is told as one that was meant
const MOST = 24; // results

/** Titles of a list as slots of a row. @param {Title[]} titles @returns {import("./shapes.js").Slot[]} */
export function slotsOf(titles) {
  return titles.map((title, slot) => {
    const artwork = { variant: 0, url: pictureOf(title) };
    return { slot, title, artwork, reason: null, progress: null, episode: null };
  });
}

export class Search {
  #visit;
  #screen;
  #opener = new Opener();
  #row;
  #timer = 0;
  #meant = 0;
  #told = ""; // the query that was last told
  #above = 0; // how far the page was scrolled
  /** @type {AbortController | null} */ #request = null;
  #input;
  #people = h("p", { class: "people quiet", dir: "auto" });
  #status = h("p", { class: "unseen", role: "status" });

  /**
   * @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player
   * @param {HTMLElement} screen  what stands there while nothing is searched for
   */
  constructor(visit, player, screen) {
    this.#visit = visit;
    this.#screen = screen;
    this.#row = new Row("results", visit, player, this.#opener.toggle, true);
    this.#input = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "search",
        id: "search",
        autocomplete: "off",
        spellcheck: "false",
        enterkeyhint: "search",
        "aria-label": t("web.search"),
        "aria-keyshortcuts": "/",
        placeholder: t("web.search_hint"),
        oninput: () => this.#typed(),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
      })
    );
    const submit = (/** @type {Event} */ event) => (event.preventDefault(), this.#tell());
    this.form = h("form", { class: "search", role: "search", onsubmit: submit }, icon("search"), this.#input);
    const about = { class: "page results", "aria-label": t("web.search"), hidden: true };
    this.element = h("section", about, this.#people, this.#row.element, this.#status);
    this.element.addEventListener("click", () => this.#tell());
    visit.followers.add(this);
  }

  /** Closes the open card, or else the results. Returns whether something was open. */
  close() {
    if (this.#opener.close()) return true;
    if (this.element.hidden && !this.#input.value) return false;
    this.#input.value = "";
    this.#typed();
    return true;
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#meant);
    this.#request?.abort();
    this.#opener.close();
    this.#visit.followers.delete(this);
  }

  async refresh() {
    if (!this.element.hidden && !this.#opener.card?.panel) await this.#ask();
  }

  /** @param {string} title */
  drop(title) {
    this.#row.drop(title);
  }

  get #query() {
    return this.#input.value.trim();
  }

  #typed() {
    clearTimeout(this.#timer);
    clearTimeout(this.#meant);
    this.#request?.abort();
    if (!this.#query) return this.#show(false);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
    this.#meant = setTimeout(() => this.#tell(), SETTLED);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key === "Escape") {
      this.close();
      this.#input.blur();
    } else if (event.key !== "ArrowDown" || !goTo(this.element.querySelector(".poster"))) return;
    event.preventDefault();
  }

  async #ask() {
    const query = this.#query;
    const request = (this.#request = new AbortController());
    const path = this.#visit.path("/v1/search/{profile}", { q: query, n: MOST });
    try {
      this.#apply(query, await this.#visit.client.call(path, { signal: request.signal }));
    } catch (error) {
      if (error instanceof DOMException) return; // another letter was typed
      this.#apply(query, { query, titles: [], people: [], genres: [], substitutes: false }, told(error));
    }
  }

  /** @param {string} query @param {Found} found @param {string} [complaint] */
  #apply(query, { titles, people, genres, substitutes }, complaint) {
    this.#opener.close();
    const none = titles.length === 0;
    const said = none ? "web.search_none" : substitutes ? "web.search_substitutes" : "web.search_results";
    const text = complaint ?? t(said, { query });
    const named = [...people, ...genres.map(genre)];
    this.#people.textContent = named.length > 0 ? list(named) : "";
    this.#row.update({ kind: "results", text, reason: "", slots: slotsOf(titles) }, { impression: null, source: "search" });
    this.#status.textContent = none ? text : `${text}: ${t("web.search_count", { count: titles.length })}`;
    this.#show(true);
  }

  /** @param {boolean} results  whether they are shown, or the page */
  #show(results) {
    if (this.element.hidden !== results) return;
    if (results) this.#above = scrollY;
    else this.#opener.close();
    this.element.hidden = !results;
    this.#screen.hidden = results;
    scrollTo({ top: results ? 0 : this.#above, behavior: "instant" });
  }

  /** Tells the service what was searched for, once. */
  #tell() {
    clearTimeout(this.#meant);
    if (!this.#query || this.#query === this.#told) return;
    this.#told = this.#query;
    this.#visit.client.record({ kind: "search", text: this.#query });
  }
}

/** The member's page: fetched in chunks, brought up to date in place. */

import { getPage } from "./api.js";
import { Billboard, spare } from "./billboard.js";
import { arrange, h } from "./element.js";
import { Row } from "./row.js";

/** @typedef {import("./api.js").PageData} PageData */
/** @typedef {import("./card.js").Card} Card */

const CHUNK = 12; // rows in one request
const MOST = 60; // rows that the service gives in one request
const AHEAD = "1200px"; // how far above the end of the page the next chunk is fetched

export class Page {
  /** @type {Row[]} */ #rows = [];
  /** @type {Card | null} */ #open = null;
  /** @type {string | null} */ #cursor = null;
  /** @type {AbortController | null} */ #request = null;
  #visit;
  #player;
  #billboard;
  #list = h("div", { class: "rows" });
  #end = h("div", { class: "end" });
  #nearEnd = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.#more(), {
    rootMargin: AHEAD,
  });

  /** @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player */
  constructor(visit, player) {
    this.#visit = visit;
    this.#player = player;
    this.#billboard = new Billboard(visit, player);
    this.element = h("div", { class: "page", "aria-busy": "true" }, this.#billboard.element, this.#list, this.#end);
    visit.refresh = () => this.refresh();
    visit.drop = (title) => this.#drop(title);
  }

  /** Fetches the page for the first time. @returns {Promise<PageData>} */
  async load() {
    this.#list.replaceChildren(...skeleton());
    const data = await this.#fetch(null);
    this.#list.replaceChildren();
    this.element.removeAttribute("aria-busy");
    this.element.prepend(h("h1", { class: "unseen" }, `The page of ${data.profile.name}`));
    this.#apply(data, false);
    return data;
  }

  /** Fetches the page again, in the same session, and brings it up to date without a reload. */
  async refresh() {
    try {
      this.#apply(await this.#fetch(null), false);
    } catch (error) {
      if (!(error instanceof DOMException)) console.error(error); // the page stands as it was
    }
  }

  /** Opens a card, or closes it if it is the open one. @param {Card} card */
  toggle = (card) => {
    const again = this.#open === card && card.panel;
    this.close();
    if (again) return;
    this.#open = card;
    card.open(() => this.close());
  };

  close() {
    const was = this.#open;
    this.#open = null;
    was?.close();
  }

  stop() {
    this.close();
    this.#request?.abort();
    this.#nearEnd.disconnect();
  }

  /** Fetches a chunk, or without a cursor all rows that stand here. The latest wins. @param {string | null} cursor */
  async #fetch(cursor) {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    const rows = cursor ? CHUNK : Math.min(MOST, Math.max(CHUNK, this.#rows.length));
    const wish = { rows, session: this.#visit.session(), cursor, signal: request.signal };
    try {
      return await getPage(this.#visit.profile, wish);
    } finally {
      if (this.#request === request) this.#request = null;
    }
  }

  async #more() {
    if (!this.#cursor || this.#request) return; // a page under way brings its own cursor
    const cursor = this.#cursor;
    this.#cursor = null;
    try {
      this.#apply(await this.#fetch(cursor), true);
    } catch (error) {
      this.#cursor = cursor;
      if (error instanceof DOMException) return; // given up for a newer page
      const again = () => (this.#end.replaceChildren(), this.#more());
      this.#end.replaceChildren(
        h("button", { class: "link", onclick: again }, "More rows could not be fetched. Try again"),
      );
    }
  }

  /** @param {PageData} data @param {boolean} append */
  #apply(data, append) {
    const { slot, rows } = append ? { slot: null, rows: data.rows } : spare(data.rows);
    if (!append) this.#billboard.update(slot, data.impression);
    const before = new Map(append ? [] : this.#rows.map((row) => [row.name, row]));
    const standing = append ? [...this.#rows] : [];
    const used = new Set(standing.map((row) => row.name));
    for (const each of rows) {
      const name = unique(`${each.kind}/${each.key}`, used);
      const row = before.get(name) ?? new Row(name, this.#visit, this.#player, this.toggle);
      row.update(each, data.impression);
      standing.push(row);
    }
    this.#rows = standing;
    if (this.#open && !standing.some((row) => [...row.cards.values()].includes(/** @type {Card} */ (this.#open))))
      this.close();
    arrange(
      this.#list,
      standing.map((row) => row.element),
    );
    this.#cursor = data.cursor;
    this.#end.replaceChildren(data.cursor ? h("span", { class: "quiet" }, "More…") : "");
    this.#nearEnd.unobserve(this.#end);
    this.#nearEnd.observe(this.#end);
  }

  /** @param {string} title */
  #drop(title) {
    this.#billboard.drop(title);
    for (const row of this.#rows) row.drop(title);
    if (this.#open && !this.#open.panel) this.#open = null;
  }
}

/** The name, with a number where it was given before. @param {string} name @param {Set<string>} used */
function unique(name, used) {
  let free = name;
  for (let i = 2; used.has(free); i++) free = `${name}/${i}`;
  used.add(free);
  return free;
}

/** Rows of boxes of the size of what will stand there, so that nothing moves when it comes. */
function skeleton() {
  const card = () => h("li", { class: "card" }, h("span", { class: "poster empty" }));
  const row = () =>
    h(
      "div",
      { class: "row", "aria-hidden": "true" },
      h("div", { class: "row-head" }, h("span", { class: "empty line" })),
      h("ul", { class: "shelf" }, ...Array.from({ length: 8 }, card)),
    );
  return [row(), row(), row()];
}

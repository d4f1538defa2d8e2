/** The member's page: fetched in chunks, brought up to date in place. */

import { Billboard, spare } from "./billboard.js";
import { Opener } from "./card.js";
import { arrange, h } from "./element.js";
import { limit } from "./profiles.js";
import { Row } from "./row.js";
import { language, t } from "./texts.js";

/** @typedef {import("./shapes.js").PageData} PageData */

const CHUNK = 6; // rows in one request
const COLUMNS = 24; // titles in a row
const MOST = 60; // rows that the service gives in one request
const AHEAD = "1200px"; // how far above the end of the page the next chunk is fetched

export class Page {
  /** @type {Row[]} */ #rows = [];
  #opener = new Opener();
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
    visit.followers.add(this);
  }

  /** Fetches the page for the first time. Returns what the frame around it says. */
  async load() {
    this.#list.replaceChildren(...skeleton());
    const data = await this.#fetch(null);
    this.#list.replaceChildren();
    this.element.removeAttribute("aria-busy");
    this.element.prepend(h("h1", { class: "unseen" }, t("web.page_of", { name: data.profile.name })));
    this.#apply(data, false);
    const { profile, as_of: asOf, notice } = data;
    return { name: profile.name, limits: limit(profile), asOf, notice };
  }

  /** Fetches the page again, in the same session, and brings it up to date without a reload. */
  async refresh() {
    try {
      this.#apply(await this.#fetch(null), false);
    } catch (error) {
      if (!(error instanceof DOMException)) console.error(error); // the page stands as it was
    }
  }

  /** Closes what is open. Returns whether something was. */
  close() {
    return this.#opener.close();
  }

  stop() {
    this.#visit.followers.delete(this);
    this.close();
    this.#request?.abort();
    this.#nearEnd.disconnect();
  }

  /** Fetches a chunk, or without a cursor all rows that stand here. The latest wins. @param {string | null} cursor */
  async #fetch(cursor) {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    const rows = cursor ? CHUNK : Math.min(MOST, Math.max(CHUNK, this.#rows.length));
    try {
      return await this.#visit.client.page({ rows, columns: COLUMNS, cursor, language }, request.signal);
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
        h("button", { class: "link", onclick: again }, t("web.more_rows_failed")),
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
      const row = before.get(name) ?? new Row(name, this.#visit, this.#player, this.#opener.toggle);
      row.update(each, { impression: data.impression });
      standing.push(row);
    }
    this.#rows = standing;
    const { card } = this.#opener;
    if (card && !standing.some((row) => [...row.cards.values()].includes(card))) this.close();
    arrange(
      this.#list,
      standing.map((row) => row.element),
    );
    this.#cursor = data.cursor;
    const nothing = standing.length === 0 && h("p", { class: "message quiet" }, t("web.empty_page"));
    this.#end.replaceChildren(data.cursor ? h("span", { class: "quiet" }, t("web.more_rows")) : nothing || "");
    this.#nearEnd.unobserve(this.#end);
    this.#nearEnd.observe(this.#end);
  }

  /** Takes a title off the page at once. @param {string} title */
  drop(title) {
    this.#billboard.drop(title);
    for (const row of this.#rows) row.drop(title);
    if (!this.#opener.card?.panel) this.#opener.card = null;
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

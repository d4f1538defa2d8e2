/** Two profiles side by side, in step, so that differences show: who has what, where, under which picture. */

import { sentence, subjectOf } from "./card.js";
import { h } from "./element.js";
import { Panel } from "./panel.js";
import { address, avatar, getProfiles, limit, offered } from "./profiles.js";
import { language, t, told } from "./texts.js";

/** @typedef {import("./shapes.js").PageData} PageData */
/** @typedef {import("./shapes.js").Slot} Slot */
/** @typedef {import("./shapes.js").Profile} Profile */
/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {{row: number, place: number, picture: string}} Stand  counted from 1 */
/** @typedef {{row: import("./shapes.js").RowData, slots: Slot[]}} Shelf */

const ROWS = 12;
const COLUMNS = 12;

/** Where each title of a page stands. @param {PageData} page @returns {Map<string, Stand>} */
function stands(page) {
  const all = page.rows.flatMap((row, r) =>
    row.slots.map(({ title, artwork }, place) => /** @type {[string, Stand]} */ ([
      title.id, { row: r + 1, place: place + 1, picture: artwork.url }])),
  );
  return new Map(all);
}

const elsewhere = (/** @type {Stand} */ a, /** @type {Stand} */ b) => a.row !== b.row || a.place !== b.place;

class Side {
  /** @type {PageData | null} */ page = null;
  /** @type {Map<string, Stand>} */ at = new Map();
  /** @type {Map<string, Stand> | null} where titles stood before something was said */ before = null;
  change = h("p", { class: "change", role: "status" });
  head = h("header", { class: "side-head" });
  counts = h("p", { class: "counts quiet" });

  /** @param {Visit} visit @param {Profile | undefined} profile */
  constructor(visit, profile) {
    this.visit = visit;
    this.profile = profile;
  }

  async fetch() {
    const { client } = this.visit;
    this.page = await client.page({ rows: ROWS, columns: COLUMNS, surface: "compare", language });
    this.at = stands(/** @type {PageData} */ (this.page));
  }

  /** Fetches the page again, and says what became different. @param {string} said */
  async again(said) {
    this.before = this.at;
    await this.fetch();
    const { before, at } = this;
    const came = [...at.keys()].filter((title) => !before.has(title)).length;
    const left = [...before.keys()].filter((title) => !at.has(title)).length;
    const moved = [...at].filter(([title, now]) => before.has(title) && elsewhere(now, /** @type {Stand} */ (before.get(title)))).length;
    const changed = came + left + moved > 0;
    this.change.textContent = changed
      ? t("web.compare_changed", { said, came, left, moved })
      : t("web.compare_unchanged", { said });
  }
}

export class Compare {
  #visits;
  /** @type {Side[]} */ #sides = [];
  /** @type {Profile[]} */ #profiles = [];
  /** @type {{panel: Panel, button: HTMLElement} | null} */ #open = null;
  #pairs = h("div", { class: "pairs" });

  /** @param {Visit[]} visits  two of them */
  constructor(visits) {
    this.#visits = visits;
    this.element = h("div", { class: "page compare" });
  }

  /** Fetches both pages. Returns a name for both. */
  async load() {
    const described = await getProfiles();
    this.#profiles = offered(described);
    this.#sides = this.#visits.map((visit) => new Side(visit, described.find(({ id }) => id === visit.profile)));
    for (const side of this.#sides) {
      await side.fetch();
      side.visit.followers.add({ refresh: (said) => this.#again(side, said), drop: () => {} });
    }
    const [first = "", second = ""] = this.#sides.map(({ page }) => page?.profile.name ?? "");
    const name = t("web.compare_title", { first, second });
    const heads = h("div", { class: "pair heads" }, ...this.#sides.map((side, i) => this.#head(side, i)));
    this.element.replaceChildren(h("h1", { class: "unseen" }, name), legend(), heads, this.#pairs);
    this.#draw();
    return name;
  }

  close() {
    const was = this.#open;
    this.#open = null;
    was?.panel.element.remove();
    if (was?.button.isConnected) was.button.focus({ preventScroll: true });
    return was !== null;
  }

  stop() {
    this.close();
  }

  /** @param {Side} side @param {string} said */
  async #again(side, said) {
    try {
      await side.again(said);
      this.#draw();
    } catch (error) {
      side.change.textContent = told(error);
    }
  }

  /** @param {Side} side @param {number} i */
  #head(side, i) {
    const { id = "", name = "", kids = false, ceiling = null } = side.page?.profile ?? {};
    const others = new Map([...this.#profiles, ...(side.profile ? [side.profile] : [])].map((each) => [each.id, each.name]));
    others.set(id, name);
    const options = [...others].map(([value, text]) => h("option", { value, selected: value === id }, text));
    const go = (/** @type {any} */ event) => {
      const ids = this.#visits.map((visit) => visit.profile);
      ids[i] = event.target.value;
      location.hash = address(ids[0] ?? "", "vs", ids[1] ?? "");
    };
    const choice = h("select", { "aria-label": t("web.compare_with"), onchange: go }, ...options);
    const note = limit({ kids, ceiling: side.profile ? side.profile.ceiling : kids ? ceiling : null });
    side.head.replaceChildren(
      avatar(name, i),
      h("div", {}, h("h2", {}, choice, note ? h("span", { class: "badge" }, note) : ""), side.counts),
      side.change,
    );
    return side.head;
  }

  #draw() {
    const [left, right] = /** @type {[Side, Side]} */ (this.#sides);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest(".side")?.getAttribute("data-side");
    const title = document.activeElement?.getAttribute("data-title");
    count(left, right);
    count(right, left);
    const rows = Math.max(...this.#sides.map(({ page }) => page?.rows.length ?? 0));
    const scrolled = new Map([...this.#pairs.querySelectorAll(".shelf")].map((shelf, n) => [n, shelf.scrollLeft]));
    const pair = (/** @type {number} */ r) => {
      const both = h("div", { class: "pair" }, this.#row(left, right, r, 0), this.#row(right, left, r, 1));
      inStep([...both.querySelectorAll(".shelf")]);
      return both;
    };
    this.#pairs.replaceChildren(...Array.from({ length: rows }, (_, r) => pair(r)));
    [...this.#pairs.querySelectorAll(".shelf")].forEach((shelf, n) => (shelf.scrollLeft = scrolled.get(n) ?? 0));
    const same = title && this.#pairs.querySelector(`[data-side="${focused}"] [data-title="${CSS.escape(title)}"]`);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
  }

  /** @param {Side} side @param {Side} other @param {number} r @param {number} i */
  #row(side, other, r, i) {
    const row = side.page?.rows[r];
    if (!row) return h("section", { class: "row side", "data-side": i });
    const name = `compare-${i}-${r}`;
    const tiles = row.slots.map((slot, place) => this.#tile(side, other, slot, { row: r + 1, place: place + 1, picture: "" }));
    tiles[0]?.querySelector("button")?.setAttribute("tabindex", "0");
    const shelf = h("ul", { class: "shelf", role: "list", "aria-labelledby": name }, ...tiles);
    shelf.addEventListener("focusin", (event) => {
      for (const each of shelf.querySelectorAll("button")) each.tabIndex = each === event.target ? 0 : -1;
    });
    return h("section", { class: "row side", "data-side": i }, h("h3", { id: name, dir: "auto" }, row.text), shelf);
  }

  /** @param {Side} side @param {Side} other @param {Slot} slot @param {Stand} here */
  #tile(side, other, slot, here) {
    const there = other.at.get(slot.title.id);
    const was = side.before?.get(slot.title.id);
    const came = side.before !== null && !was;
    const moved = was && elsewhere(was, here);
    const picture = there && there.picture !== slot.artwork.url;
    const told = [
      there ? (elsewhere(there, here) ? t("web.compare_is_place", { row: there.row, place: there.place }) : t("web.compare_is_same")) : t("web.compare_is_only"),
      picture ? t("web.compare_is_picture") : "",
      came ? t("web.compare_came") : moved ? t("web.compare_moved", { row: was.row, place: was.place }) : "",
    ].filter(Boolean);
    const kind = `poster ${there ? "shared" : "only"}${came ? " came" : ""}${moved ? " moved" : ""}`;
    const label = `${sentence({ ...slot, reason: null })} ${told.join(", ")}.`;
    const open = () => this.#toggle(side, slot, button);
    const button = h(
      "button",
      { class: kind, tabindex: -1, "aria-label": label, title: told.join(", "), "data-title": slot.title.id, onclick: open },
      h("span", { class: "card-name", "aria-hidden": "true" }, slot.title.name),
      h("img", { src: slot.artwork.url, alt: "", width: 240, height: 360, loading: "lazy" }),
      came ? h("span", { class: "mark new" }, t("web.compare_came")) : there ? h("span", { class: "mark" }, `${there.row}·${there.place}`) : "",
      picture ? h("span", { class: "mark picture" }) : "",
    );
    return h("li", { class: "card" }, button);
  }

  /** @param {Side} side @param {Slot} slot @param {HTMLElement} button */
  #toggle(side, slot, button) {
    const again = this.#open?.button === button;
    this.close();
    if (again) return;
    const subject = subjectOf(slot, { impression: side.page?.impression ?? null });
    const panel = new Panel(subject, side.visit, null, () => this.close());
    panel.element.classList.add("sheet");
    panel.element.setAttribute("role", "dialog");
    document.body.append(panel.element);
    this.#open = { panel, button };
    panel.focus();
  }
}

/** Counts what is different between a page and the other. @param {Side} side @param {Side} other */
function count(side, other) {
  const shared = [...side.at].filter(([title]) => other.at.has(title));
  const there = (/** @type {string} */ title) => /** @type {Stand} */ (other.at.get(title));
  side.counts.textContent = [
    t("web.compare_only", { count: side.at.size - shared.length }),
    t("web.compare_both", { count: shared.length }),
    t("web.compare_place", { count: shared.filter(([title, here]) => elsewhere(here, there(title))).length }),
    t("web.compare_picture", { count: shared.filter(([title, { picture }]) => picture !== there(title).picture).length }),
  ].join(" · ");
}

/** Lets two shelves scroll together. @param {Element[]} shelves */
function inStep([a, b]) {
  if (!a || !b) return;
  for (const [from, to] of [[a, b], [b, a]]) {
    from?.addEventListener("scroll", () => to && to.scrollLeft !== from.scrollLeft && (to.scrollLeft = from.scrollLeft), { passive: true });
  }
}

function legend() {
  const item = (/** @type {string} */ kind, /** @type {string} */ key) =>
    h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), t(key));
  return h(
    "ul",
    { class: "legend quiet", role: "list" },
    item("only", "web.compare_legend_only"),
    item("shared", "web.compare_legend_both"),
    h("li", {}, h("span", { class: "mark" }, "4·1"), t("web.compare_is_place", { row: 4, place: 1 })),
    item("picture", "web.compare_legend_picture"),
    item("came", "web.compare_legend_new"),
  );
}

/** All about one title: what it is, why it is here, and what to do about it. */

import { h, icon } from "./element.js";
import { episodeName, genre, length, list, number, t, told } from "./texts.js";
import { pictureOf } from "./visit.js";

/** @typedef {import("./shapes.js").Title} Title */
/** @typedef {import("./shapes.js").Place} Place */
/** @typedef {{title: Title, place: Place | null, reason: string | null, progress: number | null,
 *   episode: [number, number] | null, source?: string | undefined}} Subject  source: of plays without a place */
/** @typedef {import("./element.js").IconName} IconName */

const THUMBS = /** @type {[number, IconName, string][]} */ ([
  [-1, "down", "web.thumb_down"],
  [1, "up", "web.thumb_up"],
  [2, "twice", "web.thumb_two_up"],
]);

const LONG = 30; // letters from which a name is set smaller
const MOST = 6; // causes that are told, the strongest; what is left hardly counts
const LEAST = 0.005; // weight of a cause that is told
const CAST = 4; // names told

export class Panel {
  #visit;
  #player;
  #body = h("div", { class: "panel-body" });
  #actions = h("div", { class: "actions" });

  /**
   * @param {Subject} subject
   * @param {import("./visit.js").Visit} visit
   * @param {import("./player.js").Player | null} player  null: nothing can be played here
   * @param {(() => void) | null} close  null: it cannot be closed
   */
  constructor(subject, visit, player, close) {
    this.subject = subject;
    this.#visit = visit;
    this.#player = player;
    this.name = h("h3", { class: "name", dir: "auto" });
    const label = t("web.close");
    const shut = close && h("button", { class: "round close", "aria-label": label, onclick: close }, icon("close"));
    this.element = h("div", { class: "panel", role: "group" }, this.name, shut, this.#body, this.#actions);
    this.show(subject);
  }

  /** Another title, or the same one from another place. @param {Subject} subject */
  show(subject) {
    const same = subject.title.id === this.subject.title.id && this.#body.childElementCount > 0;
    this.subject = subject;
    this.element.setAttribute("aria-label", subject.title.name);
    this.name.textContent = subject.title.name;
    this.name.classList.toggle("long", subject.title.name.length > LONG);
    this.mark();
    if (same) return;
    this.#overview();
    const learnt = () => this.subject.title.id === subject.title.id && (this.mark(), this.#credit());
    this.#visit.learn(subject.title.id).then(learnt, () => {}); // unknown: the buttons stand as nothing said
  }

  /** Puts the cursor on the first thing to do. */
  focus() {
    this.#actions.querySelector("button")?.focus({ preventScroll: true });
  }

  /** Redraws the buttons, keeping the cursor on the one it is on. */
  mark() {
    const focused = [...this.#actions.children].indexOf(/** @type {Element} */ (document.activeElement));
    this.#actions.replaceChildren(...this.#buttons());
    if (focused >= 0) /** @type {HTMLElement} */ (this.#actions.children[focused])?.focus({ preventScroll: true });
  }

  #buttons() {
    const { title, place } = this.subject;
    const subject = { ...this.subject, ...this.#visit.left.get(title.id) };
    const mine = this.#visit.listed.get(title.id) ?? false;
    const thumb = this.#visit.thumbs.get(title.id) ?? 0;
    const resume = subject.progress !== null && subject.progress > 0 && subject.progress < 0.95;
    const player = this.#player;
    const does = (/** @type {() => unknown} */ act) => () => (act(), this.mark());
    const play = player && h("button", { class: "play", onclick: () => player.play(subject) }, icon("play"));
    play?.append(t(resume ? "web.resume" : "web.play"));
    return [
      play,
      round(
        mine ? "check" : "add",
        t("web.my_list"),
        mine,
        does(() => this.#visit.list(title, place)),
      ),
      ...THUMBS.map(([value, name, label]) =>
        round(
          name,
          t(label),
          thumb === value,
          does(() => this.#visit.thumb(title, value, place)),
        ),
      ),
      h("span", { class: "spring" }),
      place && h("button", { class: "link", onclick: () => this.#why(place) }, t("web.why")),
      h("button", { class: "link", onclick: () => this.#similar(title) }, t("web.like")),
    ].filter((button) => button !== null);
  }

  #overview() {
    const { title, reason, episode } = this.subject;
    const runtime = title.runtime ? length(title.runtime) : "";
    const series = title.kind === "series";
    const facts = [
      title.year && h("span", {}, String(title.year)),
      title.maturity && h("span", { class: "maturity", title: t("web.maturity") }, title.maturity),
      runtime && h("span", {}, series ? t("web.an_episode", { length: runtime }) : runtime),
      series && h("span", {}, t("web.series")),
      episode && h("span", { class: "strong" }, episodeName(episode)),
    ];
    this.#body.replaceChildren(
      h("p", { class: "facts" }, ...facts.map((fact) => fact || null)),
      h("p", { class: "genres" }, title.genres.map(genre).join(" · ")),
      title.synopsis ? h("p", { class: "synopsis", dir: "auto" }, title.synopsis) : "",
      reason ? h("p", { class: "reason", dir: "auto" }, reason) : "",
      h("p", { class: "credits", dir: "auto" }),
    );
    this.#credit();
  }

  /** Who made it, once that is known. */
  #credit() {
    const [directors = [], cast = []] = this.#visit.credits.get(this.subject.title.id) ?? [];
    const credits = [
      directors.length > 0 && t("web.directed_by", { names: list(directors) }),
      cast.length > 0 && t("web.with", { names: list(cast.slice(0, CAST)) }),
    ];
    this.#body.querySelector(".credits")?.replaceChildren(credits.filter(Boolean).join(" · "));
  }

  /** @param {Place} place */
  async #why({ impression, slot }) {
    await this.#detail(t("web.why"), async () => {
      const path = this.#visit.path(`/v1/why/${encodeURIComponent(impression)}/${slot}`);
      const { causes: all, place, picture, editor } = /** @type {import("./shapes.js").Why} */ (
        await this.#visit.client.call(path)
      );
      const causes = all.filter(({ weight }) => Math.abs(weight) >= LEAST).slice(0, MOST);
      const most = Math.max(...causes.map((cause) => Math.abs(cause.weight)), 1e-9);
      const bars = causes.map((cause) => bar(cause.name, cause.weight, most));
      const heading = h("h4", { class: "why-heading" }, t("web.causes"));
      const said = [...term(t("web.place"), place), ...term(t("web.picture"), picture), ...term("", editor ?? "")];
      const spoke = bars.length > 0 && h("div", {}, heading, h("ul", { class: "causes", role: "list" }, ...bars));
      return [h("div", { class: "why" }, spoke, h("dl", { class: "story" }, ...said))];
    });
  }

  /** @param {Title} title */
  async #similar(title) {
    await this.#detail(t("web.like"), async () => {
      const path = `/v1/titles/${encodeURIComponent(title.id)}/similar`;
      const { profile } = this.#visit;
      const titles = /** @type {Title[]} */ (
        (await this.#visit.client.call(this.#visit.path(path, { profile, n: 12 }))).titles
      );
      if (titles.length === 0) return [h("p", {}, t("web.like_none"))];
      const reason = t("web.like_reason", { title: title.name });
      const open = (/** @type {Title} */ t) => () =>
        this.show({ title: t, place: null, reason, progress: null, episode: null });
      const all = `#/${encodeURIComponent(profile)}/like/${encodeURIComponent(title.id)}`;
      const items = titles.map((t) => h("li", {}, thumbnail(t, open(t))));
      items.push(h("li", {}, h("a", { class: "thumbnail all", href: all }, t("web.like_all"))));
      return [h("ul", { class: "similar", role: "list" }, ...items)];
    });
  }

  /** @param {string} heading @param {() => Promise<(Node | string)[]>} load */
  async #detail(heading, load) {
    const title = this.subject.title.id;
    const back = h("button", { class: "link back", onclick: () => this.#overview() }, icon("left"), heading);
    this.#body.replaceChildren(back, h("p", { class: "quiet" }, t("web.moment")));
    back.focus({ preventScroll: true });
    const content = await load().catch((error) => [h("p", { class: "quiet" }, told(error))]);
    if (this.subject.title.id === title && back.isConnected) this.#body.replaceChildren(back, ...content);
    if (document.activeElement === document.body) back.focus({ preventScroll: true });
  }
}

/** @param {IconName} name @param {string} label @param {boolean} pressed @param {() => void} act */
function round(name, label, pressed, act) {
  const state = { "aria-label": label, title: label, "aria-pressed": String(pressed) };
  return h("button", { class: "round", ...state, onclick: act }, icon(name));
}

/** @param {string} name @param {number} weight @param {number} most */
function bar(name, weight, most) {
  const length = h("span", { class: "bar" });
  length.style.width = `${Math.max(2, (100 * Math.abs(weight)) / most)}%`;
  length.classList.toggle("against", weight < 0);
  return h(
    "li",
    {},
    h("span", { class: "cause", dir: "auto", title: name }, name),
    h("span", { class: "bar-room" }, length),
    h("span", { class: "quiet" }, number(weight, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace("-", "−")),
  );
}

/** @param {string} term @param {string} text */
function term(term, text) {
  return text ? [h("dt", {}, term), h("dd", { dir: "auto" }, text)] : [];
}

/** @param {Title} title @param {() => void} open */
function thumbnail(title, open) {
  const picture = h("img", { src: pictureOf(title), alt: "", loading: "lazy" });
  return h("button", { class: "thumbnail", "aria-label": title.name, title: title.name, onclick: open }, picture);
}

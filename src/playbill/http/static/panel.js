/** All about one title: what it is, why it is here, and what to do about it. */

import { getSimilar, getWhy } from "./api.js";
import { h, icon } from "./element.js";

/** @typedef {import("./api.js").Title} Title */
/** @typedef {{title: Title, place: import("./api.js").Place | null, reason: string | null,
 *   progress: number | null, episode: [number, number] | null}} Subject */
/** @typedef {import("./element.js").IconName} IconName */

const THUMBS = /** @type {[number, IconName, string][]} */ ([
  [-1, "down", "Not for me"],
  [1, "up", "I like this"],
  [2, "twice", "I love this"],
]);

const LONG = 30; // letters from which a name is set smaller
const MOST = 6; // causes that are told, the strongest; what is left hardly counts

/** A length such as 1 h 57 min. @param {number} seconds */
export function length(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Season and episode, short. @param {[number, number]} episode */
export function episodeName([season, number]) {
  return `S${season} E${number}`;
}

export class Panel {
  #visit;
  #player;
  #body = h("div", { class: "panel-body" });
  #actions = h("div", { class: "actions" });

  /**
   * @param {Subject} subject
   * @param {import("./visit.js").Visit} visit
   * @param {import("./player.js").Player} player
   * @param {(() => void) | null} close  null: it cannot be closed
   */
  constructor(subject, visit, player, close) {
    this.subject = subject;
    this.#visit = visit;
    this.#player = player;
    this.name = h("h3", { class: "name", dir: "auto" });
    const shut = close && h("button", { class: "round close", "aria-label": "Close", onclick: close }, icon("close"));
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
    const learnt = () => this.subject.title.id === subject.title.id && this.mark();
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
    const does = (/** @type {() => unknown} */ act) => () => (act(), this.mark());
    return [
      h(
        "button",
        { class: "play", onclick: () => this.#player.play(subject) },
        icon("play"),
        resume ? "Resume" : "Play",
      ),
      round(
        mine ? "check" : "add",
        "My list",
        mine,
        does(() => this.#visit.list(title, place)),
      ),
      ...THUMBS.map(([value, name, label]) =>
        round(
          name,
          label,
          thumb === value,
          does(() => this.#visit.thumb(title, value, place)),
        ),
      ),
      h("span", { class: "spring" }),
      place && h("button", { class: "link", onclick: () => this.#why(place) }, "Why this?"),
      h("button", { class: "link", onclick: () => this.#similar(title) }, "More like this"),
    ].filter((button) => button !== null);
  }

  #overview() {
    const { title, reason, episode } = this.subject;
    const facts = [
      title.year && h("span", {}, String(title.year)),
      title.maturity && h("span", { class: "maturity", title: "Maturity rating" }, title.maturity),
      title.runtime && h("span", {}, length(title.runtime) + (title.kind === "series" ? " an episode" : "")),
      title.kind === "series" && h("span", {}, "Series"),
      episode && h("span", { class: "strong" }, episodeName(episode)),
    ];
    this.#body.replaceChildren(
      h("p", { class: "facts" }, ...facts.map((fact) => fact || null)),
      h("p", { class: "genres" }, title.genres.join(" · ")),
      title.synopsis ? h("p", { class: "synopsis", dir: "auto" }, title.synopsis) : "",
      reason ? h("p", { class: "reason", dir: "auto" }, reason) : "",
    );
  }

  /** @param {import("./api.js").Place} place */
  async #why(place) {
    await this.#detail("Why this?", async () => {
      const { causes: all, place: where, picture } = await getWhy(place);
      const causes = all.slice(0, MOST);
      const most = Math.max(...causes.map((cause) => Math.abs(cause.weight)), 1e-9);
      const bars = causes.map((cause) => bar(cause.name, cause.weight, most));
      const story = h("dl", { class: "story" }, ...told("Place", where), ...told("Picture", picture));
      return [h("div", { class: "why" }, bars.length > 0 ? h("ul", { class: "causes" }, ...bars) : null, story)];
    });
  }

  /** @param {Title} title */
  async #similar(title) {
    await this.#detail("More like this", async () => {
      const titles = await getSimilar(title.id, this.#visit.profile);
      const open = (/** @type {Title} */ t) => () =>
        this.show({ title: t, place: null, reason: `Like ${title.name}`, progress: null, episode: null });
      const items = titles.map((t) => h("li", {}, thumbnail(t, open(t))));
      return [
        items.length > 0 ? h("ul", { class: "similar" }, ...items) : h("p", {}, "Nothing is close enough to say so."),
      ];
    });
  }

  /** @param {string} heading @param {() => Promise<(Node | string)[]>} load */
  async #detail(heading, load) {
    const title = this.subject.title.id;
    const back = h("button", { class: "link back", onclick: () => this.#overview() }, icon("left"), heading);
    this.#body.replaceChildren(back, h("p", { class: "quiet" }, "One moment…"));
    back.focus({ preventScroll: true });
    const content = await load().catch((error) => [h("p", { class: "quiet" }, error.message)]);
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
    h("span", { class: "quiet" }, weight.toFixed(2).replace("-", "−")),
  );
}

/** @param {string} term @param {string} text */
function told(term, text) {
  return text ? [h("dt", {}, term), h("dd", { dir: "auto" }, text)] : [];
}

/** @param {Title} title @param {() => void} open */
function thumbnail(title, open) {
  const url = title.artwork?.url ?? `/v1/posters/${encodeURIComponent(title.id)}/0.svg`;
  const picture = h("img", { src: url, alt: "", loading: "lazy" });
  return h("button", { class: "thumbnail", "aria-label": title.name, title: title.name, onclick: open }, picture);
}

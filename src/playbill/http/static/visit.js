/** One profile's visit: its session, what it has said about titles, and what it does. */

import { getStanding, newId } from "./api.js";
import { Outbox } from "./outbox.js";
import { toast } from "./toast.js";
import { Views } from "./views.js";

/** @typedef {import("./api.js").Title} Title */
/** @typedef {import("./api.js").Place} Place */
/** @typedef {import("./api.js").Event} Event */
/** @typedef {Pick<import("./api.js").Standing, "progress" | "episode">} Left */

const IDLE = 30 * 60 * 1000; // ms without a request after which a session has ended
const SAID = { [-1]: "Not for you", 0: "Thumb taken back", 1: "You like this", 2: "You love this" };

export class Visit {
  /** @type {Map<string, number>} by title: -1 down, 1 up, 2 two up */ thumbs = new Map();
  /** @type {Map<string, boolean>} by title: on the member's list */ listed = new Map();
  /** @type {Map<string, Left>} by title: where it was left */ left = new Map();
  /** @type {() => Promise<void>} fetches the page again */ refresh = async () => {};
  /** @type {(title: string) => void} takes a title off the page at once */ drop = () => {};

  /** @param {string} profile */
  constructor(profile) {
    this.profile = profile;
    this.outbox = new Outbox(profile, () => this.session());
    this.views = new Views(this.outbox);
  }

  /** The session's id, kept over reloads of the page, new after half an hour of silence. */
  session() {
    const name = `session of ${this.profile}`;
    const { id, last } = JSON.parse(sessionStorage.getItem(name) ?? "{}");
    const current = id && Date.now() - last < IDLE ? id : newId();
    sessionStorage.setItem(name, JSON.stringify({ id: current, last: Date.now() }));
    return current;
  }

  /** A thumb; again, and it is taken back. @param {Title} title @param {number} value @param {Place | null} place */
  thumb(title, value, place) {
    const before = this.thumbs.get(title.id) ?? 0;
    const after = /** @type {-1 | 0 | 1 | 2} */ (before === value ? 0 : value);
    this.thumbs.set(title.id, after);
    if (after === -1) this.drop(title.id);
    const event = { kind: "thumbs", title: title.id, value: after, ...from(place) };
    return this.act(event, `${SAID[after]}: ${title.name}`, () => this.thumbs.set(title.id, before));
  }

  /** On the list, or off it. @param {Title} title @param {Place | null} place */
  list(title, place) {
    const had = this.listed.get(title.id) ?? false;
    this.listed.set(title.id, !had);
    const event = { kind: had ? "list_remove" : "list_add", title: title.id, ...from(place) };
    return this.act(event, `${title.name} is ${had ? "off" : "on"} your list`, () => this.listed.set(title.id, had));
  }

  /** Asks once where the profile stands with a title; what was said meanwhile stands. @param {string} title */
  async learn(title) {
    if (this.thumbs.has(title) && this.listed.has(title) && this.left.has(title)) return;
    const { thumb, listed, progress, episode } = await getStanding(title, this.profile);
    if (!this.thumbs.has(title)) this.thumbs.set(title, thumb);
    if (!this.listed.has(title)) this.listed.set(title, listed);
    if (!this.left.has(title)) this.left.set(title, { progress, episode });
  }

  /**
   * Does what the page must answer: sends the event, offers to undo it for ten seconds, and fetches the page again.
   * @param {Event} event @param {string} text @param {() => void} [revert]  puts back what this page remembers
   */
  async act(event, text, revert) {
    const { id } = this.outbox.record(event);
    toast(text, async () => {
      revert?.();
      this.outbox.record({ kind: "undo", target: id });
      await this.settle();
    });
    await this.settle(revert);
  }

  /** Sends what is known by now, then fetches the page that follows from it. @param {() => void} [revert] */
  async settle(revert) {
    this.views.flush();
    const outcome = await this.outbox.flush();
    if (outcome === "waiting") toast("That could not be saved yet. It will be tried again.");
    if (outcome === "refused") {
      revert?.();
      toast("The service refused that.");
    }
    await this.refresh();
  }

  /** Sends what is left, for the page is closing or another profile begins. */
  leave() {
    this.views.flush();
    this.outbox.flush(true);
  }

  end() {
    this.views.stop();
    this.leave();
  }
}

/** Where an action came from, as events say it. @param {Place | null} place */
export function from(place) {
  return place ? { source: place.impression, slots: [place.slot] } : {};
}

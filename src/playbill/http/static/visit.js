/** One profile's visit: what it has said about titles, and what it does. */

import { Playbill } from "./playbill.js";
import { language, t } from "./texts.js";
import { toast } from "./toast.js";

/** @typedef {import("./shapes.js").Title} Title */
/** @typedef {import("./shapes.js").Place} Place */
/** @typedef {import("./playbill.js").Action} Action */
/** @typedef {Pick<import("./shapes.js").Standing, "progress" | "episode">} Left */
/** @typedef {{refresh: (after: string) => Promise<void>, drop: (title: string) => void}} Follower
 *   refresh: fetches what it shows again, after what was said; drop: takes a title out at once */

const SAID = { [-1]: "web.said_down", 0: "web.said_none", 1: "web.said_up", 2: "web.said_two_up" };

/** The picture of a title in a list. @param {Title} title */
export const pictureOf = (title) => title.artwork?.url ?? `/v1/posters/${encodeURIComponent(title.id)}/0.svg`;

export class Visit {
  /** @type {Map<string, number>} by title: -1 down, 1 up, 2 two up */ thumbs = new Map();
  /** @type {Map<string, boolean>} by title: on the member's list */ listed = new Map();
  /** @type {Map<string, Left>} by title: where it was left */ left = new Map();
  /** @type {Map<string, string[][]>} by title: who made it, directors and cast */ credits = new Map();
  /** @type {Set<Follower>} what shows titles now */ followers = new Set();

  /** @param {string} profile */
  constructor(profile) {
    this.profile = profile;
    this.client = new Playbill({ profile });
  }

  /** A route about this profile. @param {string} path  with {profile} @param {Record<string, string | number>} [query] */
  path(path, query = {}) {
    const asked = Object.entries({ ...query, language }).map(([name, value]) => [name, String(value)]);
    return `${path.replace("{profile}", encodeURIComponent(this.profile))}?${new URLSearchParams(asked)}`;
  }

  /** A thumb; again, and it is taken back. @param {Title} title @param {number} value @param {Place | null} place */
  thumb(title, value, place) {
    const before = this.thumbs.get(title.id) ?? 0;
    const after = /** @type {-1 | 0 | 1 | 2} */ (before === value ? 0 : value);
    this.thumbs.set(title.id, after);
    if (after === -1) this.drop(title.id);
    const event = { kind: "thumbs", title: title.id, value: after, ...from(place) };
    return this.act(event, t(SAID[after], { title: title.name }), () => this.thumbs.set(title.id, before));
  }

  /** On the list, or off it. @param {Title} title @param {Place | null} place */
  list(title, place) {
    const had = this.listed.get(title.id) ?? false;
    this.listed.set(title.id, !had);
    const event = { kind: had ? "list_remove" : "list_add", title: title.id, ...from(place) };
    const said = t(had ? "web.unlisted" : "web.listed", { title: title.name });
    return this.act(event, said, () => this.listed.set(title.id, had));
  }

  /** Asks once about a title and where the profile stands with it; what was said meanwhile stands. @param {string} title */
  async learn(title) {
    if (this.credits.has(title) && this.thumbs.has(title) && this.listed.has(title) && this.left.has(title)) return;
    const path = this.path(`/v1/titles/${encodeURIComponent(title)}`, { profile: this.profile });
    const { title: whole, member } = await this.client.call(path);
    const { thumb, listed, progress, episode } = member;
    this.credits.set(title, [whole.directors, whole.cast]);
    if (!this.thumbs.has(title)) this.thumbs.set(title, thumb);
    if (!this.listed.has(title)) this.listed.set(title, listed);
    if (!this.left.has(title)) this.left.set(title, { progress, episode });
  }

  /**
   * Does what the page must answer: sends the event, offers to undo it for ten seconds, and shows what follows from it.
   * @param {Action} event @param {string} text @param {() => void} [revert]  puts back what this page remembers
   */
  async act(event, text, revert) {
    const { id } = this.client.record(event);
    toast(text, async () => {
      revert?.();
      this.client.record({ kind: "undo", target: id });
      await this.settle(t("web.undo"));
    });
    await this.settle(text, revert);
  }

  /** Sends what is known by now, then shows what follows. @param {string} [after] @param {() => void} [revert] */
  async settle(after = "", revert) {
    const outcome = await this.client.flush();
    if (outcome === "waiting") toast(t("web.not_saved"));
    if (outcome === "refused") {
      revert?.();
      toast(t("web.refused"));
    }
    await Promise.all([...this.followers].map((follower) => follower.refresh(after)));
  }

  /** @param {string} title */
  drop(title) {
    for (const follower of this.followers) follower.drop(title);
  }
}

/** Where an action came from, as events say it. @param {Place | null} place */
export function from(place) {
  return place ? { source: place.impression, slots: [place.slot] } : {};
}

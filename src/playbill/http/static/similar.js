/** More like one title, as a page of its own: the title on top, what is like it below. */

import { Opener } from "./card.js";
import { h } from "./element.js";
import { Panel } from "./panel.js";
import { described } from "./profiles.js";
import { Row } from "./row.js";
import { slotsOf } from "./search.js";
import { t } from "./texts.js";
import { pictureOf } from "./visit.js";

const MOST = 60; // titles

export class Similar {
  #visit;
  #player;
  #title;
  #name = "";
  #opener = new Opener();
  #row;

  /** @param {import("./visit.js").Visit} visit @param {import("./player.js").Player} player @param {string} title */
  constructor(visit, player, title) {
    this.#visit = visit;
    this.#player = player;
    this.#title = title;
    this.#row = new Row("similar", visit, player, this.#opener.toggle, true);
    this.element = h("div", { class: "page similar-page" });
    visit.followers.add(this);
  }

  /** Fetches it for the first time. Returns what the frame around it says. */
  async load() {
    const { client, profile } = this.#visit;
    const path = `/v1/titles/${encodeURIComponent(this.#title)}`;
    const { title, artwork } = await client.call(this.#visit.path(path, { profile }));
    this.#name = String(title.name);
    await this.#fetch();
    const subject = { title, place: null, reason: null, progress: null, episode: null };
    const panel = new Panel(subject, this.#visit, this.#player, null);
    panel.name.setAttribute("aria-level", "2");
    const picture = h("img", { class: "large", src: artwork?.url ?? pictureOf(title), alt: "", width: 240, height: 360 });
    const heading = h("h1", { class: "unseen" }, t("web.like_title", { title: title.name }));
    this.element.replaceChildren(heading, h("section", { class: "billboard low" }, picture, panel.element), this.#row.element);
    return { ...(await described(this.#visit)), heading: this.#name };
  }

  async refresh() {
    await this.#fetch().catch((error) => console.error(error)); // it stands as it was
  }

  async #fetch() {
    const path = `/v1/titles/${encodeURIComponent(this.#title)}/similar`;
    const { titles } = await this.#visit.client.call(this.#visit.path(path, { profile: this.#visit.profile, n: MOST }));
    const text = titles.length > 0 ? t("web.like_title", { title: this.#name }) : t("web.like_none");
    const heading = { key: "", facts: { title: this.#name } };
    this.#row.update({ kind: "results", text, heading, reason: "", slots: slotsOf(titles) }, { impression: null });
  }

  /** @param {string} title */
  drop(title) {
    this.#row.drop(title);
  }

  close() {
    return this.#opener.close();
  }

  stop() {
    this.#visit.followers.delete(this);
    this.close();
  }
}

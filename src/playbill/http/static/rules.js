/** "Your page, your rules": what the page is made from, and what its member may do about it. */

import { fadeOut, h, icon } from "./element.js";
import { address, described } from "./profiles.js";
import { date, episodeName, has, percent, t, told } from "./texts.js";
import { hideToast, toast } from "./toast.js";
import { pictureOf } from "./visit.js";

/** @typedef {import("./shapes.js").Entry} Entry */
/** @typedef {import("./shapes.js").Control} Control */
/** @typedef {import("./element.js").IconName} IconName */

const CHUNK = 24; // entries of the history in one request
const THUMBS = /** @type {Record<number, [IconName, string]>} */ ({
  [-1]: ["down", "web.thumb_down"],
  1: ["up", "web.thumb_up"],
  2: ["twice", "web.thumb_two_up"],
});

export class Rules {
  #visit;
  #end;
  #name = "";
  /** @type {string | null} */ #cursor = null;
  #entries = h("ul", { class: "entries", role: "list" });
  #below = h("div", { class: "entries-below" });
  #controls = h("div", { class: "controls" });

  /** @param {import("./visit.js").Visit} visit @param {(forget: boolean) => void} end  ends the visit */
  constructor(visit, end) {
    this.#visit = visit;
    this.#end = end;
    this.element = h("div", { class: "rules" });
    visit.followers.add(this);
  }

  /** Fetches what there is. Returns what the frame around it says. */
  async load() {
    const about = await described(this.#visit);
    this.#name = about.name;
    const [controls] = await Promise.all([this.#call("/v1/profiles/{profile}/controls"), this.refresh()]);
    this.#controls.replaceChildren(...controls.controls.map((/** @type {Control} */ each) => this.#control(each)));
    const href = this.#visit.path("/v1/profiles/{profile}/export");
    const exported = h("a", { class: "button", href, download: true }, t("web.export_do"));
    const reset = h("button", { class: "button", onclick: () => this.#reset() }, t("web.reset_do"));
    const erase = h("button", { class: "button danger", onclick: () => this.#erase() }, t("web.erase_do"));
    this.element.replaceChildren(
      h("header", {}, h("h1", {}, t("web.rules")), h("p", { class: "quiet" }, t("web.rules_intro", { name: this.#name }))),
      section("history", t("web.history_note"), this.#entries, this.#below),
      h(
        "div",
        { class: "rules-side" },
        section("controls", "", this.#controls),
        section("export", t("web.export_note"), exported),
        section("reset", t("web.reset_note"), reset),
        section("erase", t("web.erase_note"), erase),
      ),
    );
    return { ...about, heading: t("web.rules") };
  }

  /** Fetches the history anew. */
  async refresh() {
    this.#cursor = null;
    await this.#more(true);
  }

  drop() {} // a thumb does not take a title out of the history

  close() {
    return false;
  }

  stop() {
    this.#visit.followers.delete(this);
    document.querySelector("dialog")?.remove();
  }

  /** @param {string} path @param {RequestInit} [init] */
  #call(path, init) {
    return this.#visit.client.call(this.#visit.path(path), init);
  }

  /** @param {boolean} anew  whether the list begins again */
  async #more(anew) {
    const query = { n: CHUNK, ...(this.#cursor && { cursor: this.#cursor }) };
    const path = this.#visit.path("/v1/profiles/{profile}/history", query);
    const { entries, cursor, withheld = 0 } = await this.#visit.client.call(path);
    this.#cursor = cursor;
    const items = entries.map((/** @type {Entry} */ entry) => this.#entry(entry));
    const here = document.activeElement?.closest(".entry")?.getAttribute("data-title");
    if (anew) this.#entries.replaceChildren(...items);
    else this.#entries.append(...items);
    const same = here && this.#entries.querySelector(`[data-title="${CSS.escape(here)}"] button`);
    if (same instanceof HTMLElement) same.focus({ preventScroll: true });
    const empty = this.#entries.childElementCount === 0 && !withheld;
    const further = h("button", { class: "button", onclick: () => this.#further(items.length) }, t("web.history_more"));
    this.#below.replaceChildren(
      empty ? h("p", { class: "quiet" }, t("web.history_none")) : "",
      withheld ? h("p", { class: "quiet" }, t("web.history_withheld", { count: withheld })) : "",
      cursor ? further : "",
    );
  }

  async #further() {
    const before = this.#entries.childElementCount;
    await this.#more(false).catch((error) => toast(told(error)));
    /** @type {HTMLElement | null | undefined} */ (this.#entries.children[before]?.querySelector("button"))?.focus();
  }

  /** @param {Entry} entry */
  #entry({ title, last, plays, progress, season, episode, thumb, completed }) {
    const said = THUMBS[thumb];
    const facts = [
      last ? t("web.history_last", { date: date(last) }) : "",
      plays > 1 ? t("web.history_plays", { count: plays }) : "",
      season && episode ? episodeName([season, episode]) : "",
      completed ? t("web.history_completed") : progress ? t("web.watched_share", { share: percent(progress) }) : "",
    ].filter(Boolean);
    const remove = () => this.#remove(title, item);
    const label = t("web.history_remove", { title: title.name });
    const item = h(
      "li",
      { class: "entry", "data-title": title.id },
      h("img", { src: pictureOf(title), alt: "", width: 48, height: 72, loading: "lazy" }),
      h("div", {}, h("p", { class: "strong", dir: "auto" }, title.name), h("p", { class: "quiet" }, facts.join(" · "))),
      said ? h("span", { class: "said", role: "img", "aria-label": t(said[1]), title: t(said[1]) }, icon(said[0])) : h("span"),
      h("button", { class: "button small", "aria-label": label, onclick: remove }, t("web.remove")),
    );
    return item;
  }

  /** @param {import("./shapes.js").Title} title @param {HTMLElement} item */
  #remove(title, item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector("button"))?.focus();
    fadeOut(item);
    this.#visit.act({ kind: "remove_from_history", title: title.id }, t("web.removed", { title: title.name }));
  }

  /** @param {Control} control */
  #control({ name, value, values }) {
    const key = `web.control.${name}`;
    const label = has(key) ? t(key) : name;
    const outcome = h("p", { class: "outcome", role: "status" });
    const onchange = async (/** @type {any} */ event) => {
      const body = JSON.stringify({ value: event.target.value });
      const path = `/v1/profiles/{profile}/controls/${encodeURIComponent(name)}`;
      try {
        await this.#call(path, { method: "PUT", body });
        value = event.target.value;
        const does = `${key}.${value}`;
        outcome.textContent = has(does) ? t(does) : t("web.control_set", { control: label, value });
      } catch (error) {
        options.querySelectorAll("input").forEach((input) => (input.checked = input.value === value));
        outcome.textContent = told(error);
      }
    };
    const options = h("div", { class: "options", onchange });
    for (const each of values) {
      const input = h("input", { type: "radio", name, value: each, checked: each === value });
      options.append(h("label", {}, input, h("span", {}, has(`web.${each}`) ? t(`web.${each}`) : each)));
    }
    const note = has(`${key}.note`) ? h("p", { class: "quiet" }, t(`${key}.note`)) : "";
    return h("fieldset", { class: "control" }, h("legend", {}, label), note, options, outcome);
  }

  async #reset() {
    const warning = t("web.reset_warn", { name: this.#name });
    if (!(await ask(t("web.reset_ask"), warning, t("web.reset_do")))) return;
    try {
      await this.#visit.client.flush(); // what was done before comes before
      await this.#call("/v1/profiles/{profile}/reset", { method: "POST" });
      for (const known of [this.#visit.thumbs, this.#visit.listed, this.#visit.left]) known.clear();
      toast(t("web.reset_done"));
      await this.refresh();
    } catch (error) {
      toast(told(error));
    }
  }

  async #erase() {
    if (!(await ask(t("web.erase_ask", { name: this.#name }), t("web.erase_warn"), t("web.erase_yes")))) return;
    try {
      const { events, remains } = await this.#call("/v1/profiles/{profile}", { method: "DELETE" });
      this.#end(true); // what was not sent yet would bring the profile back
      hideToast();
      document.querySelector(".top-end")?.replaceChildren();
      const on = h("a", { class: "play", href: address() }, t("web.who"));
      const gone = h("h1", { tabindex: -1 }, t("web.erased", { name: this.#name }));
      const count = h("p", {}, t("web.erased_events", { count: events }));
      this.element.replaceChildren(h("div", { class: "message" }, gone, count, h("p", { class: "quiet", dir: "auto" }, remains), on));
      gone.focus();
    } catch (error) {
      toast(told(error));
    }
  }
}

/** @param {string} name @param {string} note @param {...HTMLElement} content */
function section(name, note, ...content) {
  const heading = h("h2", { id: `rules-${name}` }, t(`web.${name}`));
  const said = note && h("p", { class: "quiet" }, note);
  return h("section", { class: `rule rule-${name}`, "aria-labelledby": heading.id }, heading, said || null, ...content);
}

/** Asks before something that cannot be undone. @param {string} question @param {string} warning @param {string} yes @returns {Promise<boolean>} */
function ask(question, warning, yes) {
  const heading = h("h2", { id: "question" }, question);
  const text = h("p", { id: "warning" }, warning);
  const cancel = h("button", { class: "button", value: "", autofocus: true }, t("web.cancel"));
  const form = h("form", { method: "dialog", class: "answers" }, cancel, h("button", { class: "button danger", value: "yes" }, yes));
  const labels = { class: "box", role: "alertdialog", "aria-labelledby": heading.id, "aria-describedby": text.id };
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", labels, heading, text, form));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => (dialog.remove(), answer(dialog.returnValue === "yes")));
  });
}

/** A player that only pretends: a minute of film goes by each second, and the events are those of a real one. */

import { h, icon } from "./element.js";
import { episodeName, t } from "./texts.js";
import { from } from "./visit.js";

/** @typedef {import("./panel.js").Subject} Subject */
/** @typedef {import("./element.js").IconName} IconName */
/** @typedef {{subject: Subject, id: string, started: number, length: number}} Play  started: `at` of the play event */

const SPEED = 60; // seconds of film in a second
const REPORT = 5000; // ms between two progress events
const SKIP = 600; // seconds of film
const ABANDONED = 0.1; // stopped before this share of the film: abandoned
const USUAL = 90 * 60; // seconds, where the length is not known

export class Player {
  /** @type {Play | null} */ #play = null;
  #visit;
  #position = 0; // seconds into the film
  #watched = 0; // seconds really watched in this play
  #running = false;
  #clock = 0; // performance.now() when position was last brought up to date
  #reported = 0;
  #timer = 0;
  #element = /** @type {HTMLElement} */ (document.querySelector(".player"));
  #pause = h("button", { class: "round", onclick: () => this.toggle() });
  #name = h("span", { class: "player-name", dir: "auto" });
  #time = h("span", { class: "time" });
  #done = h("span");
  #bar = h("div", { class: "track", role: "progressbar", "aria-label": t("web.watched") }, this.#done);

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.#visit = visit;
    this.#element.setAttribute("aria-label", t("web.player"));
    const skip = button("skip", t("web.skip_ahead"), () => this.#skip());
    const finish = button("finish", t("web.to_the_end"), () => this.#complete());
    const stop = button("close", t("web.stop"), () => this.stop());
    this.#element.replaceChildren(this.#pause, this.#name, this.#bar, this.#time, skip, finish, stop);
  }

  /** Starts a title where it was left. @param {Subject} subject */
  play(subject) {
    this.end();
    const length = subject.title.runtime || USUAL;
    const share = subject.progress ?? 0;
    this.#position = share < 0.95 ? share * length : 0;
    this.#watched = 0;
    const source = subject.place ? from(subject.place) : { source: subject.source ?? "direct" };
    const { id, at } = this.#visit.client.record({
      kind: "play",
      ...which(subject),
      value: this.#seconds(),
      ...source,
    });
    this.#play = { subject, id, started: at, length };
    this.#reported = this.#clock = performance.now();
    this.#running = true;
    this.#name.textContent = subject.title.name + (subject.episode ? ` · ${episodeName(subject.episode)}` : "");
    this.#timer = setInterval(() => this.#tick(), 250);
    this.#element.hidden = false;
    document.body.classList.add("playing");
    this.#draw();
  }

  /** Pauses or goes on. */
  toggle() {
    if (!this.#play) return;
    this.#advance();
    this.#running = !this.#running;
    this.#record(this.#running ? "resume" : "pause");
    this.#draw();
  }

  /** Stops, and lets the page answer. */
  stop() {
    this.end();
    this.#visit.settle();
  }

  /** Stops: abandoned if it has hardly begun, otherwise to be continued. */
  end() {
    if (!this.#play) return;
    this.#advance();
    const { subject, length } = this.#play;
    this.#record(this.#position < ABANDONED * length ? "abandon" : "progress");
    this.#visit.left.set(subject.title.id, { progress: this.#position / length, episode: subject.episode });
    this.#close();
  }

  /** The last word of a play when the page closes: where it was. */
  leave() {
    if (!this.#play) return;
    this.#advance();
    this.#record("progress");
  }

  #skip() {
    this.#advance();
    this.#position += SKIP;
    this.#tick();
  }

  #complete() {
    if (!this.#play) return;
    this.#advance();
    const { subject, length } = this.#play;
    this.#watched += length - this.#position;
    this.#position = length;
    const event = this.#event("complete");
    this.#visit.left.delete(subject.title.id);
    this.#close();
    this.#visit.act(event, t("web.finished", { title: subject.title.name }));
  }

  #tick() {
    if (!this.#play) return;
    this.#advance();
    if (this.#position >= this.#play.length) return this.#complete();
    if (this.#running && performance.now() - this.#reported >= REPORT) this.#record("progress");
    this.#draw();
  }

  #advance() {
    const time = performance.now();
    const left = Math.max(0, (this.#play?.length ?? 0) - this.#position);
    const passed = this.#running ? Math.min(left, ((time - this.#clock) / 1000) * SPEED) : 0;
    this.#clock = time;
    this.#position += passed;
    this.#watched += passed;
  }

  /** @param {string} kind */
  #record(kind) {
    this.#reported = performance.now();
    this.#visit.client.record(this.#event(kind));
  }

  /** @param {string} kind @returns {import("./playbill.js").Action} */
  #event(kind) {
    const { subject, id, started } = /** @type {Play} */ (this.#play);
    const watched = Math.round(this.#watched);
    return { kind, ...which(subject), value: this.#seconds(), watched, play: id, started, at: this.#visit.client.now() };
  }

  #seconds() {
    return Math.round(Math.min(this.#position, this.#play?.length ?? this.#position));
  }

  #draw() {
    if (!this.#play) return;
    const share = this.#position / this.#play.length;
    this.#done.style.width = `${Math.min(100, 100 * share)}%`;
    this.#bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    this.#time.textContent = `${clock(this.#position)} / ${clock(this.#play.length)}`;
    const label = t(this.#running ? "web.pause" : "web.go_on");
    if (this.#pause.getAttribute("aria-label") === label) return;
    this.#pause.setAttribute("aria-label", label);
    this.#pause.replaceChildren(icon(this.#running ? "pause" : "play"));
  }

  #close() {
    clearInterval(this.#timer);
    this.#play = null;
    this.#running = false;
    this.#element.hidden = true;
    document.body.classList.remove("playing");
  }
}

/** @param {IconName} name @param {string} label @param {() => void} act */
function button(name, label, act) {
  return h("button", { class: "round", "aria-label": label, title: label, onclick: act }, icon(name));
}

/** The title and, for a series, the episode. @param {Subject} subject */
function which({ title, episode }) {
  return episode ? { title: title.id, season: episode[0], episode: episode[1] } : { title: title.id };
}

/** @param {number} seconds */
function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Events on their way to the service: in batches, in order, and again until they are acknowledged. */

import { ApiError, newId, now, postEvents } from "./api.js";

/** @typedef {import("./api.js").Event} Event */
/** @typedef {"saved" | "waiting" | "refused"} Outcome  waiting: it will be sent again */

const BATCH = 100; // events in one request
const MOST = 500; // events kept while the service cannot be reached; the oldest go first
const WAIT = 1000; // ms before a batch leaves by itself
const AGAIN = 5000; // ms before a failed batch is tried again

export class Outbox {
  /** @type {Event[]} */ #waiting = [];
  /** @type {Event[]} */ #sent = []; // on the wire, not yet acknowledged
  /** @type {Promise<Outcome>} */ #sending = Promise.resolve("saved");
  #timer = 0;
  #profile;
  #session;

  /** @param {string} profile @param {() => string} session */
  constructor(profile, session) {
    this.#profile = profile;
    this.#session = session;
  }

  /**
   * Takes an event, gives it an id and a time, and sends it soon.
   * @param {Event} event
   * @returns {Event & {id: string, at: number}}
   */
  record(event) {
    const whole = { id: newId(), profile: this.#profile, at: now(), session: this.#session(), device: "web", ...event };
    this.#waiting.push(whole);
    this.#waiting.splice(0, this.#waiting.length - MOST);
    this.#later(WAIT);
    return whole;
  }

  /** Sends all that waits. @param {boolean} [leaving]  the page is closing @returns {Promise<Outcome>} */
  flush(leaving = false) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (leaving) this.#waiting.unshift(...this.#sent); // what is on the wire dies with the page; ids make this harmless
    this.#sending = leaving ? this.#send(true) : this.#sending.then(() => this.#send(false));
    return this.#sending;
  }

  /** @param {boolean} leaving @returns {Promise<Outcome>} */
  async #send(leaving) {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      this.#sent = batch;
      try {
        await postEvents(batch, leaving);
      } catch (error) {
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
          console.error("Events were refused:", error.message, batch);
          return "refused";
        }
        this.#waiting.unshift(...batch);
        this.#later(AGAIN);
        return "waiting";
      } finally {
        this.#sent = [];
      }
    }
    return "saved";
  }

  /** @param {number} wait */
  #later(wait) {
    if (!this.#timer) this.#timer = setTimeout(() => this.flush(), wait);
  }
}

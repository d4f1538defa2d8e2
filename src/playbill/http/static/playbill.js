/**
 * A client of playbill for any web page: one file, no dependencies.
 *
 *     const client = new Playbill({ origin: "https://home.example", profile: "mira" });
 *     const page = await client.page({ rows: 12 });
 *     client.shown(tile, page.impression, slot.slot); // sends a view once half of it was visible for a second
 *     client.record({ kind: "play", title: "halflight", source: page.impression, slots: [0], value: 0 });
 *
 * Events get an id and the service's time, leave in batches, and are kept on the device until they are acknowledged:
 * what failed is sent again with the same ids, ever more slowly, also after a reload or a time without a network.
 */

const SOON = 1_000; // ms before events leave by themselves
const SLOWEST = 60_000; // ms between two attempts, at most
const BATCH = 100; // events in one request
const LEAVING = 60_000; // characters of the last request: browsers cut what outlives a page at 64 KiB
const MOST = 500; // events kept while the service cannot be reached; the oldest go first
const IDLE = 30 * 60_000; // ms without a request after which a session has ended
const SEEN = 1_000; // ms that half of a tile must be visible
const TOGETHER = 500; // ms within which views leave in one event

/** @typedef {Record<string, any> & {kind: string}} Action  see docs/events.md; id, at, profile, session are added */
/** @typedef {"saved" | "waiting" | "refused"} Outcome  waiting: it will be sent again */

/** The answer was not what was asked for. `status` 0: the service could not be reached. */
export class ServiceError extends Error {
  /** @param {number} status @param {string} message  what a problem's `detail` says */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A new id. `crypto.randomUUID` is missing where a page comes by plain http. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Playbill {
  #origin; #profile; #key; #device; #kept; #stored;
  #time = 0; #readAt = 0; // the service's clock in ms, and performance.now() when it was read
  /** @type {Map<string, Action & {id: string, at: number}>} not yet acknowledged, the oldest first */ #events = new Map();
  /** @type {Promise<Outcome>} */ #sending = Promise.resolve("saved");
  #timer = 0; #failed = 0;
  /** @type {Map<Element, {place: string, timer: number}>} */ #tiles = new Map();
  #counted = new Set(); #visible = new Map(); #viewTimer = 0;
  #watch = new IntersectionObserver((all) => all.forEach((e) => this.#see(e.target, e.intersectionRatio >= 0.5)),
    { threshold: 0.5 });
  #turned = () => this.#tiles.forEach((_, tile) => (this.#watch.unobserve(tile), this.#watch.observe(tile)));
  #online = () => void this.flush();

  /**
   * @param {{origin?: string, profile?: string, key?: string, device?: string, keep?: boolean}} options
   *   origin: of the service; "" is the page's own. key: for pages behind a login only, for it opens every profile; a
   *   page of the service itself has a cookie. keep: whether events outlive the page in localStorage.
   */
  constructor({ origin = "", profile = "", key, device = "web", keep = true }) {
    [this.#origin, this.#profile, this.#key, this.#device, this.#stored] = [origin, profile, key, device, keep];
    this.#kept = `playbill/${origin}/${encodeURIComponent(profile)}/`;
    if (profile) for (const event of this.#left()) this.#events.set(event.id, event);
    if (this.#events.size) this.#later(SOON);
    addEventListener("online", this.#online);
    document.addEventListener("visibilitychange", this.#turned);
  }

  /** The service's time in ms: events must lie in it, and a device's clock may be wrong. */
  now = () => Math.round((this.#time || performance.timeOrigin) + performance.now() - this.#readAt);

  /** The session's id, kept over reloads, new after half an hour of silence. */
  session() {
    const name = `${this.#kept}session`, { id, last } = JSON.parse(sessionStorage.getItem(name) ?? "{}");
    const current = id && Date.now() - last < IDLE ? id : newId();
    sessionStorage.setItem(name, JSON.stringify({ id: current, last: Date.now() }));
    return current;
  }

  /** A route's answer. Throws ServiceError. @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
  async call(path, init = {}) {
    const headers = { ...(this.#key && { "x-api-key": this.#key }), ...(init.body && { "content-type": "application/json" }) };
    const response = await fetch(this.#origin + path, { headers, ...init }).catch((error) => {
      throw error?.name === "AbortError" ? error : new ServiceError(0, "");
    });
    const body = await response.json().catch(() => null);
    if (!response.ok) throw new ServiceError(response.status, typeof body?.detail === "string" ? body.detail : "");
    if (body?.now > 0) [this.#time, this.#readAt] = [body.now, performance.now()];
    return body;
  }

  /** The profile's page, or the next chunk of it. @param {Record<string, string | number | null | undefined>} [query] @param {AbortSignal} [signal] */
  page(query = {}, signal) {
    const asked = { device: this.#device, session: this.session(), ...query };
    const given = Object.entries(asked).filter(([, value]) => value != null).map(([name, value]) => [name, String(value)]);
    return this.call(`/v1/homepage/${encodeURIComponent(this.#profile)}?${new URLSearchParams(given)}`, { signal });
  }

  /** Takes an event, completes it and sends it soon. @param {Action} action @returns {Action & {id: string, at: number}} */
  record(action) {
    const event = { id: newId(), profile: this.#profile, at: this.now(), session: this.session(), device: this.#device, ...action };
    this.#events.set(event.id, event);
    if (this.#stored) try { localStorage.setItem(this.#kept + event.id, JSON.stringify(event)); } catch { /* full or shut */ }
    for (const id of [...this.#events.keys()].slice(0, -MOST)) this.#done(id);
    this.#later(SOON);
    return event;
  }

  /** Sends all that waits, in order. @returns {Promise<Outcome>} */
  flush() {
    this.#views();
    clearTimeout(this.#timer);
    this.#timer = 0;
    return (this.#sending = this.#sending.then(() => this.#all()));
  }

  /** Sends what it can while the page closes; the rest is sent at the next visit. */
  leave() {
    this.#views();
    const last = [];
    for (const event of this.#events.values()) {
      if (last.length === BATCH || JSON.stringify([...last, event]).length > LEAVING) break;
      last.push(event);
    }
    if (last.length) this.#post(last, true).catch(() => {});
  }

  /** Counts a tile as seen once half of it was visible for a second: one `view` for each place. @param {Element} tile @param {string} impression @param {number} slot */
  shown(tile, impression, slot) {
    const place = `${impression}/${slot}`;
    if (this.#tiles.get(tile)?.place === place) return;
    this.#see(tile, false);
    this.#tiles.set(tile, { place, timer: 0 });
    this.#watch.unobserve(tile); // so that a tile in sight is told of anew
    this.#watch.observe(tile);
  }

  /** Ends: watches nothing, sends what it can. forget: drops what waits instead, for a profile that is erased. */
  end(forget = false) {
    this.#watch.disconnect();
    this.#tiles.forEach(({ timer }) => clearTimeout(timer));
    if (forget) [...this.#events.keys()].forEach((id) => this.#done(id)), this.#visible.clear();
    else this.leave();
    [this.#timer, this.#viewTimer].forEach(clearTimeout);
    removeEventListener("online", this.#online);
    document.removeEventListener("visibilitychange", this.#turned);
  }

  #views() {
    clearTimeout(this.#viewTimer);
    this.#viewTimer = 0;
    const seen = [...this.#visible];
    this.#visible.clear();
    for (const [source, slots] of seen) this.record({ kind: "view", source, slots: slots.toSorted((a, b) => a - b) });
  }

  /** @param {Element} tile @param {boolean} half  whether half of it is in sight */
  #see(tile, half) {
    const known = this.#tiles.get(tile);
    clearTimeout(known?.timer);
    if (known && half) known.timer = setTimeout(() => this.#count(tile, known.place), SEEN);
  }

  /** @param {Element} tile @param {string} place */
  #count(tile, place) {
    if (document.visibilityState !== "visible" || !tile.isConnected) return; // its second starts again when it is back
    if (this.#counted.has(place)) return;
    this.#counted.add(place);
    const at = place.lastIndexOf("/"), impression = place.slice(0, at);
    this.#visible.set(impression, [...(this.#visible.get(impression) ?? []), Number(place.slice(at + 1))]);
    this.#viewTimer ||= setTimeout(() => this.#views(), TOGETHER);
  }

  /** @returns {Promise<Outcome>} */
  async #all() {
    let outcome = /** @type {Outcome} */ ("saved");
    for (let size = BATCH; this.#events.size; ) {
      const batch = [...this.#events.values()].slice(0, size);
      try {
        await this.#post(batch, false);
        size = Math.min(BATCH, 2 * size);
      } catch (error) {
        const status = error instanceof ServiceError ? error.status : 0;
        if (status < 400 || status >= 500 || [401, 403, 408, 429].includes(status)) return this.#again();
        if (batch.length > 1) size = Math.ceil(batch.length / 2); // one of them is refused: find it, keep the others
        else {
          console.error("An event was refused:", error, batch[0]);
          this.#done(batch[0].id);
          outcome = "refused";
        }
      }
    }
    return outcome;
  }

  /** @returns {Outcome} */
  #again() {
    this.#later(Math.min(SLOWEST, SOON * 2 ** this.#failed++) * (0.5 + Math.random() / 2));
    return "waiting";
  }

  /** @param {(Action & {id: string})[]} events @param {boolean} leaving  whether the request outlives the page */
  async #post(events, leaving) {
    await this.call("/v1/events", { method: "POST", body: JSON.stringify(events), keepalive: leaving });
    this.#failed = 0;
    for (const { id } of events) this.#done(id);
  }

  /** @param {string} id */
  #done(id) {
    this.#events.delete(id);
    try { localStorage.removeItem(this.#kept + id); } catch { /* shut */ }
  }

  /** @param {number} wait */
  #later(wait) {
    this.#timer ||= setTimeout(() => this.flush(), wait);
  }

  /** Events that an earlier page could not send, the oldest first. @returns {(Action & {id: string, at: number})[]} */
  #left() {
    try {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.#kept));
      return names.map((name) => JSON.parse(localStorage.getItem(name) ?? "")).sort((a, b) => a.at - b.at).slice(-MOST);
    } catch {
      return []; // storage is shut, or holds something else
    }
  }
}

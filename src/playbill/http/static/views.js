/** What was really seen: slots half visible for one second, rows left upwards, and cards hovered over. */

/** @typedef {import("./api.js").Place} Place */

const SEEN_AFTER = 1000; // ms that a slot must be half visible, and that a hover must last
const TOGETHER = 500; // ms within which views leave in one event

export class Views {
  #outbox;
  /** @type {WeakMap<Element, Place>} */ #places = new WeakMap();
  /** @type {Map<Element, number>} */ #visible = new Map();
  /** @type {Set<string>} */ #counted = new Set();
  /** @type {Map<string, Set<number>>} */ #waiting = new Map();
  /** @type {WeakMap<Element, {impression: string, index: number, shown: boolean, left: boolean}>} */ #rows =
    new WeakMap();
  #timer = 0;
  #slotsSeen = new IntersectionObserver((entries) => entries.forEach((e) => this.#slot(e)), { threshold: 0.5 });
  #rowsSeen = new IntersectionObserver((entries) => entries.forEach((e) => this.#row(e)));

  /** @param {import("./outbox.js").Outbox} outbox */
  constructor(outbox) {
    this.#outbox = outbox;
    document.addEventListener("visibilitychange", this.#turned);
  }

  /** Watches the picture of a slot; a new place starts it anew. @param {Element} element @param {Place} place */
  watch(element, place) {
    const old = this.#places.get(element);
    if (old && old.impression === place.impression && old.slot === place.slot) return;
    this.#leave(element);
    this.#places.set(element, place);
    this.#slotsSeen.unobserve(element);
    this.#slotsSeen.observe(element);
  }

  /** Watches a row be scrolled past. @param {Element} element @param {string} impression @param {number} index */
  watchRow(element, impression, index) {
    const old = this.#rows.get(element);
    if (old && old.impression === impression && old.index === index) return;
    this.#rows.set(element, { impression, index, shown: false, left: false });
    this.#rowsSeen.unobserve(element);
    this.#rowsSeen.observe(element);
  }

  /** Watches for a pointer that rests on a card. @param {HTMLElement} element */
  watchHover(element) {
    let since = 0;
    element.addEventListener(
      "pointerenter",
      (event) => (since = event.pointerType === "mouse" ? performance.now() : 0),
    );
    element.addEventListener("pointerleave", () => {
      const place = this.#places.get(element);
      const rested = performance.now() - since;
      if (since && place && rested > SEEN_AFTER) {
        const value = Math.round(rested / 100) / 10;
        this.#outbox.record({ kind: "hover", source: place.impression, slots: [place.slot], value });
      }
      since = 0;
    });
  }

  /** Hands all views counted so far to the outbox, one event for each page they were seen on. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const [source, slots] of this.#waiting) {
      this.#outbox.record({ kind: "view", source, slots: [...slots].sort((a, b) => a - b) });
    }
    this.#waiting.clear();
  }

  stop() {
    this.flush();
    for (const element of [...this.#visible.keys()]) this.#leave(element);
    this.#slotsSeen.disconnect();
    this.#rowsSeen.disconnect();
    document.removeEventListener("visibilitychange", this.#turned);
  }

  /** @param {IntersectionObserverEntry} entry */
  #slot({ target, isIntersecting, intersectionRatio }) {
    if (isIntersecting && intersectionRatio >= 0.5) this.#enter(target);
    else this.#leave(target);
  }

  /** @param {Element} element */
  #enter(element) {
    clearTimeout(this.#visible.get(element));
    this.#visible.set(
      element,
      setTimeout(() => this.#count(element), SEEN_AFTER),
    );
  }

  /** @param {Element} element */
  #leave(element) {
    clearTimeout(this.#visible.get(element));
    this.#visible.delete(element);
  }

  /** @param {Element} element */
  #count(element) {
    const place = this.#places.get(element);
    if (!place || !element.isConnected || document.visibilityState !== "visible") return;
    const name = `${place.impression}/${place.slot}`;
    if (this.#counted.has(name)) return;
    this.#counted.add(name);
    if (!this.#waiting.has(place.impression)) this.#waiting.set(place.impression, new Set());
    this.#waiting.get(place.impression)?.add(place.slot);
    this.#timer ||= setTimeout(() => this.flush(), TOGETHER);
  }

  /** @param {IntersectionObserverEntry} entry */
  #row({ target, isIntersecting, boundingClientRect, rootBounds }) {
    const row = this.#rows.get(target);
    if (!row) return;
    const above = boundingClientRect.bottom <= (rootBounds?.top ?? 0);
    if (!isIntersecting && above && row.shown && !row.left) {
      row.left = true;
      this.#outbox.record({ kind: "scrolled_past", source: row.impression, value: row.index });
    }
    row.shown ||= isIntersecting;
  }

  /** A page in a hidden tab is not seen: its seconds start again when it comes back. */
  #turned = () => {
    if (document.visibilityState === "visible") for (const element of this.#visible.keys()) this.#enter(element);
    else for (const timer of this.#visible.values()) clearTimeout(timer);
  };
}

/** The service as the page sees it: six calls, its clock, and the shapes of what comes back. */

/** @typedef {{id: string, name: string, account: string, kids: boolean, ceiling: number | null,
 *   made_up: boolean}} Profile */
/** @typedef {{id: string, name: string, year: number | null, kind: string, genres: string[], maturity: string | null,
 *   runtime: number | null, synopsis: string, artwork?: {url: string}}} Title  artwork: in lists of similar titles */
/** @typedef {{thumb: number, listed: boolean, progress: number | null, episode: [number, number] | null}} Standing */
/** @typedef {{slot: number, title: Title, artwork: {variant: number, url: string}, reason: string | null,
 *   progress: number | null, episode: [number, number] | null}} Slot */
/** @typedef {{index: number, kind: string, key: string, heading: {key: string, facts: Record<string, string>},
 *   text: string, reason: string, slots: Slot[]}} RowData */
/** @typedef {{impression: string, profile: Profile, as_of: number, now?: number, notice: string, cursor: string | null,
 *   rows: RowData[]}} PageData */
/** @typedef {{title: Title, causes: {title: string, name: string, weight: number}[],
 *   place: string, picture: string}} Why */
/** @typedef {{impression: string, slot: number}} Place  Where a title stands: a slot of a page as served. */
/** @typedef {Record<string, any> & {kind: string}} Event  See `Action` in events.py; id, at and profile are added. */

/** The answer was not what was asked for. `status` 0: the service could not be reached. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let serverTime = 0; // 0: not known yet
let readAt = 0; // performance.now() when it was read

/** The service's clock in ms: demonstration data may lie years back, and events must lie in the same time. */
export function now() {
  return Math.round((serverTime || performance.timeOrigin) + performance.now() - readAt);
}

/** @param {number} time */
function setClock(time) {
  serverTime = time;
  readAt = performance.now();
}

/** A new id for an event or a session. `crypto.randomUUID` is missing where a page comes by plain http. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function call(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The service cannot be reached.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, told(body) ?? `The service answered ${response.status}.`);
  const time = Number(body?.now ?? response.headers.get("now") ?? (serverTime ? 0 : body?.as_of));
  if (time > 0) setClock(time);
  return body;
}

/** What an error's body says. @param {any} body @returns {string | undefined} */
function told(body) {
  return typeof body?.detail === "string" ? body.detail : undefined; // RFC 9457
}

/** @returns {Promise<Profile[]>} */
export async function getProfiles() {
  return (await call("/v1/profiles?n=200")).profiles;
}

/**
 * @param {string} profile
 * @param {{rows: number, session: string, cursor?: string | null, signal?: AbortSignal}} wish
 * @returns {Promise<PageData>}
 */
export function getPage(profile, { rows, session, cursor, signal }) {
  const query = new URLSearchParams({ rows: String(rows), columns: "24", device: "web", session });
  if (cursor) query.set("cursor", cursor);
  return call(`/v1/homepage/${encodeURIComponent(profile)}?${query}`, { signal });
}

/** @param {Event[]} events @param {boolean} leaving  whether the page is about to close */
export function postEvents(events, leaving) {
  const headers = { "content-type": "application/json" };
  return call("/v1/events", { method: "POST", headers, body: JSON.stringify(events), keepalive: leaving });
}

/** @param {Place} place @returns {Promise<Why>} */
export function getWhy({ impression, slot }) {
  return call(`/v1/why/${encodeURIComponent(impression)}/${slot}`);
}

/** @param {string} title @param {string} profile @returns {Promise<Title[]>} */
export async function getSimilar(title, profile) {
  const query = new URLSearchParams({ profile, n: "12" });
  return (await call(`/v1/titles/${encodeURIComponent(title)}/similar?${query}`)).titles;
}

/** Where a profile stands with a title. @param {string} title @param {string} profile @returns {Promise<Standing>} */
export async function getStanding(title, profile) {
  const query = new URLSearchParams({ profile });
  return (await call(`/v1/titles/${encodeURIComponent(title)}?${query}`)).member;
}

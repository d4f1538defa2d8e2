/** The shapes of what the service answers. Types only: this file is never loaded. */

/** @typedef {{id: string, name: string, account: string, kids: boolean, ceiling: number | null,
 *   made_up: boolean}} Profile */
/** @typedef {{id: string, name: string, year: number | null, kind: string, genres: string[], maturity: string | null,
 *   runtime: number | null, synopsis: string, artwork?: {url: string}}} Title  artwork: in lists of titles */
/** @typedef {{thumb: number, listed: boolean, progress: number | null, episode: [number, number] | null}} Standing */
/** @typedef {{slot: number, title: Title, artwork: {variant: number, url: string}, reason: string | null,
 *   progress: number | null, episode: [number, number] | null}} Slot */
/** @typedef {{index: number, kind: string, key: string, heading: {key: string, facts: Record<string, string>},
 *   text: string, reason: string, slots: Slot[]}} RowData */
/** @typedef {{impression: string, profile: {id: string, name: string, kids: boolean, ceiling: number | null},
 *   as_of: number, now?: number, notice: string, cursor: string | null, rows: RowData[]}} PageData */
/** @typedef {{title: Title, causes: {title: string, name: string, weight: number}[],
 *   place: string, picture: string, editor?: string | null}} Why */
/** @typedef {{impression: string, slot: number}} Place  Where a title stands: a slot of a page as served. */
/** @typedef {{query: string, titles: Title[], people: string[], genres: string[], substitutes: boolean}} Found */
/** @typedef {{title: Title, last: number, plays: number, progress: number | null, season: number | null,
 *   episode: number | null, thumb: number, completed: boolean}} Entry */
/** @typedef {{entries: Entry[], cursor: string | null, withheld?: number}} History */
/** @typedef {{name: string, value: string, values: string[]}} Control */
/** @typedef {{profile: string, events: number, at: number, remains: string}} Forgotten */
/** @typedef {{title: Title, season: number, number: number, name: string, runtime: number | null}} NextEpisode */
/** @typedef {{episode: NextEpisode | null, titles: Title[]}} Next */
export {};

/** The page's own words, numbers and dates, in the language of whoever reads. */

import { ServiceError } from "./playbill.js";

export const LANGUAGES = ["en", "de", "es", "ja", "ar"]; // each is a file in texts/
const RIGHT_TO_LEFT = new Set(["ar"]);
const KEPT = "playbill/language";

/** @type {Record<string, string>} */ let texts = {};
export let language = "en";

/** The language to begin with: what was chosen here, or else the first that browser and page share. */
function wanted() {
  const ours = [kept(), ...navigator.languages].map((tag) => tag.split("-")[0] ?? "");
  return ours.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

function kept() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return ""; // storage is shut
  }
}

/** Loads the words. @param {string} [choice]  a language that the reader chose; it is remembered */
export async function speak(choice) {
  try {
    if (choice) localStorage.setItem(KEPT, choice);
  } catch {
    // storage is shut: the choice holds until the page closes
  }
  language = choice ?? wanted();
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
  texts = await (await fetch(`/static/texts/${language}.json`)).json();
}

/** The text of a key with its facts filled in. @param {string} key @param {Record<string, string | number>} [facts] */
export function t(key, facts = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (braces, name) => {
    const value = facts[name];
    if (value === undefined) return braces;
    const text = typeof value === "number" ? number(value) : value;
    return rtl() ? `\u2068${text}\u2069` : text; // what is quoted keeps its own direction
  });
}

/** Whether there is a text of this key. @param {string} key */
export const has = (key) => key in texts;

export const rtl = () => document.documentElement.dir === "rtl";

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

/** @param {number} share  0 to 1 */
export const percent = (share) => number(share, { style: "percent" });

/** @param {readonly string[]} names */
export const list = (names) => new Intl.ListFormat(language).format(names);

/** @param {number} time  ms @param {Intl.DateTimeFormatOptions} [options] */
export const date = (time, options = { dateStyle: "medium" }) =>
  new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options }).format(time);

/** A language by its own name. @param {string} tag */
export const nameOf = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;

/** A genre's name. @param {string} genre */
export const genre = (genre) => (has(`genre.${genre}`) ? t(`genre.${genre}`) : genre);

/** A length such as 1h 57m. @param {number} seconds */
export function length(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const part = (/** @type {number} */ value, /** @type {string} */ unit) =>
    number(value, { style: "unit", unit, unitDisplay: "narrow" });
  if (minutes < 60) return number(minutes, { style: "unit", unit: "minute", unitDisplay: "short" });
  return [part(Math.floor(minutes / 60), "hour"), minutes % 60 && part(minutes % 60, "minute")].filter(Boolean).join(" ");
}

/** Season and episode, short. @param {[number, number]} episode */
export const episodeName = ([season, episode]) => t("web.episode_short", { season, episode });

/** What went wrong, in words. @param {unknown} error */
export function told(error) {
  if (!(error instanceof ServiceError)) return error instanceof Error ? error.message : String(error);
  return error.message || (error.status ? t("web.answered", { status: error.status }) : t("web.unreachable"));
}

/** "Who's watching?": the households of the demonstration, and a field for any other profile. */

import { getProfiles } from "./api.js";
import { h } from "./element.js";

/** @typedef {import("./api.js").Profile} Profile */

const HUES = 6; // classes hue-0 to hue-5 in look.css
const OFFERED = 200; // profiles that the field suggests

/**
 * Draws the screen. Throws ApiError when the profiles cannot be had.
 * @param {(profile: string) => void} choose
 * @param {string} [complaint]  what went wrong with the profile asked for before
 */
export async function profileScreen(choose, complaint) {
  const profiles = await getProfiles();
  const shown = profiles.filter((profile) => profile.made_up);
  const households = Map.groupBy(shown.length > 0 ? shown : profiles.slice(0, 8), (profile) => profile.account);
  return h(
    "div",
    { class: "who" },
    h("h1", {}, "Who’s watching?"),
    h("p", { id: "complaint", role: "alert" }, complaint ?? ""),
    h(
      "div",
      { class: "households" },
      ...[...households].map(([account, members], place) => household(account, members, place, choose)),
    ),
    field(profiles, choose),
  );
}

/**
 * @param {string} account
 * @param {Profile[]} members
 * @param {number} place  of the household: the next one begins with another colour
 * @param {(profile: string) => void} choose
 */
function household(account, members, place, choose) {
  const faces = members.map((profile, i) =>
    h(
      "li",
      {},
      face(profile, (3 * place + i) % HUES, () => choose(profile.id)),
    ),
  );
  return h(
    "section",
    { class: "household", "aria-label": `Household ${account}` },
    h("ul", { role: "list" }, ...faces),
    h("p", { class: "quiet" }, account),
  );
}

/** @param {Profile} profile @param {number} hue @param {() => void} choose */
function face(profile, hue, choose) {
  const limit = profile.ceiling === null ? "" : `to age ${profile.ceiling}`;
  const note = [profile.kids ? "Kids" : "", limit].filter(Boolean).join(", ");
  return h(
    "button",
    { class: "face", onclick: choose },
    h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, [...profile.name][0]?.toUpperCase() ?? "?"),
    h("span", { class: "face-name", dir: "auto" }, profile.name),
    note ? h("span", { class: "badge" }, note) : "",
  );
}

/** @param {Profile[]} profiles @param {(profile: string) => void} choose */
function field(profiles, choose) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "any-profile",
      list: "profiles",
      autocomplete: "off",
      spellcheck: "false",
      required: true,
      "aria-describedby": "complaint",
      placeholder: "Profile id",
    })
  );
  const submit = (/** @type {Event} */ event) => (event.preventDefault(), choose(input.value.trim()));
  return h(
    "form",
    { class: "any", onsubmit: submit },
    h("label", { for: "any-profile" }, "Someone else"),
    h("div", { class: "any-field" }, input, h("button", { class: "play" }, "Watch")),
    h(
      "datalist",
      { id: "profiles" },
      ...profiles.slice(0, OFFERED).map(({ id, name }) => h("option", { value: id }, name)),
    ),
  );
}

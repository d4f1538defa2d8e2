/** "Who's watching?": the households of the demonstration, and a field for any other profile. */

import { h } from "./element.js";
import { Playbill } from "./playbill.js";
import { t } from "./texts.js";

/** @typedef {import("./shapes.js").Profile} Profile */

const HUES = 6; // classes hue-0 to hue-5 in look.css
const OFFERED = 200; // profiles that the field suggests

/** The address of a screen. @param {...string} parts */
export const address = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** @returns {Promise<Profile[]>} */
export async function getProfiles() {
  const client = new Playbill({ keep: false });
  try {
    return (await client.call(`/v1/profiles?n=${OFFERED}`)).profiles;
  } finally {
    client.end();
  }
}

/** A profile's name and limits. @param {import("./visit.js").Visit} visit */
export async function described({ client, profile }) {
  const { profiles } = await client.call(`/v1/profiles?n=1&start=${encodeURIComponent(profile)}`);
  const said = /** @type {Profile | undefined} */ (profiles[0]);
  return said?.id === profile ? { name: said.name, limits: limit(said) } : { name: profile, limits: "" };
}

/** Those that are shown to choose from: the made-up ones, or else the first few. @param {Profile[]} profiles */
export function offered(profiles) {
  const shown = profiles.filter((profile) => profile.made_up);
  return shown.length > 0 ? shown : profiles.slice(0, 8);
}

/** What limits a profile, in words. @param {{kids: boolean, ceiling: number | null}} profile */
export function limit({ kids, ceiling }) {
  const age = ceiling === null ? "" : t("web.to_age", { age: ceiling });
  return [kids ? t("web.kids") : "", age].filter(Boolean).join(", ");
}

/**
 * Draws the screen. Throws ServiceError when the profiles cannot be had.
 * @param {string} [complaint]  what went wrong with the profile asked for before
 */
export async function profileScreen(complaint) {
  const profiles = await getProfiles();
  const shown = offered(profiles);
  const households = Map.groupBy(shown, (profile) => profile.account);
  const [first, second] = shown;
  return h(
    "div",
    { class: "who" },
    h("h1", {}, t("web.who")),
    h("p", { id: "complaint", role: "alert" }, complaint ?? ""),
    h(
      "div",
      { class: "households" },
      ...[...households].map(([account, members], place) => household(account, members, place)),
    ),
    h(
      "div",
      { class: "who-else" },
      field(profiles),
      first && second && h("a", { class: "link", href: address(first.id, "vs", second.id) }, t("web.compare_two")),
    ),
  );
}

/** @param {string} account @param {Profile[]} members @param {number} place  the next one begins with another colour */
function household(account, members, place) {
  const faces = members.map((profile, i) => h("li", {}, face(profile, (3 * place + i) % HUES)));
  return h(
    "section",
    { class: "household", "aria-label": t("web.household", { name: account }) },
    h("p", { class: "household-name", dir: "auto" }, account),
    h("ul", { role: "list" }, ...faces),
  );
}

/** @param {Profile} profile @param {number} hue */
function face(profile, hue) {
  const note = limit(profile);
  return h(
    "a",
    { class: "face", href: address(profile.id) },
    avatar(profile.name, hue),
    h("span", { class: "face-name", dir: "auto" }, profile.name),
    note ? h("span", { class: "badge" }, note) : "",
  );
}

/** @param {string} name @param {number} hue */
export function avatar(name, hue) {
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, [...name][0]?.toUpperCase() ?? "?");
}

/** @param {Profile[]} profiles */
function field(profiles) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "any-profile",
      list: "profiles",
      autocomplete: "off",
      spellcheck: "false",
      required: true,
      "aria-describedby": "complaint",
      placeholder: t("web.profile_id"),
    })
  );
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    location.hash = address(input.value.trim());
  };
  return h(
    "form",
    { class: "any", onsubmit: submit },
    h("label", { for: "any-profile" }, t("web.someone_else")),
    h("div", { class: "any-field" }, input, h("button", { class: "play" }, t("web.watch"))),
    h("datalist", { id: "profiles" }, ...profiles.map(({ id, name }) => h("option", { value: id }, name))),
  );
}

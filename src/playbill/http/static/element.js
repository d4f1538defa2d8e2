/** Building and arranging elements: no templates, no markup in strings, so nothing that a title is called can run. */

/** Paths on a 24 by 24 grid, filled with the colour of the text. */
const ICONS = {
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4h4.5v16H6zM13.5 4H18v16h-4.5z",
  skip: "M4 5v14l8-7zM12 5v14l8-7z",
  finish: "M4 4v16l11-8zM16.5 4H20v16h-3.5z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6 10.6 12 5 6.4z",
  add: "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z",
  check: "M9.5 18.5 3.5 12.5 5 11l4.5 4.5L19 6l1.5 1.5z",
  up:
    "M3 10.5h4V20H3zM8.5 20v-9.7L13 3.2c1.7 0 2.6 1.3 2.3 2.9L14.6 9.5H19c1.5 0 2.5 1.3 2.1 " +
    "2.7l-1.6 6.1c-.3 1-1.1 1.7-2.2 1.7z",
  down:
    "M21 13.5h-4V4h4zM15.5 4v9.7L11 20.8c-1.7 0-2.6-1.3-2.3-2.9l.7-3.4H5c-1.5 " +
    "0-2.5-1.3-2.1-2.7l1.6-6.1C4.8 4.7 5.6 4 6.7 4z",
  twice:
    "M1.5 9.5H4V17H1.5zM5 17V9.3L8.4 3.8c1.3 0 2 1 1.8 2.3l-.5 2.5h2.7c-.6.7-.9 1.5-.9 " +
    "2.4V19c0 .4.1.8.3 1.1H7.5A2.5 2.5 0 0 1 5 17zM12.8 12.5h2V20h-2zM16 20v-7.6l3-4.7c1.2 0 " +
    "1.8.9 1.6 2l-.4 2.3h1.6c1.1 0 1.8.9 1.5 1.9l-1.1 4.7c-.2.8-.9 1.4-1.7 1.4z",
  left: "M15.5 4 17 5.5 10.5 12l6.5 6.5-1.5 1.5-8-8z",
  search: "M10 3a7 7 0 0 1 5.6 11.2l5 5-1.4 1.4-5-5A7 7 0 1 1 10 3zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  rules:
    "M4 6h9v2H4zM19 6h1v2h-1zM14 4h4v6h-4zM4 16h1v2H4zM11 16h9v2h-9zM6 14h4v6H6z",
  right: "M8.5 4 7 5.5l6.5 6.5L7 18.5 8.5 20l8-8z",
};

/** @typedef {keyof typeof ICONS} IconName */

/**
 * An element with its attributes and children. `on…` are listeners; false, null and undefined leave an attribute out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param {IconName} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Whether the reader asked for less motion. */
export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Lets an element fade and its place close, then removes it.
 * @param {HTMLElement} element
 */
export async function fadeOut(element) {
  if (element.dataset.leaving) return;
  element.dataset.leaving = "true";
  element.inert = true;
  if (!still() && element.isConnected) {
    const { width, height } = element.getBoundingClientRect();
    const flat = element.localName === "li" ? { width: "0px", flexBasis: "0px", minWidth: "0px" } : { height: "0px" };
    const from = {
      opacity: 1,
      width: `${width}px`,
      flexBasis: `${width}px`,
      height: `${height}px`,
      overflow: "hidden",
    };
    await element.animate([from, { ...from, opacity: 0, offset: 0.5 }, { ...from, ...flat, opacity: 0 }], 200).finished;
  }
  element.remove();
}

/**
 * Puts the wanted children into this order, moves only what is out of place, and lets all others go.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
export function arrange(parent, wanted) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const keep = new Set(wanted);
  for (const child of /** @type {HTMLElement[]} */ ([...parent.children])) if (!keep.has(child)) fadeOut(child);
  let next = /** @type {HTMLElement | null} */ (null);
  for (const child of wanted.toReversed()) {
    if (child.parentNode !== parent) parent.insertBefore(child, next);
    else if (standing(child.nextElementSibling) !== next) move(parent, child, next);
    next = child;
  }
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

/** The first sibling from here on that is not on its way out. @param {Element | null} element */
function standing(element) {
  while (element instanceof HTMLElement && element.dataset.leaving) element = element.nextElementSibling;
  return element;
}

/** @param {HTMLElement} parent @param {HTMLElement} child @param {HTMLElement | null} next */
function move(parent, child, next) {
  const to = /** @type {any} */ (parent); // moveBefore keeps focus and scroll positions, where the browser has it
  if (to.moveBefore) to.moveBefore(child, next);
  else parent.insertBefore(child, next);
}

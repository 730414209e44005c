// The menu and the tip, which open beside what was pointed at.
/** @import { MenuItem, Point } from "./types.js" */

import { h } from "./elements.js";

/** A small menu with arrow keys and Escape; an item can show another menu in its place. */
export class Menu {
  node = h("div", { class: "cl-menu", role: "menu", hidden: true,
    onkeydown: (press) => this.press(press) });
  /** @type {Point} where it opens, in the player */
  point = [0, 0];

  /** @param {() => void} leave  where the focus goes when the menu closes */
  constructor(leave) { this.leave = leave; }

  get open() { return !this.node.hidden; }

  /** @returns {HTMLElement[]} */
  items() { return [...this.node.querySelectorAll(/** @type {"button"} */ ("[role^=menuitem]"))]; }

  /** Show the items under a title, the first one focused.
   * @param {string} title @param {MenuItem[]} items @param {string | null} note */
  show(title, items, point = this.point, note = null) {
    this.point = point;
    this.node.setAttribute("aria-label", title);
    this.node.replaceChildren(h("div", { class: "cl-menutitle" }, title),
      ...(note ? [h("div", { class: "cl-note" }, note)] : []), ...items.map((item) => this.item(item, note)));
    this.node.hidden = false;
    keepInside(this.node, ...point, 4);
    this.items()[0]?.focus({ preventScroll: true });
  }

  /** @param {MenuItem} item @param {string | null} note  what need not be said again */
  item({ text, act, off = null, checked }, note) {
    const sort = checked === undefined ? { role: "menuitem" } : { role: "menuitemcheckbox", "aria-checked": String(checked) };
    return h("button", { type: "button", class: "cl-item", tabindex: "-1", ...sort, "aria-disabled": off ? "true" : null,
      title: off, onclick: () => off || act() }, text, off && off !== note ? h("small", {}, off) : null);
  }

  close(refocus = true) {
    if (!this.open) return;
    this.node.hidden = true;
    if (refocus) this.leave();
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    const items = this.items(), n = items.length;
    const here = items.findIndex((item) => item === document.activeElement);
    const to = { ArrowDown: (here + 1) % n, ArrowUp: (here + n - 1) % n, Home: 0, End: n - 1 }[press.key];
    press.stopPropagation();
    if (to !== undefined) items[to].focus();
    else if (press.key === "Escape" || press.key === "Tab") this.close();
    else return;
    press.preventDefault();
  }
}

/** Words beside the pointer, or beside what has the focus. */
export class Tip {
  node = h("div", { class: "cl-tip", hidden: true, "aria-hidden": "true" });

  /** @param {string} words @param {number} x @param {number} y  in the player */
  show(words, x, y) {
    this.node.textContent = words;
    this.node.hidden = false;
    keepAcross(this.node, x, 6);
    this.node.style.top = `${y}px`;
  }

  /** @param {string} words @param {Element} node */
  showAt(words, node) {
    const box = node.getBoundingClientRect(), root = outer(this.node).getBoundingClientRect();
    this.show(words, box.left - root.left + 12, box.bottom - root.top + 6);
  }

  hide() { this.node.hidden = true; }
}

/** The element that `node` is placed in. @param {HTMLElement} node */
const outer = (node) => /** @type {HTMLElement} */ (node.parentElement);

/** @param {HTMLElement} node @param {number} x @param {number} margin */
function keepAcross(node, x, margin) {
  node.style.left = `${Math.max(4, Math.min(x, outer(node).clientWidth - node.offsetWidth - margin))}px`;
}

/** @param {HTMLElement} node @param {number} x @param {number} y @param {number} margin */
function keepInside(node, x, y, margin) {
  keepAcross(node, x, margin);
  node.style.top = `${Math.max(4, Math.min(y, outer(node).clientHeight - node.offsetHeight - margin))}px`;
}

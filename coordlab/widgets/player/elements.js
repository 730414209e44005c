// Elements of the page: how they are made, the icons, and the small things that all of them share.
/** @import { Child, Ctx, Point, Props } from "./types.js" */

const ICONS = {
  play: "M7 4l13 8-13 8z", pause: "M7 4h4v16H7zM14 4h4v16h-4z", previous: "M5 4h3v16H5zM20 4v16L9 12z",
  next: "M16 4h3v16h-3zM4 4l11 8-11 8z", loop: "~M4 12a7 7 0 0 1 12-5l3 3M19 4v6h-6M20 12a7 7 0 0 1-12 5l-3-3M5 20v-6h6",
  fit: "~M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", nearer: "~M12 5v14M5 12h14", farther: "~M5 12h14",
  help: "~M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1.1-1.5 2.3M12 18.5v.5", undo: "~M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10H9",
  branch: "~M7 4v16M7 14c0-5 10-2 10-8M17 3v3M14 5l3-3 3 3", compare: "~M4 8h16M4 16h16M14 4v16",
  copy: "~M9 9h11v11H9zM5 15V4h11", check: "~M5 13l4 4L19 7", cross: "~M6 6l12 12M18 6L6 18",
};

/** The event that asks a player to show its run as if it were new. */
export const ENTER = "cl-enter";

/** @typedef {keyof typeof ICONS} IconName */

/**
 * An element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Props} props @param {Child[]} children @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value != null && value !== false) node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** An element of a drawing.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, string | number>} props @param {Child[]} children @returns {SVGElementTagNameMap[Tag]} */
export function draw(tag, props = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A picture for a button; a path that begins with ~ is drawn as a line. @param {IconName} name */
export function icon(name) {
  const look = ICONS[name].startsWith("~") ? "cl-icon cl-stroke" : "cl-icon";
  return draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: look }, draw("path", { d: ICONS[name].replace("~", "") }));
}

/** A button that shows an icon.
 * @param {IconName} name @param {string} label @param {() => void} act @param {Props} props */
export function button(name, label, act, props = {}) {
  const usual = { type: "button", class: "cl-button", "aria-label": label, title: label, onclick: act };
  return h("button", { ...usual, ...props }, icon(name));
}

/** A button that shows an icon and words; `off` says why it does nothing.
 * @param {IconName} name @param {string} text @param {string | null} off @param {() => void} act */
export function textButton(name, text, off, act) {
  return h("button", { type: "button", class: "cl-text", "aria-disabled": off ? "true" : null, title: off,
    onclick: () => off || act() }, icon(name), text);
}

/** A small picture for the legend. @param {number} width @param {(ctx: Ctx) => void} paint */
export function swatch(width, paint) {
  const ratio = window.devicePixelRatio || 1, canvas = h("canvas", { "aria-hidden": "true", class: "cl-swatch" });
  [canvas.width, canvas.height, canvas.style.width] = [width * ratio, 12 * ratio, `${width}px`];
  const ctx = context(canvas);
  ctx.scale(ratio, ratio);
  paint(ctx);
  return canvas;
}

/** What paints on a canvas. @param {HTMLCanvasElement} canvas @returns {Ctx} */
export function context(canvas) {
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser cannot paint on a canvas");
  return ctx;
}

/** Stop the event: nothing else reacts to it. @param {Event} press */
export function take(press) { press.preventDefault(); press.stopPropagation(); }

/** Where in the element the pointer is. @param {MouseEvent} pointer @param {Element} node @returns {Point} */
export function place({ clientX, clientY }, node) {
  const box = node.getBoundingClientRect();
  return [clientX - box.left, clientY - box.top];
}

/** Put text on the clipboard, or if that is not allowed select it; returns the word for the button.
 * @param {string} text @param {Node} node */
export async function copyText(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    getSelection()?.selectAllChildren(node); // no permission, or an insecure page: the old command, else the reader's own keys
    return document.execCommand?.("copy") ? "copied" : "press Ctrl+C";
  }
}

/** Repeats work only when what it depends on has changed. */
export class Once {
  seen = "";

  /** @param {unknown[]} causes @param {() => void} work */
  after(causes, work) {
    const text = JSON.stringify(causes);
    if (text !== this.seen) work();
    this.seen = text;
  }
}

// A graph over time: nodes and edges with marks, each at one place for the whole run.
/** @import { GraphView, Point, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { context, draw, h, take } from "./elements.js";
import { fit } from "./paint.js";
import { Slots } from "./slots.js";
import { toned } from "./words.js";

const LINE = 15, EDGE = 28, NARROW = 112; // the height of a line of text, room for an arrow, what a long text gets at least
/** What stands before a name, so that tones differ without colour. @type {Record<string, string>} */
const SIGNS = { between: "◐ ", failed: "✕ ", stuck: "■ ", down: "⊘ ", no: "– " };

/** One graph over time. */
export class Graph {
  svg = draw("svg", { role: "group" });
  node = h("div", { class: "cl-graph", onkeydown: (press) => this.press(press) }, this.svg);
  ctx = context(document.createElement("canvas"));
  /** What each slot shows: a change by its position, and a tone. @type {string[]} */
  shown = [];
  /** The slot that the keys have reached. */
  here = 0;
  /** The middle of each node, and its half width. @type {Point[]} */
  middles = [];
  /** @type {number[]} */
  halves = [];
  tall = LINE;
  newest = -1;
  /** The event up to which it is painted; null: not yet. @type {number | null} */
  painted = null;

  /** @param {GraphView} view @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(view, scene, pick) {
    const { nodes, edges } = view;
    this.view = view;
    this.scene = scene;
    this.pick = pick;
    this.slots = new Slots(view, nodes.length + edges.length);
    this.svg.setAttribute("aria-label", view.help);
    this.marks = [...nodes, ...edges].map((_, slot) => {
      const mark = draw("g", { role: "button", tabindex: slot ? -1 : 0 });
      mark.addEventListener("click", () => this.visit(slot));
      mark.addEventListener("focus", () => { this.here = slot; });
      return mark;
    });
    this.svg.append(...this.marks.slice(nodes.length), ...this.marks.slice(0, nodes.length));
  }

  // ---- layout

  /** @param {Trace} _ @param {number} width */
  layout(_, width) {
    const { view: { nodes, places, layout }, slots } = this;
    this.ctx.font = `600 12.5px ${this.scene.theme.font}`;
    const texts = nodes.map((name, slot) => [`✕ ${name}`, ...slots.bySlot[slot].of.map((i) => slots.words(i))]);
    const wide = texts.map((each) => Math.max(...each.map((words) => this.ctx.measureText(words).width)) + 18);
    this.tall = texts.some((each) => each.some((words, i) => i && words)) ? 2 * LINE + 8 : LINE + 10;
    const { room, across, down } = nearest(places), round = layout === "ring" || layout === "network";
    const rows = new Set(places.map(([, y]) => Math.round(y * 20))).size;
    const high = Math.max(Math.min(340, rows * (this.tall + EDGE)), across < 1 || rows > 1 ? this.tall + 4 : 0,
      Math.min(640, this.tall + (this.tall + 12) / down));
    const gap = layout === "tree" ? 10 : EDGE, least = Math.min(NARROW, Math.max(0, ...wide));
    const outer = wide.filter((_, n) => places[n][0] < 0.02 || places[n][0] > 0.98);
    const side = Math.min(width / 5, Math.max(0, ...outer) / 2 + 4), most = round ? Math.min(width, high * 2.4) : width;
    const inner = Math.max(most - 2 * side, Math.min(2400, (least + gap) / across)), full = inner + 2 * side;
    this.halves = wide.map((each, n) => Math.min(each, Math.max(least, inner * room[n] - gap), outer.includes(each) ? 2 * side - 8 : each) / 2);
    const roof = this.tall / 2 + 6, left = Math.max(0, (width - full) / 2);
    this.middles = places.map(([x, y]) => [left + side + x * inner, roof + y * (high - this.tall)]);
    const W = Math.max(width, full), H = high + 12;
    for (const [key, value] of Object.entries({ width: W, height: H, viewBox: `0 0 ${W} ${H}` })) this.svg.setAttribute(key, String(value));
    this.shown = [];
    this.painted = null;
    this.newest = -1;
  }

  // ---- painting

  paint() {
    const { slots, scene: { cursor }, view: { slot: of } } = this;
    if (cursor === this.painted) return;
    this.painted = cursor;
    const last = slots.newest(cursor), newest = last < 0 ? -1 : of[last];
    this.marks.forEach((_, slot) => {
      const change = slots.holding(slot, cursor), tone = this.tone(slot), state = `${change} ${tone}`;
      if (this.shown[slot] !== state) this.paintSlot(slot, slots.words(change), tone);
      this.shown[slot] = state;
    });
    if (newest === this.newest) return;
    this.marks[this.newest]?.classList.remove("cl-newmark");
    this.marks[newest]?.classList.add("cl-newmark");
    this.newest = newest;
  }

  /** @param {number} slot @param {string} words @param {string} tone */
  paintSlot(slot, words, tone) {
    const { marks, view: { nodes } } = this, mark = marks[slot];
    mark.toggleAttribute("hidden", !tone);
    if (!tone) return;
    mark.setAttribute("class", `${slot < nodes.length ? "cl-vertex" : "cl-edge"} cl-tone-${tone}${slot === this.newest ? " cl-newmark" : ""}`);
    mark.setAttribute("aria-label", `${this.name(slot)}: ${toned(words, tone)}`);
    mark.replaceChildren(...(slot < nodes.length ? this.vertex(slot, words, tone) : this.edge(slot - nodes.length, words, tone)));
  }

  /** The tone of a slot; "": it is not there, as before its first change, and an edge without both ends.
   * @param {number} slot @returns {string} */
  tone(slot) {
    const { slots, scene: { cursor }, view: { nodes, edges } } = this, change = slots.holding(slot, cursor);
    /** @type {number[]} */
    const ends = slot < nodes.length ? [] : edges[slot - nodes.length];
    const there = change >= 0 || !slots.bySlot[slot].of.length;
    return there && ends.every((end) => this.tone(end)) ? slots.tone(change) : "";
  }

  /** @param {number} n @param {string} words @param {string} tone */
  vertex(n, words, tone) {
    const [x, y] = this.middles[n], half = this.halves[n], name = (SIGNS[tone] ?? "") + this.view.nodes[n];
    const text = (/** @type {string} */ what, /** @type {number} */ at, /** @type {string} */ look) => (
      draw("text", { x, y: at, class: look }, fit(this.ctx, what, 2 * half - 8)));
    return [draw("title", {}, `${this.name(n)}: ${toned(words, tone)}`),
      draw("rect", { x: x - half, y: y - this.tall / 2, width: 2 * half, height: this.tall, rx: 6 }),
      text(name, words ? y - LINE / 2 : y, "cl-vname"), ...(words ? [text(words, y + LINE / 2, "cl-vtext")] : [])];
  }

  /** @param {number} n @param {string} words @param {string} tone */
  edge(n, words, tone) {
    const { view: { edges, directed } } = this, [from, to] = edges[n];
    if (from === to) return this.loop(from, words);
    const both = edges.some(([a, b]) => a === to && b === from), [ax, ay] = this.middles[from], [bx, by] = this.middles[to];
    const far = Math.hypot(bx - ax, by - ay) || 1, off = both ? 6 : 0, nx = (-(by - ay) / far) * off, ny = ((bx - ax) / far) * off;
    const [x0, y0] = this.rim(from, bx - ax, by - ay), [x1, y1] = this.rim(to, ax - bx, ay - by);
    const d = `M${x0 + nx} ${y0 + ny}L${x1 + nx} ${y1 + ny}`, angle = Math.atan2(y1 - y0, x1 - x0) * (180 / Math.PI);
    const head = directed ? [draw("path", { class: "cl-ehead", d: "M0 0L-9 -4.5V4.5z", transform: `translate(${x1 + nx} ${y1 + ny}) rotate(${angle})` })] : [];
    const [mx, my] = [(x0 + x1) / 2 + 2 * nx, (y0 + y1) / 2 + 2 * ny];
    return [draw("path", { class: "cl-ereach", d }), draw("path", { class: "cl-eline", d }), ...head,
      ...(words || SIGNS[tone] ? [draw("text", { x: mx, y: my, class: "cl-etext" }, (SIGNS[tone] ?? "") + words)] : [])];
  }

  /** An edge from a node to itself. @param {number} n @param {string} words */
  loop(n, words) {
    const [x, y] = this.middles[n], right = x + this.halves[n];
    return [draw("path", { class: "cl-eline", d: `M${right} ${y - 6}c18 -10 18 22 0 12` }), draw("text", { x: right + 24, y, class: "cl-etext" }, words)];
  }

  /** Where the way from the middle of a node in a direction leaves it. @param {number} n @param {number} dx @param {number} dy @returns {Point} */
  rim(n, dx, dy) {
    const [x, y] = this.middles[n], k = Math.min(this.halves[n] / (Math.abs(dx) || 1e-9), this.tall / 2 / (Math.abs(dy) || 1e-9), 1);
    return [x + dx * k, y + dy * k];
  }

  // ---- words and keys

  /** @param {number} slot */
  name(slot) {
    const { nodes, edges, directed } = this.view;
    return slot < nodes.length ? nodes[slot] : edges[slot - nodes.length].map((n) => nodes[n]).join(directed ? " → " : " – ");
  }

  /** What is new. */
  told() {
    const last = this.slots.newest(this.scene.cursor);
    if (last < 0) return "";
    return `${this.name(this.view.slot[last])}: ${toned(this.slots.words(last), this.slots.tone(last) || "gone")}`;
  }

  /** Go to the event that made a node or edge what it is. @param {number} slot */
  visit(slot) {
    const seq = this.slots.made(slot, this.scene.cursor);
    if (seq >= 0) this.pick(seq);
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[press.key], { length: n } = this.marks;
    if (press.key === "Enter" || press.key === " ") this.visit(this.here);
    else if (by) {
      let slot = this.here + by;
      while (this.marks[slot]?.hasAttribute("hidden")) slot += by;
      if (slot >= 0 && slot < n) this.marks[slot].focus({ preventScroll: true });
    } else return;
    take(press);
  }
}

/** For each node the distance of the nearest one beside it, the least of these, and that of nodes below each other; 1: there are none.
 * @param {Point[]} places */
function nearest(places) {
  const least = (/** @type {number[]} */ far) => Math.min(1, ...far.filter((each) => each > 1e-6));
  const room = places.map(([x, y]) => least(places.map(([x1, y1]) => (Math.abs(y1 - y) < 0.1 ? Math.abs(x1 - x) : 1))));
  const down = least(places.flatMap(([x, y]) => places.map(([x1, y1]) => (Math.abs(x1 - x) < 0.02 ? Math.abs(y1 - y) : 1))));
  return { room, across: least(room), down };
}

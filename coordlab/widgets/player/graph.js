// A graph over time: nodes and edges with marks, each at one place for the whole run.
/** @import { GraphView, Point, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { context, draw, h, take } from "./elements.js";
import { fit } from "./paint.js";
import { Slots } from "./slots.js";
import { toned } from "./words.js";

const LINE = 15, EDGE = 28, FLAT = 340; // the height of a line of text, room for an arrow, what a graph of few rows takes
const NARROW = 112, SHORT = 76; // what a long text gets at least, and where that is too wide
/** What stands before a name, so that tones differ without colour. @type {Record<string, string>} */
const SIGNS = { between: "◐\u00a0", failed: "✕\u00a0", stuck: "■\u00a0", down: "⊘\u00a0", no: "–\u00a0" };

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
  /** All that each node says in the run, and the width of the longest. @type {string[][]} */
  texts = [];
  /** @type {number[]} */
  wide = [];
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

  /** As the view asks, or turned on its side, or with shorter lines: the first that fits. @param {Trace} _ @param {number} width */
  layout(_, width) {
    const { view: { nodes, places, layout }, slots } = this, round = layout === "ring" || layout === "network";
    this.ctx.font = `600 12.5px ${this.scene.theme.font}`;
    this.texts = nodes.map((name, slot) => [`✕\u00a0${name}`, ...slots.bySlot[slot].of.map((i) => slots.words(i))]);
    this.wide = this.texts.map((each) => Math.max(...each.map((words) => this.ctx.measureText(words).width)) + 18);
    const turned = places.map(([x, y]) => /** @type {Point} */ ([y, x])), tries = round ? [places] : [places, turned];
    let over = Infinity;
    for (const least of [NARROW, SHORT]) {
      for (const each of tries) {
        const [across, full] = this.across(each, width, least, round);
        if (full >= over) continue;
        over = Math.max(full, width);
        [this.halves, this.middles] = [across.map(([, half]) => half), across.map(([x], n) => [x, each[n][1]])];
      }
    }
    this.down(over);
    this.shown = [];
    this.painted = null;
    this.newest = -1;
  }

  /** For each node the middle and half the width, and the width of them all.
   * @param {Point[]} places @param {number} width @param {number} least @param {boolean} round @returns {[Point[], number]} */
  across(places, width, least, round) {
    const { wide, view: { layout } } = this, { room, across, rows } = nearest(places);
    const gap = least === SHORT ? 16 : layout === "tree" ? 10 : EDGE, enough = Math.min(least, Math.max(0, ...wide));
    const outer = places.map(([x]) => x < 0.02 || x > 0.98), edge = wide.filter((_, n) => outer[n]);
    const spare = least === SHORT ? Math.max(enough, width - (enough + gap) / across) / 2 : Infinity;
    const side = Math.min(width / 5, Math.max(0, ...edge) / 2 + 9, spare);
    const most = round ? Math.min(width, 2.4 * Math.min(FLAT, rows * (2 * LINE + 8 + EDGE))) : width;
    const inner = Math.max(most - 2 * side, Math.min(2400, (enough + gap) / across)), full = inner + 2 * side, left = Math.max(0, (width - full) / 2);
    const half = (/** @type {number} */ each, /** @type {number} */ n) => (
      Math.min(each, Math.max(enough, inner * room[n] - gap), outer[n] ? 2 * side - 12 : each) / 2);
    return [wide.map((each, n) => [left + side + places[n][0] * inner, half(each, n)]), full];
  }

  /** Break the texts into lines, and place the nodes below each other. @param {number} W */
  down(W) {
    const { ctx, halves, middles } = this;
    const lines = this.texts.map((each, n) => each.map((words) => broken(ctx, words, 2 * halves[n] - 8).length));
    this.tall = LINE * Math.max(1, ...lines.map(([name, ...more]) => name + Math.max(0, ...more))) + 9;
    const { rows, down, across } = nearest(middles.map(([x, y]) => [x / W, y]), halves.map((half) => half / W));
    const high = Math.max(Math.min(FLAT, rows * (this.tall + EDGE)), across < 1 || rows > 1 ? this.tall + 4 : 0,
      Math.min(1600, this.tall + (this.tall + 12) / down));
    this.middles = middles.map(([x, y]) => [x, this.tall / 2 + 6 + y * (high - this.tall)]);
    for (const [key, value] of Object.entries({ width: W, height: high + 12, viewBox: `0 0 ${W} ${high + 12}` })) this.svg.setAttribute(key, String(value));
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
    const named = broken(this.ctx, name, 2 * half - 8), lines = [...named, ...broken(this.ctx, words, 2 * half - 8)];
    return [draw("title", {}, `${this.name(n)}: ${toned(words, tone)}`),
      draw("rect", { x: x - half, y: y - this.tall / 2, width: 2 * half, height: this.tall, rx: 6 }),
      ...lines.map((line, i) => draw("text", { x, y: y + (i - (lines.length - 1) / 2) * LINE, class: i < named.length ? "cl-vname" : "cl-vtext" }, line))];
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
    const [mx, my] = [(x0 + x1) / 2 + 2 * nx, (y0 + y1) / 2 + 2 * ny], sign = SIGNS[tone] ?? "";
    const label = this.covers(mx, my, sign + words) ? sign : sign + words;
    return [draw("path", { class: "cl-ereach", d }), draw("path", { class: "cl-eline", d }), ...head,
      ...(label ? [draw("text", { x: mx, y: my, class: "cl-etext" }, label)] : [])];
  }

  /** Whether a node would hide a part of words around a point. @param {number} x @param {number} y @param {string} words */
  covers(x, y, words) {
    const half = this.ctx.measureText(words).width / 2;
    return this.middles.some(([mx, my], n) => Math.abs(x - mx) < half + this.halves[n] && Math.abs(y - my) < this.tall / 2 + 5);
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

/** For each node the distance of the nearest one beside it, the least of these, that of nodes above or below each other's width,
 * and how many rows there are; 1: there are none. @param {Point[]} places @param {number[]} halves */
function nearest(places, halves = places.map(() => 0)) {
  const least = (/** @type {number[]} */ far) => Math.min(1, ...far.filter((each) => each > 1e-6));
  const room = places.map(([x, y]) => least(places.map(([x1, y1]) => (Math.abs(y1 - y) < 0.1 ? Math.abs(x1 - x) : 1))));
  const down = least(places.flatMap(([x, y], a) => places.map(([x1, y1], b) => (Math.abs(x1 - x) < halves[a] + halves[b] + 0.02 ? Math.abs(y1 - y) : 1))));
  return { room, across: least(room), down, rows: new Set(places.map(([, y]) => Math.round(y * 20))).size };
}

/** A text in at most three lines, broken between words and behind underscores. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} room */
function broken(ctx, text, room) {
  const lines = [""];
  for (const word of text.split(/ |(?<=_)/)) {
    const last = lines[lines.length - 1], longer = `${last}${last && !last.endsWith("_") ? " " : ""}${word}`;
    if (lines.length === 3 || ctx.measureText(longer).width <= room) lines[lines.length - 1] = longer; else lines.push(word);
  }
  return lines.filter(Boolean).map((line) => fit(ctx, line, room));
}

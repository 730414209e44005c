// Positions in the space-time diagram: time to the right, a lane for each agent.
/** @import { Segment, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { between } from "./lookup.js";
import { AXIS, Timeline } from "./timeline.js";
import { CUT, DROPPED, LOST } from "./trace.js";

export const RAIL = 17;
const MOST_ARROWS = 5000;

/** The geometry of the space-time diagram, in CSS pixels. */
export class Frame extends Timeline {
  /** What is written above it; when empty, nothing is. */
  caption = "";
  /** The first pixel of the lanes; above them is the rail, with this many rows. */
  top = 0;
  rows = 0;
  /** The distance between lanes, and how thick a lane is. */
  pitch = 1;
  bar = 1;
  /** Whether the lanes are low, to leave room for a view below them. */
  compact = false;
  /** The messages that are drawn, by their journeys; null: all. @type {Set<number> | null} */
  only = null;
  /** One message in this many is drawn. */
  stride = 1;

  /** @param {Scene} scene */
  constructor(scene) { super("space-time diagram", scene); }

  /** The middle of lane `a`. @param {number} a */
  y(a) { return this.top + (a + 0.5) * this.pitch; }

  /** Where the rail begins. */
  get head() { return this.caption ? 20 : 4; }

  /** @param {Trace} trace @param {number} width @param {number} gutter @param {number} scale */
  layout(trace, width, gutter, scale) {
    this.trace = trace;
    const n = Math.max(1, trace.meta.agents.length);
    this.left = gutter;
    this.top = this.head + RAIL * this.rows + 6;
    const roomy = Math.min(96, Math.max(26, 320 / n), n > 14 ? 440 / n : 99) * scale;
    this.pitch = Math.max(8, this.compact ? Math.min(24, 260 / n) : roomy);
    this.bar = Math.min(15, this.pitch * (this.compact ? 0.66 : 0.42));
    this.size(width, this.top + n * this.pitch + AXIS + 6);
  }

  /** Where the journey `i` is drawn, from bar to bar; a message that never arrives stops on the way.
   * @param {number} i @returns {Segment} */
  ends(i) {
    const { t0, t1, from, to, fate } = this.trace.arrows;
    let x0 = this.x(t0[i]), y0 = this.y(from[i]), x1 = this.x(t1[i]), y1 = this.y(to[i]);
    const k = Math.min(0.45, (this.bar / 2 + 1) / (Math.abs(y1 - y0) || 1)), dx = (x1 - x0) * k, dy = (y1 - y0) * k;
    [x0, y0, x1, y1] = [x0 + dx, y0 + dy, x1 - dx, y1 - dy];
    const part = fate[i] === LOST || fate[i] === CUT || fate[i] === DROPPED ? 0.62 : 1;
    return [x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
  }

  /** The arrows in the window that are not hidden; if there are too many, every n-th one. */
  shown() {
    const { only, trace: { arrows, meta }, scene: { hidden } } = this;
    const [first, last] = between(arrows, ...this.window), found = [];
    for (let i = first; i < last; i++) {
      if (arrows.t0[i] <= this.window[1] && (only?.has(i) ?? true) && !hidden.has(meta.names[arrows.name[i]])) found.push(i);
    }
    const stride = Math.ceil(found.length / MOST_ARROWS);
    this.stride = stride;
    return stride > 1 ? found.filter((_, i) => i % stride === 0) : found;
  }
}

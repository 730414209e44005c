// What a pattern's own pictures over time share: rows with moments, which the keys and the pointer reach.
/** @import { Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { place, take } from "./elements.js";
import { Timeline } from "./timeline.js";

/** A picture over time that stands below the lanes, in their scale. */
export class Timed extends Timeline {
  /** The row that the keys have reached. */
  row = 0;

  /** @param {string} label @param {Scene} scene */
  constructor(label, scene) {
    super(label, scene);
    this.label = label;
    this.node = this.canvas;
    this.canvas.tabIndex = 0;
    this.canvas.addEventListener("click", (click) => scene.seek(this.momentAt(...place(click, this.canvas))));
    this.canvas.addEventListener("keydown", (press) => this.press(press));
  }

  /** The height of the picture. */
  get high() { return 0; }

  /** For each row what it is called, and the moments at which it changes. @returns {[name: string, moments: number[]][]} */
  rows() { return []; }

  /** Each row in words, as Python's `at` says it. @returns {string[][]} */
  lines() { return []; }

  /** @param {Trace} trace @param {number} width @param {number} gutter */
  layout(trace, width, gutter) {
    this.trace = trace;
    this.left = gutter;
    this.size(width, this.high);
  }

  /** Where a click at a point leads. @param {number} x @param {number} _y */
  momentAt(x, _y) { return this.t(x); }

  /** What the row that was reached shows. */
  told() {
    const lines = this.lines();
    this.canvas.setAttribute("aria-label", `${this.label} ${lines.map((line) => line.join(": ")).join(". ")}`);
    return document.activeElement === this.canvas ? (lines[this.row] ?? []).join(": ") : "";
  }

  /** Up and down reach another row, left and right its changes. @param {KeyboardEvent} press */
  press(press) {
    const { scene, row } = this, rows = this.rows(), moments = rows[row]?.[1] ?? [];
    const down = { ArrowDown: 1, ArrowUp: -1 }[press.key];
    if (down) this.row = Math.max(0, Math.min(rows.length - 1, row + down));
    else if (press.key === "ArrowRight") scene.seek(moments.find((t) => t > scene.now + 1e-9) ?? scene.now);
    else if (press.key === "ArrowLeft") scene.seek(moments.filter((t) => t < scene.now - 1e-9).at(-1) ?? scene.now);
    else return;
    scene.changed();
    take(press);
  }
}

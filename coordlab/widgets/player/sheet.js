// A table over time: all rows of the run have their place, and the cells show what holds at the playhead.
/** @import { TableView } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { h, take } from "./elements.js";
import { Slots } from "./slots.js";

const NOTHING_YET = "–";

/** One table over time. */
export class Sheet {
  /** What each cell shows: a change by its position. @type {number[]} */
  shown = [];
  /** The cell that the keys have reached. */
  here = 0;
  /** The event up to which it is painted; null: not yet. @type {number | null} */
  painted = null;

  /** @param {TableView} view @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(view, scene, pick) {
    const { head, rows, columns } = view, wide = columns.length;
    this.view = view;
    this.scene = scene;
    this.pick = pick;
    this.slots = new Slots(view, rows.length * wide);
    this.cells = rows.flatMap((_, r) => columns.map((name, c) => h("td", { role: "gridcell", "data-column": name,
      onclick: () => this.visit(r * wide + c), onfocus: () => { this.here = r * wide + c; } })));
    this.marks = rows.map(() => h("b", { class: "cl-fresh", hidden: true }, "new"));
    this.rows = rows.map((name, r) => h("tr", { role: "row" },
      h("th", { role: "rowheader", scope: "row" }, name, " ", this.marks[r]), ...this.cells.slice(r * wide, (r + 1) * wide)));
    const heads = [head, ...columns].map((name) => h("th", { role: "columnheader", scope: "col" }, name));
    this.node = h("table", { class: "cl-sheet", role: "grid", "aria-label": view.help, onkeydown: (press) => this.press(press) },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)), h("tbody", { role: "rowgroup" }, ...this.rows));
    if (this.cells.length) this.cells[0].tabIndex = 0;
  }

  layout() {}

  paint() {
    const { slots, scene: { cursor } } = this, newest = slots.newest(cursor);
    if (cursor === this.painted) return;
    this.painted = cursor;
    this.cells.forEach((cell, slot) => {
      const change = slots.holding(slot, cursor);
      if (this.shown[slot] === change) return;
      this.shown[slot] = change;
      const words = slots.words(change);
      cell.textContent = words || NOTHING_YET;
      cell.className = words ? `cl-tone-${slots.tone(change)}` : "";
    });
    this.rows.forEach((row, r) => {
      const fresh = newest >= 0 && Math.floor(this.view.slot[newest] / this.view.columns.length) === r;
      row.classList.toggle("cl-newest", fresh);
      this.marks[r].hidden = !fresh;
    });
  }

  /** The newest row in words. */
  told() {
    const newest = this.slots.newest(this.scene.cursor), { rows, columns, slot } = this.view;
    if (newest < 0) return "nothing yet";
    const r = Math.floor(slot[newest] / columns.length);
    const words = columns.map((name, c) => `${name} ${this.cells[r * columns.length + c].textContent}`);
    return `${rows[r]}: ${words.join(", ")}`;
  }

  /** Go to the event that made a cell what it is. @param {number} slot */
  visit(slot) {
    const seq = this.slots.made(slot, this.scene.cursor);
    if (seq >= 0) this.pick(seq);
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    const wide = this.view.columns.length, by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[press.key];
    if (press.key === "Enter") this.visit(this.here);
    else if (by) this.reach(this.here + by);
    else return;
    take(press);
  }

  /** @param {number} slot */
  reach(slot) {
    if (slot < 0 || slot >= this.cells.length) return;
    this.cells[this.here].tabIndex = -1;
    this.cells[slot].tabIndex = 0;
    this.cells[slot].focus({ preventScroll: true });
  }
}

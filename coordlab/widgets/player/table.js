// The events as a table of which only the rows on screen exist.
/** @import { Row } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { h, take } from "./elements.js";
import { search, upper } from "./lookup.js";
import { event } from "./words.js";

const ROW = 26;
const FIELDS = /** @type {const} */ (["event", "time", "kind", "agent", "peer", "name", "message", "text", "cause"]);

/** The events as a table. */
export class Table {
  filter = h("input", { type: "search", class: "cl-filter", placeholder: "filter: words, or #17 for a message",
    "aria-label": "filter the events", oninput: () => this.refilter() });
  count = h("output", { class: "cl-count" });
  rows = h("div", { class: "cl-rows", role: "rowgroup" });
  head = h("div", { class: "cl-row cl-rowhead", role: "row" },
    ...FIELDS.map((field) => h("span", { role: "columnheader", class: `cl-c-${field}` }, field)));
  scroller = h("div", { class: "cl-scroll", tabindex: "0", role: "grid", "aria-label": "events",
    onscroll: () => this.paint(), onkeydown: (press) => this.press(press) }, this.head, this.rows);
  node = h("div", { class: "cl-table" }, h("div", { class: "cl-tablehead" }, this.filter, this.count), this.scroller);

  /** @type {Int32Array | null} the events that the filter lets through; null: all */
  found = null;
  total = 0;
  /** The event that was current when the table was last painted; null: paint in any case. @type {number | null} */
  shown = null;

  /** @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(scene, pick) {
    this.scene = scene;
    this.pick = pick;
  }

  /** Show the events of the scene's trace that contain the words in the filter. */
  refilter() {
    const { trace, blank } = this.scene;
    if (blank) return;
    this.found = search(trace, this.filter.value);
    this.total = this.found ? this.found.length : trace.n;
    this.rows.style.height = `${this.total * ROW}px`;
    this.count.textContent = `${this.total.toLocaleString("en")} of ${trace.n.toLocaleString("en")} events`;
    this.scroller.setAttribute("aria-rowcount", String(this.total + 1));
    this.reveal();
    this.paint();
  }

  /** The event at a position, and the position of an event. @param {number} position */
  at(position) { return this.found ? this.found[position] : position; }
  /** @param {number} seq */
  position(seq) { return this.found ? Math.max(0, upper(this.found, seq) - 1) : seq; }

  /** Show where the playhead is, if it has come to another event. */
  follow() {
    if (this.shown === this.scene.cursor) return;
    this.shown = this.scene.cursor;
    this.reveal();
    this.paint();
  }

  /** Scroll so that the current event can be seen. */
  reveal() {
    const top = this.position(Math.max(0, this.scene.cursor)) * ROW, { scrollTop, clientHeight } = this.scroller;
    const seen = top >= scrollTop && top <= scrollTop + clientHeight - 3 * ROW;
    if (!seen) this.scroller.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  paint() {
    if (this.scene.blank || !this.scroller.clientHeight) return;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - 2);
    const last = Math.min(this.total, first + Math.ceil(this.scroller.clientHeight / ROW) + 4);
    this.rows.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, i) => this.row(first + i)));
  }

  /** @param {number} position */
  row(position) {
    const { trace, picked, cursor, chainSet } = this.scene, seq = this.at(position), words = cells(event(trace, seq));
    const node = h("div", { class: "cl-row", role: "row", "aria-rowindex": position + 2,
      "aria-selected": String(seq === picked), onclick: () => this.pick(seq) },
    ...FIELDS.map((field) => h("span", { role: "gridcell", class: `cl-c-${field}` }, words[field] ?? "")));
    node.style.top = `${position * ROW}px`;
    node.classList.toggle("cl-current", seq === cursor);
    node.classList.toggle("cl-past", seq !== picked && chainSet.has(seq));
    return node;
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[press.key];
    if (!step || !this.total) return;
    const position = Math.max(0, Math.min(this.total - 1, this.position(this.scene.cursor) + step));
    this.pick(this.at(position));
    take(press);
  }
}

/** An event as the words of its row. @param {Row} row */
const cells = (row) => ({ ...row, event: String(row.seq), time: row.time.toFixed(3), message: row.message === null ? "" : `#${row.message}`,
  cause: row.cause < 0 ? "" : String(row.cause) });

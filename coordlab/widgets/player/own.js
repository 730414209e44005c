// The pattern's own views, below the lanes: a table, a graph, spans or curves.
/** @import { OwnView } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { Curves } from "./curves.js";
import { h } from "./elements.js";
import { Gantt } from "./gantt.js";
import { Graph } from "./graph.js";
import { arrowOf } from "./lookup.js";
import { Sheet } from "./sheet.js";
import { seconds } from "./words.js";

const STEPS = 4; // events to go back through: the change, the handling, the delivery, the sending of the message

/** One of the pattern's own views of the trace on show, with its heading. */
export class Own {
  heading = h("p", { class: "cl-ownhead" });
  heard = h("p", { class: "cl-heard", role: "status" });
  body = h("div", { class: "cl-ownbody" });
  node = h("div", { class: "cl-own", hidden: true }, this.heading, this.body, this.heard);
  /** @type {OwnView | null} what is on show */
  view = null;
  /** @type {Element | null} what was new, and scrolled to */
  followed = null;
  /** What is left out of the lanes. */
  note = "";
  /** @type {Sheet | Graph | Gantt | Curves | null} */
  picture = null;

  /** @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(scene, pick) {
    this.scene = scene;
    this.pick = pick;
  }

  /** Show a view; null: none. @param {OwnView | null} view */
  show(view) {
    this.node.hidden = !view;
    if (view === this.view) return;
    this.view = view;
    this.followed = null;
    this.picture = view && this.made(view);
    this.body.replaceChildren(...(this.picture ? [this.picture.node] : []));
    this.note = this.messages ? " Above are only the messages that change it." : "";
  }

  /** @param {OwnView} view */
  made(view) {
    switch (view.kind) {
      case "table": return new Sheet(view, this.scene, this.pick);
      case "graph": return new Graph(view, this.scene, this.pick);
      case "spans": return new Gantt(view, this.scene);
      case "curves": return new Curves(view, this.scene);
    }
  }

  /** What stands left of the picture, in the gutter that it shares with the lanes. */
  get names() { return this.view?.kind === "spans" ? this.view.lanes : []; }

  /** @param {number} width @param {number} gutter */
  layout(width, gutter) { this.picture?.layout(this.scene.trace, width, gutter); }

  paint() {
    if (!this.view || !this.picture) return;
    this.heading.replaceChildren(h("b", {}, title(this.view.name)), ` at ${seconds(this.scene.now)} · ${this.view.help}${this.note}`);
    this.picture.paint();
    this.follow();
  }

  /** Scroll so that what is new can be seen. */
  follow() {
    const { body } = this, fresh = body.querySelector(".cl-newest, .cl-newmark");
    if (!fresh || fresh === this.followed) return;
    this.followed = fresh;
    const box = body.getBoundingClientRect(), mark = fresh.getBoundingClientRect();
    if (mark.left < box.left || mark.right > box.right) body.scrollLeft += (mark.left + mark.right - box.left - box.right) / 2;
    if (mark.top < box.top || mark.bottom > box.bottom) body.scrollTop += (mark.top + mark.bottom - box.top - box.bottom) / 2;
  }

  /** The messages that change the view, by their journeys; null: any. @returns {Set<number> | null} */
  get messages() {
    const { trace } = this.scene, found = new Set();
    if (!this.view || !("event" in this.view)) return null;
    for (const seq of new Set(this.view.event)) {
      for (let i = seq, steps = 0; i >= 0 && steps < STEPS; i = trace.cause[i], steps++) found.add(arrowOf(trace, i));
    }
    found.delete(-1);
    return found.size ? found : null;
  }

  /** Say what is new. */
  describe() {
    const words = this.picture?.told() ?? "";
    if (words !== this.heard.textContent) this.heard.textContent = words;
  }
}

/** A name as a heading. @param {string} name */
export const title = (name) => name.charAt(0).toUpperCase() + name.slice(1);

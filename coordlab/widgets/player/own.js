// The pattern's own views, below the lanes: a table, a graph, spans or curves.
/** @import { OwnView } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { Curves } from "./curves.js";
import { h } from "./elements.js";
import { Gantt } from "./gantt.js";
import { Graph } from "./graph.js";
import { Sheet } from "./sheet.js";
import { seconds } from "./words.js";

/** One of the pattern's own views of the trace on show, with its heading. */
export class Own {
  heading = h("p", { class: "cl-ownhead" });
  heard = h("p", { class: "cl-heard", role: "status" });
  body = h("div", { class: "cl-ownbody" });
  node = h("div", { class: "cl-own", hidden: true }, this.heading, this.body, this.heard);
  /** @type {OwnView | null} what is on show */
  view = null;
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
    this.picture = view && this.made(view);
    this.body.replaceChildren(...(this.picture ? [this.picture.node] : []));
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
    this.heading.replaceChildren(h("b", {}, title(this.view.name)), ` at ${seconds(this.scene.now)} · ${this.view.help}`);
    this.picture.paint();
  }

  /** Say what is new. */
  describe() {
    const words = this.picture?.told() ?? "";
    if (words !== this.heard.textContent) this.heard.textContent = words;
  }
}

/** A name as a heading. @param {string} name */
export const title = (name) => name.charAt(0).toUpperCase() + name.slice(1);

// The views, one of them on the stage: the pattern's own below the lanes, and three that every run has; the overview above
// them, and the small network beside them.
/** @import { Point } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { Diagram } from "./diagram.js";
import { h, Once, take } from "./elements.js";
import { inFlight } from "./lookup.js";
import { Network } from "./network.js";
import { Overview } from "./overview.js";
import { Own, title } from "./own.js";
import { Table } from "./table.js";
import { TurningCurve } from "./turning.js";
import { seconds, summary } from "./words.js";

/** @type {[view: string, label: string][]} */
const VIEWS = [["space", "Space-time"], ["network", "Network"], ["events", "Events"]];

/** The pictures of a scene. `rearrange` is called when another view was chosen. */
export class Views {
  /** The name of the view that was chosen; "": none yet, the first is on show. */
  chosen = "";
  /** @type {typeof VIEWS} those of the trace on show, with their labels */
  all = VIEWS;
  once = new Once();
  rearrange = () => {};

  /** @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(scene, pick) {
    this.scene = scene;
    this.diagram = new Diagram(scene);
    this.parent = new Diagram(scene);
    this.overview = new Overview(scene);
    this.network = new Network(scene);
    this.table = new Table(scene, pick);
    this.small = new Network(scene);
    this.own = new Own(scene, pick);
    this.turning = new TurningCurve(scene, pick);
    this.stage = h("div", { class: "cl-stage", tabindex: "0", role: "tabpanel", "aria-label": "picture" },
      this.parent.canvas, this.diagram.canvas, this.network.canvas, this.table.node, this.own.node);
    /** @type {HTMLButtonElement[]} */
    this.tabs = [];
    this.tablist = h("div", { class: "cl-views", role: "tablist", "aria-label": "views",
      onkeydown: (press) => this.press(press) });
    this.over = h("div", { class: "cl-over" }, this.overview.canvas);
    this.asideHead = h("h4");
    this.aside = h("div", { class: "cl-sidenet" }, this.small.canvas);
  }

  /** The view on show: the one that was chosen, else the first. */
  get view() { return this.all.some(([view]) => view === this.chosen) ? this.chosen : this.all[0][0]; }

  /** Whether the lanes are on show, alone or above the pattern's own view. */
  get lanes() { return this.view === "space" || this.own.view !== null; }

  /** @param {string} view */
  setView(view) {
    this.chosen = view;
    this.table.shown = null;
    this.rearrange();
  }

  nextView(by = 1) {
    const { all, view, all: { length: n } } = this;
    this.setView(all[(all.findIndex(([each]) => each === view) + by + n) % n][0]);
  }

  /** Make the tabs of the trace on show. */
  fill() {
    const { views } = this.scene.trace.meta;
    this.all = [...views.map(({ name }) => /** @type {typeof VIEWS[number]} */ ([name, title(name)])), ...VIEWS];
    this.once.after(this.all, () => {
      this.tabs = this.all.map(([view, label]) => h("button", { type: "button", role: "tab", class: "cl-view",
        onclick: () => this.setView(view) }, label));
      this.tablist.replaceChildren(...this.tabs);
    });
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
    if (!by) return;
    this.nextView(by);
    this.tabs.find((tab) => tab.tabIndex === 0)?.focus();
    take(press);
  }

  // ---- layout

  /** Give each picture its size. */
  layout() {
    this.fill();
    const { scene, view, stage: { clientWidth: width } } = this, parent = view === "space" ? scene.parent : null;
    this.own.show(scene.trace.meta.views.find(({ name }) => name === view) ?? null);
    this.diagram.compact = view !== "space";
    this.diagram.only = this.own.messages;
    const gutter = this.measureGutter(width), scale = parent ? 0.7 : width < 520 ? 0.86 : 1;
    this.diagram.caption = parent ? `this branch: ${scene.trace.meta.name}` : "";
    this.parent.caption = parent ? `its parent: ${parent.meta.name}` : "";
    this.diagram.canvas.hidden = !this.lanes;
    this.parent.canvas.hidden = !parent;
    this.network.canvas.hidden = view !== "network";
    this.table.node.hidden = view !== "events";
    if (parent) this.parent.layout(parent, width, gutter, scale);
    this.diagram.layout(scene.trace, width, gutter, scale);
    this.own.layout(width, gutter);
    this.overview.layout(scene.trace, this.over.clientWidth, gutter);
    this.turning.layout(scene.trace, width, gutter, this.lanes);
    this.network.layout(scene.trace, width, Math.min(460, Math.max(300, width * 0.62)));
    this.aside.hidden = this.asideHead.hidden = view === "network";
    this.small.layout(scene.trace, Math.max(120, this.aside.clientWidth), Math.max(220, Math.min(340, 28 * scene.trace.meta.agents.length)));
    this.markView();
  }

  markView() {
    this.all.forEach(([view, label], i) => {
      const on = view === this.view, tab = this.tabs[i];
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on) this.stage.setAttribute("aria-label", `${label} view; press ? for keys`);
    });
  }

  /** How wide the names at the left are. @param {number} width */
  measureGutter(width) {
    const { diagram: { ctx }, scene: { trace: { meta }, theme } } = this;
    ctx.font = `600 12.5px ${theme.font}`;
    const names = [...meta.agents, ...this.own.names].map((name) => ctx.measureText(name).width);
    ctx.font = `12px ${theme.font}`;
    const roles = [...meta.roles.slice(0, 30), "down"].map((role) => ctx.measureText(role).width);
    return Math.ceil(Math.min(width < 520 ? 96 : 130, Math.max(34, ...names, ...roles) + 18));
  }

  // ---- painting

  paint() {
    this.overview.paint();
    this.turning.paint();
    if (this.lanes) this.diagram.paint();
    this.own.paint();
    if (this.view === "space" && this.scene.parent) this.parent.paint();
    if (this.view === "network") this.network.paint(); else this.small.paint();
    if (this.view === "events") this.table.follow();
    this.asideHead.textContent = `At ${seconds(this.scene.now)}`;
  }

  /** Write the alternative texts. */
  describe() {
    const { trace, parent, window, now } = this.scene, text = summary(trace, window, now), { title, name } = trace.meta;
    const label = (/** @type {HTMLElement} */ canvas, /** @type {string} */ words) => canvas.setAttribute("aria-label", words);
    label(this.diagram.canvas, `Space-time diagram of ${title || name}: ${text}`);
    label(this.overview.canvas, `Overview of the whole run, ${trace.n} events; ${text}`);
    const network = `Network: ${inFlight(trace.arrows, now).length} messages on the way. ${text}`;
    for (const net of [this.network, this.small]) label(net.canvas, network);
    this.own.describe();
    if (parent) label(this.parent.canvas, `Space-time diagram of the parent: ${summary(parent, window, now)}`);
  }

  /** Where in the player a menu opened by key appears: near agent `a`. @param {number} a @returns {Point} */
  anchor(a) {
    const { stage, diagram } = this, box = stage.getBoundingClientRect();
    const player = /** @type {Element} */ (stage.closest(".cl-player")).getBoundingClientRect();
    if (!this.lanes) return [box.left - player.left + Math.min(40, box.width), box.top - player.top + 40];
    const lane = diagram.canvas.offsetTop + diagram.y(Math.max(0, a));
    return [box.left - player.left + Math.max(0, Math.min(diagram.x(this.scene.now), box.width)), lane + 12];
  }
}

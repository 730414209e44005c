// The trace player: linked views of a recorded trace, played in virtual time.
// It draws what the trace says and computes no behaviour; faults are asked for, Python answers with a new branch.
/** @import { Model } from "./types.js" */

import { ENTER, h } from "./elements.js";
import { Faults } from "./faults.js";
import { Help, Keys } from "./keys.js";
import { Legend } from "./legend.js";
import { divergence } from "./lookup.js";
import { readTheme } from "./looks.js";
import { Measures } from "./measures.js";
import { Menu, Tip } from "./menu.js";
import { Narration } from "./narration.js";
import { Playback } from "./playback.js";
import { Pointer } from "./pointer.js";
import { Scene } from "./scene.js";
import { Session } from "./session.js";
import { Share } from "./share.js";
import { disableControls, keepKeys, nameSliders } from "./controls.js";
import { Tabs } from "./tabs.js";
import { Transport } from "./transport.js";
import { Verdicts } from "./verdicts.js";
import { Views } from "./views.js";

/** One view of a model: the parts of the player, and what they do together. */
export class Player {
  stats = { frames: 0, drawMs: 0, loadMs: 0, tripMs: /** @type {number | null} */ (null) };
  root = Object.assign(h("section", { class: "cl-player", "aria-label": "trace player" }),
    { stats: this.stats });
  title = h("h3", { class: "cl-title" });
  question = h("p", { class: "cl-question" });
  problem = h("p", { class: "cl-problem", role: "alert" });
  header = h("header", { class: "cl-head" }, this.title, this.question, this.problem);
  gone = new AbortController();
  /** The number of the animation frame that was requested; 0: none. */
  frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  resting;
  /** The event and the trace that were last shown. */
  shownMoment = "";

  scene = new Scene();
  playback = new Playback(this.scene);
  views = new Views(this.scene, this.playback.pick);
  menu = new Menu(() => this.focus());
  tip = new Tip();
  help = new Help(() => this.focus());
  transport = new Transport(this.scene, this.playback, () => this.help.open());
  narration = new Narration(this.scene, this.playback.pick);
  verdicts = new Verdicts(this.scene, this.playback.pick, this.tip, () => this.session.reason ? null : (property) => this.session.send({ type: "lost", property }));
  legend = new Legend(this.scene, () => this.draw());
  measures = new Measures();
  share = new Share();
  keys = new Keys(this);
  sizes = new ResizeObserver(() => this.relayout());
  skins = new MutationObserver(() => this.retheme());

  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.session = new Session(model, this.root);
    this.faults = new Faults(this.scene, this.session, this.menu, (a) => this.views.anchor(a));
    this.tabs = new Tabs(this.scene, this.session, (on) => this.compare(on));
    this.pointer = new Pointer(this.root, this.scene, this.views, this.playback, this.faults, this.tip);
    this.assemble();
    el.append(this.root);
    this.listen();
    this.retheme();
    this.load();
    keepKeys(this.root, this.gone.signal);
    nameSliders(el, this.gone.signal);
    this.root.dataset.ready = "true";
  }

  assemble() {
    const { views, tabs, transport, session, narration, legend, verdicts, measures } = this;
    views.over.append(verdicts.marks);
    const main = h("div", { class: "cl-main" }, views.tablist, views.over, views.stage, views.turning.node,
      transport.node,
      session.notice, narration.say, narration.inspect, legend.node);
    const side = h("div", { class: "cl-side", role: "group", "aria-label": "verdicts and measures" },
      verdicts.head, verdicts.chips, verdicts.because, measures.head, measures.table, views.asideHead, views.aside);
    this.root.append(this.header, h("div", { class: "cl-bar" }, tabs.node, tabs.acts),
      h("div", { class: "cl-body" }, main, side, this.share.node), this.menu.node, this.help.node, this.tip.node);
  }

  focus() { this.views.stage.focus({ preventScroll: true }); }

  listen() {
    const { signal } = this.gone, { root, menu, scene, playback } = this;
    scene.changed = () => this.rest();
    scene.selected = () => this.showSelection();
    playback.changed = () => this.showPlayback();
    this.views.rearrange = () => this.relayout();
    this.session.load = () => this.load();
    this.session.left = () => disableControls(this.root);
    root.addEventListener("keydown", (press) => this.keys.press(press), { signal });
    root.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !menu.node.contains(target)) menu.close(false);
    }, { signal });
    root.addEventListener(ENTER, () => this.enter(), { signal });
    this.pointer.listen(signal);
    this.sizes.observe(this.views.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.retheme(), { signal });
    this.skins.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  }

  destroy() {
    this.playback.play(false);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.gone.abort();
    this.sizes.disconnect();
    this.skins.disconnect();
    this.session.leave();
    this.root.remove();
  }

  // ---- what is shown

  load() {
    const began = performance.now(), { scene, session } = this, trace = session.current();
    if (!trace) { this.root.dataset.empty = "true"; return; }
    const first = scene.blank;
    scene.show(trace, scene.parent && session.open(trace.meta.parent));
    if (first) this.playback.suitSpeed();
    this.fillWords();
    this.relayout();
    this.stats.loadMs = performance.now() - began;
    this.stats.tripMs = session.answered() ?? this.stats.tripMs;
    this.root.dataset.version = String(scene.version);
  }

  /** Show the run as if it were new: the pattern's own first view, and the first moment worth seeing. */
  enter() {
    const { scene, playback, views } = this;
    if (scene.blank) return;
    playback.play(false);
    scene.enter();
    scene.seek(scene.now);
    views.setView("");
  }

  /** The words around the picture. */
  fillWords() {
    const { meta, end } = this.scene.trace;
    this.title.textContent = meta.title;
    this.question.textContent = meta.question;
    this.problem.textContent = meta.problem && `The run broke off: ${meta.problem}`;
    this.problem.hidden = !meta.problem;
    this.header.hidden = !meta.title && !meta.question && !meta.problem;
    this.transport.scrub.max = String(end);
    this.tabs.fill();
    this.verdicts.fill();
    this.measures.fill(meta.measures);
    this.share.fill(meta.line);
    this.legend.fill();
    this.views.table.refilter();
  }

  /** Show the branch below its parent, or alone again. @param {boolean} on */
  compare(on) {
    const { scene, views } = this, { trace } = scene;
    scene.parent = on ? this.session.open(trace.meta.parent) : null;
    if (scene.parent) {
      views.setView("space");
      const at = divergence(trace)?.at;
      if (at !== undefined && (at < scene.window[0] || at > scene.window[1])) scene.centre(at);
    }
    this.fillWords();
    this.relayout();
  }

  showSelection() {
    this.views.table.shown = null;
    this.narration.show();
  }

  showPlayback() {
    this.transport.show();
    this.narration.say.setAttribute("aria-live", this.playback.playing ? "off" : "polite");
  }

  // ---- layout and drawing

  /** Read the colours again.  There are none before the page holds the player and its style sheet: then try again. */
  retheme() {
    const theme = readTheme(this.root);
    if (theme.bg === theme.ink && !this.gone.signal.aborted) requestAnimationFrame(() => this.retheme());
    this.scene.looks.use(theme);
    if (this.scene.blank) return;
    this.legend.fill();
    this.relayout();
  }

  relayout() {
    const { scene, views: { stage } } = this;
    if (scene.blank) return;
    if (!stage.clientWidth) { // hidden for a moment
      requestAnimationFrame(() => { if (stage.clientWidth) this.relayout(); });
      return;
    }
    this.views.layout();
    this.verdicts.place(this.views.overview);
    this.draw();
    this.describe();
  }

  /** Update the alternative texts, unless the picture moves. */
  describe() { if (!this.scene.blank && !this.playback.playing) this.views.describe(); }

  /** Draw soon, and describe the picture when nothing has changed for a moment. */
  rest() {
    this.paintSoon();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.describe(), 150);
  }

  /** Draw in the next frame, once for all changes until then. */
  paintSoon() {
    this.frame ||= requestAnimationFrame((stamp) => {
      this.frame = 0;
      if (this.playback.playing) this.playback.advance(stamp);
      this.draw();
    });
  }

  draw() {
    const began = performance.now();
    this.views.paint();
    this.showTime();
    this.stats.frames += 1;
    this.stats.drawMs += performance.now() - began;
    if (this.playback.playing) this.paintSoon();
  }

  showTime() {
    const { scene: { cursor, version, now }, transport } = this, moment = `${cursor} ${version}`;
    transport.tick();
    this.root.dataset.now = String(now); // for what stands around the player
    if (moment === this.shownMoment) return;
    this.shownMoment = moment;
    transport.announce();
    this.narration.narrate();
  }
}

/** Show a model in an element; returns the clean-up. @param {{ model: Model, el: HTMLElement }} view */
export function render({ model, el }) {
  const player = new Player(model, el);
  return () => player.destroy();
}

// What one view of the player shows: which trace, which part and moment of it, and what is selected.
/** @import { Interval, Trace } from "./types.js" */

import { clampWindow, zoomed } from "./geometry.js";
import { past, sameEvent, upper } from "./lookup.js";
import { Looks } from "./looks.js";
import { NOTHING } from "./trace.js";

/** What one view shows.  It knows no element of the page; `changed` and `selected` are called when they have work to do. */
export class Scene {
  looks = new Looks();
  trace = NOTHING;
  /** @type {Trace | null} the parent of the branch, while the two are compared */
  parent = null;
  /** How many traces have been shown. */
  version = 0;

  /** The moment of the playhead, in seconds. */
  now = 0;
  /** The last event up to that moment; -1: none yet. */
  cursor = -1;
  /** @type {Interval} the part of the run on screen */
  window = [0, 1];
  /** @type {Interval} the part that was chosen; a run that ends before it shows its own end */
  chosen = [0, 1];
  /** Whether that is the whole run. */
  fitted = false;

  /** The selected event; -1: none. */
  picked = -1;
  /** @type {number[]} the causes that led to it, and itself */
  chain = [];
  /** @type {Set<number>} */
  chainSet = new Set();
  /** The selected agent; -1: none. */
  agent = -1;
  /** @type {Set<string>} the message types that are not drawn */
  hidden = new Set();

  changed = () => {};
  selected = () => {};

  get theme() { return this.looks.theme; }

  /** Whether no trace has been shown yet. */
  get blank() { return this.version === 0; }

  /** Show a trace, at the same moment, in the same window, on the same event, as far as it has them.
   * @param {Trace} trace @param {Trace | null} parent */
  show(trace, parent) {
    const before = this.trace, first = this.blank;
    const moved = before.time === trace.time && before.meta.opens?.at !== trace.meta.opens?.at;
    [this.trace, this.parent] = [trace, parent];
    this.version += 1;
    this.looks.meet(trace);
    if (first || moved) this.enter(); else this.reframe();
    this.now = Math.min(this.now, trace.end);
    this.cursor = upper(trace.time, this.now) - 1;
    if (!first && before !== trace) this.select(this.picked >= 0 ? sameEvent(before, this.picked, trace) : -1);
    if (this.picked >= 0) this.cursor = this.picked;
    if (this.agent >= trace.meta.agents.length) this.agent = -1;
  }

  /** Show what is to be seen first; a view that begins empty is shown as soon as something is in it. */
  enter() {
    const { meta: { focus, problem, opens, views: [first] }, end, time } = this.trace;
    this.frame(opens?.window ?? focus);
    const begun = first && "event" in first ? time[first.event[0]] ?? 0 : 0;
    this.now = opens ? opens.at : problem ? end : Math.max(this.window[0], Math.min(begun, this.window[1]));
    this.select(opens?.event ?? -1);
  }

  /** Show the part that was chosen, or of a run that broke off its end. */
  reframe() {
    const { meta: { problem }, end } = this.trace, [a, b] = this.chosen;
    this.window = this.fitted ? [0, end] : clampWindow(problem ? [end - (b - a), end] : this.chosen, end);
  }

  /** @param {Interval} window */
  frame(window) {
    this.chosen = this.window = clampWindow(window, this.trace.end);
    this.fitted = this.window[1] - this.window[0] >= this.trace.end * 0.9999;
  }

  // ---- the moment

  /** @param {number} t */
  place(t) {
    this.now = t;
    this.cursor = upper(this.trace.time, t) - 1;
  }

  /** @param {number} t */
  seek(t, follow = true) {
    this.place(Math.max(0, Math.min(this.trace.end, t)));
    if (follow && (this.now < this.window[0] || this.now > this.window[1])) this.centre(this.now);
    this.changed();
  }

  // ---- the window

  /** @param {Interval} window */
  setWindow(window) {
    this.frame(window);
    this.changed();
  }

  /** @param {number} t */
  centre(t) {
    const width = this.window[1] - this.window[0];
    this.setWindow([t - width * 0.35, t + width * 0.65]);
  }

  /** @param {number} factor */
  zoom(factor, about = this.now) {
    const [a, b] = this.window, t = about >= a && about <= b ? about : (a + b) / 2;
    this.setWindow(zoomed(this.window, factor, t));
  }

  fit() { this.setWindow([0, this.trace.end]); }

  /** @param {number} share  of the window's width */
  pan(share) {
    const [a, b] = this.window, by = (b - a) * share;
    this.setWindow([a + by, b + by]);
  }

  // ---- the selection

  /** @param {number} seq */
  select(seq) {
    this.picked = seq;
    this.chain = seq < 0 ? [] : past(this.trace, seq);
    this.chainSet = new Set(this.chain);
    this.selected();
  }

  /** Select event `seq`, in every view, and go to its moment; a selected agent stays selected. @param {number} seq */
  visit(seq) {
    this.select(seq);
    this.seek(this.trace.time[seq]);
    this.cursor = seq;
  }

  letGo() {
    this.select(-1);
    this.agent = -1;
    this.changed();
  }

  /** Select the next agent, or the one before. @param {number} by */
  chooseAgent(by) {
    const n = this.trace.meta.agents.length;
    this.agent = this.agent < 0 ? (by > 0 ? 0 : n - 1) : (this.agent + by + n) % n;
    this.select(-1); // or Enter would open the menu of that event
    this.changed();
  }

  /** The selected agent, else the one of the current event, else the first. */
  someAgent() {
    const a = this.agent >= 0 ? this.agent : this.trace.agent[Math.max(0, this.cursor)];
    return a < this.trace.meta.agents.length ? a : 0;
  }
}

// The branches that Python keeps, and the requests to Python.
/** @import { Branch, Model, Refusal, Trace, Request } from "./types.js" */

import { h } from "./elements.js";
import { decode } from "./trace.js";
import { NO_KERNEL } from "./words.js";

const EVENTS = ["change:branches", "change:selected"];

/** The widget's model as the player uses it.  `load` is called when another branch is to be shown. */
export class Session {
  notice = h("p", { class: "cl-notice", role: "alert", hidden: true });
  /** @type {WeakMap<Branch, Trace>} each is kept as long as Python keeps the branch */
  decoded = new WeakMap();
  /** @type {[Branch[], number] | null} the branches and the selection on show */
  loaded = null;
  /** When the last request was sent, in milliseconds; 0: no answer is due. */
  asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  waiting;
  load = () => {};

  /** @param {Model} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    for (const name of EVENTS) model.on(name, this.hear);
    model.on("msg:custom", this.hearWord);
  }

  hear = () => { if (this.branches !== this.loaded?.[0] || this.selected !== this.loaded[1]) this.load(); };

  /** @param {Refusal} word */
  hearWord = (word) => { if (word?.type === "error") this.tell(word.text); };

  /** Whether there is a kernel that can answer. */
  get live() { return this.model.get("kernel") !== false; }
  get branches() { return this.model.get("branches") ?? []; }
  get selected() { return Math.max(0, Math.min(this.branches.length - 1, this.model.get("selected") ?? 0)); }

  /** The trace of branch `i`, if there is one. @param {number | null} i */
  open(i) {
    const branch = i === null ? undefined : this.branches[i];
    if (!branch) return null;
    let trace = this.decoded.get(branch);
    if (!trace) this.decoded.set(branch, trace = decode(branch));
    return trace;
  }

  /** The trace to show, if there is any. */
  current() {
    if (this.branches.length) this.loaded = [this.branches, this.selected];
    return this.open(this.selected);
  }

  /** @param {number} i */
  select(i) {
    if (i === this.selected) return;
    this.model.set("selected", i);
    this.model.save_changes();
    this.hear();
  }

  /** Ask Python; it answers with new branches, or with words. @param {Request} request */
  send(request) {
    if (!this.live) { this.tell(NO_KERNEL); return; }
    this.asked = performance.now();
    this.root.dataset.pending = "true";
    this.waiting = setTimeout(() => this.tell("no answer from the kernel yet"), 4000);
    this.model.send(request);
  }

  /** The request is answered; returns after how many milliseconds, or null if none was sent. */
  answered() {
    const trip = this.asked ? performance.now() - this.asked : null;
    this.tell(null);
    this.settle();
    return trip;
  }

  settle() {
    this.asked = 0;
    delete this.root.dataset.pending;
  }

  /** Show words under the picture; null hides them. @param {string | null} words */
  tell(words) {
    clearTimeout(this.waiting);
    this.notice.hidden = !words;
    this.notice.textContent = words ?? "";
    if (words) this.settle();
  }

  leave() {
    clearTimeout(this.waiting);
    for (const name of EVENTS) this.model.off(name, this.hear);
    this.model.off("msg:custom", this.hearWord);
  }
}

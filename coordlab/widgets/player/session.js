// The branches that Python keeps, and the requests to Python.
/** @import { Branch, Entry, Maybe, Model, Recording, Request, Trace, Word } from "./types.js" */

import { h } from "./elements.js";
import { decode } from "./trace.js";
import { NO_KERNEL, RESTARTED } from "./words.js";

const EVENTS = ["change:branches", "change:selected"];
const LINK = "comm_live_update"; // of ipywidgets

/** The widget's model as the player uses it.  `load` is called when another branch is to be shown. */
export class Session {
  notice = h("p", { class: "cl-notice", role: "alert", hidden: true });
  /** @type {Map<number, Recording>} what has come by itself, by its key */
  recordings = new Map();
  /** The keys of the recordings that were asked for. @type {Set<number>} */
  wanted = new Set();
  /** @type {WeakMap<DataView, Trace>} each is kept as long as its recording */
  decoded = new WeakMap();
  /** @type {[Entry[], Branch[]]} the entries of the model, and the branches that they stand for */
  whole = [[], []];
  /** @type {[Entry[], number] | null} the entries and the selection on show */
  loaded = null;
  /** Whether the kernel that made the model is gone. */
  lost = false;
  /** When the last request was sent, in milliseconds; 0: no answer is due. */
  asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  waiting;
  load = () => {};
  /** Called when the kernel is lost. */
  left = () => {};

  /** @param {Model} model @param {HTMLElement} root */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    for (const name of EVENTS) model.on(name, this.hear);
    model.on("msg:custom", this.hearWord);
    model.on(LINK, this.lose);
  }

  /** The link to the kernel changes only once while the model is shown: when it breaks. */
  lose = () => {
    this.lost = true;
    this.notify(RESTARTED);
    this.load();
    this.left();
  };

  hear = () => { if (this.entries !== this.loaded?.[0] || this.selected !== this.loaded[1]) this.load(); };

  /** @param {Word} word @param {DataView<ArrayBuffer>[]} buffers */
  hearWord = (word, buffers) => {
    if (word?.type === "error") this.notify(word.text);
    if (word?.type === "progress") this.progress(word.text);
    if (word?.type !== "recording") return;
    this.recordings.set(word.key, { meta: word.meta, columns: buffers[0] });
    this.hear();
  };

  /** Why nothing can be requested; null: there is a kernel that can answer. */
  get reason() { return this.lost ? RESTARTED : this.model.get("kernel") === false ? NO_KERNEL : null; }
  /** Why nothing can be undone; null: something can. */
  get settled() { return this.reason ?? (this.model.get("undoable") === false ? "nothing to undo" : null); }
  get entries() { return this.model.get("branches") ?? []; }
  get selected() { return Math.max(0, Math.min(this.entries.length - 1, this.model.get("selected") ?? 0)); }

  /** The branches; none until all their recordings have come.  Missing ones are requested. */
  get branches() {
    const { entries } = this;
    if (this.whole[0] === entries) return this.whole[1];
    const keys = entries.flatMap(({ key }) => (key === undefined ? [] : [key]));
    for (const entry of entries) {
      if (entry.key !== undefined && "columns" in entry) this.recordings.set(entry.key, entry);
    }
    const missing = keys.filter((key) => !this.recordings.has(key));
    if (missing.length) {
      this.ask(missing.filter((key) => !this.wanted.has(key)));
      return [];
    }
    for (const key of [...this.recordings.keys()]) if (!keys.includes(key)) this.recordings.delete(key);
    this.wanted.clear();
    this.whole = [entries, entries.map((entry) => this.join(entry))];
    return this.whole[1];
  }

  /** @param {number[]} keys */
  ask(keys) {
    for (const key of keys) this.wanted.add(key);
    if (keys.length) this.model.send({ type: "need", keys });
  }

  /** An entry with its recording. @param {Entry} entry @returns {Branch} */
  join(entry) {
    if ("columns" in entry) return entry;
    const { key, ...label } = entry, { meta, columns } = /** @type {Recording} */ (this.recordings.get(key));
    return { meta: { ...meta, ...label }, columns };
  }

  /** The trace of branch `i`, if there is one. @param {Maybe<number>} i */
  open(i) {
    const branch = i == null ? undefined : this.branches[i];
    if (!branch) return null;
    let trace = this.decoded.get(branch.columns);
    if (!trace) this.decoded.set(branch.columns, trace = decode(branch));
    return trace.meta === branch.meta ? trace : { ...trace, meta: branch.meta };
  }

  /** The trace to show, if there is any. */
  current() {
    if (this.branches.length) this.loaded = [this.entries, this.selected];
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
    if (this.reason) { this.notify(this.reason); return; }
    this.asked = performance.now();
    this.root.dataset.pending = "true";
    this.waiting = setTimeout(() => this.notify("no answer from the kernel yet"), 4000);
    this.model.send(request);
  }

  /** The request is answered; returns after how many milliseconds, or null if none was sent. */
  answered() {
    const trip = this.asked ? performance.now() - this.asked : null;
    this.notify(this.lost ? RESTARTED : null);
    this.settle();
    return trip;
  }

  settle() {
    this.asked = 0;
    delete this.root.dataset.pending;
  }

  /** Show words under the picture; null hides them. @param {string | null} words */
  notify(words) {
    this.progress(words);
    this.notice.classList.remove("cl-calm");
    if (words) this.settle();
  }

  /** Say how far the answer is. @param {string | null} words */
  progress(words) {
    clearTimeout(this.waiting);
    this.notice.classList.add("cl-calm");
    this.notice.hidden = !words;
    this.notice.textContent = words ?? "";
  }

  leave() {
    clearTimeout(this.waiting);
    for (const name of EVENTS) this.model.off(name, this.hear);
    this.model.off("msg:custom", this.hearWord);
    this.model.off(LINK, this.lose);
  }
}

// What a view of the pattern's own shows after each event: its cells, nodes and edges are slots that change.
/** @import { Changes } from "./types.js" */

import { upper } from "./lookup.js";

/** What tones are called, by number; -1: gone. */
export const TONES = ["normal", "idle", "active", "between", "failed", "stuck", "down", "no"];

/** The changes of a view, by slot. */
export class Slots {
  /** For each slot its changes, by their positions, and the events that they come with. @type {{ of: number[], event: number[] }[]} */
  bySlot;

  /** @param {Changes} changes @param {number} count */
  constructor(changes, count) {
    this.changes = changes;
    this.bySlot = Array.from({ length: count }, () => ({ of: [], event: [] }));
    changes.slot.forEach((slot, i) => {
      this.bySlot[slot].of.push(i);
      this.bySlot[slot].event.push(changes.event[i]);
    });
  }

  /** The change that holds in a slot after event `seq`; -1: none. @param {number} slot @param {number} seq */
  holding(slot, seq) {
    const { of, event } = this.bySlot[slot];
    return of[upper(event, seq) - 1] ?? -1;
  }

  /** The event that made a slot what it is after event `seq`; -1: none. @param {number} slot @param {number} seq */
  made(slot, seq) { return this.changes.event[this.holding(slot, seq)] ?? -1; }

  /** The last change up to event `seq`; -1: none but those that hold from the beginning. @param {number} seq */
  newest(seq) {
    const last = upper(this.changes.event, seq) - 1;
    return last >= 0 && this.changes.event[last] >= 0 ? last : -1;
  }

  /** @param {number} i */
  words(i) { return i < 0 ? "" : this.changes.words[this.changes.text[i]]; }

  /** @param {number} i */
  tone(i) { return i < 0 ? "normal" : TONES[this.changes.tone[i]] ?? ""; }
}

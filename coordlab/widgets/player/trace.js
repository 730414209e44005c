// A trace as Python sends it, with everything prepared that the views ask for.
/** @import { Arrows, Branch, Events, Meta, Spans, Trace } from "./types.js" */

const EVENT_BYTES = 27;
export const NOBODY = 65535;

// Roles that are no state: the agent has crashed; it has not joined yet.
export const DOWN = -1;
export const ABSENT = -2;

// How the journey of a message ended.
export const ARRIVED = 0;
export const LOST = 1;
export const CUT = 2;
export const UNHEARD = 3;
export const DROPPED = 4;
export const UNDERWAY = 5;
export const FATES = ["arrived", "lost", "cut", "down", "dropped", "still under way at the end"];

const MARKED = ["crash", "restart", "note", "decision"];

/** One branch as Python sent it, prepared. @param {Branch} branch @returns {Trace} */
export function decode({ meta, columns }) {
  const events = readColumns(meta, columns);
  const marked = new Set(MARKED.map((kind) => events.code[kind]));
  const marks = Int32Array.from(events.kind.keys()).filter((seq) => marked.has(events.kind[seq]));
  return { ...events, spans: lanes(events), arrows: arrows(events), marks };
}

/** @param {Meta} meta @param {DataView<ArrayBuffer>} columns @returns {Events} */
function readColumns(meta, columns) {
  // what arrives may begin at any byte of a larger buffer: copy, then look at it as columns
  const bytes = columns.buffer.slice(columns.byteOffset, columns.byteOffset + columns.byteLength);
  const n = meta.count;
  if (bytes.byteLength !== n * EVENT_BYTES) {
    throw new Error(`the trace promises ${n} events, its columns hold ${bytes.byteLength / EVENT_BYTES}`);
  }
  let offset = 0;
  /**
   * @template {ArrayBufferView} Column
   * @param {new (buffer: ArrayBuffer, offset: number, length: number) => Column} Type
   */
  const next = (Type) => {
    const column = new Type(bytes, offset, n);
    offset += column.byteLength;
    return column;
  };
  const columnsInOrder = {
    time: next(Float64Array), cause: next(Int32Array), message: next(Int32Array), text: next(Int32Array),
    agent: next(Uint16Array), peer: next(Uint16Array), name: next(Uint16Array), kind: next(Uint8Array),
  };
  const code = Object.fromEntries(meta.kinds.map((kind, number) => [kind, number]));
  const until = Math.max(meta.until, n ? columnsInOrder.time[n - 1] : 0, 1e-6);
  return { meta, n, ...columnsInOrder, code, until };
}

/** For each agent the roles it goes through. @param {Events} events @returns {Spans[]} */
export function lanes({ meta, n, time, kind, agent, name, text, code }) {
  const begins = new Map(meta.begins), roles = new Map(meta.roles.map((role, i) => [role, i]));
  const shown = meta.shows.map((state) => (state === null ? NOBODY : meta.names.indexOf(state)));
  const spans = meta.agents.map(() => ({ from: [0], role: [ABSENT] }));
  for (let i = 0; i < n; i++) {
    const k = kind[i], a = agent[i];
    if (k === code.start || k === code.restart) turn(spans[a], time[i], begins.get(i) ?? ABSENT);
    else if (k === code.crash) turn(spans[a], time[i], DOWN);
    else if (k === code.state && name[i] === shown[a]) turn(spans[a], time[i], roles.get(meta.texts[text[i]]) ?? ABSENT);
  }
  return spans;
}

/** @param {Spans} span @param {number} time @param {number} role */
function turn(span, time, role) {
  const last = span.from.length - 1;
  if (span.role[last] === role) return;
  if (span.from[last] === time) span.role[last] = role;
  else { span.from.push(time); span.role.push(role); }
}

/** The journey of a message: the events that sent and ended it, its fate, whether it is a duplicate.
 * @typedef {[send: number, end: number, fate: number, copy: number]} Journey */

/** Every journey of a message, in order of ending; a duplicated message makes two.
 * @param {Events} events @returns {Arrows} */
export function arrows(events) {
  const { n, kind, message, code } = events;
  /** @type {Map<number, number>} */
  const sent = new Map();
  /** @type {Map<number, number>} */
  const of = new Map();
  /** @type {Journey[]} */
  const list = [];
  for (let i = 0; i < n; i++) {
    const k = kind[i], id = message[i];
    if (k === code.send) { sent.set(id, i); continue; }
    const send = sent.get(id);
    if (send !== undefined && (k === code.deliver || k === code.drop || (k === code.late && !of.has(id)))) {
      list.push([send, i, fateOf(events, i), of.has(id) ? 1 : 0]);
      of.set(id, list.length - 1);
    }
  }
  for (const [id, i] of sent) {
    if (of.has(id)) continue;
    list.push([i, -1, UNDERWAY, 0]);
    of.set(id, list.length - 1);
  }
  return arrowColumns(events, list, of);
}

/** @param {Events} events @param {number} i */
function fateOf({ kind, code, meta, text }, i) {
  if (kind[i] !== code.drop) return ARRIVED;
  const fate = FATES.indexOf(meta.texts[text[i]]);
  return fate < 0 ? LOST : fate;
}

/** @param {Events} events @param {Journey[]} list @param {Map<number, number>} of @returns {Arrows} */
function arrowColumns({ time, until, agent, peer, name }, list, of) {
  const send = Int32Array.from(list, ([first]) => first), end = Int32Array.from(list, ([, last]) => last);
  const t0 = Float64Array.from(send, (seq) => time[seq]), soonest = t0.slice();
  for (let i = list.length - 2; i >= 0; i--) soonest[i] = Math.min(soonest[i], soonest[i + 1]);
  return {
    count: list.length, of, send, end, t0, soonest,
    t1: Float64Array.from(end, (seq) => (seq < 0 ? until : time[seq])),
    from: Uint16Array.from(send, (seq) => agent[seq]),
    to: Uint16Array.from(send, (seq) => peer[seq]),
    name: Uint16Array.from(send, (seq) => name[seq]),
    fate: Uint8Array.from(list, ([, , fate]) => fate),
    copy: Uint8Array.from(list, ([, , , copy]) => copy),
  };
}

/** What is shown before the first branch has come: no agents, no events. */
export const NOTHING = decode({
  meta: {
    title: "", question: "", line: "", name: "", parent: null, agents: [], until: 0, count: 0, kinds: [], names: [], texts: [],
    says: {}, templates: {}, focus: null, roles: [], shows: [], begins: [], edges: null, verdicts: [], measures: [], faults: [],
    divergence: null,
  },
  columns: new DataView(new ArrayBuffer(0)),
});

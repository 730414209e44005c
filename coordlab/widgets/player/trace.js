// A trace as Python sends it, prepared for the views.
/** @import { Arrows, Branch, Meta, Spans, Trace } from "./types.js" */

export const NOBODY = 65535;
const NO_MESSAGE = 2 ** 31 - 1;

// Roles besides the agent's own: it has crashed; it has not joined yet.
export const DOWN = -1;
export const ABSENT = -2;

// How the journey of a message ended.
export const ARRIVED = 0;
export const LOST = 1;
export const CUT = 2;
export const UNHEARD = 3;
export const DROPPED = 4;
export const UNDERWAY = 5;
export const BROKEN_OFF = 6;
export const FATES = ["arrived", "lost", "cut", "down", "dropped", "still on the way at the end", "failed"];

const MARKED = ["crash", "restart", "note", "decision"];

/** One branch as Python sent it, prepared. @param {Branch} branch @returns {Trace} */
export function decode({ meta, columns }) {
  const take = reader(columns), n = meta.count, m = meta.flights;
  const events = {
    time: moments(take(Float64Array, n)), cause: take(Int32Array, n).map((back, seq) => (back ? seq - back : -1)),
    message: numbered(take(Int32Array, n)), text: take(Int32Array, n),
    agent: take(Uint16Array, n), peer: take(Uint16Array, n), name: take(Uint16Array, n), kind: take(Uint8Array, n),
  };
  const held = meta.spans.reduce((sum, count) => sum + count, 0);
  const spans = lanes(meta, events, take(Int32Array, held), take(Int32Array, held));
  const until = Math.max(meta.until, n ? events.time[n - 1] : 0, 1e-6);
  const journeys = { send: take(Int32Array, m), end: take(Int32Array, m), fate: take(Uint8Array, m), copy: take(Uint8Array, m) };
  if (take.left()) throw new Error(`the trace promises ${n} events and ${m} flights: ${take.left()} bytes are left`);
  const code = Object.fromEntries(meta.kinds.map((kind, number) => [kind, number]));
  const marked = new Set(MARKED.map((kind) => code[kind]));
  const marks = Int32Array.from(events.kind.keys()).filter((seq) => marked.has(events.kind[seq]));
  return { meta, n, ...events, code, until, end: shownEnd(meta, events.time[n - 1] ?? until, until), spans, arrows: arrows(events, until, journeys), marks };
}

/** Seconds from the beginning, from the microseconds between one event and the next. @param {Float64Array} steps */
function moments(steps) {
  let now = 0;
  return steps.map((step) => (now += step) / 1e6);
}

/** The numbers of messages (-1: none), from how far each is below the highest before it. @param {Int32Array} below */
function numbered(below) {
  let highest = 0;
  return below.map((less) => {
    if (less === NO_MESSAGE) return -1;
    const number = highest - less;
    highest = Math.max(highest, number);
    return number;
  });
}

/** The end of what is shown: a run may be quiet for long after its last event, fault or violation.
 * @param {Meta} meta @param {number} last @param {number} until */
function shownEnd({ faults, verdicts, focus, problem }, last, until) {
  const ends = [...faults.map((fault) => fault.until ?? fault.at), ...verdicts.map(({ status, at }) => (status === "violated" && at) || 0)];
  const end = 1.05 * ends.reduce((a, b) => Math.max(a, b), Math.max(last, focus[1]));
  return problem || end > 0.9 * until ? until : end;
}

/** Reads one column after the other.  Each is copied, because the data may begin at any byte of a larger buffer.
 * @param {DataView<ArrayBuffer>} columns */
function reader(columns) {
  let { byteOffset: offset } = columns;
  const end = offset + columns.byteLength;
  /**
   * @template {ArrayBufferView} Column
   * @param {{ new (buffer: ArrayBuffer): Column, BYTES_PER_ELEMENT: number }} Type @param {number} count
   */
  const take = (Type, count) => {
    const last = offset + count * Type.BYTES_PER_ELEMENT;
    if (last > end) throw new Error(`the trace promises more than its ${columns.byteLength} bytes hold`);
    const column = new Type(columns.buffer.slice(offset, last));
    offset = last;
    return column;
  };
  take.left = () => end - offset;
  return take;
}

/** For each agent the roles it goes through; it is absent before the first.
 * @param {Meta} meta @param {{ time: Float64Array }} events @param {Int32Array} began @param {Int32Array} role
 * @returns {Spans[]} */
function lanes(meta, { time }, began, role) {
  let next = 0;
  return meta.spans.map((count) => {
    const from = [...began.subarray(next, next + count)].map((seq) => time[seq]);
    const roles = [...role.subarray(next, next + count)];
    next += count;
    return from[0] === 0 ? { from, role: roles } : { from: [0, ...from], role: [ABSENT, ...roles] };
  });
}

/** Every journey of a message, in order of ending, with what the views need.
 * @param {{ time: Float64Array, agent: Uint16Array, peer: Uint16Array, name: Uint16Array, message: Int32Array }} events
 * @param {number} until @param {Pick<Arrows, "send" | "end" | "fate" | "copy">} journeys @returns {Arrows} */
function arrows({ time, agent, peer, name, message }, until, journeys) {
  const { send, end } = journeys, t0 = Float64Array.from(send, (seq) => time[seq]), soonest = t0.slice();
  for (let i = send.length - 2; i >= 0; i--) soonest[i] = Math.min(soonest[i], soonest[i + 1]);
  /** @type {Map<number, number>} */
  const of = new Map();
  send.forEach((seq, i) => of.set(message[seq], i));
  return {
    ...journeys, count: send.length, of, t0, soonest,
    t1: Float64Array.from(end, (seq) => (seq < 0 ? until : time[seq])),
    from: Uint16Array.from(send, (seq) => agent[seq]),
    to: Uint16Array.from(send, (seq) => peer[seq]),
    name: Uint16Array.from(send, (seq) => name[seq]),
  };
}

/** What is shown before the first branch has come: no agents, no events. */
export const NOTHING = decode({
  meta: {
    title: "", question: "", line: "", name: "", parent: null, agents: [], until: 0, count: 0, kinds: [], names: [], texts: [],
    says: {}, templates: {}, focus: [0, 1], problem: "", roles: [], resting: 0, hatches: [], spans: [], flights: 0, background: [],
    dashes: [], widths: [], links: [], verdicts: [], measures: [], offers: [], faults: [], views: [], tones: {},
    divergence: null, turning: null, opens: null,
  },
  columns: new DataView(new ArrayBuffer(0)),
});

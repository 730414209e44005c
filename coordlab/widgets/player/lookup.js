// What the views look up in a trace: moments, journeys, causes, words.
/** @import { Arrows, Fault, Trace } from "./types.js" */

import { ABSENT, DOWN } from "./trace.js";

/** Position of the first entry greater than `x` in an ascending column.
 * @param {ArrayLike<number>} column @param {number} x */
export function upper(column, x) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] <= x) low = middle + 1; else high = middle;
  }
  return low;
}

/** Position of the first entry not less than `x` in an ascending column.
 * @param {ArrayLike<number>} column @param {number} x */
export function lower(column, x) {
  let low = 0, high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle] < x) low = middle + 1; else high = middle;
  }
  return low;
}

/** The role of agent `a` at time `t`: a position in meta.roles, DOWN or ABSENT.
 * @param {Trace} trace @param {number} a @param {number} t */
export function roleAt(trace, a, t) {
  const span = trace.spans[a];
  return span.role[Math.max(0, upper(span.from, t) - 1)];
}

/** The word for a role. @param {Trace} trace @param {number} role */
export const roleName = (trace, role) => (role === DOWN ? "down" : role === ABSENT ? "" : trace.meta.roles[role]);

/**
 * The arrows that may touch [a, b], as positions [first, last): they end at a or later, and one of the rest begins by b.
 * @param {Arrows} arrows @param {number} a @param {number} b @returns {[first: number, last: number]}
 */
export const between = (arrows, a, b) => [lower(arrows.t1, a), upper(arrows.soonest, b)];

/** The arrows under way at time `t`. @param {Arrows} arrows @param {number} t */
export function inFlight(arrows, t) {
  const [first, last] = between(arrows, t, t), found = [];
  for (let i = first; i < last; i++) if (arrows.t0[i] <= t && t < arrows.t1[i]) found.push(i);
  return found;
}

/** The arrow that event `seq` belongs to, -1 if to none. @param {Trace} trace @param {number} seq */
export function arrowOf(trace, seq) {
  if (seq < 0 || trace.message[seq] < 0) return -1;
  const { arrows, time } = trace;
  for (let i = lower(arrows.t1, time[seq]); i < arrows.count && arrows.t1[i] === time[seq]; i++) {
    if (arrows.end[i] === seq) return i;
  }
  return arrows.of.get(trace.message[seq]) ?? -1;
}

/** The chain of causes that led to event `seq`, the first cause first, `seq` last.
 * @param {Trace} trace @param {number} seq */
export function past(trace, seq) {
  const chain = [];
  for (let i = seq; i >= 0 && chain.length <= trace.n; i = trace.cause[i]) chain.push(i);
  return chain.reverse();
}

/**
 * The next event of agent `a` after (step 1) or before (step -1) event `seq`; `seq` itself if there is none.
 * @param {Trace} trace @param {number} seq @param {number} a @param {number} step
 */
export function neighbour(trace, seq, a, step) {
  for (let i = seq + step; i >= 0 && i < trace.n; i += step) if (trace.agent[i] === a) return i;
  return seq;
}

/** The events that contain every word of `query`, in kind, agent, peer, name, text or #message; null: no query.
 * @param {Trace} trace @param {string} query */
export function search(trace, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const tests = words.map((word) => wordTest(trace, word));
  const found = [];
  for (let i = 0; i < trace.n; i++) if (tests.every((test) => test(i))) found.push(i);
  return Int32Array.from(found);
}

/** @param {Trace} trace @param {string} word @returns {(seq: number) => boolean} */
function wordTest({ meta, kind, agent, peer, name, text, message }, word) {
  if (/^#\d+$/.test(word)) return (i) => message[i] === Number(word.slice(1));
  // the tables are searched once; a row then only looks its numbers up
  const [kinds, agents, names, texts] = [meta.kinds, meta.agents, meta.names, meta.texts].map(
    (table) => Uint8Array.from(table, (entry) => (entry.toLowerCase().includes(word) ? 1 : 0)));
  return (i) => Boolean(kinds[kind[i]] || agents[agent[i]] || agents[peer[i]] || names[name[i]] || texts[text[i]]);
}

/** The event nearest to what event `seq` of `before` was: same moment, agent and kind; -1 if it did not happen here.
 * @param {Trace} before @param {number} seq @param {Trace} after */
export function sameEvent(before, seq, after) {
  const like = (/** @type {number} */ i) => after.time[i] === before.time[seq] && after.kind[i] === before.kind[seq]
    && after.meta.agents[after.agent[i]] === before.meta.agents[before.agent[seq]]
    && after.meta.names[after.name[i]] === before.meta.names[before.name[seq]];
  if (seq < after.n && like(seq)) return seq;
  for (let i = lower(after.time, before.time[seq]); i < after.n && after.time[i] === before.time[seq]; i++) {
    if (like(i)) return i;
  }
  return -1;
}

/** The first difference from the parent, if the branch has one. @param {Trace} trace */
export const divergence = ({ meta }) => (meta.parent == null ? null : meta.divergence);

/** When a fault ends; one that takes no time ends as it begins. @param {Fault} fault */
export const endOf = ({ at, lasts, until }) => (lasts ? until ?? Infinity : at);

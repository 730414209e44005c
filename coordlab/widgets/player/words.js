// The texts of the player: times, events as sentences, a description of the picture.
/** @import { Fault, Interval, Piece, Row, Trace, Verdict } from "./types.js" */

import { between, roleAt, roleName } from "./lookup.js";
import { ARRIVED, FATES, UNDERWAY } from "./trace.js";

export const NO_KERNEL = "needs a running kernel; this page is a recording";
export const RESTARTED = "the kernel was restarted: run this cell again; until then this is a recording";

/** A time as text. @param {number} t */
export const seconds = (t) => `${t.toFixed(3)} s`;

/** A number as text, to the thousandth. @param {number} value */
export const rounded = (value) => String(Math.round(value * 1000) / 1000);

/** A text with the word for its colour. @param {string} text @param {string} tone */
export const toned = (text, tone) => (tone === "normal" ? text : `${text} (${tone})`.trim());

/** A few names in full, of many the first two. @param {string[]} names */
export const listed = (names) => (names.length <= 4 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`);

/** A speed as text, in virtual seconds per second. @param {number} speed */
export const speedName = (speed) => (speed < 1 ? `1/${Math.round(1 / speed)} ×` : `${speed} ×`);

/** Event `seq` with its texts. @param {Trace} trace @param {number} seq @returns {Row} */
export function event(trace, seq) {
  const { meta } = trace;
  const word = (/** @type {string[]} */ table, /** @type {number} */ i) => table[i] ?? null;
  return {
    seq, time: trace.time[seq], kind: meta.kinds[trace.kind[seq]],
    agent: word(meta.agents, trace.agent[seq]), peer: word(meta.agents, trace.peer[seq]),
    name: word(meta.names, trace.name[seq]), text: word(meta.texts, trace.text[seq]),
    message: trace.message[seq] < 0 ? null : trace.message[seq], cause: trace.cause[seq],
  };
}

/** Event `seq` as a sentence. @param {Trace} trace @param {number} seq @returns {Piece[]} */
export function sentence(trace, seq) {
  const row = event(trace, seq);
  const template = trace.meta.templates[row.kind] ?? "{agent} {kind} {name} {peer} {data}";
  /** @type {Record<string, string | number | null>} */
  const words = { ...row, data: row.text };
  const parts = template.replace(/[“"]\{says\}[”"]/, "{says}").split(/(\{\w+\})/).filter(Boolean);
  const pieces = parts.map((part) => {
    const key = /^\{(\w+)\}$/.exec(part)?.[1];
    return key === "says" ? utterance(trace, row) : spoken(key ? String(words[key] ?? "") : part);
  });
  return [["b", seconds(row.time)], spoken(" · "), ...pieces.filter(([, text]) => text)];
}

/** @param {string} text @returns {Piece} */
export const spoken = (text) => ["span", text];

/** @param {Trace} trace @param {Row} row @returns {Piece} */
function utterance(trace, row) {
  const says = trace.meta.says[row.name ?? ""];
  return says ? ["i", `“${says}”`] : ["i", row.text ?? row.name ?? ""];
}

/** The pieces of a sentence as plain text. @param {Piece[]} pieces */
export const plain = (pieces) => pieces.map(([, text]) => text).join("").replace(/\s+/g, " ").trim();

/** A description of the picture for screen readers.
 * @param {Trace} trace @param {Interval} window @param {number} t */
export function summary(trace, [a, b], t) {
  const [first, last] = between(trace.arrows, a, b);
  let shown = 0, lost = 0;
  for (let i = first; i < last; i++) {
    if (trace.arrows.t0[i] > b) continue;
    shown += 1;
    if (trace.arrows.fate[i] !== ARRIVED && trace.arrows.fate[i] !== UNDERWAY) lost += 1;
  }
  const roles = trace.meta.agents.map((name, i) => `${name} ${roleName(trace, roleAt(trace, i, t)) || "absent"}`);
  return `${trace.meta.agents.length} agents, ${a.toFixed(2)} to ${b.toFixed(2)} of ${trace.until.toFixed(2)} seconds, `
    + `${shown} messages, ${lost} of them not delivered. At ${seconds(t)}: ${roles.slice(0, 12).join(", ")}.`;
}

/** The way of a message as text. @param {Trace} trace @param {number} i */
export function journey(trace, i) {
  const { arrows: { from, to, name, t0, t1, send, fate, copy }, meta } = trace;
  const what = `${meta.names[name[i]]} #${trace.message[send[i]]} ${meta.agents[from[i]]} → ${meta.agents[to[i]]}`;
  const end = fate[i] === UNDERWAY ? FATES[UNDERWAY] : `${FATES[fate[i]]} ${seconds(t1[i])}`;
  return `${what}, sent ${seconds(t0[i])}, ${end}${copy[i] ? " (duplicate)" : ""}`;
}

/** The label of a fault in the diagram: its scenario text without its time. @param {Fault} fault */
export const faultLabel = (fault) => fault.text.replace(/ @[\d.]+$/, "").replace(/[/]/g, " / ");

/** The reason of a verdict. @param {Verdict} verdict */
export const because = ({ at, because: why }) => `${at == null ? "" : `at ${seconds(at)}: `}${why ?? ""}`;

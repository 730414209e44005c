// The lanes of the space-time diagram: the roles of each agent, faults that last, and marks where something happened.
/** @import { Ctx, Fault, Point } from "./types.js" */
/** @import { Frame } from "./frame.js" */

import { endOf, roleName, upper } from "./lookup.js";
import { fillRole, fit, haloText, line, PAD } from "./paint.js";
import { AXIS } from "./timeline.js";
import { ABSENT, DOWN, NOBODY } from "./trace.js";

/** Faults that last: a partition over all lanes, a cut between two, a slow agent on its own.  A crash is shown by the lane itself.
 * @param {Frame} frame @param {Ctx} ctx */
export function paintBands(frame, ctx) {
  for (const fault of frame.trace.meta.faults) {
    if (!fault.lasts || fault.kind === "Crash") continue;
    const x0 = frame.x(fault.at), x1 = frame.x(Math.min(endOf(fault), frame.trace.until));
    if (x1 < frame.left || x0 > frame.W) continue;
    const [y0, y1] = reach(frame, fault);
    ctx.fillStyle = ctx.strokeStyle = frame.scene.theme.bad;
    ctx.globalAlpha = 0.09;
    ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
    ctx.globalAlpha = 0.7;
    ctx.setLineDash([4, 3]);
    line(ctx, x0, y0, x0, y1);
    line(ctx, x1, y0, x1, y1);
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  }
}

/** From which height to which a fault reaches. @param {Frame} frame @param {Fault} fault */
function reach(frame, fault) {
  const struck = fault.agents.map((name) => frame.trace.meta.agents.indexOf(name)).filter((a) => a >= 0);
  if (fault.kind === "Partition" || !struck.length) return [frame.top - 2, frame.H - AXIS];
  const half = frame.pitch * 0.42;
  return [frame.y(Math.min(...struck)) - half, frame.y(Math.max(...struck)) + half];
}

/** The roles of agent `a`. @param {Frame} frame @param {Ctx} ctx @param {number} a */
export function paintLane(frame, ctx, a) {
  const { trace, scene: { looks, theme }, bar } = frame, { from, role } = trace.spans[a], y = frame.y(a);
  const right = frame.x(trace.until);
  ctx.fillStyle = theme.line;
  ctx.fillRect(frame.left, y - 0.5, right - frame.left, 1);
  let drawn = -Infinity;
  for (let i = Math.max(0, upper(from, frame.window[0]) - 1); i < from.length && from[i] <= frame.window[1]; i++) {
    const x0 = Math.max(frame.left, frame.x(from[i])), x1 = Math.min(right, frame.x(from[i + 1] ?? trace.until));
    if (x1 - drawn < 0.5) continue;
    drawn = x1;
    fillRole(ctx, looks, roleName(trace, role[i]), role[i], x0, y - bar / 2, Math.max(0.75, x1 - x0), bar);
    if (i === 0) continue;
    ctx.fillStyle = theme.bg;
    ctx.fillRect(x0 - 0.5, y - bar / 2, 1, bar);
  }
}

/** The roles in words, over the arrows, where there is room for them.
 * @param {Frame} frame @param {Ctx} ctx @param {number} a */
export function nameLane(frame, ctx, a) {
  const { trace } = frame, { from, role } = trace.spans[a], right = Math.min(frame.W - PAD, frame.x(trace.until));
  for (let i = Math.max(0, upper(from, frame.window[0]) - 1); i < from.length && from[i] <= frame.window[1]; i++) {
    const x0 = Math.max(frame.left, frame.x(from[i])), x1 = Math.min(right, frame.x(from[i + 1] ?? trace.until));
    if (x1 - x0 > 20 && role[i] !== ABSENT) nameSpan(frame, ctx, role[i], x0, x1, frame.y(a));
  }
}

/** @param {Frame} frame @param {Ctx} ctx @param {number} role @param {number} x0 @param {number} x1 @param {number} y */
function nameSpan(frame, ctx, role, x0, x1, y) {
  const { looks, theme } = frame.scene, label = roleName(frame.trace, role);
  ctx.font = `600 12px ${theme.font}`;
  const { width } = ctx.measureText(label), { fill, ink, thin } = role === DOWN ? looks.tone("down") : looks.role(label);
  if (thin || x1 - x0 < width + 12) return;
  [ctx.textAlign, ctx.fillStyle] = ["left", fill];
  ctx.fillRect(x0 + 3, y - 6.5, width + 6, 13); // over arrows and hatches
  ctx.fillStyle = ink;
  ctx.fillText(label, x0 + 6, y + 0.5);
}

/** The marked events in the window, the last first; none if there are too many. @param {Frame} frame */
function marksOf({ trace: { marks, time }, window: [a, b] }) {
  const first = firstAt(marks, time, a), last = firstAt(marks, time, b + 1e-9);
  return last - first > 2000 ? [] : [...marks.subarray(first, last)].reverse();
}

/** Where a marked event is. @param {Frame} frame @param {number} seq @returns {Point} */
const markAt = (frame, seq) => {
  const { time, agent } = frame.trace;
  return [frame.x(time[seq]), frame.y(agent[seq] === NOBODY ? 0 : agent[seq])];
};

/** Crashes, restarts, decisions and notes, on the lane where they happened. @param {Frame} frame @param {Ctx} ctx */
export function paintMarks(frame, ctx) {
  const { meta: { kinds }, kind } = frame.trace;
  for (const seq of marksOf(frame)) paintMark(frame, ctx, kinds[kind[seq]], ...markAt(frame, seq));
}

/** What was noted and decided, in words, as far as there is room. @param {Frame} frame @param {Ctx} ctx */
export function nameMarks(frame, ctx) {
  const { meta, kind, agent, text } = frame.trace;
  /** @type {Map<number, number>} for each agent, where the next words begin */
  const ends = new Map();
  if (frame.pitch < 44) return;
  for (const seq of marksOf(frame)) {
    const words = meta.texts[text[seq]], [x, y] = markAt(frame, seq);
    if (words && ["note", "decision"].includes(meta.kinds[kind[seq]])) {
      nameMark(frame, ctx, words, x + 7, y - frame.bar / 2 - 8, (ends.get(agent[seq]) ?? frame.W - PAD) - x - 14);
    }
    ends.set(agent[seq], x - 6);
  }
}

/** Position of the first of the events `order` that is not before `t`.
 * @param {Int32Array} order @param {Float64Array} time @param {number} t */
function firstAt(order, time, t) {
  let low = 0, high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[order[middle]] < t) low = middle + 1; else high = middle;
  }
  return low;
}

/** @param {Frame} frame @param {Ctx} ctx @param {string} kind @param {number} x @param {number} y */
function paintMark({ scene: { theme }, bar }, ctx, kind, x, y) {
  const half = bar / 2 + 4;
  /** @type {Record<string, [colour: string, path: string]>} */
  const marks = {
    decision: [theme.accent, `M${x} ${y - half - 8}l4 4l-4 4l-4 -4z`],
    note: [theme.soft, `M${x - 2.5} ${y - half - 6.5}h5v5h-5z`],
    crash: [theme.bad, `M${x - 5} ${y - half - 4}h10l-5 7z`],
    restart: [theme.good, `M${x - 5} ${y + half + 4}h10l-5 -7z`],
  };
  const [colour, path] = marks[kind];
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  if (kind === "crash" || kind === "restart") line(ctx, x, y - half, x, y + half);
  ctx.fill(new Path2D(path));
}

/** @param {Frame} frame @param {Ctx} ctx @param {string} words @param {number} x @param {number} y @param {number} width */
function nameMark({ scene: { theme } }, ctx, words, x, y, width) {
  ctx.font = `12px ${theme.font}`;
  const text = width > 24 ? fit(ctx, words, Math.min(width, 220)) : "";
  ctx.textAlign = "left";
  if (text) haloText(ctx, text, x, y, theme.soft, theme.bg);
}

// The rail above the lanes: faults, broken properties, the first difference from the parent, where the run broke off.
/** @import { Ctx, RailItem } from "./types.js" */
/** @import { Frame } from "./frame.js" */

import { RAIL } from "./frame.js";
import { stack } from "./geometry.js";
import { divergence, endOf } from "./lookup.js";
import { fit, line, PAD } from "./paint.js";
import { faultLabel } from "./words.js";
import { AXIS } from "./timeline.js";

const MOST_ROWS = 4;
const FONT = "12px";

/** The faults and marks, in order of time. @param {Frame} frame */
export function railItems({ trace: { meta, until }, scene, caption }) {
  /** @type {RailItem[]} */
  const items = [];
  const add = (/** @type {number} */ at, /** @type {string} */ text, /** @type {RailItem["sort"]} */ sort, end = at) =>
    items.push({ at, until: end, text, sort, x: 0, w: 0, row: -1 });
  for (const fault of meta.faults) add(fault.at, faultLabel(fault), "fault", endOf(fault));
  for (const { name, status, at } of meta.verdicts) if (status === "violated" && at != null) add(at, name, "broken");
  const differs = caption ? divergence(scene.trace) : null;
  if (differs) add(differs.at, "first difference", "differs");
  if (meta.problem) add(until, "the run broke off here", "broken");
  return items.sort((one, other) => one.at - other.at);
}

/** Give the items their places, where `x` is the pixel of a moment.
 * @param {Frame} frame @param {RailItem[]} items @param {(t: number) => number} x @param {number} right @param {number} rows */
function placeItems({ ctx, left, scene }, items, x, right, rows) {
  ctx.font = `${FONT} ${scene.theme.font}`;
  for (const item of items) {
    item.w = ctx.measureText(fit(ctx, item.text, 260)).width + 18;
    item.x = Math.max(left, Math.min(x(item.at), right - item.w));
    if (item.until > item.at) item.w = Math.max(item.w, Math.min(right, x(item.until)) - item.x);
  }
  stack(items, rows).forEach((row, i) => { items[i].row = row; });
}

/** How many rows the rail needs when the whole run is shown, where labels are closest. @param {Frame} frame @param {number} width */
export function railRows(frame, width) {
  const items = railItems(frame), { left, trace: { end } } = frame, right = width - PAD;
  placeItems(frame, items, (t) => left + (t / end) * (right - left), right, MOST_ROWS);
  return items.some(({ row }) => row < 0) ? MOST_ROWS : Math.max(0, ...items.map(({ row }) => row + 1));
}

/** Paint the items in the window, and return them. @param {Frame} frame @param {Ctx} ctx */
export function paintRail(frame, ctx) {
  const [a, b] = frame.window, right = frame.W - PAD;
  const items = railItems(frame).filter(({ at, until }) => at <= b && until >= a);
  placeItems(frame, items, (t) => frame.x(t), right, frame.rows);
  ctx.font = `${FONT} ${frame.scene.theme.font}`;
  for (const item of items) paintRailLine(frame, ctx, item);
  for (const item of items) if (item.row >= 0) paintRailLabel(frame, ctx, item);
  const more = items.filter(({ row }) => row < 0).length;
  if (more) frame.text(ctx, `and ${more} more`, right, rowAt(frame, frame.rows - 1), FONT, "soft", "right");
  return items;
}

/** The middle of a row. @param {Frame} frame @param {number} row */
const rowAt = (frame, row) => frame.head + RAIL * Math.max(0, row) + RAIL / 2;

/** @param {Frame} frame @param {RailItem} item */
const colourOf = ({ scene: { theme } }, { sort }) => (sort === "differs" ? theme.accent : theme.bad);

/** From the label of an item down to the lanes, or over them. @param {Frame} frame @param {Ctx} ctx @param {RailItem} item */
function paintRailLine(frame, ctx, item) {
  const y = rowAt(frame, item.row), at = frame.x(item.at);
  ctx.strokeStyle = colourOf(frame, item);
  ctx.lineWidth = 1.2;
  if (item.sort !== "fault" && at >= frame.left) {
    ctx.setLineDash(item.sort === "broken" ? [2, 3] : [7, 3]);
    line(ctx, at, y + 6, at, frame.H - AXIS);
    ctx.setLineDash([]);
  } else if (at >= frame.left) line(ctx, at, y - 6, at, frame.top);
}

/** @param {Frame} frame @param {Ctx} ctx @param {RailItem} item */
function paintRailLabel(frame, ctx, item) {
  const { theme } = frame.scene, colour = colourOf(frame, item), y = rowAt(frame, item.row);
  ctx.fillStyle = theme.bg; // lines of other items end behind it
  ctx.fillRect(item.x + 1, y - 7, item.w - 1, 14);
  ctx.strokeStyle = ctx.fillStyle = colour;
  if (item.until > item.at) {
    ctx.globalAlpha = 0.16;
    ctx.fillRect(item.x, y - 7, item.w, 14);
    ctx.globalAlpha = 1;
  }
  railGlyph(ctx, item, y);
  frame.text(ctx, fit(ctx, item.text, 260), item.x + 14, y + 0.5, FONT, item.sort === "fault" ? "ink" : colour);
}

/** @param {Ctx} ctx @param {RailItem} item @param {number} y */
function railGlyph(ctx, { sort, x }, y) {
  const glyph = new Path2D(sort === "fault" ? `M${x + 8} ${y - 6}l-5 7h3.5l-1.5 5l5 -7h-3.5z`
    : sort === "broken" ? `M${x + 3} ${y - 4}l7 8m0 -8l-7 8` : `M${x + 2} ${y - 4}h8m-3 -3l3 3l-3 3m3 4h-8`);
  ctx.lineWidth = sort === "broken" ? 2 : 1.3;
  if (sort === "fault") ctx.fill(glyph); else ctx.stroke(glyph);
}

/** Everything on the rail at a point, in words, also what has no room for its label.
 * @param {Frame} frame @param {RailItem[]} items @param {number} px @param {number} py */
export const railAt = (frame, items, px, py) => items
  .filter(({ at, until, x, w, row }) => (px >= frame.x(at) - 4 && px <= frame.x(until) + 4)
    || (Math.abs(py - rowAt(frame, row)) < RAIL / 2 && px >= x && px <= x + w && row >= 0))
  .map(({ text }) => text).join("; ");

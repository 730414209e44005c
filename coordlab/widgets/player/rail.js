// The rail above the lanes: faults, broken properties, the first difference from the parent.
/** @import { Ctx, RailItem } from "./types.js" */
/** @import { Frame } from "./frame.js" */

import { AXIS, RAIL } from "./frame.js";
import { stack } from "./geometry.js";
import { divergence } from "./lookup.js";
import { fit, line, PAD } from "./paint.js";
import { faultLabel } from "./words.js";

/** The faults and marks in the window, in order of time. @param {Frame} frame @returns {RailItem[]} */
function railItems({ trace: { meta }, window: [a, b], scene, caption }) {
  const room = { x: 0, w: 0 };
  /** @type {RailItem[]} */
  const items = meta.faults.map((fault) => (
    { at: fault.at, until: fault.until, text: faultLabel(fault), sort: "fault", ...room }));
  for (const { name, status, at } of meta.verdicts) {
    if (status === "violated" && at !== null) items.push({ at, until: null, text: name, sort: "broken", ...room });
  }
  const differs = caption ? divergence(scene.trace) : null;
  if (differs) items.push({ at: differs.at, until: null, text: "first difference", sort: "differs", ...room });
  return items.filter(({ at, until }) => at <= b && (until ?? at) >= a).sort((one, other) => one.at - other.at);
}

/** @param {Frame} frame @param {Ctx} ctx */
export function paintRail(frame, ctx) {
  ctx.font = `11.5px ${frame.scene.theme.font}`;
  const items = railItems(frame), right = frame.W - PAD;
  for (const item of items) {
    item.text = fit(ctx, item.text, 260);
    item.w = ctx.measureText(item.text).width + 18;
    item.x = Math.max(frame.left, Math.min(frame.x(item.at), right - item.w));
    if (item.until !== null) item.w = Math.max(item.w, Math.min(right, frame.x(item.until)) - item.x);
  }
  stack(items, frame.rows).forEach((row, i) => paintRailItem(frame, ctx, items[i], row));
}

/** @param {Frame} frame @param {Ctx} ctx @param {RailItem} item @param {number} row */
function paintRailItem(frame, ctx, item, row) {
  const { theme } = frame.scene, colour = item.sort === "differs" ? theme.accent : theme.bad;
  const y = frame.head + RAIL * Math.max(0, row) + RAIL / 2, at = frame.x(item.at);
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1.2;
  if (item.sort !== "fault" && at >= frame.left) {
    ctx.setLineDash(item.sort === "broken" ? [2, 3] : [7, 3]);
    line(ctx, at, y + 6, at, frame.H - AXIS);
    ctx.setLineDash([]);
  } else if (at >= frame.left) line(ctx, at, y - 6, at, frame.top);
  if (row < 0) return;
  if (item.until !== null) {
    ctx.globalAlpha = 0.16;
    ctx.fillRect(item.x, y - 7, item.w, 14);
    ctx.globalAlpha = 1;
  }
  railGlyph(ctx, item, y);
  frame.text(ctx, item.text, item.x + 14, y + 0.5, "11.5px", item.sort === "fault" ? "ink" : colour);
}

/** @param {Ctx} ctx @param {RailItem} item @param {number} y */
function railGlyph(ctx, { sort, x }, y) {
  const glyph = new Path2D(sort === "fault" ? `M${x + 8} ${y - 6}l-5 7h3.5l-1.5 5l5 -7h-3.5z`
    : sort === "broken" ? `M${x + 3} ${y - 4}l7 8m0 -8l-7 8` : `M${x + 2} ${y - 4}h8m-3 -3l3 3l-3 3m3 4h-8`);
  ctx.lineWidth = sort === "broken" ? 2 : 1.3;
  if (sort === "fault") ctx.fill(glyph); else ctx.stroke(glyph);
}

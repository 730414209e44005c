// The arrows of the space-time diagram: an arrow is the journey of a message.
/** @import { Ctx, Segment } from "./types.js" */
/** @import { Frame } from "./frame.js" */

import { addCross, addHead, haloText, PAD } from "./paint.js";
import { AXIS } from "./timeline.js";
import { ARRIVED, UNDERWAY, UNHEARD } from "./trace.js";

/** All in the window, by message type. @param {Frame} frame @param {Ctx} ctx */
export function paintArrows(frame, ctx) {
  const found = frame.shown(), { arrows: { name }, meta } = frame.trace;
  /** @type {Map<number, number[]>} */
  const groups = new Map();
  for (const i of found) {
    const group = groups.get(name[i]);
    if (group) group.push(i); else groups.set(name[i], [i]);
  }
  const many = found.length > frame.W - frame.left, dim = frame.scene.picked >= 0 ? 0.22 : 1;
  for (const [type, group] of groups) paintGroup(frame, ctx, meta.names[type], group, dim, many);
  ctx.globalAlpha = 1;
}

/** Journeys of one type; pale lines only where there is more than one for each pixel.
 * @param {Frame} frame @param {Ctx} ctx @param {string} label @param {number[]} group
 * @param {number} alpha @param {boolean} many */
function paintGroup(frame, ctx, label, group, alpha, many) {
  const { looks, theme } = frame.scene, look = looks.type(label), { fate, copy } = frame.trace.arrows;
  const lines = new Path2D(), heads = new Path2D(), copies = new Path2D(), losses = new Path2D(), misses = new Path2D();
  for (const i of group) {
    const at = frame.ends(i);
    addJourney(frame, lines, i, at);
    if (many) continue;
    if (fate[i] === ARRIVED) addHead(copy[i] ? copies : heads, at, look.faint ? 5 : 7);
    else if (fate[i] !== UNDERWAY) addCross(fate[i] === UNHEARD ? misses : losses, at[2], at[3], 3.8);
  }
  ctx.strokeStyle = ctx.fillStyle = look.colour;
  ctx.lineWidth = many ? 0.8 : look.width;
  ctx.setLineDash(many ? [] : look.dash);
  ctx.globalAlpha = alpha * (many ? 0.45 : look.faint ? 0.8 : 1);
  ctx.stroke(lines);
  ctx.setLineDash([]);
  ctx.fill(heads);
  ctx.lineWidth = 1.2;
  ctx.stroke(copies);
  ctx.lineWidth = 1.6;
  ctx.stroke(misses);
  ctx.strokeStyle = theme.bad;
  ctx.lineWidth = 2;
  ctx.stroke(losses);
}

/** @param {Frame} frame @param {Path2D} path @param {number} i @param {Segment} segment */
function addJourney(frame, path, i, [x0, y0, x1, y1]) {
  const { from, to } = frame.trace.arrows;
  path.moveTo(x0, y0);
  if (from[i] !== to[i]) path.lineTo(x1, y1);
  else path.quadraticCurveTo((x0 + x1) / 2, y0 - frame.pitch * 0.7, x1, y1);
}

/** A journey that belongs to the selected event or its causes.
 * @param {Frame} frame @param {Ctx} ctx @param {number} i */
export function paintChosen(frame, ctx, i) {
  const path = new Path2D(), { arrows, meta } = frame.trace;
  addJourney(frame, path, i, frame.ends(i));
  ctx.strokeStyle = frame.scene.theme.accent;
  ctx.globalAlpha = 0.28;
  ctx.lineWidth = 8;
  ctx.stroke(path);
  ctx.globalAlpha = 1;
  paintGroup(frame, ctx, meta.names[arrows.name[i]], [i], 1, false);
}

/** Say so if not all messages are drawn. @param {Frame} frame @param {Ctx} ctx */
export function noteThinning(frame, ctx) {
  if (frame.stride <= 1) return;
  const { theme } = frame.scene;
  ctx.font = `12px ${theme.font}`;
  ctx.textAlign = "right";
  const words = `one message in ${frame.stride} drawn: zoom in for all`;
  haloText(ctx, words, frame.W - PAD - 4, frame.H - AXIS - 8, theme.ink, theme.bg);
}

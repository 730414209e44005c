// Arithmetic of the pictures: ticks, rows of labels, windows in time, distances.
/** @import { Interval, Segment } from "./types.js" */

/** Round numbers between a and b, about `most` of them, and how many decimals they need.
 * @param {number} a @param {number} b @param {number} most */
export function ticks(a, b, most) {
  const rough = Math.max(b - a, 1e-9) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? 10 * power;
  const at = [];
  for (let k = Math.ceil(a / step - 1e-9); k * step <= b + step * 1e-9; k++) at.push(k * step + 0);
  return { at, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** The round times for an axis this wide, and how many decimals they need. @param {number} a @param {number} b @param {number} width */
export const times = (a, b, width) => ticks(a, b, Math.max(4, width / 90));

/** The lowest and highest value of an axis that begins at 0, or ends there if none is positive. @param {number[]} values @returns {Interval} */
export function extent(values) {
  const low = values.reduce((a, b) => Math.min(a, b), 0), top = values.reduce((a, b) => Math.max(a, b), 0);
  return [low, top > low ? top : 1];
}

/** For items {x, w} from left to right the first row where each fits beside those before it; -1 if in none.
 * @param {{ x: number, w: number }[]} items @param {number} rows */
export function stack(items, rows, gap = 6) {
  const ends = new Array(rows).fill(-Infinity);
  return items.map(({ x, w }) => {
    const row = ends.findIndex((end) => end + gap <= x);
    if (row >= 0) ends[row] = x + w;
    return row;
  });
}

/** The window [a, b] moved and clipped into [0, end], no narrower than `least`.
 * @param {Interval} window @param {number} end @returns {Interval} */
export function clampWindow([a, b], end, least = end * 1e-5) {
  const width = Math.min(end, Math.max(b - a, least));
  const start = Math.max(0, Math.min(a, end - width));
  return [start, start + width];
}

/** Zoomed by `factor` about time `t`.
 * @param {Interval} window @param {number} factor @param {number} t @returns {Interval} */
export const zoomed = ([a, b], factor, t) => [t - (t - a) * factor, t + (b - t) * factor];

/** How far point (px, py) is from a line. @param {number} px @param {number} py @param {Segment} segment */
export function distance(px, py, [x0, y0, x1, y1]) {
  const dx = x1 - x0, dy = y1 - y0;
  const u = Math.max(0, Math.min(1, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - x0 - u * dx, py - y0 - u * dy);
}

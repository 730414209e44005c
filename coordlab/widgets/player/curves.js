// Curves over time, in the scale of the lanes above, with the values that they are compared with.
/** @import { Ctx, CurvesView, Maybe } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { extent, ticks } from "./geometry.js";
import { upper } from "./lookup.js";
import { dot, fit, line, PAD } from "./paint.js";
import { Timed } from "./timed.js";
import { AXIS } from "./timeline.js";
import { listed, rounded } from "./words.js";

const PLOT = 132, ROOF = 32, SPACE = 14; // of the plot, above it for two labels, between labels
const HUES = [2, 3, 0, 5, 1, 4, 6]; // as in the figures below

/** @typedef {CurvesView["curves"][number]} Curve */

/** Curves with axes. */
export class Curves extends Timed {
  /** @param {CurvesView} view @param {Scene} scene */
  constructor(view, scene) {
    super(view.help, scene);
    this.view = view;
    const values = [...view.curves.flatMap(({ points }) => points.map(([, value]) => value)), ...Object.values(view.lines)];
    const known = values.filter((value) => value != null);
    const [low, top] = extent(known);
    this.low = low;
    this.top = top;
  }

  get high() { return ROOF + PLOT + AXIS; }

  /** @param {number} value */
  y(value) { return ROOF + PLOT * (1 - (value - this.low) / (this.top - this.low)); }

  /** @returns {[name: string, moments: number[]][]} */
  rows() { return this.view.curves.map(({ label, points }) => [label, points.map(([at]) => at)]); }

  lines() {
    const { curves, lines, unit } = this.view, end = unit && ` ${unit}`;
    const said = (/** @type {Maybe<number>} */ value) => (value == null ? "–" : rounded(value) + end);
    return [...curves.map((curve) => [curve.label, said(this.value(curve, this.scene.now))]),
      ...Object.entries(lines).map(([label, value]) => [label, said(value)])];
  }

  /** The value of a curve at a moment; null: it has none. @param {Curve} curve @param {number} t */
  value({ points }, t) {
    const after = upper(points.map(([at]) => at), t);
    if (!after) return null;
    const [since, low] = points[after - 1], [until, high] = points[after] ?? [since, null];
    if (this.view.steps || since === t) return low;
    return low == null || high == null ? null : low + ((high - low) * (t - since)) / (until - since);
  }

  paint() {
    const { ctx, view: { curves }, scene: { now, looks, version, window } } = this;
    this.clear(ctx);
    ctx.textBaseline = "middle";
    this.washFuture(ctx, ROOF);
    this.still("curves", [version, looks.version, this.W, this.left, ...window].join(), (base) => this.paintStill(base));
    this.clip(ctx, () => this.paintPlayhead(ctx, ROOF));
    const x = this.x(now);
    curves.forEach((curve, i) => {
      const value = this.value(curve, now);
      if (value != null && x >= this.left && x <= this.W - PAD) dot(ctx, x, this.y(value), 3.5, this.colour(curve, i), looks.theme.bg);
    });
  }

  /** @param {Ctx} ctx */
  paintStill(ctx) {
    const { view: { curves, lines, unit }, scene: { theme } } = this, right = this.W - PAD;
    ctx.textBaseline = "middle";
    this.paintAxis(ctx, ROOF);
    const { at, digits } = ticks(this.low, this.top, 3);
    for (const value of at) {
      ctx.strokeStyle = theme.line;
      line(ctx, this.left, this.y(value), right, this.y(value));
      this.text(ctx, value.toFixed(digits), this.left - 9, this.y(value), "12px", "soft", "right");
    }
    this.text(ctx, unit, this.left, ROOF - 12, "12px", "soft");
    const levels = Object.entries(lines).map(([label, value]) => ({ label, y: this.y(value) }));
    ctx.strokeStyle = theme.ink;
    for (const { y } of levels) line(ctx, this.left, y, right, y);
    this.clip(ctx, () => curves.forEach((curve, i) => this.paintCurve(ctx, curve, i)));
    for (const { label, y } of levels) this.name(ctx, label, this.left + 4, y + (y < ROOF + 12 ? 9 : -8), theme.ink, "left");
    this.nameCurves(ctx);
  }

  /** Its tone's; those without one differ. @param {Curve} curve @param {number} i */
  colour({ tone }, i) { return tone === "normal" ? this.scene.theme[`type${HUES[i % HUES.length]}`] : this.scene.looks.tone(tone).curve; }

  /** @param {Ctx} ctx @param {Curve} curve @param {number} i */
  paintCurve(ctx, curve, i) {
    const { trace: { until, meta: { dashes } }, view: { steps } } = this, { points } = curve, path = new Path2D();
    let last = /** @type {Maybe<number>} */ (null);
    for (const [at, value] of steps ? [...points, /** @type {[number, null]} */ ([until, null])] : points) {
      const x = this.x(at);
      if (last != null && steps) path.lineTo(x, this.y(last));
      if (value != null) path[last == null ? "moveTo" : "lineTo"](x, this.y(value));
      last = value;
    }
    ctx.strokeStyle = this.colour(curve, i);
    ctx.lineWidth = 2;
    ctx.setLineDash(dashes[i % dashes.length]);
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  /** Labels where the curves leave the picture, none over another; those that end at one height share one. @param {Ctx} ctx */
  nameCurves(ctx) {
    const { view: { curves }, scene: { theme, window: [, to] } } = this;
    const heights = /** @type {Map<number, { labels: string[], colour: string, y: number }>} */ (new Map());
    curves.forEach((curve, i) => {
      const { label, points } = curve;
      const [, value] = points.slice(0, upper(points.map(([at]) => at), to)).filter(([, each]) => each != null).at(-1) ?? [0, null];
      if (value == null) return;
      const y = Math.round(this.y(value) - 9), { labels } = heights.get(y) ?? { labels: [] };
      heights.set(y, { labels: [...labels, label], colour: labels.length ? theme.ink : this.colour(curve, i), y });
    });
    const ends = [...heights.values()].sort((a, b) => a.y - b.y);
    let floor = ROOF + PLOT - 6, roof = 8; // labels move up, above the axis and the ends of their curves, and down if too high
    for (const end of [...ends].reverse()) floor = (end.y = Math.min(end.y, floor)) - SPACE;
    for (const end of ends) roof = (end.y = Math.max(end.y, roof)) + SPACE;
    for (const { labels, colour, y } of ends) this.name(ctx, listed(labels), this.W - PAD - 3, y, colour, "right");
  }

  /** Words that no curve strikes through. @param {Ctx} ctx @param {string} words @param {number} x @param {number} y @param {string} colour @param {CanvasTextAlign} align */
  name(ctx, words, x, y, colour, align) {
    ctx.font = `600 12px ${this.scene.theme.font}`;
    const said = fit(ctx, words, (this.W - this.left) * 0.7), wide = ctx.measureText(said).width + 4;
    ctx.fillStyle = this.scene.theme.bg;
    ctx.fillRect(align === "left" ? x - 2 : x + 2 - wide, y - 6, wide, 12);
    this.text(ctx, said, x, y, "600 12px", colour, align);
  }
}

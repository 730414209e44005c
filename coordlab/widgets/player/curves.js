// Curves over time, in the scale of the lanes above, with the values that they are compared with.
/** @import { Ctx, CurvesView, Maybe } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { ticks } from "./geometry.js";
import { upper } from "./lookup.js";
import { dot, fit, haloText, line, PAD } from "./paint.js";
import { Timed } from "./timed.js";
import { AXIS } from "./timeline.js";
import { rounded } from "./words.js";

const PLOT = 132, ROOF = 20, SPACE = 14; // of the plot, above it, between labels

/** @typedef {CurvesView["curves"][number]} Curve */

/** Curves with axes. */
export class Curves extends Timed {
  /** @param {CurvesView} view @param {Scene} scene */
  constructor(view, scene) {
    super(view.help, scene);
    this.view = view;
    const values = [...view.curves.flatMap(({ points }) => points.map(([, value]) => value)), ...Object.values(view.lines)];
    const known = values.filter((value) => value != null);
    this.low = known.reduce((low, value) => Math.min(low, value), 0);
    this.top = known.reduce((top, value) => Math.max(top, value), this.low) || 1;
  }

  get high() { return ROOF + PLOT + AXIS; }

  /** @param {number} value */
  y(value) { return ROOF + PLOT * (1 - (value - this.low) / (this.top - this.low || 1)); }

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
    for (const curve of curves) {
      const value = this.value(curve, now), x = this.x(now);
      if (value != null && x >= this.left && x <= this.W - PAD) dot(ctx, x, this.y(value), 3.5, looks.tone(curve.tone).curve, looks.theme.bg);
    }
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
    this.text(ctx, unit, this.left, 8, "12px", "soft");
    for (const [label, value] of Object.entries(lines)) {
      ctx.strokeStyle = theme.ink;
      line(ctx, this.left, this.y(value), right, this.y(value));
      this.name(ctx, label, this.left + 4, this.y(value) + (this.y(value) < ROOF + 12 ? 9 : -8), theme.ink, "left");
    }
    this.clip(ctx, () => curves.forEach((curve, i) => this.paintCurve(ctx, curve, i)));
    this.nameCurves(ctx);
  }

  /** @param {Ctx} ctx @param {Curve} curve @param {number} i */
  paintCurve(ctx, { points, tone }, i) {
    const { trace: { until, meta: { dashes } }, view: { steps }, scene: { looks } } = this, path = new Path2D();
    let last = /** @type {Maybe<number>} */ (null);
    for (const [at, value] of steps ? [...points, /** @type {[number, null]} */ ([until, null])] : points) {
      const x = this.x(at);
      if (last != null && steps) path.lineTo(x, this.y(last));
      if (value != null) path[last == null ? "moveTo" : "lineTo"](x, this.y(value));
      last = value;
    }
    ctx.strokeStyle = looks.tone(tone).curve;
    ctx.lineWidth = 2;
    ctx.setLineDash(dashes[i % dashes.length]);
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  /** The label of each curve where it leaves the picture, none over another. @param {Ctx} ctx */
  nameCurves(ctx) {
    const { view: { curves }, scene: { looks, window: [, to] } } = this;
    const ends = curves.flatMap(({ label, tone, points }) => {
      const [, value] = points.slice(0, upper(points.map(([at]) => at), to)).filter(([, each]) => each != null).at(-1) ?? [0, null];
      return value == null ? [] : [{ label, colour: looks.tone(tone).curve, y: this.y(value) - 9 }];
    }).sort((a, b) => a.y - b.y);
    ends.forEach((end, i) => { end.y = Math.max(end.y, (ends[i - 1]?.y ?? -SPACE) + SPACE, 8); });
    let floor = ROOF + PLOT - 6; // labels at the bottom move up, above the axis
    for (const end of [...ends].reverse()) floor = (end.y = Math.min(end.y, floor)) - SPACE;
    for (const { label, colour, y } of ends) this.name(ctx, label, this.W - PAD - 3, y, colour, "right");
  }

  /** @param {Ctx} ctx @param {string} words @param {number} x @param {number} y @param {string} colour @param {CanvasTextAlign} align */
  name(ctx, words, x, y, colour, align) {
    ctx.font = `600 12px ${this.scene.theme.font}`;
    ctx.textAlign = align;
    haloText(ctx, fit(ctx, words, (this.W - this.left) / 2), x, y, colour, this.scene.theme.bg);
  }
}

// The whole run in a strip: lanes, density of events, and the window that the diagram shows.
/** @import { Ctx, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { times } from "./geometry.js";
import { roleName } from "./lookup.js";
import { fillRole, fit, line, PAD, Surface } from "./paint.js";
import { NOTHING } from "./trace.js";
import { rounded } from "./words.js";

/** Which part of the window a drag moves.
 * @typedef {"from" | "to" | "both"} Grip */

/** The whole run in a strip. */
export class Overview extends Surface {
  trace = NOTHING;
  left = 0;
  pitch = 1;

  /** @param {Scene} scene */
  constructor(scene) {
    super("the whole run");
    this.scene = scene;
  }

  /** @param {number} t */
  x(t) { return this.left + Math.min(1, t / this.trace.end) * (this.W - this.left - PAD); }

  /** @param {number} x */
  t(x) { return Math.max(0, Math.min(1, (x - this.left) / (this.W - this.left - PAD))) * this.trace.end; }

  /** @param {Trace} trace @param {number} width @param {number} gutter */
  layout(trace, width, gutter) {
    const n = Math.max(1, trace.meta.agents.length);
    this.trace = trace;
    this.left = gutter;
    this.pitch = Math.max(1.5, Math.min(13, 66 / n));
    this.size(width, 6 + n * this.pitch + 24 + 16);
  }

  paint() {
    const { scene, ctx } = this, now = this.x(scene.now);
    this.clear(ctx);
    this.still("lanes", [scene.version, scene.looks.version, this.W, this.H, this.left].join(), (base) => this.paintStill(base));
    this.paintWindow(ctx);
    ctx.strokeStyle = scene.theme.accent;
    line(ctx, now, 3, now, this.H - 17);
  }

  /** @param {Ctx} ctx */
  paintStill(ctx) {
    ctx.textBaseline = "middle";
    this.trace.meta.agents.forEach((name, a) => this.paintLane(ctx, name, a));
    this.paintDensity(ctx);
    this.paintAxis(ctx);
  }

  /** The times, and how long nothing happens after them. @param {Ctx} ctx */
  paintAxis(ctx) {
    const { trace: { until, end }, scene: { theme } } = this, quiet = end < until ? `quiet until ${rounded(until)} s` : "";
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.soft;
    ctx.textAlign = "right";
    ctx.fillText(quiet, this.W - 2, this.H - 7);
    ctx.textAlign = "center";
    const room = this.W - (quiet ? ctx.measureText(quiet).width + 26 : 0), { at, digits } = times(0, end, this.W - this.left);
    for (const t of at) if (this.x(t) <= room) ctx.fillText(`${t.toFixed(digits)} s`, Math.min(this.x(t), this.W - 18), this.H - 7);
  }

  /** @param {Ctx} ctx @param {string} name @param {number} a */
  paintLane(ctx, name, a) {
    const { from, role } = this.trace.spans[a], y = 6 + a * this.pitch, { looks, theme } = this.scene;
    let drawn = -Infinity;
    for (let i = 0; i < from.length; i++) {
      const x0 = this.x(from[i]), x1 = this.x(from[i + 1] ?? this.trace.until);
      if (x1 - drawn < 0.4) continue;
      drawn = x1;
      fillRole(ctx, looks, roleName(this.trace, role[i]), role[i], x0, y, Math.max(0.75, x1 - x0), this.pitch * 0.62);
    }
    if (this.pitch < 13) return;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.soft;
    ctx.textAlign = "right";
    ctx.fillText(fit(ctx, name, this.left - 12), this.left - 9, y + this.pitch * 0.34);
  }

  /** @param {Ctx} ctx */
  paintDensity(ctx) {
    const width = this.W - this.left - PAD, bins = new Float64Array(Math.max(1, Math.floor(width / 4)));
    for (let i = 0; i < this.trace.n; i++) {
      bins[Math.min(bins.length - 1, Math.floor((this.trace.time[i] / this.trace.end) * bins.length))] += 1;
    }
    const most = bins.reduce((a, b) => Math.max(a, b), 1), floor = this.H - 17, step = width / bins.length;
    ctx.globalAlpha = 0.5;
    ctx.fillStyle = this.scene.theme.soft;
    bins.forEach((count, i) => {
      const high = count ? Math.max(1, 18 * Math.sqrt(count / most)) : 0;
      ctx.fillRect(this.left + i * step, floor - high, step - 1, high);
    });
    ctx.globalAlpha = 1;
  }

  /** @param {Ctx} ctx */
  paintWindow(ctx) {
    const { theme, window: [a, b] } = this.scene, x0 = this.x(a), x1 = Math.max(this.x(b), x0 + 3);
    ctx.fillStyle = ctx.strokeStyle = theme.accent;
    ctx.globalAlpha = 0.08;
    ctx.fillRect(x0, 2, x1 - x0, this.H - 19);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(x0, 2, x1 - x0, this.H - 19, 3);
    ctx.stroke();
    for (const x of [x0, x1]) ctx.fillRect(x - 2, this.H / 2 - 18, 4, 18);
  }

  /** Which part of the window a drag that begins at `x` moves, if any. @param {number} x @returns {Grip | null} */
  grip(x) {
    const [x0, x1] = this.scene.window.map((t) => this.x(t));
    if (Math.abs(x - x0) < 7 && Math.abs(x - x0) <= Math.abs(x - x1)) return "from";
    if (Math.abs(x - x1) < 7) return "to";
    return x > x0 && x < x1 ? "both" : null;
  }
}

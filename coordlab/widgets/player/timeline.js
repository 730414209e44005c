// What the pictures with time to the right share: the scale, the axis, the playhead, and a wash over the future.
/** @import { Ctx } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { times } from "./geometry.js";
import { line, PAD, Surface } from "./paint.js";
import { NOTHING } from "./trace.js";

/** The height of the axis. */
export const AXIS = 22;

/** A picture of the window of a scene, with names to the left. */
export class Timeline extends Surface {
  trace = NOTHING;
  /** The first pixel of the picture; left of it are the names. */
  left = 0;

  /** @param {string} label @param {Scene} scene */
  constructor(label, scene) {
    super(label);
    this.scene = scene;
  }

  get window() { return this.scene.window; }

  /** @param {number} t */
  x(t) { return this.left + ((t - this.window[0]) / (this.window[1] - this.window[0])) * (this.W - this.left - PAD); }

  /** The moment at pixel `x`. @param {number} x */
  t(x) { return this.window[0] + ((x - this.left) / (this.W - this.left - PAD)) * (this.window[1] - this.window[0]); }

  /** @param {Ctx} ctx @param {string} words @param {number} x @param {number} y @param {string} font @param {string} colour
   * @param {CanvasTextAlign} align */
  text(ctx, words, x, y, font, colour, align = "left") {
    ctx.font = `${font} ${this.scene.theme.font}`;
    ctx.fillStyle = this.scene.theme[colour] ?? colour;
    ctx.textAlign = align;
    ctx.fillText(words, x, y);
  }

  /** Paint only right of the names. @param {Ctx} ctx @param {() => void} paint */
  clip(ctx, paint) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.left - 1, 0, this.W - this.left - PAD + 8, this.H);
    ctx.clip();
    paint();
    ctx.restore();
  }

  /** Times below the picture, and a line for each from `top` to there. @param {Ctx} ctx @param {number} top */
  paintAxis(ctx, top) {
    const bottom = this.H - AXIS, { at, digits } = times(...this.window, this.W - this.left);
    ctx.lineWidth = 1;
    for (const t of at) {
      const x = Math.round(this.x(t)) + 0.5;
      ctx.strokeStyle = this.scene.theme.line;
      line(ctx, x, top, x, bottom);
      this.text(ctx, `${t.toFixed(digits)} s`, Math.min(x, this.W - 24), bottom + 12, "12px", "soft", "center");
    }
  }

  /** A pale wash right of the playhead, behind what is there. @param {Ctx} ctx @param {number} top */
  washFuture(ctx, top) {
    const { now, theme } = this.scene, x = Math.max(this.left, this.x(now));
    ctx.fillStyle = theme.panel;
    if (now > 0 && x < this.W - PAD) ctx.fillRect(x, top, this.W - PAD - x, this.H - AXIS - top);
  }

  /** @param {Ctx} ctx @param {number} top */
  paintPlayhead(ctx, top) {
    const x = this.x(this.scene.now);
    ctx.strokeStyle = ctx.fillStyle = this.scene.theme.accent;
    ctx.lineWidth = 1.5;
    line(ctx, x, top, x, this.H - AXIS);
  }
}

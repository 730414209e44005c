// Spans over time: lanes with bars, in the scale of the lanes above.
/** @import { Ctx, SpansView } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { fillLook, fit } from "./paint.js";
import { TONES } from "./slots.js";
import { Timed } from "./timed.js";
import { AXIS } from "./timeline.js";
import { rounded, toned } from "./words.js";

const LANE_STEP = 24, THICK = 16, MARGIN = 4;

/** Lanes with bars. */
export class Gantt extends Timed {
  /** @param {SpansView} view @param {Scene} scene */
  constructor(view, scene) {
    super(view.help, scene);
    this.view = view;
  }

  get high() { return MARGIN + this.view.lanes.length * LANE_STEP + AXIS; }

  /** @param {number} lane */
  y(lane) { return MARGIN + (lane + 0.5) * LANE_STEP; }

  /** When a bar ends. @param {SpansView["bars"][number]} bar */
  end([, , until]) { return until ?? this.trace.until; }

  /** @returns {[name: string, moments: number[]][]} */
  rows() {
    const { bars, lanes } = this.view;
    return lanes.map((name, lane) => [name, bars.filter(([of]) => of === lane).map(([, since]) => since)]);
  }

  lines() {
    const { view: { lanes, bars }, scene: { now } } = this;
    return lanes.map((name, lane) => [name, bars.filter(([of, since]) => of === lane && since <= now).map((bar) => {
      const [, since, until, text, tone] = bar, over = until != null && until <= now;
      return `${toned(text, TONES[tone])} from ${rounded(since)}${over ? ` to ${rounded(until)} s` : " s on"}`;
    }).join("; ") || "–"]);
  }

  /** @param {number} x @param {number} y */
  momentAt(x, y) {
    const t = this.t(x), lane = Math.floor((y - MARGIN) / LANE_STEP);
    return this.view.bars.find((bar) => bar[0] === lane && bar[1] <= t && t <= this.end(bar))?.[1] ?? t;
  }

  paint() {
    const { ctx, view: { lanes, bars }, scene: { theme } } = this;
    this.clear(ctx);
    ctx.textBaseline = "middle";
    this.washFuture(ctx, MARGIN);
    this.paintAxis(ctx, MARGIN);
    lanes.forEach((name, lane) => {
      this.text(ctx, fit(ctx, name, this.left - 12), this.left - 9, this.y(lane), "600 12.5px", "ink", "right");
      ctx.fillStyle = theme.line;
      ctx.fillRect(this.left, this.y(lane) - 0.5, this.x(this.trace.until) - this.left, 1);
    });
    this.clip(ctx, () => {
      for (const bar of bars) this.paintBar(ctx, bar);
      this.paintPlayhead(ctx, MARGIN);
    });
  }

  /** @param {Ctx} ctx @param {SpansView["bars"][number]} bar */
  paintBar(ctx, bar) {
    const { scene: { looks } } = this, [lane, since, , text, tone] = bar, look = looks.tone(TONES[tone]), y = this.y(lane) - THICK / 2;
    const x0 = this.x(since), x1 = this.x(this.end(bar)), seen = Math.max(x0, this.left);
    if (x1 < this.left || x0 > this.W) return;
    fillLook(ctx, looks, look, x0, y, Math.max(1, x1 - x0 - 1), THICK);
    ctx.font = `600 12px ${looks.theme.font}`;
    const { width } = ctx.measureText(text);
    if (look.thin || !text || x1 - seen < width + 10) return;
    ctx.fillStyle = look.fill;
    if (look.pattern) ctx.fillRect(seen + 2, y + 1, width + 6, THICK - 2);
    this.text(ctx, text, seen + 5, this.y(lane) + 0.5, "600 12px", look.ink);
  }
}

// When a run was lost: under the lanes the share of futures that break a property, by the moment they begin at.
/** @import { Ctx, Trace, Turning } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { button, h } from "./elements.js";
import { line, PAD } from "./paint.js";
import { Timeline } from "./timeline.js";
import { seconds } from "./words.js";

const HIGH = 52, TOP = 8, FLOOR = 44;

/** The curve of one trace, in the scale of the lanes, with a mark at the point of no return. */
export class TurningCurve extends Timeline {
  mark = button("cross", "go to the point of no return", () => this.visit(), { class: "cl-turn" });
  words = h("button", { type: "button", class: "cl-link", onclick: () => this.visit() });
  node = h("div", { class: "cl-turning", role: "group", "aria-label": "point of no return", hidden: true },
    this.canvas, this.mark, this.words);

  /** @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(scene, pick) {
    super("share of futures that break the property", scene);
    this.pick = pick;
  }

  /** @returns {Turning | null} */
  get turning() { return this.trace.meta.turning ?? null; }

  /** @param {Trace} trace @param {number} width @param {number} gutter @param {boolean} on */
  layout(trace, width, gutter, on) {
    this.trace = trace;
    this.left = gutter;
    this.node.hidden = !this.turning || !on;
    if (!this.turning) return;
    this.size(width, HIGH);
    this.words.textContent = `Point of no return ${seconds(this.turning.at)} (N). ${this.turning.words}`;
    this.canvas.setAttribute("aria-label", `Share of futures that break “${this.turning.property}”: ${
      this.turning.curve.map(([at, share]) => `${Math.round(100 * share)} % from ${seconds(at)}`).join(", ")}`);
  }

  paint() {
    const { ctx, turning } = this;
    if (!turning || this.node.hidden) return;
    this.clear(ctx);
    this.clip(ctx, () => this.paintSteps(ctx, turning));
    this.paintWords(ctx);
    const at = this.x(turning.at);
    this.mark.style.left = `${at}px`;
    this.mark.hidden = at < this.left || at > this.W - PAD;
  }

  /** @param {Ctx} ctx @param {Turning} turning */
  paintSteps(ctx, { curve, at }) {
    const { theme, trace } = this.scene, path = new Path2D();
    curve.forEach(([from, share], i) => {
      const y = FLOOR - share * (FLOOR - TOP);
      path.lineTo(this.x(from), y);
      path.lineTo(this.x(curve[i + 1]?.[0] ?? trace.until), y);
    });
    ctx.lineWidth = 2;
    ctx.strokeStyle = theme.soft;
    ctx.stroke(path);
    path.lineTo(this.x(trace.until), FLOOR);
    path.lineTo(this.x(curve[0][0]), FLOOR);
    ctx.globalAlpha = 0.18;
    ctx.fillStyle = theme.soft;
    ctx.fill(path);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = theme.ink;
    ctx.lineWidth = 1.5;
    line(ctx, this.x(at), 0, this.x(at), FLOOR);
  }

  /** @param {Ctx} ctx */
  paintWords(ctx) {
    const { theme } = this.scene;
    ctx.font = `12px ${theme.font}`;
    ctx.fillStyle = theme.soft;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    ctx.fillText("100 %", this.left - 9, TOP);
    ctx.fillText("lost", this.left - 9, (TOP + FLOOR) / 2);
    ctx.fillText("0 %", this.left - 9, FLOOR - 2);
  }

  /** Go to the moment, and to what happened then. */
  visit() {
    const { turning, scene } = this;
    if (!turning) return;
    if (turning.event == null) scene.seek(turning.at); else this.pick(turning.event);
  }
}

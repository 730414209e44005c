// What the colours, dashes and signs of the pictures mean; the entry of a message type hides and shows it.
/** @import { Ctx } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { h, Once, swatch } from "./elements.js";
import { addCross, addHead, fillRole, line } from "./paint.js";
import { BROKEN_OFF, CUT, DOWN, DROPPED, LOST, UNHEARD } from "./trace.js";

/** @type {[fate: number, words: string, colour: string][]} */
const FAILED = [[LOST, "lost by chance", "bad"], [CUT, "lost at a cut", "bad"], [DROPPED, "dropped by a fault", "bad"], [BROKEN_OFF, "a call that failed", "bad"],
  [UNHEARD, "recipient down", "soft"]];

/** The legend of the trace on show. */
export class Legend {
  node = h("div", { class: "cl-legend", role: "group", "aria-label": "legend" });
  once = new Once();

  /** @param {Scene} scene @param {() => void} redraw */
  constructor(scene, redraw) {
    this.scene = scene;
    this.redraw = redraw;
  }

  fill() {
    const { looks, hidden, trace: { meta, spans, arrows: { name, fate, copy } } } = this.scene;
    const labels = [...new Set(name)].map((i) => meta.names[i]), fates = new Set(fate), copied = copy.includes(1);
    /** @type {[label: string, role: number][]} */
    const roles = meta.roles.slice(0, 12).map((role, i) => [role, i]);
    if (spans.some(({ role }) => role.includes(DOWN))) roles.push(["down", DOWN]);
    this.once.after([roles, labels, [...fates], copied, [...hidden], looks.version], () => this.node.replaceChildren(
      ...roles.map(([label, role]) => key(label, 16, (ctx) => fillRole(ctx, looks, label, role, 0, 1, 16, 10))),
      ...labels.map((label) => this.typeKey(label)),
      ...FAILED.filter(([each]) => fates.has(each)).map(([, words, colour]) => this.fateKey(words, colour)),
      copied ? key("duplicate", 16, (ctx) => this.paintCopy(ctx)) : "",
    ));
  }

  /** @param {string} label */
  typeKey(label) {
    const look = this.scene.looks.type(label), shown = !this.scene.hidden.has(label);
    const picture = swatch(28, (ctx) => {
      const head = new Path2D();
      addHead(head, [0, 6, 27, 6], 7);
      ctx.strokeStyle = ctx.fillStyle = look.colour;
      ctx.lineWidth = look.width;
      ctx.fill(head);
      ctx.setLineDash(look.dash);
      line(ctx, 0, 6, 21, 6);
    });
    return h("button", { type: "button", class: "cl-key cl-type", "aria-pressed": String(shown),
      title: `${shown ? "hide" : "show"} ${label}`, onclick: () => this.toggle(label) }, picture, label);
  }

  /** @param {string} words @param {string} colour */
  fateKey(words, colour) {
    return key(words, 12, (ctx) => {
      const path = new Path2D();
      addCross(path, 6, 6, 4);
      [ctx.strokeStyle, ctx.lineWidth] = [this.scene.theme[colour], 2];
      ctx.stroke(path);
    });
  }

  /** @param {Ctx} ctx */
  paintCopy(ctx) {
    const path = new Path2D();
    addHead(path, [0, 6, 14, 6], 10);
    ctx.strokeStyle = this.scene.theme.soft;
    ctx.stroke(path);
  }

  /** @param {string} label */
  toggle(label) {
    if (!this.scene.hidden.delete(label)) this.scene.hidden.add(label);
    this.fill();
    this.redraw();
    [...this.node.querySelectorAll("button")].find((each) => each.textContent === label)?.focus();
  }
}

/** @param {string} label @param {number} width @param {(ctx: Ctx) => void} paint */
const key = (label, width, paint) => h("span", { class: "cl-key", role: "img", "aria-label": label }, swatch(width, paint), label);

// What every picture is made of: a canvas, and strokes on it.
/** @import { Ctx, RoleLook, Segment } from "./types.js" */
/** @import { Looks } from "./looks.js" */

import { context, h } from "./elements.js";
import { ABSENT, DOWN } from "./trace.js";

/** The free space at the right edge of a picture. */
export const PAD = 14;

/** Fill the rectangle in the look of a role.
 * @param {Ctx} ctx @param {Looks} looks @param {string} label @param {number} role
 * @param {number} x @param {number} y @param {number} w @param {number} height */
export function fillRole(ctx, looks, label, role, x, y, w, height) {
  if (role !== ABSENT) fillLook(ctx, looks, role === DOWN ? looks.tone("down") : looks.role(label), x, y, w, height);
}

/** @param {Ctx} ctx @param {Looks} looks @param {RoleLook} look
 * @param {number} x @param {number} y @param {number} w @param {number} height */
export function fillLook(ctx, looks, { fill, pattern, stripe, shade, edge, thin }, x, y, w, height) {
  ctx.fillStyle = fill;
  if (thin) ctx.fillRect(x, y + height / 2 - Math.min(4, height) / 2, w, Math.min(4, height));
  else ctx.fillRect(x, y, w, height);
  if (edge && w > 3) {
    [ctx.strokeStyle, ctx.lineWidth] = [edge, 1.5];
    ctx.strokeRect(x + 0.75, y + 0.75, w - 1.5, height - 1.5);
  }
  if (pattern === 0 || pattern === 1 || w < 2) return;
  ctx.globalAlpha *= shade;
  ctx.fillStyle = looks.tile(ctx, pattern, stripe);
  ctx.fillRect(x, y, w, height);
  ctx.globalAlpha = 1;
}

/** As much of the text as fits into the width. @param {Ctx} ctx @param {string} text @param {number} width */
export function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 0 && ctx.measureText(`${text.slice(0, end)}…`).width > width) end--;
  return end > 0 ? `${text.slice(0, end)}…` : "";
}

/** Text that can be read on anything. @param {Ctx} ctx @param {string} text @param {number} x @param {number} y
 * @param {string} ink @param {string} halo */
export function haloText(ctx, text, x, y, ink, halo) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = halo;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}

/** @param {Ctx} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** The head of an arrow along the line. @param {Path2D} path @param {Segment} segment @param {number} size */
export function addHead(path, [x0, y0, x1, y1], size) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  path.moveTo(x1, y1);
  path.lineTo(x1 - size * Math.cos(angle - 0.42), y1 - size * Math.sin(angle - 0.42));
  path.lineTo(x1 - size * Math.cos(angle + 0.42), y1 - size * Math.sin(angle + 0.42));
  path.closePath();
}

/** @param {Path2D} path @param {number} x @param {number} y @param {number} r */
export function addCross(path, x, y, r) {
  path.moveTo(x - r, y - r);
  path.lineTo(x + r, y + r);
  path.moveTo(x + r, y - r);
  path.lineTo(x - r, y + r);
}

/** @param {Ctx} ctx @param {number} x @param {number} y @param {number} r @param {string} fill @param {string} edge */
export function dot(ctx, x, y, r, fill, edge) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = edge;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** A canvas as sharp as the screen: painted in CSS pixels. */
export class Surface {
  W = 1;
  H = 1;
  ratio = 1;
  /** @type {Map<string, { canvas: HTMLCanvasElement, key: string }>} what stands still, and what it depends on */
  layers = new Map();

  /** @param {string} label */
  constructor(label) {
    this.canvas = h("canvas", { role: "img", "aria-label": label });
    this.ctx = context(this.canvas);
  }

  /** @param {number} width @param {number} height */
  size(width, height) {
    const ratio = window.devicePixelRatio || 1;
    [this.W, this.H, this.ratio] = [Math.max(1, Math.floor(width)), Math.max(1, Math.floor(height)), ratio];
    const w = Math.round(this.W * ratio), high = Math.round(this.H * ratio);
    if (this.canvas.width !== w || this.canvas.height !== high) [this.canvas.width, this.canvas.height] = [w, high];
    this.canvas.style.height = `${this.H}px`;
  }

  /** Put a layer that stands still on the screen; it is painted again only when `key` or the size changes.
   * @param {string} name @param {string} key @param {(ctx: Ctx) => void} paint */
  still(name, key, paint) {
    const { canvas: { width, height }, layers } = this, layer = layers.get(name) ?? { canvas: document.createElement("canvas"), key: "" };
    if (layer.key !== `${width} ${height} ${key}`) {
      layers.set(name, layer);
      [layer.canvas.width, layer.canvas.height, layer.key] = [width, height, `${width} ${height} ${key}`];
      const ctx = context(layer.canvas);
      this.clear(ctx);
      paint(ctx);
    }
    this.ctx.drawImage(layer.canvas, 0, 0, this.W, this.H);
  }

  /** @param {Ctx} ctx */
  clear(ctx) {
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.W, this.H);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }
}

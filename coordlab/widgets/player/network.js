// The agents on a circle, with the messages under way at the playhead.
/** @import { Ctx, Fault, Hit, Point, Segment, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { distance } from "./geometry.js";
import { LASTING } from "./lanes.js";
import { inFlight, roleAt, roleName } from "./lookup.js";
import { addCross, addHead, fillRole, fit, haloText, line, Surface } from "./paint.js";
import { ARRIVED, NOTHING, UNDERWAY, UNHEARD } from "./trace.js";
import { faultLabel } from "./words.js";

/** The agents on a circle, or on an ellipse where the picture is wide. */
export class Network extends Surface {
  trace = NOTHING;
  /** Half the height of the ellipse, half its width, the height of its middle. */
  ring = 30;
  wide = 30;
  middle = 0;
  /** How large an agent is. */
  node = 4;
  /** Whether names are below the agents, not beside them. */
  below = false;
  /** One agent in this many is named. */
  every = 1;
  /** How wide a name may be. */
  room = Infinity;
  /** @type {Fault[]} those that last at the playhead */
  faults = [];
  /** @type {string[][] | null} the sides of a partition */
  sides = null;

  /** @param {Scene} scene */
  constructor(scene) {
    super("network");
    this.scene = scene;
  }

  /** @param {Trace} trace @param {number} width @param {number} height */
  layout(trace, width, height) {
    this.trace = trace;
    this.size(width, height);
    const n = trace.meta.agents.length;
    this.ring = Math.max(30, Math.min(width * 0.5 - 54, height * 0.5 - 46));
    this.below = width < 480 && n <= 8; // too narrow for words beside the nodes
    this.middle = height / 2 - (this.below ? 14 : 0);
    const beside = width * 0.5 - 74; // what the words beside the nodes leave
    this.wide = this.below ? width * 0.5 - 46 : Math.max(Math.min(this.ring, beside + 8), Math.min(beside, this.ring * 1.5));
    this.every = Math.ceil((22 * n) / (Math.PI * (this.ring + this.wide))); // as many words as fit around the circle
    this.room = this.below && n % 2 ? 2 * this.wide * Math.sin(Math.PI / n) - 6 : Infinity; // the lowest two stand side by side
    this.node = Math.max(4, Math.min(19, (this.ring * 2.2) / n));
  }

  /** Where agent `a` is. @param {number} a @returns {Point} */
  at(a) {
    const angle = -Math.PI / 2 + (a * 2 * Math.PI) / this.trace.meta.agents.length;
    return [this.W / 2 + this.wide * Math.cos(angle), this.middle + this.ring * Math.sin(angle)];
  }

  paint() {
    const { ctx, trace: { meta }, scene: { now } } = this;
    this.clear(ctx);
    ctx.textBaseline = "middle";
    this.faults = meta.faults.filter((fault) => fault.at <= now && now < (fault.until ?? Infinity));
    this.sides = this.faults.filter(({ kind }) => kind === "Partition").at(-1)?.groups ?? null;
    this.paintLinks(ctx);
    this.paintMessages(ctx);
    meta.agents.forEach((name, a) => this.paintNode(ctx, name, a));
    this.paintNotice(ctx);
  }

  // ---- links

  /** On which side of the partition an agent is. @param {string} name */
  side(name) { return this.sides ? this.sides.findIndex((group) => group.includes(name)) : 0; }

  /** @returns {[number, number][]} */
  links() {
    const { agents, edges } = this.trace.meta;
    if (edges) return edges;
    if (agents.length > 40) return [];
    return agents.flatMap((_, a) => agents.slice(a + 1).map((__, k) => /** @type {[number, number]} */ ([a, a + 1 + k])));
  }

  /** @param {Ctx} ctx */
  paintLinks(ctx) {
    const { agents } = this.trace.meta, cuts = new Set();
    for (const { kind, text } of this.faults) if (kind === "Cut") cuts.add(text.split(" ")[1]);
    for (const [a, b] of this.links()) {
      const apart = this.side(agents[a]) !== this.side(agents[b]);
      const cut = cuts.has(`${agents[a]}>${agents[b]}`) || cuts.has(`${agents[b]}>${agents[a]}`);
      this.paintLink(ctx, this.at(a), this.at(b), apart || cut);
    }
  }

  /** @param {Ctx} ctx @param {Point} from @param {Point} to @param {boolean} broken */
  paintLink(ctx, [x0, y0], [x1, y1], broken) {
    const { theme } = this.scene;
    ctx.strokeStyle = broken ? theme.bad : theme.line;
    ctx.lineWidth = broken ? 1.2 : 1;
    ctx.setLineDash(broken ? [3, 4] : []);
    line(ctx, x0, y0, x1, y1);
    ctx.setLineDash([]);
    if (!broken) return;
    const cross = new Path2D();
    addCross(cross, (x0 + x1) / 2, (y0 + y1) / 2, 4);
    ctx.lineWidth = 2;
    ctx.stroke(cross);
  }

  // ---- messages

  /** @param {Ctx} ctx */
  paintMessages(ctx) {
    const { arrows, meta } = this.trace, { now, hidden } = this.scene;
    for (const i of inFlight(arrows, now).slice(0, 300)) {
      if (!hidden.has(meta.names[arrows.name[i]])) this.paintMessage(ctx, i);
    }
  }

  /** @param {Ctx} ctx @param {number} i */
  paintMessage(ctx, i) {
    const { arrows: { t0, t1, name, fate }, meta } = this.trace, { now, looks, theme } = this.scene;
    const look = looks.type(meta.names[name[i]]), lost = ![ARRIVED, UNDERWAY, UNHEARD].includes(fate[i]);
    const u = (now - t0[i]) / (t1[i] - t0[i] || 1);
    const [x0, y0] = this.between(i, 0), [x1, y1] = this.between(i, Math.min(u, lost ? 0.62 : 1));
    ctx.strokeStyle = ctx.fillStyle = look.colour;
    ctx.lineWidth = look.width + 0.4;
    ctx.setLineDash(look.dash);
    line(ctx, x0, y0, x1, y1);
    ctx.setLineDash([]);
    const tip = new Path2D();
    if (lost && u > 0.62) {
      addCross(tip, x1, y1, 4.5);
      [ctx.strokeStyle, ctx.lineWidth] = [theme.bad, 2.2];
      ctx.stroke(tip);
    } else {
      addHead(tip, [x0, y0, x1, y1], 10);
      ctx.fill(tip);
    }
  }

  /** The point a share `u` of the way along journey `i`, from rim to rim.
   * @param {number} i @param {number} u @returns {Point} */
  between(i, u) {
    const [x0, y0] = this.at(this.trace.arrows.from[i]), [x1, y1] = this.at(this.trace.arrows.to[i]);
    const k = Math.min(0.4, this.node / (Math.hypot(x1 - x0, y1 - y0) || 1)), v = k + u * (1 - 2 * k);
    return [x0 + (x1 - x0) * v, y0 + (y1 - y0) * v];
  }

  // ---- agents

  /** @param {Ctx} ctx @param {string} name @param {number} a */
  paintNode(ctx, name, a) {
    const { looks, theme, now, agent } = this.scene, [x, y] = this.at(a), role = roleAt(this.trace, a, now);
    const label = roleName(this.trace, role), shape = nodeShape(role < 0 ? 0 : looks.roles.of(label), x, y, this.node);
    ctx.save();
    ctx.fillStyle = theme.bg;
    ctx.fill(shape);
    ctx.clip(shape);
    fillRole(ctx, looks, label, role, x - 24, y - 24, 48, 48);
    ctx.restore();
    ctx.setLineDash(role < 0 ? [3, 2.5] : []);
    ctx.strokeStyle = a === agent ? theme.accent : theme.soft;
    ctx.lineWidth = a === agent ? 3 : 1.3;
    ctx.stroke(shape);
    ctx.setLineDash([]);
    const inside = this.node >= 13 && name.length <= 3;
    if (inside) this.nameInside(ctx, name, label, role, x, y);
    if (a % this.every === 0) this.nameBeside(ctx, name, label || "absent", inside, x, y);
  }

  /** @param {Ctx} ctx @param {string} name @param {string} label @param {number} role @param {number} x @param {number} y */
  nameInside(ctx, name, label, role, x, y) {
    const { theme, looks } = this.scene;
    const { fill, ink } = role < 0 ? { fill: theme.down, ink: theme.ink } : looks.role(label);
    ctx.font = `600 12.5px ${theme.font}`;
    ctx.textAlign = "center";
    haloText(ctx, name, x, y + 0.5, ink, fill);
  }

  /** @param {Ctx} ctx @param {string} name @param {string} label @param {boolean} inside @param {number} x @param {number} y */
  nameBeside(ctx, name, label, inside, x, y) {
    const { theme } = this.scene;
    const [dx, dy] = this.below ? [0, 1] : [(x - this.W / 2) / this.wide, (y - this.middle) / this.ring];
    const side = this.sides ? ` · ${this.below ? "" : "side "}${"ABCDEFGH"[this.side(name)] ?? "?"}` : "";
    const crowded = this.trace.meta.agents.length > 32 || this.node < 7;
    const words = inside ? label + side : crowded ? name : `${name} · ${label}${side}`;
    let tx = x, ty = y, room = Math.min(this.room, 2 * Math.min(x, this.W - x) - 4);
    ctx.textAlign = "center";
    if (Math.abs(dx) < 0.3) ty = y + Math.sign(dy || 1) * (this.node + 10);
    else {
      tx = x + Math.sign(dx) * (this.node + 6);
      room = dx > 0 ? this.W - tx - 2 : tx - 2;
      ctx.textAlign = dx > 0 ? "left" : "right";
    }
    ctx.font = `11px ${theme.font}`;
    haloText(ctx, fit(ctx, words, room), tx, ty, theme.ink, theme.bg);
  }

  /** The faults that last, in words. @param {Ctx} ctx */
  paintNotice(ctx) {
    const { theme } = this.scene, lasting = this.faults.filter(({ kind }) => LASTING.includes(kind));
    ctx.font = `11px ${theme.font}`;
    ctx.textAlign = "left";
    if (!lasting.length) return;
    haloText(ctx, fit(ctx, lasting.map(faultLabel).join(" · "), this.W - 8), 4, this.H - 8, theme.bad, theme.bg);
  }

  /** What is under the point. @param {number} px @param {number} py @returns {Hit} */
  hit(px, py) {
    const { arrows, meta } = this.trace;
    const agent = meta.agents.findIndex((_, a) => Math.hypot(px - this.at(a)[0], py - this.at(a)[1]) <= this.node + 3);
    if (agent >= 0) return { agent };
    const way = (/** @type {number} */ i) => /** @type {Segment} */ ([...this.between(i, 0), ...this.between(i, 1)]);
    const arrow = inFlight(arrows, this.scene.now).find((i) => distance(px, py, way(i)) < 6);
    return arrow === undefined ? {} : { arrow };
  }
}

/** Circle, square, diamond, triangle, hexagon…: a role has its shape as well as its colour.
 * @param {number} i @param {number} x @param {number} y @param {number} r */
function nodeShape(i, x, y, r) {
  const sides = [0, 4, 6, 3, 5, 8, 4, 7][i % 8], shape = new Path2D(), grow = sides === 3 ? 1.3 : sides === 4 ? 1.2 : 1.06;
  if (!sides) { shape.arc(x, y, r, 0, 7); return shape; }
  for (let k = 0; k < sides; k++) {
    const angle = (k * 2 * Math.PI) / sides - Math.PI / 2 + (i % 8 === 1 ? Math.PI / 4 : 0);
    shape[k ? "lineTo" : "moveTo"](x + r * grow * Math.cos(angle), y + r * grow * Math.sin(angle));
  }
  shape.closePath();
  return shape;
}

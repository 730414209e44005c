// The agents on a circle, with the messages under way at the playhead.
/** @import { Box, Ctx, Fault, Hit, Point, Segment, Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { distance } from "./geometry.js";
import { endOf, inFlight, roleAt, roleName } from "./lookup.js";
import { addCross, addHead, fillRole, fit, haloText, line, Surface } from "./paint.js";
import { ARRIVED, NOTHING, UNDERWAY, UNHEARD } from "./trace.js";
import { faultLabel } from "./words.js";

/** Where the words for an agent are, and which: its name and role in one line or in two, or its name alone.
 * @typedef {Box & { says: "both" | "stacked" | "name", align: CanvasTextAlign }} Label */

/** The share of a picture's width that names beside the ellipse may take on each side. */
const SHARE = 0.3;
/** How much room beside the ellipse is tried for roles (pixels), for how many agents at most. */
const WORDS = [26, 40, 55, 75], MOST_TRIED = 12;
/** How far the corners of a shape reach beyond its circle; a triangle has the most. */
const CORNER = 1.3;
const LABEL = "12px", LABEL_ROW = 13, DOT = 12; // pixels; the last one is the dot between a name and a role
const INSIDE = 13; // from this size on an agent has room for a short name
const MOST_LABELS = 400;
const MOST_LINKS = 1000;

/** The agents on a circle, or on an ellipse where the picture is wide. */
export class Network extends Surface {
  trace = NOTHING;
  /** Half the height of the ellipse, half its width. */
  ring = 30;
  across = 30;
  /** How large an agent is. */
  node = 4;
  /** @type {(Label | null)[]} for each agent where its words are; null: there is no room for them */
  labels = [];
  /** How wide the name of each agent is, and the widest of its roles. @type {[number, number][]} */
  widths = [];
  /** @type {Fault[]} those that last at the playhead */
  faults = [];
  /** @type {string[][] | null} the sides of a partition */
  sides = null;

  /** @param {Scene} scene */
  constructor(scene) {
    super("network");
    this.scene = scene;
  }

  /** With the widest ring that leaves room for the role of each agent, beside it if it can. @param {Trace} trace @param {number} width @param {number} height */
  layout(trace, width, height) {
    this.trace = trace;
    this.size(width, height);
    this.ctx.font = `${LABEL} ${this.scene.theme.font}`;
    this.ring = Math.max(30, height * 0.5 - 44);
    const wide = (/** @type {string} */ words) => this.ctx.measureText(words).width, { agents } = trace.meta;
    this.widths = agents.slice(0, MOST_LABELS).map((name, a) => (
      [wide(name), Math.max(0, ...[...new Set(trace.spans[a].role)].map((role) => wide(roleName(trace, role) || "absent")))]));
    let least = Infinity, room = 0;
    for (const words of agents.length > MOST_TRIED ? WORDS.slice(0, 1) : WORDS) {
      this.spread(words);
      const labels = this.placed(), small = this.node < INSIDE ? 3 : 0; // names beside agents take room, too
      // a role that is lacking is worst; one above or below an agent may seem to be that of another
      const bad = labels.reduce((sum, label) => sum + (!label || label.says === "name" ? 9 : Number(label.align === "center")), small);
      if (bad < least) [least, room, this.labels] = [bad, words, labels];
    }
    this.spread(room);
  }

  /** Set the width of the ring and the size of agents, if roles beside it may take this much (pixels). @param {number} words */
  spread(words) {
    const { W, trace: { meta: { agents } } } = this, n = agents.length, large = Math.min(19, (this.ring * 2.2) / n), aside = W * 0.5 - large;
    this.node = large;
    const widths = agents.slice(0, MOST_LABELS).map((name, a) => { // an agent at the top or bottom needs no room beside it
      const own = this.inside(name) ? 26 : Math.max(26, Math.min(W * SHARE, this.widths[a][0]));
      return (aside - Math.max(own, Math.min(words, 5 + this.wide(a, "stacked")))) / Math.abs(Math.sin((a * 2 * Math.PI) / n));
    });
    this.across = Math.max(30, Math.min(aside - 26, ...widths, this.ring * 2));
    this.node = Math.max(4, Math.min(large, n > 1 ? this.nearest() / 2 / CORNER - 1 : large));
  }

  /** How far apart the nearest two agents are, from middle to middle. */
  nearest() {
    const { agents } = this.trace.meta, ways = agents.map((_, a) => {
      const [x0, y0] = this.at(a), [x1, y1] = this.at((a + 1) % agents.length);
      return Math.hypot(x1 - x0, y1 - y0);
    });
    return ways.reduce((least, way) => Math.min(least, way), Infinity);
  }

  /** The room (pixels) for the words of an agent in any of its roles. @param {number} a @param {Label["says"]} says */
  wide(a, says) {
    const [name, role] = this.widths[a];
    if (this.inside(this.trace.meta.agents[a])) return role;
    return { both: name + DOT + role, stacked: Math.max(name, role), name }[says];
  }

  /** A place for the words of each agent where they cover nothing, long enough for each of its roles. */
  placed() {
    const { agents } = this.trace.meta;
    if (agents.length > MOST_LABELS) return agents.map(() => null);
    const taken = agents.map((_, a) => around(this.at(a), this.node));
    return agents.map((name, a) => {
      const tries = this.inside(name) ? this.spots(a, "both") : /** @type {const} */ (["both", "stacked", "name"]).flatMap((says) => this.spots(a, says));
      const free = tries.find((spot) => spot.x0 >= 0 && spot.x1 <= this.W && spot.y0 >= 0 && spot.y1 <= this.H - 14
        && !taken.some((box) => box.x0 < spot.x1 && spot.x0 < box.x1 && box.y0 < spot.y1 && spot.y0 < box.y1));
      if (free) taken.push(free);
      return free ?? null;
    });
  }

  /** The places for words, the best first: beside the agent, a little higher or lower, below it, above it.
   * @param {number} a @param {Label["says"]} says @returns {Label[]} */
  spots(a, says) {
    const [x, y] = this.at(a), { node } = this, right = x >= this.W / 2, width = this.wide(a, says), high = says === "stacked" ? 2 * LABEL_ROW : LABEL_ROW;
    const beside = right ? x + node + 5 : x - node - 5 - width, middle = x - width / 2;
    const spot = (/** @type {number} */ x0, /** @type {number} */ y0, /** @type {CanvasTextAlign} */ align) => (
      { x0, x1: x0 + width, y0, y1: y0 + high, says, align });
    const away = y < this.H / 2 ? -1 : 1; // from the middle of the circle
    const over = [spot(middle, y + node + 3, "center"), spot(middle, y - node - 3 - high, "center")];
    if (away < 0) over.reverse();
    const top = Math.abs(x - this.W / 2) < this.across * 0.3; // beside it the words would cover the circle
    const aside = [0, 8 * away, -8 * away].map((shift) => spot(beside, y - high / 2 + shift, right ? "left" : "right"));
    return top ? [...over, ...aside] : [...aside, ...over];
  }

  /** Whether the name of an agent is in it. @param {string} name */
  inside(name) { return this.node >= INSIDE && name.length <= 3; }

  /** The lines of words for an agent in a role. @param {number} a @param {string} role @param {Label["says"]} says */
  lines(a, role, says) {
    const name = this.trace.meta.agents[a];
    if (this.inside(name)) return [role];
    return { both: [`${name} · ${role}`], stacked: [name, role], name: [name] }[says];
  }

  /** Where agent `a` is. @param {number} a @returns {Point} */
  at(a) {
    const angle = -Math.PI / 2 + (a * 2 * Math.PI) / this.trace.meta.agents.length;
    return [this.W / 2 + this.across * Math.cos(angle), this.H / 2 - 6 + this.ring * Math.sin(angle)];
  }

  paint() {
    const { ctx, trace: { meta }, scene: { now } } = this;
    this.clear(ctx);
    ctx.textBaseline = "middle";
    this.faults = meta.faults.filter((fault) => fault.lasts && fault.at <= now && now < endOf(fault));
    this.sides = this.faults.filter(({ kind }) => kind === "Partition").at(-1)?.groups ?? null;
    this.paintLinks(ctx);
    this.paintMessages(ctx);
    meta.agents.forEach((name, a) => this.paintNode(ctx, name, a));
    this.labels.forEach((label, a) => label && this.paintLabel(ctx, label, a));
    this.paintNotice(ctx);
  }

  // ---- links

  /** On which side of the partition an agent is. @param {string} name */
  side(name) { return this.sides ? this.sides.findIndex((group) => group.includes(name)) : 0; }

  /** @param {Ctx} ctx */
  paintLinks(ctx) {
    const { agents, links } = this.trace.meta, cuts = new Set();
    if (links.length > MOST_LINKS) return;
    for (const { kind, text } of this.faults) if (kind === "Cut") cuts.add(text.split(" ")[1]);
    for (const [a, b] of links) {
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
    const [x0, y0] = this.between(i, 0), [x1, y1] = this.between(i, Math.min(u, lost ? 0.62 : 1)), [x2, y2] = this.between(i, 1);
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
      addHead(tip, [x1 - x2 + x0, y1 - y2 + y0, x1, y1], 10); // also before it has left
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
    const label = roleName(this.trace, role), shape = nodeShape(role < 0 ? 0 : looks.colour(label), x, y, this.node);
    const { fill, ink, thin } = role < 0 ? looks.tone("down") : looks.role(label);
    ctx.save();
    ctx.fillStyle = theme.bg;
    ctx.fill(shape);
    ctx.clip(shape);
    if (!thin) fillRole(ctx, looks, label, role, x - 24, y - 24, 48, 48);
    ctx.restore();
    ctx.setLineDash(role < 0 ? [3, 2.5] : []);
    ctx.strokeStyle = a === agent ? theme.accent : theme.soft;
    ctx.lineWidth = a === agent ? 3 : 1.3;
    ctx.stroke(shape);
    ctx.setLineDash([]);
    if (!this.inside(name)) return;
    ctx.font = `600 12.5px ${theme.font}`;
    ctx.textAlign = "center";
    haloText(ctx, name, x, y + 0.5, ...(thin ? /** @type {const} */ ([theme.ink, theme.bg]) : /** @type {const} */ ([ink, fill])));
  }

  /** @param {Ctx} ctx @param {Label} label @param {number} a */
  paintLabel(ctx, label, a) {
    const { theme, now } = this.scene, role = roleName(this.trace, roleAt(this.trace, a, now)) || "absent";
    ctx.font = `${LABEL} ${theme.font}`;
    ctx.textAlign = label.align;
    const x = { left: label.x0, right: label.x1 }[String(label.align)] ?? (label.x0 + label.x1) / 2;
    this.lines(a, role, label.says).forEach((line, i) => haloText(ctx, line, x, label.y0 + LABEL_ROW * (i + 0.5), theme.ink, theme.bg));
  }

  /** The faults that last, in words. @param {Ctx} ctx */
  paintNotice(ctx) {
    const { theme } = this.scene;
    ctx.font = `${LABEL} ${theme.font}`;
    ctx.textAlign = "left";
    haloText(ctx, fit(ctx, this.faults.map(faultLabel).join(" · "), this.W - 8), 4, this.H - 7, theme.bad, theme.bg);
  }

  /** What is under the point. @param {number} px @param {number} py @returns {Hit} */
  hit(px, py) {
    const { arrows, meta } = this.trace;
    const agent = meta.agents.findIndex((_, a) => Math.hypot(px - this.at(a)[0], py - this.at(a)[1]) <= this.node + 3);
    if (agent >= 0) return { agent, words: `${meta.agents[agent]} · ${roleName(this.trace, roleAt(this.trace, agent, this.scene.now)) || "absent"}` };
    const way = (/** @type {number} */ i) => /** @type {Segment} */ ([...this.between(i, 0), ...this.between(i, 1)]);
    const arrow = inFlight(arrows, this.scene.now).find((i) => distance(px, py, way(i)) < 6);
    return arrow === undefined ? {} : { arrow };
  }
}

/** The square of half width `r` around a point. @param {Point} point @param {number} r @returns {Box} */
const around = ([x, y], r) => ({ x0: x - r, x1: x + r, y0: y - r, y1: y + r });

/** Circle, square, diamond, triangle, hexagon…: a role has its shape as well as its colour.
 * @param {number} i @param {number} x @param {number} y @param {number} r */
function nodeShape(i, x, y, r) {
  const sides = [0, 4, 6, 3, 5, 8, 4, 7][i % 8], shape = new Path2D(), grow = sides === 3 ? CORNER : sides === 4 ? 1.2 : 1.06;
  if (!sides) { shape.arc(x, y, r, 0, 7); return shape; }
  for (let k = 0; k < sides; k++) {
    const angle = (k * 2 * Math.PI) / sides - Math.PI / 2 + (i % 8 === 1 ? Math.PI / 4 : 0);
    shape[k ? "lineTo" : "moveTo"](x + r * grow * Math.cos(angle), y + r * grow * Math.sin(angle));
  }
  shape.closePath();
  return shape;
}

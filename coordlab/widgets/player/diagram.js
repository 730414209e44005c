// The space-time diagram: time to the right, a lane for each agent, an arrow for each journey of a message.
/** @import { Ctx, Hit, RailItem, Trace } from "./types.js" */

import { Frame } from "./frame.js";
import { distance } from "./geometry.js";
import { noteThinning, paintArrows, paintChosen } from "./journeys.js";
import { nameLane, nameMarks, paintBands, paintLane, paintMarks } from "./lanes.js";
import { arrowOf, inFlight, roleAt, roleName } from "./lookup.js";
import { dot, fit } from "./paint.js";
import { paintRail, railAt, railRows } from "./rail.js";
import { NOBODY } from "./trace.js";

/** The space-time diagram of one trace. */
export class Diagram extends Frame {
  /** @type {RailItem[]} what is on the rail */
  rail = [];

  /** @param {Trace} trace @param {number} width @param {number} gutter @param {number} scale */
  layout(trace, width, gutter, scale) {
    this.trace = trace;
    this.left = gutter;
    this.rows = railRows(this, width);
    super.layout(trace, width, gutter, scale);
  }

  paint() {
    const { ctx } = this, key = this.stillKey();
    this.clear(ctx);
    this.washFuture(ctx, this.top - 2);
    this.still("lanes", key, (base) => this.paintStill(base));
    this.still("words", key, (base) => this.paintWords(base));
    this.clip(ctx, () => {
      this.paintPast(ctx);
      this.paintFlight(ctx);
      this.paintHead(ctx);
    });
    this.paintGutter(ctx);
  }

  /** Everything that the layers depend on, as text. */
  stillKey() {
    const { version, looks, window, picked, parent, hidden } = this.scene;
    return [version, looks.version, this.only !== null, this.W, this.H, this.left, ...window, picked >= 0, parent !== null, ...hidden].join();
  }

  /** @param {Ctx} ctx */
  paintStill(ctx) {
    const { agents } = this.trace.meta;
    ctx.textBaseline = "middle";
    this.paintAxis(ctx, this.top - 2);
    this.clip(ctx, () => {
      paintBands(this, ctx);
      agents.forEach((_, a) => paintLane(this, ctx, a));
      paintArrows(this, ctx);
      paintMarks(this, ctx);
    });
  }

  /** @param {Ctx} ctx */
  paintWords(ctx) {
    ctx.textBaseline = "middle";
    this.clip(ctx, () => {
      nameMarks(this, ctx);
      if (this.bar >= 11) this.trace.meta.agents.forEach((_, a) => nameLane(this, ctx, a));
      noteThinning(this, ctx);
    });
    this.rail = paintRail(this, ctx);
    if (this.caption) this.text(ctx, fit(ctx, this.caption, this.W - 20), 2, 10, "600 12px", "ink");
  }

  // ---- what moves

  /** The selected event and the causes that led to it. @param {Ctx} ctx */
  paintPast(ctx) {
    const { trace, scene: { picked, chain, theme } } = this;
    if (picked < 0 || trace !== this.scene.trace) return;
    for (const seq of chain) {
      const arrow = trace.meta.kinds[trace.kind[seq]] === "send" && seq !== picked ? -1 : arrowOf(trace, seq);
      if (arrow >= 0) paintChosen(this, ctx, arrow);
    }
    for (const seq of chain) {
      if (trace.agent[seq] === NOBODY) continue;
      const chosen = seq === picked;
      dot(ctx, this.x(trace.time[seq]), this.y(trace.agent[seq]), chosen ? 6 : 3.5, chosen ? theme.accent : theme.bg,
        chosen ? theme.bg : theme.accent);
    }
  }

  /** The messages under way at the playhead. @param {Ctx} ctx */
  paintFlight(ctx) {
    const { now, hidden, looks, theme } = this.scene, { arrows, meta } = this.trace, flight = inFlight(arrows, now);
    if (flight.length > 400) return;
    for (const i of flight) {
      const name = meta.names[arrows.name[i]], [, y0, , y1] = this.ends(i), from = this.y(arrows.from[i]);
      const u = (now - arrows.t0[i]) / (arrows.t1[i] - arrows.t0[i] || 1);
      const y = from + u * (this.y(arrows.to[i]) - from);
      if (!(this.only?.has(i) ?? true) || hidden.has(name) || y < Math.min(y0, y1) - 8 || y > Math.max(y0, y1) + 8) continue;
      dot(ctx, this.x(now), y, 4, looks.type(name).colour, theme.bg);
    }
  }

  /** @param {Ctx} ctx */
  paintHead(ctx) {
    const x = this.x(this.scene.now);
    this.paintPlayhead(ctx, this.top - 4);
    ctx.fill(new Path2D(`M${x - 6} ${this.top - 8}h12l-6 8z`));
  }

  /** Names at the left, each with the agent's role at the playhead. @param {Ctx} ctx */
  paintGutter(ctx) {
    const { scene, trace } = this, every = Math.ceil(13 / this.pitch);
    ctx.textBaseline = "middle";
    trace.meta.agents.forEach((name, a) => {
      if (a % every) return;
      const y = this.y(a), two = this.pitch >= 32 && this.left > 44, role = roleName(trace, roleAt(trace, a, scene.now));
      if (a === scene.agent) this.ring(ctx, y);
      ctx.font = `600 12.5px ${scene.theme.font}`;
      this.text(ctx, fit(ctx, name, this.left - 12), this.left - 9, two ? y - 7 : y, "600 12.5px", "ink", "right");
      ctx.font = `12px ${scene.theme.font}`;
      if (two) this.text(ctx, fit(ctx, role, this.left - 12), this.left - 9, y + 7, "12px", "soft", "right");
    });
  }

  /** Around the name of the selected agent. @param {Ctx} ctx @param {number} y */
  ring(ctx, y) {
    const high = Math.min(34, this.pitch - 2);
    ctx.strokeStyle = this.scene.theme.accent;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(1, y - high / 2, this.left - 5, high, 6);
    ctx.stroke();
  }

  /** What is under the point. @param {number} px @param {number} py @returns {Hit} */
  hit(px, py) {
    if (py < this.top) return { words: railAt(this, this.rail, px, py) };
    if (px >= this.left) {
      let best = -1, least = 6;
      for (const i of this.shown()) {
        const far = distance(px, py, this.ends(i));
        if (far < least) [best, least] = [i, far];
      }
      if (best >= 0) return { arrow: best };
    }
    const a = Math.floor((py - this.top) / this.pitch), lane = a >= 0 && a < this.trace.meta.agents.length;
    return lane && (px < this.left || Math.abs(py - this.y(a)) <= Math.max(9, this.bar / 2 + 3)) ? { agent: a } : {};
  }
}

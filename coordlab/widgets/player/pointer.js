// What the pointer does in the pictures: it scrubs, moves the window, zooms, explains and selects.
/** @import { Faults } from "./faults.js" */
/** @import { Tip } from "./menu.js" */
/** @import { Playback } from "./playback.js" */
/** @import { Scene } from "./scene.js" */
/** @import { Views } from "./views.js" */

import { Diagram } from "./diagram.js";
import { place } from "./elements.js";
import { Network } from "./network.js";
import { PAD } from "./paint.js";
import { journey } from "./words.js";

/** @typedef {(move: PointerEvent) => void} Move */

/** The pointer over the pictures. */
export class Pointer {
  /** @param {HTMLElement} root @param {Scene} scene @param {Views} views @param {Playback} playback @param {Faults} faults
   * @param {Tip} tip */
  constructor(root, scene, views, playback, faults, tip) {
    this.root = root;
    this.scene = scene;
    this.views = views;
    this.playback = playback;
    this.faults = faults;
    this.tip = tip;
  }

  /** Listen until the signal. @param {AbortSignal} signal */
  listen(signal) {
    const { diagram, parent, network, small, overview } = this.views;
    for (const each of [diagram, parent]) {
      each.canvas.addEventListener("pointerdown", (down) => this.dragDiagram(down, each), { signal });
      each.canvas.addEventListener("pointermove", (move) => this.hover(move, each), { signal });
      each.canvas.addEventListener("pointerleave", () => this.tip.hide(), { signal });
      each.canvas.addEventListener("wheel", (wheel) => this.wheel(wheel, each), { signal, passive: false });
    }
    for (const net of [network, small]) {
      net.canvas.addEventListener("click", (click) => this.click(click, net), { signal });
      net.canvas.addEventListener("pointermove", (move) => this.hover(move, net), { signal });
      net.canvas.addEventListener("pointerleave", () => this.tip.hide(), { signal });
    }
    overview.canvas.addEventListener("pointerdown", (down) => this.dragOverview(down), { signal });
    overview.canvas.addEventListener("pointermove", (move) => this.aim(move), { signal });
  }

  /** Follow the pointer until it is released.
   * @param {PointerEvent} down @param {HTMLCanvasElement} canvas @param {Move} move @param {Move} up */
  drag(down, canvas, move, up = () => {}) {
    if (down.button !== 0) return;
    canvas.setPointerCapture(down.pointerId);
    const over = new AbortController(), { signal } = over;
    canvas.addEventListener("pointermove", move, { signal });
    canvas.addEventListener("pointercancel", () => over.abort(), { signal });
    canvas.addEventListener("pointerup", (last) => { over.abort(); up(last); }, { signal });
  }

  // ---- the overview

  /** Move the window or one of its edges; elsewhere, bring it here. @param {PointerEvent} down */
  dragOverview(down) {
    const { scene, views: { overview } } = this, [x] = place(down, overview.canvas), [a, b] = scene.window;
    const start = overview.t(x), grip = overview.grip(x);
    if (!grip) {
      scene.setWindow([start - (b - a) / 2, start + (b - a) / 2]);
      scene.seek(start);
      return;
    }
    this.drag(down, overview.canvas, (move) => {
      const by = overview.t(place(move, overview.canvas)[0]) - start;
      if (grip === "both") scene.setWindow([a + by, b + by]);
      else scene.setWindow(grip === "from" ? [Math.min(a + by, b), b] : [a, Math.max(a, b + by)]);
    });
  }

  /** The cursor says what a drag would do. @param {PointerEvent} move */
  aim(move) {
    const { overview } = this.views, grip = overview.grip(place(move, overview.canvas)[0]);
    overview.canvas.style.cursor = grip === "both" ? "grab" : grip ? "ew-resize" : "pointer";
  }

  // ---- the space-time diagram

  /** On the playhead: scrub. Elsewhere: move the window, or, without moving, a click.
   * @param {PointerEvent} down @param {Diagram} diagram */
  dragDiagram(down, diagram) {
    const { scene } = this, [x0] = place(down, diagram.canvas), [a, b] = scene.window;
    const scrubs = Math.abs(x0 - diagram.x(scene.now)) < 6, perPixel = (b - a) / (diagram.W - diagram.left - PAD);
    let moved = false;
    this.views.stage.focus({ preventScroll: true });
    this.drag(down, diagram.canvas, (move) => {
      const [x] = place(move, diagram.canvas), by = (x - x0) * perPixel;
      moved ||= Math.abs(x - x0) > 4;
      if (!moved) return;
      if (scrubs) scene.seek(diagram.t(x), false); else scene.setWindow([a - by, b - by]);
    }, (up) => { if (!moved) this.click(up, diagram); });
  }

  /** @param {WheelEvent} wheel @param {Diagram} diagram */
  wheel(wheel, diagram) {
    const [x] = place(wheel, diagram.canvas);
    if (wheel.ctrlKey) this.playback.zoom(Math.exp(wheel.deltaY * 0.01), diagram.t(x));
    else if (Math.abs(wheel.deltaX) > Math.abs(wheel.deltaY)) this.scene.pan(wheel.deltaX / diagram.W);
    else return;
    wheel.preventDefault();
  }

  /** Say what is under the pointer, where the picture does not. @param {PointerEvent} move @param {Diagram | Network} view */
  hover(move, view) {
    if (move.buttons) return;
    const { arrow, agent, words } = view.hit(...place(move, view.canvas)), [x, y] = place(move, this.root);
    view.canvas.style.cursor = arrow !== undefined || agent !== undefined ? "pointer" : "default";
    const told = arrow !== undefined ? journey(view.trace, arrow) : words;
    if (told) this.tip.show(told, x + 12, y + 16); else this.tip.hide();
  }

  // ---- selecting

  /** Select what is under the pointer, and open its menu. @param {MouseEvent} click @param {Diagram | Network} view */
  click(click, view) {
    const { scene } = this, { trace, now } = scene, [x, y] = place(click, view.canvas), { arrow, agent } = view.hit(x, y);
    const t = view instanceof Diagram ? view.t(x) : now, point = place(click, this.root);
    this.tip.hide();
    if (view.trace !== trace) scene.seek(t);
    else if (arrow !== undefined) {
      this.playback.pick(trace.arrows.end[arrow] < 0 ? trace.arrows.send[arrow] : trace.arrows.end[arrow]);
      this.faults.messageMenu(arrow, point);
    } else if (agent !== undefined) {
      scene.letGo();
      scene.agent = agent;
      scene.seek(view instanceof Diagram && x < view.left ? now : t);
      this.faults.agentMenu(agent, point);
    } else if (view instanceof Diagram) scene.seek(x < view.left ? now : t);
  }
}

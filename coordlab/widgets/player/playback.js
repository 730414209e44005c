// Playing, stepping and looping, and the speed.
/** @import { Scene } from "./scene.js" */

import { neighbour } from "./lookup.js";

/** Virtual seconds in one second of the reader. */
export const SPEEDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

/** Moves the playhead of a scene. `changed` is called when it starts, stops, or goes at another speed. */
export class Playback {
  playing = false;
  looping = false;
  speed = 1;
  /** Whether the learner chose the speed; until then it follows the zoom. */
  chosen = false;
  /** When the last frame was, in milliseconds; 0: there was none. */
  last = 0;
  changed = () => {};

  /** @param {Scene} scene */
  constructor(scene) { this.scene = scene; }

  /** Whether the reader wants no motion. */
  get calm() { return matchMedia("(prefers-reduced-motion: reduce)").matches; }

  // ---- by hand

  /** Stop, select event `seq` and go to its moment. */
  pick = (/** @type {number} */ seq) => {
    this.play(false);
    this.scene.visit(seq);
  };

  /** @param {number} by */
  step(by, ofAgent = false) {
    const { trace, agent, cursor } = this.scene;
    if (!trace.n) return;
    const to = ofAgent ? neighbour(trace, cursor, agent, Math.sign(by)) : cursor + by;
    this.pick(Math.max(0, Math.min(trace.n - 1, to)));
  }

  /** With Shift on the selected agent, or else ten events. @param {number} by @param {boolean} shift */
  bigStep(by, shift) {
    const selected = this.scene.agent >= 0;
    this.step(shift && !selected ? by * 10 : by, shift && selected);
  }

  /** @param {number} factor @param {number} [about] */
  zoom(factor, about) {
    this.scene.zoom(factor, about);
    this.easeSpeed();
  }

  fit() {
    this.scene.fit();
    this.easeSpeed();
  }

  // ---- by itself

  /** @param {boolean} on */
  play(on) {
    if (on === this.playing) return;
    const { scene } = this, [from, to] = this.looping ? scene.window : [0, scene.trace.end];
    this.playing = on;
    this.last = 0;
    if (on && scene.now >= to) scene.seek(from);
    if (on && scene.picked >= 0) scene.select(-1);
    this.changed();
    scene.changed();
  }

  /** Go on to the frame at `stamp` milliseconds. @param {number} stamp */
  advance(stamp) {
    const gone = this.last ? Math.min(0.1, (stamp - this.last) / 1000) : 0;
    if (this.calm) { this.advanceCalmly(stamp); return; }
    this.last = stamp;
    this.moveTo(this.scene.now + gone * this.speed);
  }

  /** Without motion: from event to event, two a second. @param {number} stamp */
  advanceCalmly(stamp) {
    if (this.last && stamp - this.last < 500) return;
    this.last = stamp;
    this.moveTo(this.scene.trace.time[this.scene.cursor + 1] ?? this.scene.trace.end);
  }

  /** @param {number} t */
  moveTo(t) {
    const { scene, looping } = this, end = looping ? scene.window[1] : scene.trace.end;
    scene.place(t >= end ? (looping ? scene.window[0] : end) : t);
    if (looping) return;
    this.turnPage();
    if (t >= end) this.play(false);
  }

  /** Move the window on shortly before the playhead leaves it. */
  turnPage() {
    const { window: [a, b], now, trace } = this.scene, width = b - a;
    if (now < a || (now > a + width * 0.94 && b < trace.end)) {
      this.scene.setWindow([now - width * 0.06, now + width * 0.94]);
    }
  }

  // ---- loop and speed

  /** @param {boolean} on */
  setLoop(on) {
    this.looping = on;
    this.changed();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.changed();
  }

  /** @param {number} speed */
  chooseSpeed(speed) {
    this.chosen = true;
    this.setSpeed(speed);
  }

  /** @param {number} by */
  faster(by) { this.chooseSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + by))]); }

  easeSpeed() { if (!this.chosen && !this.playing) this.suitSpeed(); }

  /** Set the speed so that playing the window takes about twelve seconds. */
  suitSpeed() {
    const [a, b] = this.scene.window, suited = (b - a) / 12;
    const far = (/** @type {number} */ speed) => Math.abs(Math.log(speed / suited));
    this.setSpeed(SPEEDS.reduce((best, speed) => (far(speed) < far(best) ? speed : best)));
  }
}

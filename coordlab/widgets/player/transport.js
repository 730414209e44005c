// The bar under the picture: play, step, loop, speed, time, zoom.
/** @import { Playback } from "./playback.js" */
/** @import { Scene } from "./scene.js" */

import { button, h, icon, Once } from "./elements.js";
import { SPEEDS } from "./playback.js";
import { seconds, speedName } from "./words.js";

/** The transport bar. */
export class Transport {
  playButton = button("play", "play (Space)", () => this.playback.play(!this.playback.playing), { class: "cl-button cl-play" });
  loopButton = button("loop", "loop what is on screen (L)", () => this.playback.setLoop(!this.playback.looping),
    { "aria-pressed": "false" });
  scrub = h("input", { type: "range", class: "cl-scrub", min: "0", max: "1", step: "any", value: "0",
    "aria-label": "time", oninput: () => this.scene.seek(Number(this.scrub.value)) });
  /** @type {HTMLSelectElement} */
  speeds = h("select", { class: "cl-speed", "aria-label": "speed, in virtual seconds per second", title: "speed ([ and ])",
    onchange: () => this.playback.chooseSpeed(Number(this.speeds.value)) },
  ...SPEEDS.map((speed) => h("option", { value: speed }, speedName(speed))));
  moment = h("span", {});
  last = h("span", { class: "cl-last" });
  clock = h("output", { class: "cl-clock" }, this.moment, this.last);
  once = new Once();

  /** @param {Scene} scene @param {Playback} playback @param {() => void} help */
  constructor(scene, playback, help) {
    this.scene = scene;
    this.playback = playback;
    this.node = h("div", { class: "cl-transport", role: "toolbar", "aria-label": "transport" },
      button("previous", "previous event (Left)", () => playback.step(-1)), this.playButton,
      button("next", "next event (Right)", () => playback.step(1)), this.loopButton, this.speeds, this.scrub, this.clock,
      button("farther", "zoom out (-)", () => playback.zoom(1.6)),
      button("nearer", "zoom in (+)", () => playback.zoom(1 / 1.6)),
      button("fit", "fit the whole run (0)", () => playback.fit()), button("help", "keys (?)", help));
  }

  /** Show whether it plays, whether it loops, and how fast. */
  show() {
    const { playing, looping, speed } = this.playback;
    this.once.after([playing], () => {
      this.playButton.replaceChildren(icon(playing ? "pause" : "play"));
      this.playButton.setAttribute("aria-label", playing ? "pause (Space)" : "play (Space)");
    });
    this.loopButton.setAttribute("aria-pressed", String(looping));
    this.speeds.value = String(speed);
  }

  /** Show the moment. */
  tick() {
    const { now, cursor, trace } = this.scene;
    this.scrub.value = String(now);
    this.moment.textContent = `${seconds(now)} · ${cursor < 0 ? "no event yet" : `event ${cursor}`}`;
    this.last.textContent = cursor < 0 ? "" : `, last ${trace.n - 1}`;
  }

  /** Tell screen readers the moment. */
  announce() { this.scrub.setAttribute("aria-valuetext", this.clock.textContent ?? ""); }
}

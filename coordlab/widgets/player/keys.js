// What each key does, and the help that lists them.
/** @import { Player } from "./player.js" */

import { h, take } from "./elements.js";
import { FAULTS } from "./faults.js";

const KEYS = [
  ["Space", "play or pause"], ["← →", "previous, next event"],
  ["Shift + ← →", "the same for the selected agent, else ten events"], ["↑ ↓", "select an agent"],
  ["Home End", "start, end of the run"], ["+ − 0", "zoom in, out, fit the whole run"],
  ["Page Up, Page Down", "move the window"], ["[ ]", "slower, faster"], ["L", "loop what is on screen"],
  ["V", "next view"], ["← → ↑ ↓, Enter", "in the view below the lanes: its rows, nodes or changes; go to the event"], ["N", "the point of no return"], ["Enter", "menu of the selected agent or message"], ["Esc", "clear the selection"],
  ["C R", "crash, restart the selected agent"], ["S P", "slow it down, partition"], ["X", "cut the selected link"],
  ["D E", "drop, delay the selected message"], ["B", "branch here"], ["U, Ctrl + Z", "undo"], ["?", "this help"],
];

/** The list of keys, in the middle of the window however long the page is. */
export class Help {
  /** @param {() => void} leave  where the focus goes when the help closes */
  constructor(leave) {
    const close = h("button", { type: "button", class: "cl-text", onclick: () => this.node.close() }, "close");
    this.node = h("dialog", { class: "cl-help", "aria-label": "keys", onclose: leave, onkeydown: (press) => this.press(press) },
      h("header", {}, h("h4", {}, "Keys"), close),
      h("dl", {}, ...KEYS.flatMap(([keys, what]) => [h("dt", {}, keys), h("dd", {}, what)])));
  }

  open() { this.node.showModal(); }

  /** No key acts on the player behind it; the browser closes it by Escape. @param {KeyboardEvent} press */
  press(press) {
    press.stopPropagation();
    if (press.key === "?") this.node.close();
  }
}

/** The keys of a player, while it has the focus. */
export class Keys {
  /** @param {Player} player */
  constructor(player) { this.player = player; }

  /** @param {KeyboardEvent} press */
  press(press) {
    const { player } = this, { key } = press, { tagName: tag } = /** @type {Element} */ (press.target);
    const command = press.ctrlKey || press.metaKey;
    if (tag === "INPUT" && press.target !== player.transport.scrub) { press.stopPropagation(); return; }
    if (tag === "SELECT" && /^(Arrow|Home|End|Enter| )/.test(key)) return;
    if ((tag === "BUTTON" || tag === "CODE") && (key === "Enter" || key === " ")) return;
    if (command && key.toLowerCase() === "z") { player.tabs.undo(); take(press); return; }
    if (command || press.altKey || player.scene.blank) return;
    const act = this.acts(press.shiftKey)[key.length === 1 ? key.toLowerCase() : key];
    if (act) { act(); take(press); }
  }

  /** What each key does; letters in lower case. @param {boolean} shift @returns {Record<string, () => void>} */
  acts(shift) {
    const { scene, playback, views, faults, tabs, help } = this.player;
    const nearer = () => playback.zoom(1 / 1.6), farther = () => playback.zoom(1.6), menu = () => faults.open();
    return {
      " ": () => playback.play(!playback.playing), l: () => playback.setLoop(!playback.looping),
      ArrowRight: () => playback.bigStep(1, shift), ArrowLeft: () => playback.bigStep(-1, shift),
      ArrowUp: () => this.chooseAgent(-1), ArrowDown: () => this.chooseAgent(1),
      Home: () => scene.seek(0), End: () => scene.seek(scene.trace.end),
      PageUp: () => scene.pan(-0.8), PageDown: () => scene.pan(0.8),
      "+": nearer, "=": nearer, "-": farther, _: farther, 0: () => playback.fit(),
      "[": () => playback.faster(-1), "]": () => playback.faster(1),
      n: () => views.turning.visit(), v: () => views.nextView(), "?": () => help.open(), Enter: menu, ContextMenu: menu, Escape: () => scene.letGo(),
      c: () => faults.power(false), r: () => faults.power(true), s: () => faults.slow(),
      x: () => faults.cut(), p: () => faults.partition(),
      d: () => faults.ofMessage(FAULTS.drop), e: () => faults.ofMessage((id) => FAULTS.delay(id, 0.5)),
      b: () => tabs.branchHere(), u: () => tabs.undo(),
    };
  }

  /** @param {number} by */
  chooseAgent(by) {
    this.player.scene.chooseAgent(by);
    this.player.narration.showAgent();
  }
}

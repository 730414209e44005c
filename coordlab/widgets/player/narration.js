// The current event as a sentence, and the selected event in detail.
/** @import { Trace } from "./types.js" */
/** @import { Scene } from "./scene.js" */

import { h } from "./elements.js";
import { arrowOf, roleAt, roleName } from "./lookup.js";
import { event, journey, plain, sentence, spoken } from "./words.js";

const NEAREST = 6; // causes that are listed

/** The sentence below the picture, and the facts of the selected event. */
export class Narration {
  say = h("p", { class: "cl-say", role: "status", "aria-live": "polite" });
  inspect = h("div", { class: "cl-inspect", hidden: true });

  /** @param {Scene} scene @param {(seq: number) => void} pick */
  constructor(scene, pick) {
    this.scene = scene;
    this.pick = pick;
  }

  /** Show the current event. */
  narrate() {
    const { trace, cursor } = this.scene;
    const pieces = cursor < 0 ? [spoken("Nothing has happened yet.")] : sentence(trace, cursor);
    this.say.replaceChildren(...pieces.map(([tag, text]) => h(tag, {}, text)));
  }

  /** Show which agent is selected. */
  showAgent() {
    const { trace, agent, now } = this.scene, role = roleName(trace, roleAt(trace, agent, now)) || "absent";
    this.say.replaceChildren(`${trace.meta.agents[agent]} selected: ${role}. Enter opens its menu.`);
  }

  /** What is selected: its fields, its journey, and its causes. */
  show() {
    const { trace, picked, chain } = this.scene;
    this.inspect.hidden = picked < 0;
    if (picked >= 0) this.inspect.replaceChildren(facts(trace, picked), this.causes(chain.slice(0, -1)));
  }

  /** The nearest causes, as sentences that lead to them. @param {number[]} chain */
  causes(chain) {
    if (!chain.length) return "";
    const link = (/** @type {number} */ seq) => h("button", { type: "button", class: "cl-link", onclick: () => this.pick(seq) },
      plain(sentence(this.scene.trace, seq)));
    const first = Math.max(0, chain.length - NEAREST), last = chain.length === 1 ? "one cause" : `${chain.length} causes`;
    return h("div", { class: "cl-chain" }, h("h4", {}, `Because (${first ? `the last ${NEAREST} of ` : ""}${last})`),
      h("ol", { start: first + 1 }, ...chain.slice(first).map((seq) => h("li", {}, link(seq)))));
  }
}

/** @param {Trace} trace @param {number} seq */
function facts(trace, seq) {
  const row = event(trace, seq), arrow = arrowOf(trace, seq), send = arrow < 0 ? row : event(trace, trace.arrows.send[arrow]);
  const found = [["event", `${seq} · ${row.kind}`], ["agent", row.agent],
    arrow < 0 ? ["name", row.name] : ["message", `#${send.message} ${send.name}`],
    ["fields", send.text], ["journey", arrow < 0 ? null : journey(trace, arrow)]];
  return h("dl", { class: "cl-facts" }, ...found.flatMap(([key, value]) => (value
    ? [h("dt", {}, key), h("dd", {}, key === "fields" ? h("code", {}, value) : value)] : [])));
}

// The verdicts on the run: a chip for each, and a mark where a property was violated.
/** @import { Verdict } from "./types.js" */
/** @import { Tip } from "./menu.js" */
/** @import { Overview } from "./overview.js" */
/** @import { Scene } from "./scene.js" */

import { button, h, icon, Once, textButton } from "./elements.js";
import { because } from "./words.js";

/** @typedef {"check" | "cross" | "help"} VerdictIcon */

/** How it was judged, when and why. @param {Verdict} verdict */
const reason = (verdict) => `${verdict.status} ${because(verdict)}`;

/** @type {Record<Verdict["status"], VerdictIcon>} */
const VERDICT_ICONS = { holds: "check", violated: "cross", undecided: "help" };

/** The verdicts of the trace on show. */
export class Verdicts {
  head = h("h4", {}, "Verdicts");
  chips = h("div", { class: "cl-chips" });
  because = h("p", { class: "cl-because", role: "status", "aria-live": "polite" });
  /** The marks on the overview. */
  marks = h("div", { class: "cl-marks" });
  /** @type {{ node: HTMLElement, at: number }[]} in order of time */
  placed = [];
  once = new Once();

  /** @param {Scene} scene @param {(seq: number) => void} pick @param {Tip} tip
   * @param {() => ((property: string) => void) | null} ask  when a run was lost to a violation; null: nobody can be asked */
  constructor(scene, pick, tip, ask) {
    this.scene = scene;
    this.pick = pick;
    this.tip = tip;
    this.ask = ask;
  }

  fill() {
    const { trace } = this.scene;
    const causes = [trace.meta.verdicts, trace.until, trace.meta.turning?.property, !this.ask()];
    this.once.after(causes, () => this.refill(trace.meta.verdicts));
  }

  /** @param {Verdict[]} verdicts */
  refill(verdicts) {
    this.head.hidden = !verdicts.length;
    this.because.textContent = "";
    const broken = verdicts.filter(({ status }) => status === "violated");
    const ordered = [...broken, ...verdicts.filter(({ status }) => status !== "violated")];
    this.chips.replaceChildren(...ordered.flatMap((verdict) => [this.chip(verdict), this.question(verdict)]));
    this.placed = broken.flatMap((verdict) => (verdict.at == null ? [] : [{ node: this.mark(verdict), at: verdict.at }]));
    this.marks.replaceChildren(...this.placed.map(({ node }) => node));
    this.placed.sort((a, b) => a.at - b.at);
  }

  /** @param {Verdict} verdict */
  chip(verdict) {
    return h("button", { type: "button", class: `cl-chip cl-${verdict.status}`, title: because(verdict),
      "aria-label": `${verdict.name}: ${verdict.status}. ${because(verdict)}`, onclick: () => this.visit(verdict) },
    icon(VERDICT_ICONS[verdict.status]), h("span", {}, verdict.name),
    verdict.status === "holds" ? null : h("small", {}, reason(verdict)));
  }

  /** What to ask about a violation, unless it is answered. @param {Verdict} verdict */
  question({ name, status }) {
    const ask = this.ask();
    if (!ask || status !== "violated" || name === this.scene.trace.meta.turning?.property) return "";
    return textButton("help", "when was it lost?", null, () => ask(name));
  }

  /** @param {Verdict} verdict */
  mark(verdict) {
    const explain = () => this.tip.showAt(because(verdict), node), hide = () => this.tip.hide();
    const node = button("cross", `${verdict.name} violated ${because(verdict)}`, () => this.visit(verdict),
      { class: "cl-mark", title: null, onpointerenter: explain, onfocus: explain, onpointerleave: hide, onblur: hide });
    return node;
  }

  /** Go to where it was decided. @param {Verdict} verdict */
  visit(verdict) {
    this.because.textContent = verdict.status === "holds" ? because(verdict) : "";
    if (verdict.event != null && verdict.event < this.scene.trace.n) this.pick(verdict.event);
    else if (verdict.at != null) this.scene.seek(verdict.at);
  }

  /** Put the marks at their moments, side by side where there are many. @param {Overview} overview */
  place(overview) {
    let end = -Infinity;
    for (const { node, at } of this.placed) {
      end = Math.min(overview.W - 9, Math.max(overview.x(at), end + 17));
      node.style.left = `${end}px`;
    }
  }
}

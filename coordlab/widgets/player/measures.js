// What was counted in the run, beside what theory expects.
/** @import { Measure } from "./types.js" */

import { h, Once } from "./elements.js";

/** How a comparison is shown, by its words. @type {Record<string, string>} */
const JUDGED = { agrees: "cl-agrees", "does not agree": "cl-amiss" };

/** Words of which a number stays beside the word or the sign before it. @param {string} words */
const unbroken = (words) => words.replace(/ (?=\d)/g, "\u00a0");

/** The measures of the trace on show. */
export class Measures {
  head = h("h4", {}, "Counted, and theory");
  table = h("table", { class: "cl-measures", "aria-label": "counted, and theory" });
  once = new Once();

  /** @param {Measure[]} measures */
  fill(measures) { this.once.after([measures], () => this.refill(measures)); }

  /** @param {Measure[]} measures */
  refill(measures) {
    const heads = ["measure", "counted", "theory"].map((word) => h("th", { scope: "col" }, word));
    const rows = measures.map(({ label, value, theory, judged }) =>
      h("tr", {}, h("th", { scope: "row" }, label, judged ? h("small", { class: JUDGED[judged] ?? "" }, judged) : null),
        h("td", {}, unbroken(value)), h("td", {}, unbroken(theory) || "–")));
    this.head.hidden = !measures.length;
    this.table.replaceChildren(...(measures.length ? [h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)] : []));
  }
}

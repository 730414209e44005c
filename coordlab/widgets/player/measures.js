// What was counted in the run, beside what theory expects.
/** @import { Measure } from "./types.js" */

import { h, Once } from "./elements.js";

/** How a comparison is shown, by its words. @type {Record<string, string>} */
const JUDGED = { agrees: "cl-agrees", "does not agree": "cl-amiss" };

/** The measures of the trace on show. */
export class Measures {
  head = h("h4", {}, "Counted, and theory");
  table = h("table", { class: "cl-measures" });
  once = new Once();

  /** @param {Measure[]} measures */
  fill(measures) { this.once.after([measures], () => this.refill(measures)); }

  /** @param {Measure[]} measures */
  refill(measures) {
    const heads = ["measure", "counted", "theory"].map((word) => h("th", { scope: "col" }, word));
    const rows = measures.map(({ label, value, theory, judged }) =>
      h("tr", {}, h("th", { scope: "row" }, label, judged ? h("small", { class: JUDGED[judged] ?? "" }, judged) : null),
        h("td", {}, value), h("td", {}, theory || "–")));
    this.head.hidden = !measures.length;
    this.table.replaceChildren(...(measures.length ? [h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)] : []));
  }
}

// The scenario in one line, to be copied.

import { copyText, h, Once, textButton } from "./elements.js";

/** The line that makes this run again. */
export class Share {
  node = h("div", { class: "cl-share" });
  once = new Once();

  /** @param {string} words */
  fill(words) { this.once.after([words], () => this.refill(words)); }

  /** @param {string} words */
  refill(words) {
    this.node.hidden = !words;
    const code = h("code", { class: "cl-line", tabindex: "0" }, words);
    const copy = textButton("copy", "copy", null, async () => {
      const done = await copyText(words, code);
      copy.lastChild?.replaceWith(done);
    });
    this.node.replaceChildren("This run: ", code, copy);
  }
}

// The branches as tabs, and the buttons beside them.
/** @import { Meta } from "./types.js" */
/** @import { Scene } from "./scene.js" */
/** @import { Session } from "./session.js" */

import { h, Once, take, textButton } from "./elements.js";
import { micro } from "./faults.js";

/** A tab for each branch, and beside them the buttons: branch, compare, delete, undo. */
export class Tabs {
  node = h("div", { class: "cl-tabs", role: "tablist", "aria-label": "branches",
    onkeydown: (press) => this.press(press) });
  acts = h("div", { class: "cl-acts" });
  once = new Once();

  /** @param {Scene} scene @param {Session} session @param {(on: boolean) => void} compare */
  constructor(scene, session, compare) {
    this.scene = scene;
    this.session = session;
    this.compare = compare;
  }

  fill() {
    const labels = this.session.branches.map(({ meta: { name, parent } }) => [name, parent]);
    this.once.after([labels, this.session.selected, this.session.settled, this.scene.parent !== null], () => this.refill());
  }

  /** Replace the tabs and the buttons, and keep the focus where it was. */
  refill() {
    const focus = document.activeElement, tabbed = this.node.contains(focus);
    const acted = [...this.acts.children].findIndex((act) => act === focus);
    this.node.replaceChildren(...this.session.branches.map((branch, i) => this.tab(branch.meta, i)));
    this.fillActs();
    this.node.scrollLeft = (/** @type {HTMLElement} */ (this.node.children[this.session.selected])?.offsetLeft ?? 0) - this.node.offsetLeft - 24;
    if (tabbed) this.node.querySelector(/** @type {"button"} */ ("[aria-selected=true]"))?.focus({ preventScroll: true });
    if (acted >= 0) this.acts.querySelectorAll("button")[acted].focus({ preventScroll: true });
  }

  fillActs() {
    const { scene, session } = this, { reason } = session;
    const alone = scene.trace.meta.parent == null ? "this branch has no parent" : null;
    const compare = textButton("compare", "compare", alone, () => this.compare(scene.parent === null));
    compare.setAttribute("aria-pressed", String(scene.parent !== null));
    const root = session.selected === 0 ? "the first run stays" : null;
    this.acts.replaceChildren(textButton("branch", "branch here", reason, () => this.branchHere()), compare,
      textButton("cross", "delete", reason ?? root, () => this.drop(session.selected)),
      textButton("undo", "undo", session.settled, () => this.undo()));
    if (reason && !session.lost) this.acts.append(h("span", { class: "cl-reason" }, "this page is a recording; new faults need a kernel"));
  }

  /** @param {Meta} meta @param {number} i */
  tab(meta, i) {
    const { reason, selected } = this.session, chosen = i === selected;
    const tab = h("button", { type: "button", role: "tab", class: "cl-tab", "aria-selected": String(chosen),
      tabindex: chosen ? "0" : "-1", title: !reason ? "rename: double-click or F2; delete: Delete" : null,
      onclick: () => this.session.select(i), ondblclick: () => this.rename(i) }, meta.name);
    return h("span", { class: "cl-tabbox", role: "presentation" }, tab);
  }

  /** @param {KeyboardEvent} press */
  press(press) {
    if (press.target instanceof HTMLInputElement) return;
    const { branches: { length: n }, selected: here } = this.session;
    const to = { ArrowRight: (here + 1) % n, ArrowLeft: (here + n - 1) % n, Home: 0, End: n - 1 }[press.key];
    if (to !== undefined) this.session.select(to);
    else if (press.key === "F2") this.rename(here);
    else if (press.key === "Delete") this.drop(here);
    else return;
    take(press);
  }

  /** Put a field for the new name in place of the tab. @param {number} i */
  rename(i) {
    if (this.session.reason) { this.session.notify(this.session.reason); return; }
    const box = this.node.children[i], { name } = this.session.branches[i].meta, kept = [...box.children];
    const done = (/** @type {boolean} */ keep) => {
      input.onblur = null;
      const text = input.value.trim();
      input.replaceWith(...kept);
      if (keep && text && text !== name) this.session.send({ type: "rename", branch: i, name: text });
    };
    const press = (/** @type {KeyboardEvent} */ key) => {
      key.stopPropagation();
      if (key.key !== "Enter" && key.key !== "Escape") return;
      done(key.key === "Enter");
      box.querySelector("button")?.focus();
    };
    const input = h("input", { class: "cl-rename", value: name, "aria-label": `new name for ${name}`, onkeydown: press });
    box.replaceChildren(input);
    input.onblur = () => done(true);
    input.select();
    input.focus();
  }

  /** @param {number} i */
  drop(i) {
    if (i > 0) this.session.send({ type: "delete", branch: i });
  }

  branchHere() { this.session.send({ type: "branch", branch: this.session.selected, at: micro(this.scene.now) }); }

  undo() {
    const { settled } = this.session;
    if (settled) this.session.notify(settled); else this.session.send({ type: "undo" });
  }
}

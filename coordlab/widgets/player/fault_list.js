// The faults of the run that a lab shows, each to be ended or removed, and a form for one more.
/** @import { FaultDesk, Offer, PartModel } from "./types.js" */

import { h, Once } from "./elements.js";
import { leaves, offered } from "./offers.js";

/** The list and the form, in the element of the widget. */
class FaultList {
  list = h("ul", { class: "cl-faultlist", "aria-label": "faults of this run" });
  offers = h("div", { class: "cl-offers", role: "group", "aria-label": "faults to add" });
  form = h("form", { class: "cl-form", hidden: true, onsubmit: (send) => { send.preventDefault(); this.add(); } });
  node = h("div", { class: "cl-faults" },
    h("h3", {}, "Faults"), this.list, this.offers, this.form);
  once = new Once();
  /** @type {Offer | null} */
  chosen = null;

  /** @param {PartModel<FaultDesk>} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.append(this.node);
    this.fill();
  }

  get data() { return this.model.get("data"); }

  /** Where the playhead of the player stands, in seconds. */
  get now() {
    const player = this.el.closest(".cl-lab")?.querySelector("[data-now]");
    return player instanceof HTMLElement ? Number(player.dataset.now) : 0;
  }

  fill = () => {
    this.once.after([this.data, this.chosen], () => {
      const { faults, offers, agents } = this.data;
      this.list.replaceChildren(...faults.map((each) => this.row(each)));
      this.list.hidden = !faults.length;
      this.chosen = offers.find(({ label }) => label === this.chosen?.label) ?? null;
      this.offers.replaceChildren(...offers.map((each) => this.chip(each)));
      if (this.chosen) this.open(this.chosen, agents); else this.form.hidden = true;
    });
  };

  /** @param {FaultDesk["faults"][number]} fault */
  row({ text, from, until }) {
    const act = (/** @type {string} */ word, /** @type {string} */ help, /** @type {() => void} */ click) =>
      h("button", { type: "button", class: "cl-link", title: help, "aria-label": `${word}: ${text}`, onclick: click }, word);
    const heal = from == null ? null : act("end at playhead", "it ends where the playhead stands", () => {
      const at = this.now;
      this.model.send({ type: "heal", fault: text, at: at > from && (until == null || at < until) ? at : null });
    });
    return h("li", {}, h("span", {}, text), heal, act("remove", "run without it", () =>
      this.model.send({ type: "remove", fault: text })));
  }

  /** @param {Offer} offer */
  chip(offer) {
    const on = offer === this.chosen;
    return h("button", { type: "button", class: `cl-offer${offer.special ? " cl-special" : ""}`, "aria-pressed": String(on),
      onclick: () => { this.chosen = on ? null : offer; this.fill(); this.refocus(offer.label); } }, offer.label);
  }

  /** The chips are new: keep the focus on that of `label`. @param {string} label */
  refocus(label) {
    for (const each of this.offers.querySelectorAll("button")) if (each.textContent === label) each.focus();
  }

  /** Ask for what an offer leaves open. @param {Offer} offer @param {string[]} everybody */
  open(offer, everybody) {
    const agents = offer.agents.length ? offer.agents : everybody;
    const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {object} */ more) =>
      leaves(offer, name) ? h("label", {}, label, h("input", { name, type: "number", step: "any", min: "0", ...more })) : "";
    this.form.replaceChildren(
      leaves(offer, "agent") ? h("label", {}, "agent", h("select", { name: "agent" },
        ...agents.map((name) => h("option", { value: name }, name)))) : "",
      field("at", "at, s", { placeholder: "playhead" }), field("until", "for, s", { value: offer.lasts }),
      h("button", { type: "submit", class: "cl-text" }, "Add"));
    this.form.hidden = false;
  }

  add() {
    const given = new FormData(this.form), text = (/** @type {string} */ name) => String(given.get(name) ?? "");
    const at = text("at") ? Number(text("at")) : this.now;
    if (this.chosen) this.model.send({ type: "fault", fault: offered(this.chosen, text("agent"), at, Number(text("until"))) });
  }
}

/** Show the faults in an element; returns the clean-up. @param {{ model: PartModel<FaultDesk>, el: HTMLElement }} view */
export function render({ model, el }) {
  const shown = new FaultList(model, el);
  model.on("change:data", shown.fill);
  return () => model.off("change:data", shown.fill);
}

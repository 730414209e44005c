// The head of a lab: its title and question, what its pattern is, and the runs worth trying.
/** @import { PartModel, LabHead } from "./types.js" */

import { h } from "./elements.js";

/** A link to the chapter, where the address of the page says in which folder it lies. @param {string} chapter */
function chapterLink(chapter) {
  const beside = /\/(tree|notebooks|edit)\//.test(location.pathname);
  return chapter && beside ? h("a", { href: encodeURI(chapter), target: "_blank" }, "chapter") : null;
}

/** The run of one schedule, one click away.
 * @param {LabHead["tries"][number]} schedule @param {number} number @param {() => void} act */
function attempt({ title, look }, number, act) {
  return h("button", { type: "button", class: "cl-try", "aria-pressed": "false", onclick: act },
    h("b", {}, h("i", { class: "cl-number", "aria-hidden": "true" }, String(number)), title), h("span", {}, look));
}

/** Show the head in an element; returns the clean-up. @param {{ model: PartModel<LabHead>, el: HTMLElement }} view */
export function render({ model, el }) {
  const { title, question, about, chapter, tries } = model.get("data");
  const buttons = tries.map((each, i) => attempt(each, i + 1, () => model.send({ type: "schedule", title: each.title })));
  const mark = () => buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(tries[i].title === model.get("data").on)));
  const page = about && h("details", { class: "cl-about" }, h("summary", {}, "about the pattern"), h("pre", {}, about));
  el.append(h("header", { class: "cl-labhead", "data-lm-suppress-shortcuts": "true" },
    h("div", { class: "cl-labtitle" }, h("h3", {}, title), h("p", {}, question),
      h("div", { class: "cl-links" }, chapterLink(chapter), page || null)),
    tries.length ? h("div", { class: "cl-tries", role: "group", "aria-label": "runs worth trying" }, ...buttons) : null));
  model.on("change:data", mark);
  mark();
  return () => model.off("change:data", mark);
}

// The head of a lab: its title and question, what its pattern is, and the runs worth trying.
/** @import { PartModel, LabHead } from "./types.js" */

import { ENTER, h } from "./elements.js";

/** A link to the chapter, where the address of the page says in which folder it lies. @param {string} chapter */
function chapterLink(chapter) {
  const beside = /\/(tree|notebooks|edit)\//.test(location.pathname);
  return chapter && beside ? h("a", { href: encodeURI(chapter), target: "_blank" }, "chapter") : null;
}

/** What the pattern is: each part below its name, and code as it is written. @param {string} about */
function page(about) {
  const [first, ...blocks] = about.split("\n\n").map((block) => block.split(/^(?=\w+\. {2})/m));
  const parts = blocks.map((block) => {
    const named = block.map((part) => /^(\w+)\. {2,}([^]*)/.exec(part));
    return named[0] ? h("dl", {}, ...named.flatMap((found) => found ? [h("dt", {}, found[1]), h("dd", {}, found[2])] : []))
      : h("pre", {}, block.join(""));
  });
  return h("details", { class: "cl-about" }, h("summary", {}, "about the pattern"), h("p", {}, first.join("")), ...parts);
}

/** The run of one schedule, one click away.
 * @param {LabHead["tries"][number]} schedule @param {number} number @param {() => void} act */
function attempt({ title, look }, number, act) {
  return h("button", { type: "button", class: "cl-try", "aria-pressed": "false", onclick: act },
    h("b", {}, h("i", { class: "cl-number", "aria-hidden": "true" }, String(number)), title), h("span", {}, look));
}

/** Show the head in an element; returns the clean-up. @param {{ model: PartModel<LabHead>, el: HTMLElement }} view */
export function showHead({ model, el }) {
  const { title, question, about, chapter, index, tries } = model.get("data");
  let asked = ""; // the schedule whose run is under way
  const buttons = tries.map((each, i) => attempt(each, i + 1, () => {
    asked = each.title;
    if (asked === model.get("data").on) enter(); else model.send({ type: "schedule", title: asked });
  }));
  const enter = () => {
    if (asked === model.get("data").on) el.closest(".cl-lab")?.querySelector(".cl-player")?.dispatchEvent(new Event(ENTER));
    asked = "";
  };
  const follow = () => { mark(); if (asked) enter(); };
  const mark = () => buttons.forEach((each, i) => each.setAttribute("aria-pressed", String(tries[i].title === model.get("data").on)));
  el.append(h("header", { class: "cl-labhead" },
    h("div", { class: "cl-labtitle" }, h("h3", {}, title), h("p", {}, question),
      h("div", { class: "cl-links" }, index ? h("a", { href: index }, "all traces") : null, chapterLink(chapter), about ? page(about) : null)),
    tries.length ? h("div", { class: "cl-tries", role: "group", "aria-label": "runs worth trying" }, ...buttons) : null));
  model.on("change:data", follow);
  mark();
  return () => model.off("change:data", follow);
}

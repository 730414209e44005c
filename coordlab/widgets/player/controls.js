// What the controls of ipywidgets lack for keyboards and screen readers.

/**
 * Keep the keys of what has the focus in `part` from the notebook, which would use the arrows itself.
 * Notebook 7 looks only at the element that has the focus, not at what it is in.
 * @param {HTMLElement} part @param {AbortSignal} signal
 */
export function keepKeys(part, signal) {
  const keep = (/** @type {Event} */ { target }) => {
    if (target instanceof Element) target.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  part.addEventListener("focusin", keep, { signal });
}

/**
 * Name the handles of sliders and the numbers beside them, say which are disabled, and keep the keys of all that is in the lab.
 * The controls may be added later than the player.
 * @param {HTMLElement} el @param {AbortSignal} signal
 */
export function nameSliders(el, signal) {
  let watching = false;
  const mend = () => {
    if (!el.isConnected) return;
    const lab = /** @type {HTMLElement | null} */ (el.closest(".cl-lab"));
    if (!lab) { seen.disconnect(); return; }
    for (const control of lab.querySelectorAll(".cl-control")) {
      const slider = control.querySelector("[role=slider]"), number = control.querySelector(".widget-readout");
      const name = control.querySelector("label")?.textContent ?? "";
      slider?.setAttribute("aria-label", name);
      slider?.setAttribute("aria-disabled", String(slider.closest("[disabled]") !== null));
      number?.setAttribute("role", "textbox"); // it can be written in
      number?.setAttribute("aria-label", `${name}, typed`);
    }
    if (watching) return;
    watching = true;
    keepKeys(lab, signal);
    seen.disconnect();
    seen.observe(lab, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  };
  const seen = new MutationObserver(mend);
  seen.observe(document.body, { childList: true, subtree: true }); // until the player is in the page
  signal.addEventListener("abort", () => seen.disconnect());
  mend();
}

/** Disable the controls beside the player: the kernel that they belong to is gone. @param {HTMLElement} root */
export function disableControls(root) {
  root.closest(".cl-lab")?.querySelectorAll(".cl-controls, .cl-tries").forEach((each) => each.setAttribute("inert", ""));
}

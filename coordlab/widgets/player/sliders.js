// The controls beside the player: what ipywidgets leaves out of them, for keyboards and screen readers.

/**
 * Give the handles of sliders their names, and let the controls keep their keys: Notebook 7 would take the arrows.
 * The controls may come later than the player, and are made again when a cell is run again.
 * @param {HTMLElement} el @param {AbortSignal} signal
 */
export function nameSliders(el, signal) {
  let watching = false;
  const mend = () => {
    if (!el.isConnected) return;
    const lab = el.closest(".cl-lab");
    if (!lab) { seen.disconnect(); return; }
    for (const control of lab.querySelectorAll(".cl-control")) {
      control.setAttribute("data-lm-suppress-shortcuts", "true");
      control.querySelector("[role=slider]")?.setAttribute("aria-label", control.querySelector("label")?.textContent ?? "");
    }
    if (watching) return;
    watching = true;
    seen.disconnect();
    seen.observe(lab, { childList: true, subtree: true });
  };
  const seen = new MutationObserver(mend);
  seen.observe(document.body, { childList: true, subtree: true }); // until the player is in the page
  signal.addEventListener("abort", () => seen.disconnect());
  mend();
}

// What the knobs of ipywidgets lack for those who hear a page or have no mouse:
// - a slider says neither its name nor its words: "slider, 2" would be read of "temperature, 0.5";
// - in a list the arrows, and the letters that find an entry, are taken by the notebook around.
// Runs as `onload` of an image that stands in the same box: `this` is that image.
const nameSlider = (slider) => {
  const handle = slider.querySelector("[tabindex]");
  const readout = slider.querySelector(".widget-readout");
  const tell = () => handle.setAttribute("aria-valuetext", readout.textContent);
  handle.setAttribute("aria-label", slider.querySelector(".widget-label").textContent);
  readout.setAttribute("role", "presentation");
  new MutationObserver(() => setTimeout(tell)).observe(readout, { childList: true });
  tell();
};
const keepKeys = (list) => {
  const isPlain = (key) => !key.ctrlKey && !key.metaKey && !key.shiftKey && key.key !== "Escape";
  list.addEventListener("keydown", (key) => isPlain(key) && key.stopPropagation());
};
const once = (box, selector, mend) => {
  for (const knob of box.querySelectorAll(`${selector}:not([data-mended])`)) {
    knob.dataset.mended = "";
    mend(knob);
  }
};
const mendKnobs = () => {
  const box = this.closest(".widget-vbox");
  if (!box) return;
  once(box, ".widget-slider:has([tabindex]):has(.widget-readout)", nameSlider);
  once(box, "select", keepKeys);
};
[0, 100, 1000, 5000].forEach((wait) => setTimeout(mendKnobs, wait)); // knobs come one by one

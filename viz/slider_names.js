// Tell those who hear a page what a slider of ipywidgets is called, and where it stands.
// The core sliders say neither: a screen reader would read "slider, 2" of "temperature, 0.5".
// Runs once, as `onload` of an image that stands in the same box: `this` is that image.
const nameSliders = () => {
  const box = this.closest(".widget-vbox");
  const sliders = box ? [...box.querySelectorAll(".widget-slider:not([data-named])")] : [];
  for (const slider of sliders) {
    const handle = slider.querySelector("[tabindex]");
    const readout = slider.querySelector(".widget-readout");
    if (!handle || !readout) continue;
    const tell = () => handle.setAttribute("aria-valuetext", readout.textContent);
    handle.setAttribute("aria-label", slider.querySelector(".widget-label").textContent);
    readout.setAttribute("role", "presentation");
    new MutationObserver(() => setTimeout(tell)).observe(readout, { childList: true });
    slider.dataset.named = "";
    tell();
  }
};
[0, 100, 1000, 5000].forEach((wait) => setTimeout(nameSliders, wait)); // knobs come one by one

// Calls `changed` with whether the page behind the figure is dark: now, and when that changes.
function followTheme(figure, changed) {
  let last;
  const look = () => {
    const dark = isDark(figure);
    if (dark !== last) changed((last = dark));
  };
  look();
  const later = () => [0, 300, 1500].forEach((wait) => setTimeout(look, wait)); // style sheets load late
  const attributeFilter = ["class", "style", "theme", "data-theme", "data-jp-theme-light"];
  for (const node of [document.documentElement, document.body])
    new MutationObserver(later).observe(node, { attributes: true, attributeFilter });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
  later();
}

function isDark(node) {
  for (; node; node = node.parentElement) {
    const [red, green, blue, alpha = 1] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    if (alpha > 0.5) return 0.3 * red + 0.6 * green + 0.1 * blue < 110;
  }
  return false;
}


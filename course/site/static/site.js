// What a page does beyond being read: whatever scrolls can be scrolled with the keys, and a figure
// of plotly is offered to be turned. Without this file every page is whole.

const SCROLL = ".picture, .picture [style*=overflow-x], .highlight pre, .table-wrapper, .formula";
const here = document.currentScript.src;

function reachable() {
  for (const box of document.querySelectorAll(SCROLL)) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", "wider than the page");
    } else if (box.getAttribute("role") === "region") {
      box.removeAttribute("tabindex");
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  }
}

function offerToTurn(told) {
  const box = told.parentElement;
  const button = document.createElement("button");
  button.className = "turn";
  button.textContent = "Turn it around (loads 5 MB)";
  button.onclick = () => {
    button.disabled = true;
    const script = document.createElement("script");
    script.src = new URL("plotly.min.js", here);
    script.onload = () => {
      const { data, layout } = JSON.parse(told.textContent);
      const figure = document.createElement("div");
      box.replaceChildren(figure);
      delete layout.width; // it is as wide as the page
      Plotly.newPlot(figure, data, { ...layout, autosize: true }, { responsive: true, displaylogo: false });
    };
    script.onerror = () => {
      button.textContent = "It could not be loaded; the picture above stays as it is.";
    };
    document.head.append(script);
  };
  box.append(button);
}

document.querySelectorAll(".plotly-figure").forEach(offerToTurn);
addEventListener("load", reachable);
addEventListener("resize", reachable);

// Python in a page needs a server, so a page that is opened from disk has words in place of the link.
if (location.protocol === "file:") {
  for (const link of document.querySelectorAll('a[href*="try/lab/"]')) {
    const words = document.createElement("span");
    words.textContent = link.textContent; // no more than before, or the page below would move
    words.title = "Python in a page needs a server: python -m http.server";
    link.replaceWith(words);
  }
}

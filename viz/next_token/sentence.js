// A sentence whose bars follow the mouse, the finger or the arrow keys, without a kernel.
//
// The upper part of the still stays; a sheet over its lower part shows the bars of another token.
// Lengths are shares of the still, so that it may shrink; a phone has a still with other lengths.
const STYLE = `
  :host { display: block; }
  .card { position: relative; display: inline-block; max-width: 100%; vertical-align: top; }
  ::slotted(img), ::slotted(picture) { display: block; }
  button { position: absolute; box-sizing: border-box; padding: 0; border: 3px solid transparent; border-radius: 4px;
    background: none; cursor: pointer; }
  button.still { border-color: ${PAPER}; outline: 2px solid ${PAPER}; }
  button[aria-pressed=true] { border-color: ${INK}; }
  button:focus-visible { outline: 3px solid ${BLUE}; outline-offset: 2px; }
  .bars { position: absolute; left: 0; right: 0; bottom: 0; border-radius: 0 0 6px 6px; background: ${PAPER}; }
  svg { display: block; width: 100%; height: 100%; }
`;
const SVG = "http://www.w3.org/2000/svg";
const make = (kind, parent, more = {}) => parent.appendChild(Object.assign(document.createElement(kind), more));
const draw = (parent, kind, attributes, text = "") => {
  const shape = document.createElementNS(SVG, kind);
  for (const name in attributes) shape.setAttribute(name, attributes[name]);
  shape.textContent = text;
  parent.append(shape);
};
const open = (figure) => {
  const { tokens, rows, box, row, follows, position, wide, narrow } = JSON.parse(figure.dataset.sentence);
  const phone = matchMedia(`(max-width: ${PHONE}px)`), T = tokens.length;
  let shown = position;
  const shadow = figure.attachShadow({ mode: "open" });
  make("style", shadow, { textContent: STYLE });
  const card = make("div", shadow, { className: "card" });
  make("slot", card);
  const sheet = make("div", card, { className: "bars", role: "status", hidden: true });
  const write = (svg, x, y, text, more) =>
    draw(svg, "text", { x, y, fill: INK, "font-family": SANS, "font-size": 13, ...more }, text);
  const show = (k) => {
    shown = k;
    const { size: [width, height], bars, left, bar } = phone.matches ? narrow : wide;
    buttons.forEach((button, n) => (button.ariaPressed = String(n === k)));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height - bars}`);
    write(svg, 16, 12, `next token after ${tokens[k]}`, { "font-weight": 600 });
    const rest = Math.max(0, 1 - rows[k].reduce((sum, one) => sum + one[2], 0));
    const percent = rest < 0.001 ? "<0.1%" : `${(100 * rest).toFixed(rest < 0.0995 ? 1 : 0)}%`;
    [...rows[k], ["all others", percent, rest]].forEach(([name, share, prob], i) => {
      const y = 22 + row * i, isToken = i < rows[k].length;
      write(svg, left - 10, y + 15, name, { "text-anchor": "end", "font-family": isToken ? MONO : SANS });
      draw(svg, "rect", { x: left, y: y + 3, width: bar, height: row - 6, fill: FAINT });
      const fill = !isToken ? MUTED : i === 0 ? ORANGE : BLUE;
      draw(svg, "rect", { x: left, y: y + 3, width: bar * prob, height: row - 6, fill });
      const mark = i === follows[k] ? "  ◂ in the text" : "";
      write(svg, left + bar + 8, y + 15, share + mark, { fill: MUTED, "font-size": 12, "xml:space": "preserve" });
    });
    sheet.replaceChildren(svg);
    sheet.hidden = false;
  };
  const buttons = tokens.map((token, k) => {
    const button = make("button", card, { ariaLabel: `next token after ${token}`, ariaPressed: String(k === position) });
    if (k === position) button.className = "still"; // covers the frame of the still, when another is shown
    button.tabIndex = k === position ? 0 : -1;
    button.addEventListener("pointerenter", () => show(k));
    button.addEventListener("focus", () => show(k));
    button.addEventListener("click", () => show(k));
    button.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: k - 1, ArrowRight: k + 1, Home: 0, End: T - 1 }[event.key];
      if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation(); // the notebook takes the arrows
      if (to === undefined || !buttons[to]) return;
      event.preventDefault();
      button.tabIndex = -1;
      buttons[to].tabIndex = 0;
      buttons[to].focus();
    });
    return button;
  });
  const place = () => {
    const { size: [width, height], bars, boxes } = phone.matches ? narrow : wide;
    sheet.style.top = `${(100 * bars) / height}%`;
    buttons.forEach((button, k) => {
      const [x, y, across] = boxes[k];
      const sides = { left: x / width, top: y / height, width: across / width, height: box / height };
      for (const side in sides) button.style[side] = `${100 * sides[side]}%`;
    });
    if (!sheet.hidden) show(shown);
  };
  phone.addEventListener("change", place);
  place();
};
for (const figure of document.querySelectorAll(".viz-sentence:not(.viz-open)")) {
  figure.classList.add("viz-open");
  open(figure);
}

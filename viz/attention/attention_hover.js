// Squares that respond to the mouse and to the keys, without a kernel and without a network.
//
// The still stays as it is; in every head a frame is drawn around the row of the query and one
// around the column of the key, with their numbers below. If anything fails, the still stays.
const STYLE = `
  :host { display: block; }
  ::slotted(img), ::slotted(picture) { display: block; }
  ::slotted(p) { display: none; }
  .sheet { position: relative; display: inline-block; max-width: 100%; vertical-align: top; cursor: crosshair; }
  .sheet i { position: absolute; box-sizing: border-box; border: 2px solid; pointer-events: none; }
  .sheet i.row { border-color: ${BLUE}; }
  .sheet i.column { border-color: ${ORANGE}; }
  .sheet:focus-visible { outline: 3px solid ${BLUE}; outline-offset: 2px; }
  .card { display: inline-block; max-width: 100%; background: ${PAPER}; border-radius: 6px; }
  .said { box-sizing: border-box; margin: 0; padding: 0 16px 10px; min-height: 4.5em; color: ${INK};
    font: 13px/1.5 ${SANS}; }
`;

openAll("viz-squares", async (figure, told) => {
  const { tokens, names, causal, start } = told, T = tokens.length;
  const phone = matchMedia(`(max-width: ${PHONE}px)`);
  let { size: [wide, tall], places } = told.forms[Number(phone.matches)];
  const png = await readPixels(told.weights);
  const weight = (h, i, j) => png.pixel(h * T + j, i) / told.steps;
  const shadow = figure.attachShadow({ mode: "open" });
  make("style", shadow, { textContent: STYLE });
  const label = "Up and down: the query; left and right: the key; page up and down: the head.";
  const card = make("div", shadow, { className: "card" });
  const sheet = make("div", card, { className: "sheet", tabIndex: 0, role: "application", ariaLabel: label });
  make("slot", sheet);
  const frames = places.map(() => ["row", "column"].map((className) => make("i", sheet, { className, hidden: true })));
  const said = make("p", card, { className: "said", role: "status" });
  said.style.width = `min(100%, ${Math.max(560, wide)}px)`;
  said.textContent = "Point at a square, or use the arrow keys.";
  let [head, i, j] = [0, T - 1, 0];
  phone.addEventListener("change", () => {
    ({ size: [wide, tall], places } = told.forms[Number(phone.matches)]);
    frames.flat().forEach((frame) => (frame.hidden = true));
  });

  const put = (frame, x, y, width, height) => {
    frame.hidden = false;
    const share = { left: x / wide, top: y / tall, width: width / wide, height: height / tall };
    for (const side in share) frame.style[side] = `${100 * share[side]}%`;
  };
  const token = (k) => `${tokens[k]} (${k + start})`;
  const largest = (number) => {
    const pairs = tokens.map((_, k) => [number(k), k]).filter(([n]) => n >= 0.005).sort((a, b) => b[0] - a[0]);
    return pairs.slice(0, 5).map(([n, k]) => `${token(k)} ${n.toFixed(2)}`).join(", ") || "no token";
  };
  const light = (h, row, column) => {
    head = Math.max(0, Math.min(places.length - 1, h));
    i = Math.max(0, Math.min(T - 1, row));
    j = Math.max(0, Math.min(causal ? i : T - 1, column));
    places.forEach(([x, y, side], k) => {
      put(frames[k][0], x, y + side * i, side * (causal ? i + 1 : T), side);
      const first = causal ? j : 0;
      put(frames[k][1], x + side * j, y + side * first, side, side * (T - first));
    });
    const largestOfBoth = `Query ${token(i)} attends to ${largest((k) => weight(head, i, k))}. ` +
      `Key ${token(j)} gets ${largest((k) => weight(head, k, j))}.`;
    const others = names.map((name, h) => `${name} ${weight(h, i, j).toFixed(2)}`).join(", ");
    said.replaceChildren();
    make("span", said, { textContent: (names.length > 1 ? `In ${names[head]}: ` : "") + largestOfBoth });
    make("br", said);
    if (names.length > 1) make("span", said, { textContent: `Weight of ${token(j)} for ${token(i)}: ${others}.` });
  };
  const point = (event) => {
    const box = sheet.getBoundingClientRect(), scale = wide / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    places.forEach(([left, top, side], h) => {
      const [row, column] = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
      const beside = column < 0 && column > -3; // over the token's name
      if (row in tokens && (column in tokens || beside)) light(h, row, causal ? Math.min(row, column) : column);
    });
  };
  sheet.addEventListener("pointermove", point);
  sheet.addEventListener("pointerdown", point); // a finger that does not move
  const keys = {
    ArrowUp: () => light(head, i - 1, j), ArrowDown: () => light(head, i + 1, j),
    ArrowLeft: () => light(head, i, j - 1), ArrowRight: () => light(head, i, j + 1),
    PageUp: () => light(head - 1, i, j), PageDown: () => light(head + 1, i, j),
  };
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") event.stopPropagation(); // the notebook would take the arrow keys
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
});

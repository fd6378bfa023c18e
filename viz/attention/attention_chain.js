// One head as a chain of matrices: frames follow the mouse or the arrow keys, one score is written out.
//
// The still stays as it is, with its own frames. If anything fails, the still stays.
const STYLE = `
  :host { display: block; }
  ::slotted(img), ::slotted(picture) { display: block; }
  ::slotted(p) { display: none; }
  .sheet { position: relative; display: inline-block; max-width: 100%; vertical-align: top; cursor: crosshair; }
  .sheet i { position: absolute; box-sizing: border-box; border: 3px solid ${BLUE}; pointer-events: none; }
  .sheet:focus-visible { outline: 3px solid ${BLUE}; outline-offset: 2px; }
  .card { display: inline-block; max-width: 100%; background: ${PAPER}; border-radius: 6px; }
  .said { box-sizing: border-box; margin: 0; padding: 0 16px 10px; min-height: 4.5em; color: ${INK};
    font: 13px/1.5 ${SANS}; }
`;

openAll("viz-chain", async (figure, chain) => {
  const { tokens, numbers, q, k, scores, weights } = chain, T = tokens.length;
  const [cellWide, cellTall] = chain.cell, phone = matchMedia(`(max-width: ${PHONE}px)`);
  let { size: [wide, tall], places } = chain.forms[Number(phone.matches)];
  const shadow = figure.attachShadow({ mode: "open" });
  make("style", shadow, { textContent: STYLE });
  const label = "Up and down: the query; left and right: the key.";
  const card = make("div", shadow, { className: "card" });
  const sheet = make("div", card, { className: "sheet", tabIndex: 0, role: "application", ariaLabel: label });
  make("slot", sheet);
  const frames = places.map(() => make("i", sheet, { hidden: true }));
  const said = make("p", card, { className: "said", role: "status" });
  said.textContent = "Point at a number, or use the arrow keys: blue frames follow your query and your key.";
  let [i, j] = [T - 1, 0];
  phone.addEventListener("change", () => {
    ({ size: [wide, tall], places } = chain.forms[Number(phone.matches)]);
    frames.forEach((frame) => (frame.hidden = true));
  });

  const length = { i: T, j: T, "": numbers };
  const written = (number) => number.toFixed(1).replace("-", "−").replace(/^−0\.0$/, "0.0");
  const light = (query, key) => {
    i = Math.max(0, Math.min(T - 1, query));
    j = Math.max(0, Math.min(T - 1, key));
    const at = { i, j };
    places.forEach(([rows, columns, x, y], n) => {
      const [top, down] = rows ? [at[rows], 1] : [0, length[rows]];
      const [left, across] = columns ? [at[columns], 1] : [0, length[columns]];
      frames[n].hidden = false;
      frames[n].style.left = `${(100 * (x + cellWide * left)) / wide}%`;
      frames[n].style.top = `${(100 * (y + cellTall * top)) / tall}%`;
      frames[n].style.width = `${(100 * cellWide * across) / wide}%`;
      frames[n].style.height = `${(100 * cellTall * down) / tall}%`;
    });
    const products = q[i].map((number, d) => `${written(number)} × ${written(k[j][d])}`).join(" + ");
    const scaled = scores[i][j] / Math.sqrt(numbers);
    said.replaceChildren();
    make("span", said, { textContent: `Query ${tokens[i]} (${i}) and key ${tokens[j]} (${j}): ${products} = ${written(scores[i][j])}; ÷ √${numbers} = ${written(scaled)}.` });
    make("br", said);
    const end = j > i
      ? `Masked: ${tokens[j]} comes later than ${tokens[i]}, so the weight is 0.`
      : `After softmax the weight is ${weights[i][j].toFixed(2)}: so much of the value of ${tokens[j]} goes into the output of ${tokens[i]}.`;
    make("span", said, { textContent: end });
  };
  const point = (event) => {
    const box = sheet.getBoundingClientRect(), scale = wide / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    for (const [rows, columns, left, top] of places) {
      const at = [Math.floor((y - top) / cellTall), Math.floor((x - left) / cellWide)];
      if (at[0] < 0 || at[1] < 0 || at[0] >= length[rows] || at[1] >= length[columns]) continue;
      const chosen = { i, j, [rows]: at[0], [columns]: at[1] };
      light(chosen.i, chosen.j);
    }
  };
  sheet.addEventListener("pointermove", point);
  sheet.addEventListener("pointerdown", point); // a finger that does not move
  const keys = {
    ArrowUp: () => light(i - 1, j), ArrowDown: () => light(i + 1, j),
    ArrowLeft: () => light(i, j - 1), ArrowRight: () => light(i, j + 1),
  };
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") event.stopPropagation(); // the notebook would take the arrow keys
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
});

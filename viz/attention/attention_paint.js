// One head, large: squares with the selected row and column, or lines from query to key.
const ROW = 12, LETTERS = 10; // pixels that a word needs; letters of a token beside a square
const NAME = 10, NAME_WIDTH = 6.1; // pixels: size of such a name, width of its letters

function paintMatrix(page, model) {
  const { edge, cell } = model, { T, i, j } = page, side = cell * T;
  size(model.one, edge + side + 3, edge + side + 3);
  const brush = clean(model.one);
  brush.imageSmoothingEnabled = false;
  brush.drawImage(model.image(), edge, edge, side, side);
  frame(brush, [edge, edge, side, side], LINE, 1);
  frame(brush, [edge, edge + cell * i, cell * (page.told.causal ? i + 1 : T), cell], BLUE, 2);
  const first = page.told.causal ? j : 0;
  frame(brush, [edge + cell * j, edge + cell * first, cell, cell * (T - first)], ORANGE, 2);
  if (cell >= 22) paintNumbers(page, brush, model);
  // Every token has its name; where they are dense, in several ranks, with a line to the square.
  const words = (lit, colour, put) => {
    for (let k = 0; k < T; k++) {
      if (k !== lit && (k % model.every || Math.abs(k - lit) < model.every)) continue;
      const away = 6 + model.rank * (k % model.ranks);
      brush.fillStyle = k === lit ? colour : INK;
      brush.font = `${k === lit ? "bold " : ""}${Math.max(NAME, Math.min(12, cell - 1))}px ${MONO}`;
      put(clip(page.tokens[k], LETTERS), cell * (k + 0.5), away);
      if (k % model.ranks) put("", cell * (k + 0.5), away);
    }
  };
  const line = (x0, y0, x1, y1) => {
    Object.assign(brush, { strokeStyle: LINE, lineWidth: 0.7 });
    brush.beginPath();
    brush.moveTo(x0, y0);
    brush.lineTo(x1, y1);
    brush.stroke();
  };
  brush.textAlign = "right";
  words(i, BLUE, (word, y, away) => {
    if (!word) line(edge - away + 2, edge + y, edge, edge + y);
    brush.fillText(word, edge - away, edge + y + 3.5);
  });
  brush.textAlign = "left";
  words(j, ORANGE, (word, x, away) => {
    if (!word) line(edge + x, edge - away + 2, edge + x, edge);
    brush.save();
    brush.translate(edge + x + 3.5, edge - away);
    brush.rotate(-Math.PI / 2);
    brush.fillText(word, 0, 0);
    brush.restore();
  });
}

// Numbers in the selected row and in the selected column.
function paintNumbers(page, brush, model) {
  const { edge, cell } = model, weights = model.weights();
  brush.font = `11px ${SANS}`;
  brush.textAlign = "center";
  for (let k = 0; k < page.T; k++)
    for (const [row, column] of [[page.i, k], [k, page.j]]) {
      const weight = weights[row * page.T + column];
      if (weight < 0.005) continue;
      brush.fillStyle = weight > 0.3 ? WHITE : INK;
      brush.fillText(two(weight).replace(/^0/, ""), edge + cell * (column + 0.5), edge + cell * (row + 0.5) + 4);
    }
}

function paintLines(page, model) {
  const { T, i } = page, edge = model.edge, weights = model.weights();
  const wide = Math.min(210, Math.max(80, page.room - 2 * edge));
  page.pitch = Math.max(3, Math.min(20, (page.side + 60) / T));
  size(model.one, 2 * edge + wide, 34 + page.pitch * T);
  const brush = clean(model.one), y = (k) => 24 + page.pitch * (k + 0.5);
  brush.strokeStyle = BLUE;
  for (let k = 0; k < T * T; k++) {
    const row = Math.floor(k / T), lit = row === i;
    if (weights[k] < (lit ? 0.005 : 0.03)) continue;
    brush.globalAlpha = lit ? Math.max(0.25, weights[k]) : 0.12 * weights[k] + 0.02;
    brush.lineWidth = 0.6 + 5 * weights[k];
    brush.beginPath();
    brush.moveTo(edge, y(row));
    brush.lineTo(edge + wide, y(k % T));
    brush.stroke();
  }
  brush.globalAlpha = 1;
  const every = Math.ceil(ROW / page.pitch);
  brush.fillStyle = MUTED;
  brush.font = `11px ${SANS}`;
  brush.textAlign = "right";
  brush.fillText("query", edge - 6, 13);
  brush.textAlign = "left";
  brush.fillText("key", edge + wide + 6, 13);
  const put = (k, x, colour, bold) => {
    brush.font = `${bold ? "bold " : ""}12px ${MONO}`;
    brush.fillStyle = colour;
    brush.fillText(clip(page.tokens[k], LETTERS), x, y(k) + 4);
  };
  const row = [...weights.subarray(i * T, (i + 1) * T)], heard = (k) => row[k] >= 0.05;
  const ranked = [...row.keys()].sort((a, b) => heard(b) * row[b] - heard(a) * row[a]);
  for (const k of apart(ranked, every)) put(k, edge + wide + 6, heard(k) ? BLUE : MUTED, heard(k));
  brush.textAlign = "right";
  for (const k of apart([i, ...row.keys()], every)) put(k, edge - 6, k === i ? BLUE : INK, k === i);
}

// The first of these positions, and those after it that are far enough from all before.
function apart(places, least) {
  const kept = [];
  for (const place of places) if (kept.every((other) => Math.abs(other - place) >= least)) kept.push(place);
  return kept;
}

function two(number) {
  return number.toFixed(2);
}

function clip(word, most) {
  const letters = [...word];
  return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : word;
}

function frame(brush, place, colour, width) {
  Object.assign(brush, { strokeStyle: colour, lineWidth: width });
  brush.strokeRect(...place);
}

// As many pixels as the screen has.
function size(canvas, width, height) {
  const fine = Math.max(1, window.devicePixelRatio || 1);
  const [wide, tall] = [Math.round(width * fine), Math.round(height * fine)];
  if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, { width: wide, height: tall });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  canvas.fine = fine;
}

function clean(canvas) {
  const brush = canvas.getContext("2d");
  brush.setTransform(canvas.fine, 0, 0, canvas.fine, 0, 0);
  brush.fillStyle = PAPER;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  return brush;
}

function onArrows(element, move) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  element.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(...steps[event.key]);
  });
}

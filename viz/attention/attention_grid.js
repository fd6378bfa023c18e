// Attention that responds to the mouse and to the keys, without a kernel and without a network.
//
// The figure holds a still image, and inside that image one PNG for each model. When its weights
// have been read, the figure opens: all heads small, one of them large, the numbers of the selected
// tokens, and the text. If anything fails, the still stays.
const ALONE = [440, 300], SEVERAL = [300, 350]; // most pixels: of a head, of all together
const TALLEST = 500; // pixels: of all heads of many layers
const LEAST = 240, AROUND = 62; // pixels: of a head beside the others; the edges and gaps between
const NARROW = 520, EDGES = 34; // pixels: of a figure on a phone; of its edges

const STYLE = `
  :host { display: block; color: ${INK}; font: 13px/1.45 ${SANS}; }
  .card { background: ${PAPER}; color: ${INK}; border-radius: 6px; padding: 12px 16px; overflow-x: auto; }
  .title { font-size: 15px; font-weight: 600; margin: 0 0 6px; }
  .row { display: flex; flex-wrap: wrap; gap: 6px 22px; align-items: flex-start; }
  .models { gap: 18px 40px; }
  .several .views { flex-direction: column; }
  .knobs { align-items: center; margin: 4px 0 8px; gap: 6px 12px; }
  .muted { color: ${MUTED}; font-size: 12px; }
  select, button { font: inherit; color: ${INK}; background: ${WHITE}; border: 1px solid ${LINE};
    border-radius: 4px; padding: 2px 8px; }
  button[aria-pressed=true] { background: ${INK}; color: ${WHITE}; border-color: ${INK}; }
  canvas { display: block; cursor: crosshair; }
  :focus-visible { outline: 3px solid ${BLUE}; outline-offset: 2px; }
  .lists { margin-top: 8px; gap: 6px 14px; }
  .lists > div { width: 188px; }
  .several .lists { flex-direction: column; }
  .lists b { font-weight: 600; display: block; white-space: nowrap; }
  .bar { display: grid; grid-template-columns: 100px 1fr 30px; gap: 6px; align-items: center; height: 17px; }
  .bar i { height: 9px; background: currentColor; }
  .bar span { font-family: ${MONO}; font-size: 12px; color: ${INK}; white-space: pre; overflow: hidden;
    text-overflow: ellipsis; unicode-bidi: isolate; }
  .bar span:last-child { text-align: right; }
  .text { margin: 10px 0 0; line-height: 1.9; max-height: 12em; overflow-y: auto; padding: 3px; direction: ltr; }
  .text span { display: inline-block; unicode-bidi: isolate; font-family: ${MONO}; padding: 0 3px;
    margin: 0 1px 0 0; border-radius: 3px; border-bottom: 3px solid transparent; cursor: crosshair; }
  .said { margin: 8px 0 0; min-height: 1.5em; font-weight: 600; }
`;

openAll("viz-attention", async (figure, told) => {
  const still = figure.querySelector("img");
  const addresses = told.images ?? still.getAttribute("src").match(/data:image\/png;base64,[\w+/=]+/g);
  const pngs = await Promise.all(addresses.map(readPixels));
  const models = told.models.map((model, m) => new Model(model, pngs[m], told));
  new Page(figure, told, models, still.alt);
});

class Page {
  constructor(figure, told, models, alt) {
    Object.assign(this, { told, models, tokens: told.tokens, T: told.tokens.length, kept: false });
    this.lines = told.view === "lines";
    const shadow = figure.attachShadow({ mode: "open" });
    make("style", shadow, { textContent: STYLE });
    this.card = make("div", shadow, { className: "card", role: "group", ariaLabel: alt });
    // Otherwise the notebook would handle the arrow keys.
    this.card.addEventListener("keydown", (event) => event.key !== "Escape" && event.stopPropagation());
    if (told.title) make("p", this.card, { className: "title", textContent: told.title });
    this.addSwitches();
    const row = make("div", this.card, { className: "row models" });
    row.classList.toggle("several", models.length > 1);
    [this.side, this.widest] = models.length > 1 ? SEVERAL : ALONE;
    this.narrow = figure.clientWidth < NARROW;
    this.room = this.narrow ? figure.clientWidth - EDGES : models.length > 1 ? Infinity : figure.clientWidth - AROUND;
    models.forEach((model) => this.addModel(model, row));
    this.addText();
    this.said = make("p", this.card, { className: "said", role: "status" });
    if (told.lines) this.line = make("p", this.card, { className: "muted" });
    if (told.note) make("p", this.card, { className: "muted", textContent: told.note });
    const [layer, head, query] = told.at ?? [0, 0, this.T - 1];
    models.forEach((model) => Object.assign(model, { layer, head }));
    this.kept = told.at !== undefined; // a head that was chosen stays open
    this.light(query, this.strongest(query));
  }

  addSwitches() {
    const row = make("div", this.card, { className: "row knobs" });
    const buttons = ["matrix", "lines"].map((view) => make("button", row, { type: "button", textContent: view }));
    const press = (lines) => {
      this.lines = lines;
      buttons.forEach((button, k) => (button.ariaPressed = String(lines === (k === 1))));
      this.repaint();
    };
    buttons.forEach((button, k) => button.addEventListener("click", () => press(k === 1)));
    buttons.forEach((button, k) => (button.ariaPressed = String(this.lines === (k === 1))));
    const many = this.models.some((model) => model.rows.length * model.columns.length > 1);
    const hint = "Point at a token or a square, or use the arrow keys.";
    const open = "Point at a small image to open that head; a click keeps it open. ";
    make("span", row, { className: "muted", textContent: (many ? open : "") + hint });
  }

  addModel(model, parent) {
    const section = make("div", parent);
    if (model.name) make("p", section, { className: "title", textContent: model.name });
    const knobs = make("div", section, { className: "row knobs" });
    model.selects = {};
    for (const [what, places, names] of [["layer", model.rows, model.layers], ["head", model.columns, model.heads]]) {
      if (places.length === 1) continue;
      const label = make("label", knobs, { textContent: `${what} ` });
      const select = (model.selects[what] = make("select", label));
      for (const place of places)
        make("option", select, { value: place, textContent: place === MEAN ? "mean of all" : names[place] });
      select.addEventListener("change", () => this.choose(model, { [what]: Number(select.value) }, true));
    }
    const views = make("div", section, { className: "row views" });
    if (model.rows.length * model.columns.length > 1) this.addGrid(model, views);
    this.addOne(model, make("div", views));
  }

  addGrid(model, parent) {
    const label = "All heads, small. The arrow keys open another one.";
    model.grid = make("canvas", parent, { tabIndex: 0, role: "application", ariaLabel: label });
    const deep = model.layers[0] !== "";
    model.margin = { left: deep ? 62 : 8, top: 34 };
    const widest = Math.min(this.widest, this.room - model.margin.left - 2);
    const fits = Math.min(widest / model.columns.length, TALLEST / model.rows.length);
    model.step = Math.max(14, Math.min(84, Math.floor(fits)));
    size(model.grid, model.margin.left + model.step * model.columns.length + 2,
      model.margin.top + model.step * model.rows.length + 2);
    const under = (event) => {
      const row = Math.floor((event.offsetY - model.margin.top) / model.step);
      const column = Math.floor((event.offsetX - model.margin.left) / model.step);
      if (row in model.rows && column in model.columns) return { layer: model.rows[row], head: model.columns[column] };
    };
    model.grid.addEventListener("pointermove", (event) => {
      if (!this.kept && under(event)) this.choose(model, under(event));
    });
    model.grid.addEventListener("click", (event) => {
      const chosen = under(event);
      if (!chosen) return;
      this.kept = !(this.kept && chosen.layer === model.layer && chosen.head === model.head);
      this.choose(model, chosen, this.kept);
    });
    onArrows(model.grid, (right, down) => {
      const move = (places, now, by) => places[Math.max(0, Math.min(places.length - 1, places.indexOf(now) + by))];
      this.choose(model, { layer: move(model.rows, model.layer, down), head: move(model.columns, model.head, right) }, true);
    });
  }

  addOne(model, parent) {
    const label = "One head, large. Up and down: the query; left and right: the key.";
    model.one = make("canvas", parent, { tabIndex: 0, role: "application", ariaLabel: label });
    const longest = Math.max(...this.tokens.map((token) => [...token].length));
    const fit = (side) => {
      model.cell = Math.min(40, side / this.T);
      model.ranks = this.narrow ? 1 : Math.ceil(NAME / model.cell);
      model.every = this.narrow ? Math.ceil(ROW / model.cell) : 1; // of so many tokens, one has its name
      model.rank = 8 + (model.ranks > 1 ? NAME_WIDTH : 7.3) * Math.min(longest, LETTERS);
      model.edge = Math.max(58, 14 + model.rank * model.ranks);
    };
    fit(this.side);
    // Beside the small heads if there is room, else below them.
    const beside = this.room - (model.grid ? parseFloat(model.grid.style.width) : 0);
    const free = (beside - model.edge >= LEAST ? beside : this.room) - model.edge;
    if (model.cell * this.T > free) fit(Math.max(120, free));
    const point = (event) => {
      const [i, j] = this.under(model, event);
      if (i >= 0 && j >= 0) this.light(i, j);
    };
    model.one.addEventListener("pointermove", point);
    model.one.addEventListener("pointerdown", point); // a finger that does not move
    onArrows(model.one, (right, down) => this.light(this.i + down, Math.min(this.j, this.i + down) + right));
    const lists = make("div", parent, { className: "row lists" });
    lists.style.maxWidth = `${Math.max(190, model.edge + model.cell * this.T)}px`;
    model.listens = make("div", lists);
    model.heard = make("div", lists);
  }

  addText() {
    const label = "The text. Arrow keys light another token.";
    this.text = make("div", this.card, { className: "text", tabIndex: 0, role: "application", ariaLabel: label });
    this.spans = this.tokens.map((token) => make("span", this.text, { textContent: token, dir: "auto" }));
    this.spans.forEach((span, k) => span.addEventListener("pointerenter", () => this.light(k, k)));
    this.spans.forEach((span, k) => span.addEventListener("pointerdown", () => this.light(k, k)));
    onArrows(this.text, (right, down) => this.light(this.i + right + down, this.i + right + down));
  }

  // The row and the column under the mouse; in the view of lines a token is both.
  under(model, event) {
    const place = (pixels) => {
      const k = Math.floor((pixels - model.edge) / model.cell);
      return k < 0 || k >= this.T ? -1 : k;
    };
    const row = place(event.offsetY), column = place(event.offsetX);
    if (this.lines) {
      const k = Math.floor((event.offsetY - 24) / this.pitch);
      return k in this.tokens ? [k, k] : [-1, -1];
    }
    if (row < 0) return [column, column];
    return column < 0 || (this.told.causal && column > row) ? [row, row] : [row, column];
  }

  strongest(i) {
    const row = this.models[0].weights().subarray(i * this.T, (i + 1) * this.T);
    return row.indexOf(Math.max(...row));
  }

  // Models of one size open the same head.
  choose(model, place, keep = this.kept) {
    this.kept = keep;
    for (const other of this.models)
      if (other === model || String([other.layers, other.heads]) === String([model.layers, model.heads]))
        Object.assign(other, place);
    this.repaint();
  }

  light(i, j) {
    this.i = Math.max(0, Math.min(this.T - 1, i));
    this.j = Math.max(0, Math.min(this.told.causal ? this.i : this.T - 1, j));
    if (i === j) this.j = this.i;
    this.repaint();
  }

  repaint() {
    for (const model of this.models) {
      for (const what in model.selects) model.selects[what].value = model[what];
      if (model.grid) this.paintGrid(model);
      this.lines ? paintLines(this, model) : paintMatrix(this, model);
      this.list(model.listens, `query ${this.token(this.i, 10)} attends to`, BLUE, model, (k) => this.i * this.T + k);
      this.list(model.heard, `key ${this.token(this.j, 10)} gets`, ORANGE, model, (k) => k * this.T + this.j);
    }
    this.paintText();
    const gives = (model) => `${model.name ? model.name + ", " : ""}${model.label}: ${this.token(this.i)} gives ` +
      `${two(model.weights()[this.i * this.T + this.j])} to ${this.i === this.j ? "itself" : this.token(this.j)}`;
    this.said.textContent = this.models.map(gives).join("; ");
    if (this.line) this.line.textContent = this.told.lines[this.models[0].layer]?.[this.models[0].head] ?? "";
  }

  token(k, most = Infinity) {
    return `${clip(this.tokens[k], most)} (${k + this.told.start})`;
  }

  paintGrid(model) {
    const { grid, margin, step, rows, columns, layers, heads } = model, brush = clean(grid);
    const named = (names, place) => (place === MEAN ? "mean" : names[place]);
    brush.fillStyle = MUTED;
    brush.font = `11px ${SANS}`;
    brush.fillText("head →", margin.left, 11);
    brush.textAlign = "center";
    columns.forEach((head, x) => brush.fillText(named(heads, head), margin.left + step * (x + 0.5), 27, step));
    brush.textAlign = "right";
    rows.forEach((layer, y) => {
      const name = layers[0] === "" ? "" : layer === MEAN ? "mean" : `layer ${layers[layer]}`;
      if (step >= 12 || y % 2 === 0) brush.fillText(name, margin.left - 7, margin.top + step * (y + 0.5) + 4);
      columns.forEach((head, x) => {
        const place = [margin.left + step * x + 1, margin.top + step * y + 1, step - 3, step - 3];
        brush.imageSmoothingEnabled = false;
        brush.drawImage(model.small(layer, head, step - 3), ...place);
        frame(brush, place, FAINT, 1);
      });
    });
    const x = columns.indexOf(model.head), y = rows.indexOf(model.layer);
    frame(brush, [margin.left + step * x, margin.top + step * y, step - 1, step - 1], ORANGE, this.kept ? 4 : 2);
  }

  // The largest numbers of the selected row or column, with bars.
  list(box, heading, colour, model, place) {
    const weights = model.weights();
    const pairs = this.tokens.map((token, k) => [weights[place(k)], k]).sort((a, b) => b[0] - a[0]);
    box.replaceChildren(make("b", null, { textContent: heading }));
    box.style.color = colour;
    for (const [weight, k] of pairs.slice(0, 6)) {
      if (weight < 0.005) break;
      const bar = make("div", box, { className: "bar" });
      make("span", bar, { textContent: this.token(k, 7) });
      make("i", bar).style.width = `${100 * Math.min(1, weight)}%`;
      make("span", bar, { textContent: two(weight) });
    }
  }

  paintText() {
    const weights = this.models[0].weights();
    this.spans.forEach((span, k) => {
      const weight = weights[this.i * this.T + k], colour = this.models[0].colour(weight);
      span.style.background = `rgb(${colour})`;
      span.style.color = weight > 0.3 ? WHITE : INK;
      span.style.borderBottomColor = k === this.i ? BLUE : k === this.j ? ORANGE : "transparent";
      span.title = `${this.token(this.i)} gives it ${two(weight)}`;
    });
  }
}

// A map of a model that goes forward and back, without a kernel and without a network.
//
// The figure holds a still. When its data have been read, the figure opens: the map, and beside it
// the stage that is open. If anything fails, the still stays.
const COLUMNS = 8;
const COLOURS = "Blue: above 0. Orange: below 0. The largest number of a stage has the full colour.";
const LETTERS = "B: texts in a batch. T: tokens of a text. C: channels. H: heads. D: channels of a head. V: vocabulary.";
const MORE_LETTERS = { K: "heads of keys and values", M: "numbers inside an MLP", E: "experts" };

class ModelMap {
  constructor(figure, film) {
    this.film = film;
    this.numbers = new Numbers(film.stages);
    Object.assign(this, { k: film.start, t: film.at, i: -1, T: this.numbers.tokens.length });
    const alt = figure.querySelector("img").alt;
    this.card = make("div", null, { className: "card", role: "group", ariaLabel: alt });
    if (film.title) make("p", this.card, { className: "title", textContent: film.title });
    const grid = make("div", this.card, { className: "grid" });
    const map = make("div", grid, { className: "map" });
    const preview = (k) => this.timer === undefined && this.preview(k);
    const pick = (k, i) => {
      this.play(false);
      this.open(k, i === undefined ? -1 : Number(i));
    };
    this.drawing = new MapDrawing(map, film, this.numbers, pick, preview);
    this.drawing.svg.setAttribute("aria-label", "Map. Left and right: the stage; up and down: the number.");
    this.addControls(make("div", grid, { className: "controls" }));
    this.panel = make("div", grid, { className: "panel-text" });
    this.card.addEventListener("keydown", (event) => this.press(event));
    followTheme(figure, (dark) => {
      this.dark = dark;
      this.card.classList.toggle("dark", dark);
      if (this.panel?.firstChild) this.paint(this.k, this.i);
    });
    this.open(film.start, -1);
    const shadow = figure.attachShadow({ mode: "open" }); // only now: until here the still is seen
    make("style", shadow, { textContent: STYLE });
    shadow.append(this.card);
  }

  addControls(parent) {
    const tokens = make("div", parent, { className: "row tokens", role: "group", ariaLabel: "Token to follow" });
    this.tokens = [];
    if (this.T && this.film.stages[0].values) {
      make("span", tokens, { className: "muted", textContent: "token:" });
      this.tokens = this.numbers.tokens.map((token, t) => {
        const button = make("button", tokens, { type: "button", textContent: token, title: `position ${t}` });
        button.addEventListener("click", () => this.open(this.k, this.i, t));
        return button;
      });
    }
    const steps = make("div", parent, { className: "row steps" });
    this.back = make("button", steps, { type: "button", textContent: "◀ back" });
    this.forward = make("button", steps, { type: "button", textContent: "forward ▶" });
    this.player = make("button", steps, { type: "button" });
    this.back.addEventListener("click", () => this.step(-1));
    this.forward.addEventListener("click", () => this.step(1));
    this.player.addEventListener("click", () => this.play(this.timer === undefined));
    this.play(false);
    this.count = make("span", steps, { className: "muted", role: "status" });
  }

  press(event) {
    if (event.key !== "Escape") event.stopPropagation(); // the notebook would take the arrow keys
    const keys = {
      ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1),
      ArrowDown: () => this.open(this.k, this.i + 1), ArrowUp: () => this.open(this.k, Math.max(0, this.i - 1)),
      Home: () => this.open(0), End: () => this.open(Infinity),
    };
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.play(false);
    keys[event.key]();
  }

  step(by) {
    this.play(false);
    this.open(this.k + by);
  }

  // One stage after the other, to the last one.
  play(runs) {
    clearInterval(this.timer);
    this.timer = undefined;
    this.player.textContent = runs ? "stop" : "play";
    if (!runs) return;
    const last = this.film.stages.length - 1;
    this.open(this.k === last ? 0 : this.k + 1);
    this.timer = setInterval(() => (this.k < last && this.card.isConnected ? this.open(this.k + 1) : this.play(false)), 1500);
  }

  // Stage k, its number i (undefined: the same place as before), at position t.
  open(k, i = this.i, t = this.t) {
    const stages = this.film.stages, before = this.k;
    this.k = Math.max(0, Math.min(stages.length - 1, k));
    this.t = t;
    const all = this.numbers.at(stages[this.k], t);
    const same = this.k === before;
    this.i = same || i < all.length ? Math.max(-1, Math.min(all.length - 1, i)) : -1;
    if (this.i < 0 || (!same && stages[this.k].part === "output" && stages[before].part !== "output"))
      this.i = this.suggested(stages[this.k], all);
    this.drawing.svg.classList.toggle("moving", this.k !== before);
    this.paint(this.k, this.i);
    if (this.k > before) this.drawing.travel(this.k);
  }

  preview(k) {
    this.drawing.svg.classList.remove("moving");
    if (k === null || k === this.k) return this.paint(this.k, this.i);
    const all = this.numbers.at(this.film.stages[k], this.t);
    this.paint(k, this.i < all.length ? this.i : this.suggested(this.film.stages[k], all));
  }

  suggested(stage, all) {
    return all.length ? Math.max(0, all.indexOf(Math.max(...all))) : -1;
  }

  paint(k, i) {
    const { film, t } = this, stage = film.stages[k];
    this.drawing.paint(k, i, t);
    this.tokens.forEach((button, other) => (button.ariaPressed = String(other === t)));
    this.back.disabled = this.k === 0;
    this.forward.disabled = this.k === film.stages.length - 1;
    const number = i >= 0 ? `, ${this.numbers.called(stage, i, t)}: ${two(this.numbers.at(stage, t)[i])}` : "";
    this.count.textContent = `stage ${k + 1} of ${film.stages.length}: ${short(stage)}${number}`;
    this.panel.replaceChildren();
    const title = stage.title ? `${short(stage)}: ${stage.title}` : stage.text;
    make("p", this.panel, { className: "head", textContent: title });
    if (stage.note) make("p", this.panel, { className: "note", textContent: stage.note });
    const list = make("dl", this.panel);
    for (const [where, name] of [["shape", stage.shape], ...Object.entries(stage.names)]) {
      if (!name) continue;
      make("dt", list, { textContent: where });
      make("dd", list, { textContent: name });
    }
    if (stage.values && stage.op !== "ids") this.values(stage, i);
    if (stage.values) this.how(stage, i);
    if (film.left) make("p", this.panel, { className: "muted", textContent: film.left });
    if (stage.op === "ids" && stage.values) return;
    make("p", this.panel, { className: "muted", textContent: stage.values ? COLOURS : LETTERS + this.letters() });
  }

  // What the letters mean that only some models have.
  letters() {
    const dims = new Set(this.film.stages.flatMap((stage) => stage.shape.split(" = ")[0].match(/\b[A-Z]\b/g) ?? []));
    return Object.keys(MORE_LETTERS).filter((one) => dims.has(one)).map((one) => ` ${one}: ${MORE_LETTERS[one]}.`).join("");
  }

  values(stage, chosen) {
    const { t, numbers } = this, all = numbers.at(stage, t), heads = numbers.perHead(stage);
    const whose = stage.keeps ? ` (rows on the map: positions 0 to ${t})` : "";
    make("p", this.panel, { className: "sub", textContent: `${all.length} numbers at ${numbers.token(t)}${whose}` });
    const labels = heads ? numbers.tokens : stage.labels, labelled = labels.length > 0;
    const columns = heads ? Math.min(t + 1, COLUMNS) : Math.min(all.length, COLUMNS);
    const grid = make("div", this.panel, { className: `numbers${labelled ? " tall" : ""}` });
    grid.style.gridTemplateColumns = `4.4em repeat(${columns}, minmax(0, 44px))`;
    const largest = largestOf(all), row = heads ? t + 1 : all.length, most = this.dark ? 48 : 60;
    for (let from = 0; from < all.length; from += row)
      for (let k = 0; k < row; k++) {
        const i = from + k;
        if (k % columns === 0)
          make("span", grid, { textContent: heads ? (k ? "" : `head ${from / row}`) : stage.labels.length ? "" : `${i}–${Math.min(i + columns, all.length) - 1}` });
        const cell = make("button", grid, { type: "button", title: numbers.called(stage, i, t), ariaPressed: String(i === chosen) });
        if (labelled) {
          make("small", cell, { textContent: labels[heads ? k : i] });
          make("br", cell);
        }
        cell.append(two(all[i]));
        cell.style.background = heat(all[i] / largest, most);
        if (k % columns === 0) cell.style.gridColumn = "2";
        cell.addEventListener("click", () => this.open(this.film.stages.indexOf(stage), i));
      }
  }

  how(stage, i) {
    const { t, numbers } = this, film = numbers.explain(stage, i, t);
    if (!film) return;
    if (stage.op !== "ids") {
      const called = numbers.called(stage, i, t);
      const text = `${called[0].toUpperCase()}${called.slice(1)}: ${three(numbers.at(stage, t)[i])}`;
      make("p", this.panel, { className: "sub", textContent: text });
    }
    make("p", this.panel, { className: "how", textContent: film.text });
    const list = make("div", this.panel, { className: `products${film.one || film.rows.length < 3 ? " one" : ""}` });
    const largest = largestOf(film.rows.map((row) => row.value)), most = this.dark ? 40 : 45;
    for (const row of film.rows) {
      const button = make("button", list, { type: "button", textContent: row.text, title: "Go to this number" });
      button.style.background = heat(row.value / largest, most);
      const k = this.film.stages.findIndex((other) => other.name === row.stage);
      button.addEventListener("click", () => this.trace(k, row.i, row.t));
    }
    if (film.total) make("p", this.panel, { className: "total", textContent: film.total });
  }

  // To the number that this one was computed from; the button that was pressed is gone afterwards.
  trace(k, i, t) {
    this.play(false);
    this.open(k, i, t);
    this.drawing.svg.focus({ preventScroll: true });
  }
}

for (const figure of document.querySelectorAll(".viz-model-map:not(.viz-open)")) {
  figure.classList.add("viz-open");
  try {
    new ModelMap(figure, JSON.parse(figure.dataset.model));
  } catch (error) {
    console.warn(error);
  }
}

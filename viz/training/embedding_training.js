// Embeddings that move from step to step, without a kernel and without a network.
//
// The figure holds a still. When its data have been read, the film takes its place. It plays once
// when it comes into view, unless the reader prefers less motion. If anything fails, the still stays.
const SIZE = 560, SECONDS = 9, TRAIL = 12; // side of the plane; length of the film; steps of a trail
const DARK = { "#0072b2": "#45a0e0", "#bb4f00": "#ec8a42", "#00795c": "#5cc3a3" }; // lighter on dark pages

function make(name, parent, properties = {}) {
  const node = Object.assign(document.createElement(name), properties);
  parent?.append(node);
  return node;
}

function draw(name, parent, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

class Film {
  constructor(figure, film) {
    this.film = film;
    this.last = film.steps.length - 1;
    this.card = make("div", null, { className: "card", role: "group", ariaLabel: figure.querySelector("img").alt });
    if (film.title) make("p", this.card, { className: "title", textContent: film.title });
    this.addControls();
    this.addPlane();
    followTheme(figure, (dark) => this.setTheme(dark));
    this.show(0);
    const shadow = figure.attachShadow({ mode: "open" }); // only now: until here the still is seen
    make("style", shadow, { textContent: STYLE });
    shadow.append(this.card);
    this.playWhenSeen();
  }

  addControls() {
    const row = make("div", this.card, { className: "row" });
    this.button = make("button", row, { type: "button", textContent: "▶ play" });
    this.button.addEventListener("click", () => this.play(!this.playing));
    this.slider = make("input", row, { type: "range", min: 0, max: this.last, step: "any", ariaLabel: "training step" });
    this.slider.addEventListener("input", () => {
      this.play(false);
      this.show(Number(this.slider.value));
    });
    this.slider.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      this.play(false);
      this.show(Math.min(Math.max(Math.round(this.at) + move, 0), this.last));
    });
    this.count = make("output", row);
    const legend = make("div", this.card, { className: "row" });
    this.keys = this.film.names.map((name) => {
      const item = make("span", legend);
      const key = make("span", item, { className: "key" });
      item.append(name);
      return key;
    });
  }

  addPlane() {
    const { labels, axes } = this.film;
    const svg = draw("svg", this.card, { viewBox: `0 0 ${SIZE + 24} ${SIZE + 26}`, "aria-hidden": "true" });
    draw("rect", svg, { x: 20, y: 1, width: SIZE, height: SIZE });
    draw("line", svg, { x1: 20, x2: SIZE + 20, y1: SIZE / 2 + 1, y2: SIZE / 2 + 1 });
    draw("line", svg, { x1: SIZE / 2 + 20, x2: SIZE / 2 + 20, y1: 1, y2: SIZE + 1 });
    draw("text", svg, { class: "axis", x: SIZE / 2 + 20, y: SIZE + 18 }).textContent = axes[0];
    draw("text", svg, { class: "axis", transform: `translate(12 ${SIZE / 2}) rotate(-90)` }).textContent = axes[1];
    this.trails = labels.map(() => draw("path", svg));
    this.dots = labels.map(() => draw("circle", svg, { r: 5 }));
    this.texts = labels.map((label) => {
      const text = draw("text", svg);
      text.textContent = label;
      return text;
    });
  }

  colour(i) {
    const colour = COLOURS[this.film.groups[i] % COLOURS.length];
    return this.dark ? DARK[colour] ?? colour : colour;
  }

  // Where point i is at time `at`, between two recorded steps.
  place(i, at) {
    const k = Math.min(Math.floor(at), this.last), part = at - k;
    const [x, y] = this.film.points[k][i], [nextX, nextY] = this.film.points[Math.min(k + 1, this.last)][i];
    const scale = SIZE / 2 / this.film.extent;
    return [SIZE / 2 + 20 + scale * (x + part * (nextX - x)), SIZE / 2 + 1 - scale * (y + part * (nextY - y))];
  }

  show(at) {
    this.at = at;
    const { steps, losses, labels } = this.film, near = Math.round(at);
    this.slider.value = at;
    const loss = losses[near] === null ? "" : `, loss ${losses[near].toFixed(2)}`;
    this.count.textContent = `step ${steps[near].toLocaleString("en")}${loss}`;
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    const from = Math.max(0, at - TRAIL);
    for (let i = 0; i < labels.length; i++) {
      const [x, y] = this.place(i, at).map((number) => number.toFixed(1));
      const path = [];
      for (let k = Math.ceil(from); k < at; k++) path.push(this.place(i, k).map((n) => n.toFixed(1)).join(" "));
      this.trails[i].setAttribute("d", path.length ? `M${[...path, `${x} ${y}`].join("L")}` : "");
      this.trails[i].setAttribute("stroke", this.colour(i));
      this.dots[i].setAttribute("cx", x);
      this.dots[i].setAttribute("cy", y);
      this.dots[i].setAttribute("fill", this.colour(i));
    }
    this.placeLabels();
  }

  // Each label is on the side of its point that is away from the others.
  placeLabels() {
    const places = this.dots.map((dot) => [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))]);
    const size = parseFloat(getComputedStyle(this.texts[0]).fontSize) || 15, away = size - 2; // larger on a phone
    places.forEach(([x, y], i) => {
      let right = 0.0002, down = 0; // to the right where nothing is near
      for (const [otherX, otherY] of places) {
        const squared = (x - otherX) ** 2 + (y - otherY) ** 2 + 1;
        right += (x - otherX) / squared ** 1.5;
        down += (y - otherY) / squared ** 1.5;
      }
      const length = Math.hypot(right, down) || 1;
      this.texts[i].setAttribute("x", (x + (away * right) / length).toFixed(1));
      this.texts[i].setAttribute("y", (y + 0.35 * size + (away * down) / length).toFixed(1));
    });
  }

  play(playing) {
    this.playing = playing;
    this.button.textContent = playing ? "❚❚ pause" : "▶ play";
    if (!playing) return;
    if (this.at >= this.last) this.show(0);
    let before = null;
    const tick = (now) => {
      if (!this.playing) return;
      if (before !== null) this.show(Math.min(this.at + ((now - before) / 1000 / SECONDS) * this.last, this.last));
      before = now;
      if (this.at >= this.last) this.play(false);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  playWhenSeen() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.show(this.last);
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      setTimeout(() => this.at === 0 && this.play(true), 600);
    }, { threshold: 0.6 });
    watcher.observe(this.card);
  }

  setTheme(dark) {
    this.dark = dark;
    this.card.classList.toggle("dark", dark);
    this.keys.forEach((key, k) => {
      const colour = COLOURS[k % COLOURS.length];
      key.style.background = dark ? DARK[colour] ?? colour : colour;
    });
    if (this.at !== undefined) this.show(this.at);
  }
}

for (const figure of document.querySelectorAll(".viz-embedding-training:not(.viz-open)")) {
  figure.classList.add("viz-open");
  try {
    new Film(figure, JSON.parse(figure.dataset.film));
  } catch (error) {
    console.warn(error);
  }
}

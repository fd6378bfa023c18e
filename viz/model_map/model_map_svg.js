// The map as SVG: panels, the residual stream, arrows, and boxes with a strip of cells.
const SVG = "http://www.w3.org/2000/svg";

function make(kind, parent, more = {}) {
  const element = Object.assign(document.createElement(kind), more);
  parent?.append(element);
  return element;
}

function draw(kind, parent, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, kind);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

// From -1, below zero, to 1, above zero.
function heat(fraction, most = 100) {
  const name = fraction > 0 ? "positive" : "negative";
  const share = Math.round(most * Math.min(1, Math.abs(fraction)));
  return `color-mix(in srgb, var(--${name}) ${share}%, var(--zero))`;
}

const largestOf = (numbers) => Math.max(...numbers.map(Math.abs)) || 1;

class MapDrawing {
  constructor(parent, told, numbers, pick, preview) {
    Object.assign(this, { told, numbers });
    const [wide, tall] = told.size;
    this.svg = draw("svg", parent, { viewBox: `0 ${told.top} ${wide} ${tall - told.top}`, tabindex: 0, role: "application" });
    this.ground();
    this.boxes = told.stages.map((stage, k) => {
      const box = draw("g", this.svg, { class: "box" + (stage.lit ? "" : " dim"), "data-stage": stage.name });
      box.addEventListener("click", (event) => pick(k, event.target.dataset.i));
      box.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && preview(k));
      return box;
    });
    this.svg.addEventListener("pointerleave", () => preview(null));
  }

  ground() {
    const { told, svg } = this, lit = new Map(told.stages.map((stage) => [stage.name, stage.lit]));
    const [wide] = told.size;
    if (told.frame) {
      const [y, end] = told.frame;
      draw("rect", svg, { class: "frame", x: 3, y, width: wide - 5, height: end - y, rx: 5 });
      const place = { class: "caption", x: wide - 10, y: y + 14, "text-anchor": "end" };
      draw("text", svg, place, `one block, × ${told.repeat}`);
    }
    for (const { caption, y, height, lit } of told.panels) {
      const state = lit ? "lit" : "dim";
      draw("rect", svg, { class: `panel ${state}`, x: 40, y, width: 338, height, rx: 5 });
      draw("text", svg, { class: `caption ${state}`, x: 48, y: y + 12.5 }, caption);
    }
    const [from, to] = told.stream;
    draw("path", svg, { class: "stream", d: `M20 ${from}V${to}` });
    this.arrows = told.arrows.map(([source, target, points]) => {
      const [[x0, y0], [x, y]] = points, down = x === x0, side = x < x0 ? 3.4 : -3.4;
      const head = down ? `M${x - 3.4} ${y - 4}L${x} ${y - 0.6}L${x + 3.4} ${y - 4}` : `M${x + side} ${y - 3.4}L${x} ${y}L${x + side} ${y + 3.4}`;
      const dim = lit.get(target) || lit.get(source) ? "" : " dim";
      return [source, target, draw("path", svg, { class: `arrow${dim}`, d: `M${x0} ${y0}L${x} ${y}${head}` })];
    });
    for (const [added, y] of told.sums) {
      const plus = draw("g", svg, { class: "plus" + (lit.get(added) ? "" : " dim") });
      draw("circle", plus, { cx: 20, cy: y, r: 8 });
      draw("path", plus, { d: `M16 ${y}H24M20 ${y - 4}V${y + 4}` });
    }
  }

  // The boxes at position t, with stage k open and its number i framed.
  paint(k, i, t) {
    const open = this.told.stages[k];
    for (const [source, target, path] of this.arrows)
      path.classList.toggle("now", target === open.name && open.inputs.includes(source));
    this.told.stages.forEach((stage, other) => {
      const box = this.boxes[other];
      box.classList.toggle("now", other === k);
      box.classList.toggle("input", open.inputs.includes(stage.name));
      box.replaceChildren();
      this.box(box, stage, t, other === k ? i : -1);
    });
  }

  // Copies of the numbers of its inputs travel to stage k.
  travel(k) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const target = this.told.stages[k];
    for (const name of target.inputs) {
      const place = this.told.stages.findIndex((stage) => stage.name === name), source = this.told.stages[place];
      if (!source.values || source.op === "ids") continue;
      const copy = draw("g", this.svg, { class: "copy" });
      for (const cell of this.boxes[place].querySelectorAll(".cell")) copy.append(cell.cloneNode());
      const [x, y] = [target.strip[0] - source.strip[0], target.strip[1] - source.strip[1]];
      const frames = [{ transform: "none" }, { transform: `translate(${x}px, ${y}px)`, opacity: 0.2 }];
      copy.animate(frames, { duration: 450, easing: "ease-in-out" }).finished.finally(() => copy.remove());
    }
  }

  box(box, stage, t, chosen) {
    const [x, y, width, height] = stage.box, [left, top, wide, tall] = stage.strip;
    draw("rect", box, { class: "body", x, y, width, height, rx: 3 });
    draw("text", box, { x: x + 7, y: y + 14 }, stage.text);
    const base = left - x > 100 ? y + 14 : top + tall - 1;
    if (!stage.values) {
      const short = stage.shape.split(" = ")[0];
      draw("text", box, { class: "mono", x: left, y: base }, stage.shape.length * 6.05 <= wide ? stage.shape : short);
    } else if (stage.op === "ids") {
      const token = stage.labels.length ? `${stage.labels[t].slice(0, 8)}  ` : "";
      draw("text", box, { class: "mono id", x: left, y: base }, `${token}id ${stage.values[t][0]}, position ${t}`);
    } else this.strip(box, stage, t, chosen);
    if (stage.values && height > 21 && left - x > 100) {
      const best = this.numbers.best(stage, t).map(([token, p]) => `${token} ${two(p)}`).join("   ");
      draw("text", box, { class: "mono best", x: left, y: y + height - 6 }, best);
    }
  }

  strip(box, stage, t, chosen) {
    const [left, top, wide, tall] = stage.strip, heads = this.numbers.perHead(stage);
    const T = stage.values.length, gap = stage.op === "concatenate" ? 0 : left - stage.box[0] > 100 ? 5 : 2;
    const groups = heads ? T : stage.heads, n = heads ? stage.values[0].length : stage.values[0].length / groups;
    const rows = stage.keeps ? stage.values.slice(0, t + 1) : [this.numbers.at(stage, t)];
    const each = (wide - gap * (groups - 1)) / (groups * n), high = stage.keeps ? tall / T : Math.min(tall, 13);
    const largest = largestOf(rows.flat()), shown = heads ? t + 1 : n, fine = Math.min(each, high) < 4;
    const x = (group, k) => left + group * (n * each + gap) + k * each;
    if (heads)
      for (let group = 0; group < groups; group++)
        for (let k = shown; k < n; k++)
          draw("rect", box, { class: "masked", x: x(group, k), y: top, width: each, height: high });
    rows.forEach((row, r) => row.forEach((number, i) => {
      const place = { x: x(Math.floor(i / shown), i % shown), y: top + r * high, width: each, height: high };
      const cell = draw("rect", box, { class: fine ? "cell fine" : "cell", ...place, "data-i": i });
      cell.style.fill = heat(number / largest);
      cell.style.animationDelay = `${250 + Math.round((250 * i) / row.length)}ms`;
    }));
    if (fine)
      for (let group = 0; group < groups; group++)
        draw("rect", box, { class: "outline", x: x(group, 0), y: top, width: shown * each, height: high * rows.length });
    if (chosen < 0) return;
    const y = top + (rows.length - 1) * high;
    draw("rect", box, { class: "ring", x: x(Math.floor(chosen / shown), chosen % shown) - 1, y: y - 1, width: each + 2, height: high + 2 });
  }
}

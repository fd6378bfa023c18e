// Dials: knobs on a page, and a picture that is computed from them without Python.
//
// On the page a dial is <div class="dial" data-dial="NAME">, which contains a still picture and a
// <script type="application/json"> with its data. The script NAME_dial.js calls
//   vizDial("NAME", { knobs(data), compute(data, values), draw(result, box, data) });
// knobs    a list of { name, label, kind, value } and, by kind,
//            "slider", "choice": options, a list of values; texts, how each is written;
//                                a slider can have play: milliseconds for each step
//            "check":            value is true or false
//            "text":             value is text; size, the number of letters; examples, texts to try;
//                                most, the largest number of letters
//            "state":            value is text that the picture's own buttons set: not shown
// compute  the numbers, as an object that also has `text`, one sentence for everybody; for values
//          that are impossible { error: "the words" }. It does not touch the page.
//          A result that is drawn although something typed is wrong has `complaint`, the words.
// draw     fills an empty element. It is called again when the width has changed. An input with a
//          name that had the focus has it again.
// enabled  optional: (values, data) -> { name: whether the knob has an effect }.
// Tests use element.dial = { set({ name: value }), values, result }.
// Helpers for `draw` and `compute`: vizDial.element, .svg, .lines, .bars, .table, .format.

const vizDial = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  let count = 0; // of elements that needed an id

  // ---- making elements ---------------------------------------------------------------------------

  function fill(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made[name] = value;
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }
  const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  // ---- numbers as Python writes them -------------------------------------------------------------

  // [digits, exponent] of a number above 0 with so many digits; a tie is rounded to the even digit.
  function significant(number, count) {
    const exact = number.toExponential(60); // a tie has no more digits than that
    const [mantissa, power] = exact.split("e");
    const digits = mantissa.replace(".", "");
    const kept = BigInt(digits.slice(0, count));
    const rest = digits.slice(count);
    const half = `5${"0".repeat(rest.length - 1)}`;
    const up = rest > half || (rest === half && kept % 2n === 1n);
    const text = String(kept + (up ? 1n : 0n)).padStart(count, "0");
    const carried = text.length > count; // 9.99 became 10.0
    return [carried ? text.slice(0, count) : text, Number(power) + (carried ? 1 : 0)];
  }

  const special = (number) => (Number.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf");
  const minus = (number) => (number < 0 || Object.is(number, -0) ? "-" : "");

  // f"{number:.{places}f}"
  function fixed(number, places = 0) {
    if (!Number.isFinite(number)) return special(number);
    const size = Math.abs(number);
    if (size >= 1e21) return minus(number) + String(BigInt(size)) + (places ? `.${"0".repeat(places)}` : "");
    const wanted = size ? Number(size.toExponential(60).split("e")[1]) + 1 + places : -1; // digits
    let units = 0n; // of 10 ** -places
    if (wanted === 0 && size > 0.5 * 10 ** -places) units = 1n;
    if (wanted > 0) {
      const [digits, exponent] = significant(size, wanted);
      const zeros = exponent + places - (digits.length - 1);
      units = BigInt(digits) * 10n ** BigInt(Math.max(0, zeros));
    }
    const text = String(units).padStart(places + 1, "0");
    const whole = text.slice(0, text.length - places);
    return minus(number) + whole + (places ? `.${text.slice(text.length - places)}` : "");
  }

  // f"{number:.{digits}g}"
  function general(number, digits = 6) {
    if (!Number.isFinite(number)) return special(number);
    if (!number) return `${minus(number)}0`;
    const [found, power] = significant(Math.abs(number), digits);
    const bare = found.replace(/0+$/, "") || "0";
    if (power < -4 || power >= digits) {
      const exponent = `${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
      return `${minus(number)}${bare[0]}${bare.length > 1 ? `.${bare.slice(1)}` : ""}e${exponent}`;
    }
    if (power < 0) return `${minus(number)}0.${"0".repeat(-power - 1)}${bare}`;
    const padded = found.padEnd(power + 1, "0");
    const fraction = padded.slice(power + 1).replace(/0+$/, "");
    return `${minus(number)}${padded.slice(0, power + 1)}${fraction ? `.${fraction}` : ""}`;
  }

  // "1234567.5" -> "1,234,567.5", as the "," of a Python format
  const commas = (text) => String(text).replace(/^(-?)(\d+)/, (all, sign, whole) => sign + whole.replace(/\B(?=(\d{3})+$)/g, ","));

  // 0.00029 -> "2.9·10⁻⁴", with so many digits
  function power(number, digits = 3) {
    const [found, exponent] = significant(Math.abs(number), digits);
    return `${minus(number)}${general(Number(`${found[0]}.${found.slice(1)}`), digits)}·10${raised(exponent)}`;
  }

  const raised = (power) => [...String(power)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("");
  const percent = (share, places = 0) => `${fixed(100 * share, places)} %`;

  const UNITS = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["bytes", 1]];
  function bytes(size) {
    const [unit, one] = UNITS.find(([, one]) => size >= 0.0995 * one) || UNITS[3];
    const number = size / one;
    return `${number >= 100 ? commas(fixed(number)) : general(number, 3)} ${unit}`;
  }

  // ---- pictures that several dials have ----------------------------------------------------------

  const colourOf = (colour) => (typeof colour === "number" ? `var(--viz-${colour})` : colour);

  // Round numbers between two numbers: multiples of 1, 2, 2.5 or 5 times a power of ten.
  function ticks(low, high, about = 5) {
    const span = high - low || 1;
    const power = 10 ** Math.floor(Math.log10(span / about));
    const step = power * [1, 2, 2.5, 5, 10].find((factor) => span / (power * factor) <= about + 0.5);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; i++) found.push(i * step + 0); // not -0
    return found;
  }

  // Lines over a common axis:
  // { series: [{ name, points: [[x, y], ...], colour: 1 to 6, dash, width }], height, legend,
  //   marks: [{ x, label }], x: { label, format, low, high }, y: { the same } }
  function lines(box, { series, marks = [], x = {}, y = {}, height = 230, legend = true }) {
    const all = series.flatMap((one) => one.points);
    const [xs, ys] = [0, 1].map((axis) => all.map((point) => point[axis]));
    const lowX = x.low ?? Math.min(...xs), highX = x.high ?? Math.max(...xs, lowX + 1e-300);
    const lowY = y.low ?? Math.min(...ys), highY = y.high ?? (Math.max(...ys) || 1);
    const write = (axis) => axis.format || ((number) => general(number, 4));
    const width = Math.max(260, box.clientWidth || 700), wide = width > 560;
    const yTicks = ticks(lowY, highY, 4);
    const left = 14 + 7 * Math.max(...yTicks.map((tick) => write(y)(tick).length));
    const xOf = (value) => left + (width - left - 14) * (value - lowX) / (highX - lowX || 1);
    const ends = []; // right end of each row of labels
    const labelled = wide ? [...marks].sort((one, other) => one.x - other.x) : [];
    const rows = labelled.map((mark) => {
      const long = 6.4 * mark.label.length;
      const start = Math.min(Math.max(xOf(mark.x) - long / 2, 4), width - 4 - long);
      const free = ends.findIndex((end) => end + 10 < start);
      const row = free < 0 ? ends.length : free;
      ends[row] = start + long;
      return [start, row];
    });
    const top = 22 + 16 * ends.length, bottom = top + height;
    const yOf = (value) => top + height * (1 - (value - lowY) / (highY - lowY || 1));
    const text = (at, down, words, anchor = "start") => svg("text", { x: at, y: down, "text-anchor": anchor }, words);
    const picture = svg("svg", { class: "dial-lines", viewBox: `0 0 ${width} ${bottom + 40}`, width, height: bottom + 40, "aria-hidden": "true" });
    for (const tick of yTicks) {
      picture.append(svg("line", { class: "grid", x1: left, x2: width - 14, y1: yOf(tick), y2: yOf(tick) }));
      picture.append(text(left - 6, yOf(tick) + 4, write(y)(tick), "end"));
    }
    const shown = ticks(lowX, highX, wide ? 6 : 3).filter((tick) => tick >= lowX);
    for (const tick of shown) picture.append(text(xOf(tick), bottom + 18, write(x)(tick), tick === shown[0] && xOf(tick) < left + 20 ? "start" : xOf(tick) > width - 34 ? "end" : "middle"));
    if (x.label) picture.append(text(width - 14, bottom + 35, x.label, "end"));
    if (y.label) picture.append(text(4, 12, y.label));
    for (const mark of marks) picture.append(svg("line", { class: "mark", x1: xOf(mark.x), x2: xOf(mark.x), y1: top - 4, y2: bottom }));
    labelled.forEach((mark, i) => picture.append(text(rows[i][0], 26 + 16 * rows[i][1], mark.label)));
    for (const one of series) {
      const points = one.points.map(([a, b]) => `${xOf(a).toFixed(1)},${yOf(b).toFixed(1)}`).join(" ");
      picture.append(svg("polyline", { points, fill: "none", "stroke-width": one.width || 2, "stroke-dasharray": one.dash, style: `stroke: ${colourOf(one.colour)}` }));
    }
    box.append(picture);
    if (legend) box.append(element("p", { class: "dial-legend" }, ...series.map((one) => element("span", {}, swatch(one.colour, one.dash), one.name))));
    return picture;
  }

  const swatch = (colour, dash) => element("i", { class: dash ? "swatch dashed" : "swatch", style: `--colour: ${colourOf(colour)}` });

  // Horizontal bars, one below another: { rows: [{ label, value, text, colour, pale, hint }], max }
  function bars(box, { rows, max }) {
    const most = max || Math.max(...rows.map((row) => row.value)) || 1;
    const made = rows.map((row) => element("div", { class: row.pale ? "row pale" : "row", role: "listitem", title: row.hint },
      element("span", { class: "label" }, row.label),
      element("span", { class: "track" }, element("i", { style: `width: ${(100 * row.value / most).toFixed(2)}%; --colour: ${colourOf(row.colour || 1)}` })),
      element("span", { class: "value" }, row.text ?? general(row.value, 3))));
    box.append(element("div", { class: "dial-bars", role: "list" }, ...made));
  }

  // A table: { head: [cell, ...], rows: [[cell, ...], ...], caption }. A cell is text or an element;
  // the first cell of a row is its heading, and the other cells are numbers unless `words`.
  function table(box, { head, rows, caption, words = false }) {
    const made = element("table", { class: words ? "dial-table words" : "dial-table" });
    if (caption) made.append(element("caption", {}, caption));
    if (head) made.append(element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))));
    made.append(element("tbody", {}, ...rows.map(([first, ...others]) =>
      element("tr", {}, element("th", { scope: "row" }, first), ...others.map((cell) => element("td", {}, cell))))));
    box.append(element("div", { class: "dial-wide" }, made));
    return made;
  }

  // ---- knobs -------------------------------------------------------------------------------------

  const same = (one, other) => one === other || String(one) === String(other);

  // { box, get(), set(value), reset(), enable(on), stop(), playing() } for one knob.
  // stopped() is called when a playing knob pauses or ends.
  function makeKnob(spec, changed, stopped) {
    let player = { parts: [], stop() {}, playing: () => false };
    if (spec.kind === "state") {
      let value = spec.value;
      const set = (given) => { value = given; };
      return { box: null, get: () => value, set, enable() {}, reset: () => set(spec.value), ...player };
    }
    const id = `dial-knob-${++count}`;
    const label = element("label", { for: id }, spec.label);
    const { options, texts = options?.map(String) } = spec;
    const index = (value) => {
      const found = options.findIndex((option) => same(option, value));
      if (found < 0) throw new Error(`${spec.name} cannot be ${value}`);
      return found;
    };
    let input, parts, get, set;
    if (spec.kind === "slider") {
      const said = element("span", { class: "said", "aria-hidden": "true", style: `min-width: ${Math.min(12, Math.max(...texts.map((text) => text.length)))}ch` });
      input = element("input", { id, type: "range", min: 0, max: options.length - 1, step: 1 });
      get = () => options[Number(input.value)];
      set = (value) => { input.value = index(value); tell(); };
      const tell = () => { said.textContent = texts[input.value]; input.setAttribute("aria-valuetext", texts[input.value]); };
      input.addEventListener("input", tell);
      if (spec.play) player = makePlayer(spec, input, stopped);
      parts = [label, input, said, ...player.parts];
    } else if (spec.kind === "choice") {
      input = element("select", { id }, ...options.map((option, i) => element("option", { value: i }, texts[i])));
      get = () => options[Number(input.value)];
      set = (value) => { input.value = index(value); };
      parts = [label, input];
    } else if (spec.kind === "check") {
      input = element("input", { id, type: "checkbox" });
      get = () => input.checked;
      set = (value) => { input.checked = value; };
      parts = [input, label];
    } else {
      input = element("input", { id, type: "text", size: spec.size || 12, autocomplete: "off", autocapitalize: "off", spellcheck: "false", inputmode: spec.inputmode, maxlength: spec.most });
      get = () => input.value;
      set = (value) => { input.value = value; };
      const take = (words) => () => { set(words); changed(); };
      const tried = (spec.examples || []).map((words) => element("button", { type: "button", onclick: take(words) }, words));
      parts = [label, input, ...(tried.length ? [element("span", { class: "examples" }, "try", ...tried)] : [])];
    }
    set(spec.value);
    input.addEventListener(spec.kind === "slider" || spec.kind === "text" ? "input" : "change", changed);
    const box = element("div", { class: `dial-knob ${spec.kind}` }, ...parts);
    const enable = (on) => { input.disabled = !on; box.classList.toggle("off", !on); };
    return { box, get, set, enable, reset: () => set(spec.value), stop: player.stop, playing: player.playing };
  }

  // { parts, stop(), playing() }: the buttons of a slider that plays.
  function makePlayer(spec, input, stopped) {
    let timer = 0;
    const go = (place) => {
      input.value = place;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const stop = () => {
      if (!timer) return;
      clearInterval(timer);
      timer = 0;
      play.textContent = "play";
      stopped();
    };
    const button = (words, name, onclick) => element("button", { type: "button", "aria-label": name, onclick }, words);
    const step = (by) => () => { stop(); go(Number(input.value) + by); };
    const last = () => Number(input.value) >= Number(input.max);
    const play = button("play", null, () => {
      if (timer) return stop();
      play.textContent = "pause";
      timer = setInterval(() => { go(Number(input.value) + 1); if (last()) stop(); }, spec.play);
      if (last()) go(0);
    });
    input.addEventListener("pointerdown", stop);
    input.addEventListener("keydown", stop);
    const buttons = element("span", { class: "play" }, button("‹", `one step back: ${spec.label}`, step(-1)), play, button("›", `one step on: ${spec.label}`, step(1)));
    return { parts: [buttons], stop, playing: () => timer > 0 };
  }

  // ---- a dial ------------------------------------------------------------------------------------

  // What a screen reader calls the dial: without a label, the first words about its still picture.
  function nameOf(place, data) {
    if (data.label) return data.label;
    const still = place.querySelector(".dial-still img:not([alt='']), .dial-still [role=img]");
    const words = (still?.getAttribute("alt") || still?.getAttribute("aria-label") || "").split(/:|\.\s/)[0].trim();
    const most = words.length > 80 ? words.slice(0, 80).replace(/\s+\S*$/, "") : words; // whole words
    return most || `${place.dataset.dial}: a dial`;
  }

  function start(place, module) {
    if (place.dial) return;
    const data = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    const specs = module.knobs(data);
    const knobs = Object.fromEntries(specs.map((spec) => [spec.name, makeKnob(spec, () => update(), () => say())]));
    const all = Object.values(knobs);
    const stop = () => all.forEach((knob) => knob.stop());
    const reset = element("button", { type: "button", class: "reset", onclick: () => { stop(); all.forEach((knob) => knob.reset()); update(); } }, "Reset");
    const error = element("p", { class: "dial-error", role: "alert" });
    const picture = element("div", { class: "dial-picture" });
    const text = element("p", { class: "dial-text", role: "status" });
    const passing = element("p", { class: "dial-passing", "aria-hidden": "true" }); // instead of it while a knob plays
    const panel = element("div", { class: "dial-knobs" }, ...all.map((knob) => knob.box).filter(Boolean), reset);
    const values = () => Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.get()]));
    let result, drawn, width;

    function draw() {
      width = picture.clientWidth;
      const active = document.activeElement;
      const held = active?.name && active.type === "text" && picture.contains(active) ? [active.name, active.selectionStart, active.selectionEnd] : null;
      picture.replaceChildren();
      module.draw(drawn, picture, data);
      const again = held && picture.querySelector(`input[name="${held[0]}"]`);
      if (!again) return;
      again.focus({ preventScroll: true });
      again.setSelectionRange(held[1], held[2]);
    }

    // The sentence: a screen reader hears it when nothing plays.
    function say() {
      const playing = all.some((knob) => knob.playing()), sentence = result.error ? "" : result.text;
      if (!playing) text.textContent = sentence;
      passing.textContent = playing ? sentence : "";
      text.classList.toggle("waits", playing);
    }

    function update() {
      const now = values();
      if (module.enabled) for (const [name, on] of Object.entries(module.enabled(now, data))) knobs[name].enable(on);
      result = module.compute(data, now);
      error.textContent = result.error || result.complaint || "";
      picture.classList.toggle("pale", Boolean(result.error));
      picture.setAttribute("aria-hidden", String(Boolean(result.error)));
      say();
      if (result.error && drawn) return;
      if (result.error) return picture.replaceChildren();
      drawn = result;
      draw();
    }

    const shell = element("div", { class: "dial-live", role: "group", "aria-label": nameOf(place, data) }, panel, error, picture, text, passing);
    const still = place.querySelector(".dial-still");
    place.append(shell);
    try {
      update();
    } catch (fault) {
      shell.remove(); // the still picture remains
      throw fault;
    }
    if (still) still.hidden = true;
    place.dial = {
      set(changes) {
        const unknown = Object.keys(changes).find((name) => !knobs[name]);
        if (unknown !== undefined) throw new Error(`there is no knob ${unknown}`);
        stop();
        for (const [name, value] of Object.entries(changes)) knobs[name].set(value);
        update();
        return result;
      },
      get values() { return values(); },
      get result() { return result; },
    };
    new ResizeObserver(() => { if (drawn && picture.clientWidth !== width) draw(); }).observe(picture);
  }

  function register(name, module) {
    register.modules[name] = module;
    if (typeof document === "undefined") return; // tests of `compute` without a browser
    for (const place of document.querySelectorAll(`.dial[data-dial="${name}"]`)) {
      try { start(place, module); } catch (fault) { console.error(fault); }
    }
  }

  const format = { fixed, general, commas, power, raised, percent, bytes };
  return Object.assign(register, { modules: {}, element, svg, lines, bars, table, ticks, swatch, format });
})();
globalThis.vizDial = vizDial;

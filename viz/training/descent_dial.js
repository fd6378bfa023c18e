// Gradient descent on a map of the loss: the path is computed for a quadratic loss, else stored.
// The other half is `descent_page.py`; the sentences are those of `surface.py`.
(() => {
  const { element, svg, format } = vizDial;
  const PATHS = ["2", "3", "4", "ink"]; // colours of the paths, as `data.colours` in the picture
  const number = (value) => format.general(value + 0, 4).replaceAll("-", "−");
  const finite = ([x, y]) => Number.isFinite(x) && Number.isFinite(y);

  // [[x, y, loss], ...] until a number is larger than any float, at most `steps` steps.
  function computed({ start, gradient, loss: [a, b, c, d, e, f] }, rate, steps) {
    const points = [];
    let [x, y] = start;
    for (let step = 0; step <= steps && finite([x, y]); step++) {
      points.push([x, y, a + b * x + c * y + d * x * x + e * x * y + f * y * y]);
      const [dx, dy] = gradient.map(([p, q, r]) => p + q * x + r * y);
      [x, y] = [x - rate * dx, y - rate * dy];
    }
    return points;
  }

  function stored(written, steps) {
    const numbers = written.split(" ").map((one) => (one === "inf" ? Infinity : Number(one)));
    const points = [];
    for (let i = 0; i < numbers.length && points.length <= steps; i += 3) points.push(numbers.slice(i, i + 3));
    return points;
  }

  const within = (data, [x, y]) =>
    data.x_range[0] <= x && x <= data.x_range[1] && data.y_range[0] <= y && y <= data.y_range[1];

  function summary(name, points, steps, data) {
    const prefix = name ? `${name.length > 40 ? `${name.slice(0, 39)}…` : name}: ` : "";
    if (!points.length) return `${prefix}no finite point`;
    const last = points.at(-1), taken = points.length - 1;
    if (taken < steps) return `${prefix}flew off; after step ${taken} its numbers are larger than any float`;
    const text = `${prefix}step ${taken}, loss ${number(last[2])}`;
    return within(data, last) ? text : `${text}, off the map`;
  }

  function compute(data, { rate, steps, choice }) {
    const rates = data.knobs[0];
    const place = rates.options.indexOf(rate);
    const label = data.knobs[2] ? `${data.knobs[2].label} ` : "";
    const paths = {};
    if (data.gradient) paths.descent = computed(data, rate, steps);
    for (const [name, written] of Object.entries(data.paths || {})) {
      if (choice === undefined || choice === name) paths[label + name] = stored(written[place], steps);
    }
    const summaries = Object.entries(paths).map(([name, points]) => summary(name, points, steps, data));
    const title = `${data.title} · learning rate ${rates.texts[place]}`;
    const text = `${title}: from ${number(data.low)} to ${number(data.high)} on the map. ${summaries.join("; ")}.`;
    return { paths, summaries, text };
  }

  // The part of a step that is on the map (Liang and Barsky 1984), or null.
  function clipped(data, start, end) {
    let first = 0, last = 1;
    for (const [axis, [low, high]] of [data.x_range, data.y_range].entries()) {
      const step = end[axis] - start[axis];
      if (!step) {
        if (start[axis] < low || start[axis] > high) return null;
        continue;
      }
      const [enter, leave] = [(low - start[axis]) / step, (high - start[axis]) / step].sort((a, b) => a - b);
      [first, last] = [Math.max(first, enter), Math.min(last, leave)];
    }
    if (first >= last) return null;
    const at = (share) => [0, 1].map((axis) => start[axis] + (end[axis] - start[axis]) * share);
    return [at(first), at(last)];
  }

  function draw({ paths, summaries }, box, data) {
    const [left, top, width, height] = data.box;
    const pixel = ([x, y]) => [
      left + (width * (x - data.x_range[0])) / (data.x_range[1] - data.x_range[0]),
      top + height * (1 - (y - data.y_range[0]) / (data.y_range[1] - data.y_range[0])),
    ];
    const sheet = [left - 54, top - 16, width + 80, height + 46];
    const font = { "font-family": "system-ui, sans-serif" };
    const picture = svg("svg", { class: "viz-adapts large-text", viewBox: sheet.join(" "), width: sheet[2], ...font, "aria-hidden": "true" });
    picture.innerHTML = data.map;
    const dot = (point, radius, fill, stroke, line) => {
      const [cx, cy] = pixel(point);
      picture.append(svg("circle", { cx, cy, r: radius, fill, stroke, "stroke-width": line }));
    };
    Object.values(paths).forEach((points, i) => {
      const colour = data.colours[i % data.colours.length];
      for (let step = 1; step < points.length; step++) {
        const [start, end] = [points[step - 1], points[step]];
        const kept = (within(data, start) || within(data, end)) && clipped(data, start, end);
        if (!kept) continue; // not a step across the map
        const [[x1, y1], [x2, y2]] = kept.map(pixel);
        picture.append(svg("line", { x1, y1, x2, y2, stroke: colour, "stroke-width": 1.8, "stroke-linecap": "round" }));
      }
      const visible = points.filter((point) => within(data, point));
      for (const point of visible.slice(1)) dot(point, 2.4, colour, "none", 0);
      if (points.length && within(data, points[0])) dot(points[0], 5, "#ffffff", colour, 2);
      if (points.length > 1 && within(data, points.at(-1))) dot(points.at(-1), 5, colour, "#ffffff", 1.5);
    });
    const words = summaries.map((text, i) => element("p", { style: `color: var(--viz-${PATHS[i % PATHS.length]})` }, text));
    box.append(...words, picture, element("p", { class: "muted" }, data.axes));
  }

  vizDial("descent", { knobs: (data) => data.knobs, compute, draw });
})();

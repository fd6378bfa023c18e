// A small graph, forward and backward, edge by edge, for inputs that the reader moves.
// The other half is `backward_page.py`; the steps and sentences are those of `backward.py`.
(() => {
  const { svg, format } = vizDial;
  const PHONE = 520; // pixels, as in `picture.py`
  const number = (value) => format.general(value + 0, 4).replaceAll("-", "−");

  // operation -> [value, local gradient of each parent]
  const OPERATIONS = {
    "+": (a, b) => [a + b, 1, 1],
    "-": (a, b) => [a - b, 1, -1],
    "*": (a, b) => [a * b, b, a],
    neg: (a) => [-a, -1],
    relu: (a) => [a <= 0 ? 0 : a, a > 0 ? 1 : 0],
    tanh: (a) => [Math.tanh(a), 1 - Math.tanh(a) ** 2],
  };

  // The value of each node, and the local gradient of each edge.
  function forward(data, inputs) {
    const values = [], locals = [];
    data.nodes.forEach((node, i) => {
      if (!node.parents) return values.push(node.value ?? inputs[node.name]);
      const [value, ...grads] = OPERATIONS[node.op](...node.parents.map((parent) => values[parent]));
      values.push(value);
      const own = data.edges.flatMap((edge, k) => (edge.end === i ? [k] : []));
      own.forEach((k, place) => { locals[k] = grads[place]; });
    });
    return { values, locals };
  }

  function formula(node, labels) {
    const names = node.parents.map((parent) => labels[parent]);
    const symbol = { "*": "×", "-": "−" }[node.op] ?? node.op;
    return names.length === 2 ? `${names[0]} ${symbol} ${names[1]}` : `${symbol}(${names[0]})`;
  }

  // Every step: { known: how many nodes are computed, grads, edge, caption }
  function frames(data, { values, locals }) {
    const { nodes, edges } = data;
    const labels = nodes.map((node, i) => node.name || `(${number(values[i])})`);
    const known = new Set(nodes.flatMap((node, i) => (node.parents ? [] : [i])));
    const made = [];
    const add = (caption, grads, edge = null) => made.push({ known: new Set(known), grads: [...grads], edge, caption });
    const none = nodes.map(() => null);
    add("These numbers were typed in", none);
    nodes.forEach((node, i) => {
      if (!node.parents) return;
      known.add(i);
      add(`Forward: ${node.name ? `${labels[i]} = ` : ""}${formula(node, labels)} = ${number(values[i])}`, none);
    });
    const grads = nodes.map(() => 0), last = nodes.length - 1;
    grads[last] = 1;
    add(`Backward: ${labels[last]} grows by 1 when ${labels[last]} grows by 1, so its grad is 1`, grads);
    for (let child = last; child >= 0; child--) {
      edges.forEach(({ start, end }, k) => {
        if (end !== child) return;
        const product = locals[k] * grads[child], before = grads[start];
        grads[start] = before + product;
        add(`${number(locals[k])} × ${number(grads[child])} added to ${labels[start]}.grad: ` +
          `${number(before)} + ${number(product)} = ${number(grads[start])}`, grads, k);
      });
    }
    return made;
  }

  function compute(data, { step, ...inputs }) {
    const computed = forward(data, inputs);
    const all = frames(data, computed), steps = all.length - 1;
    const frame = all[Math.min(step, steps)];
    return { ...computed, ...frame, step, steps, text: `Step ${step} of ${steps}. ${frame.caption}.` };
  }

  const INK = "#20242c", MUTED = "#5d6470", LINE = "#c3c8d0", FAINT = "#e9e9e6", WHITE = "#ffffff";
  const BLUE = "#0072b2", ORANGE = "#bb4f00", GREEN = "#00795c", GREEN_PAPER = "#e8f3ee", GOLD = "#8a6400";

  const SIGNS = { "*": "×", "-": "−", neg: "−" };

  function draw({ values, locals, grads, known, edge }, box, data) {
    const places = box.clientWidth <= PHONE ? data.phone : data.desk;
    const [width, height] = places.size;
    const picture = svg("svg", { class: "viz-adapts", viewBox: `0 0 ${width} ${height}`, width, "aria-hidden": "true" });
    const text = (x, y, words, size, fill, mono, weight) => {
      const font = mono ? "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" : "system-ui, sans-serif";
      picture.append(svg("text", { x, y, "text-anchor": "middle", "font-size": size, fill, "font-weight": weight, "font-family": font }, words));
    };
    const rect = (x, y, wide, high, rx, fill, stroke) =>
      picture.append(svg("rect", { x, y, width: wide, height: high, rx, fill, stroke, "stroke-width": stroke && 1.3 }));
    const order = data.edges.map((one, k) => k).sort((a, b) => (a === edge) - (b === edge));
    for (const k of order) {
      picture.append(svg("path", { d: places.edges[k].path, fill: "none", stroke: k === edge ? ORANGE : LINE, "stroke-width": k === edge ? 3 : 1.4, "stroke-linecap": "round", "stroke-linejoin": "round" }));
    }
    for (const k of order.filter((one) => known.has(data.edges[one].end))) {
      const { x, y } = places.edges[k], words = `×${number(locals[k])}`, wide = 7.4 * words.length + 6;
      rect(x - wide / 2, y - 9, wide, 17, 4, data.paper);
      text(x, y + 4, words, 12, k === edge ? ORANGE : MUTED, true, k === edge ? 600 : null);
    }
    const [wide, high] = places.box;
    data.nodes.forEach(({ name, op }, i) => {
      const { x, y, op_x, op_y, op_width, drop } = places.nodes[i];
      const top = y - high / 2 + drop, rise = name ? 0 : -6, letters = Math.floor(wide / 8.6);
      rect(x - wide / 2, y - high / 2, wide, high, 7, op ? WHITE : GREEN_PAPER, op ? LINE : GREEN);
      if (name) text(x, top + 16, name.length > letters ? `${name.slice(0, letters - 1)}…` : name, 13, op ? INK : GREEN, false, 700);
      if (known.has(i)) {
        const value = number(values[i]);
        text(x, top + 34 + rise, value, Math.min(14, (wide - 6) / (0.61 * value.length)), INK, true, 600);
      }
      if (known.has(i) && grads[i] !== null) {
        const long = `grad ${number(grads[i])}`;
        text(x, top + 51 + rise, 7.1 * long.length < wide ? long : `g ${number(grads[i])}`, 11.5, GOLD, true);
      }
      if (!op) return;
      const sign = SIGNS[op] ?? op;
      rect(op_x - op_width / 2, op_y - 11, op_width, 22, 11, known.has(i) ? BLUE : FAINT);
      text(op_x, op_y + 4.5, sign, sign.length < 3 ? 13 : 11, known.has(i) ? WHITE : MUTED, false, 600);
    });
    box.append(picture);
  }

  vizDial("backward", { knobs: (data) => data.knobs, compute, draw });
})();

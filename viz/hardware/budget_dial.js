// BudgetDial on a page: the memory of one training step of a GPT, and the time of a run.
// Every figure of the formulas, and of the GPUs, comes with the data.

vizDial("budget", (() => {
  const { element, svg, swatch } = vizDial;
  const { fixed, commas, bytes } = vizDial.format;
  const whole = (number) => commas(fixed(number));

  // ---- sizes that no model can have: the words of gptcore.heads ----------------------------------

  const either = (numbers, word = "or") => (numbers.length > 1 ? `${numbers.slice(0, -1).join(", ")} ${word} ${numbers.at(-1)}` : String(numbers[0]));
  function multiples(size, step) {
    const below = Math.floor(size / step) * step;
    return [below, below + step].filter((multiple) => multiple > 0);
  }

  function fault(width, heads) {
    if (width % heads === 0) return "";
    const fitting = Array.from({ length: width }, (_, i) => i + 1).filter((one) => width % one === 0);
    const nearest = [...fitting.filter((one) => one < heads).slice(-1), ...fitting.filter((one) => one > heads).slice(0, 1)];
    const fast = multiples(width, 8 * heads), others = multiples(width, heads).filter((one) => !fast.includes(one));
    const also = others.length ? ` (${either(others, "and")} divide${others.length === 1 ? "s" : ""} too, but GPUs like head sizes that are multiples of 8)` : "";
    return `n_embd=${width} is not divisible by n_head=${heads}. Keep n_embd and set n_head to ${either(nearest)}; or keep n_head and set n_embd to ${either(fast)}${also}.`;
  }

  // ---- formulas: a pair [a, b] is a · width + b --------------------------------------------------

  const line = ([a, b], width) => a * width + b;

  function parametersOf({ layers, width, block }, { weights }) {
    const blocks = layers * weights.block * width * width;
    const outside = (weights.tokens + weights.positions * block + weights.norms[0] * layers + weights.norms[1]) * width;
    return { blocks, total: blocks + outside };
  }

  function memoryOf(sizes, rows, chunk, constants, format) {
    const { layers, width, heads, block } = sizes, { weights } = constants, count = parametersOf(sizes, constants);
    const tokens = rows * block, together = Math.min(chunk || tokens, tokens);
    const logits = together * weights.tokens * format.logit;
    const saved = layers * tokens * (line(format.block, width) + format.head * heads);
    const outer = tokens * line(together < tokens ? format.outer_chunked : format.outer, width);
    const copies = format.copy * (count.blocks + weights.tokens * width);
    const working = tokens * line(format.working, width);
    return {
      weights: constants.fp32 * count.total,
      gradients: constants.fp32 * count.total,
      optimizer: constants.fp32 * constants.optimizer * count.total,
      activations: saved + outer + copies + Math.max(0, working - logits),
      logits,
    };
  }

  const sum = (parts) => Object.values(parts).reduce((one, other) => one + other, 0);

  function mostRows(sizes, chunk, constants, format, usable) {
    let low = 0, high = constants.most_rows;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      [low, high] = sum(memoryOf(sizes, middle, chunk, constants, format)) <= usable ? [middle, high] : [low, middle];
    }
    return low;
  }

  // [hours of the shortest and the longest run, why they are so]
  function hoursOf(sizes, rows, chunk, gpu, constants) {
    const { layers, width, block } = sizes, { weights, launch_seconds, launch_bound, mfu_exponent, steps, rows_per_step } = constants;
    let flops = 6 * (parametersOf(sizes, constants).total - weights.positions * block * width) + constants.attention * layers * width * block;
    if (chunk) flops += 2 * weights.tokens * width;
    const [low, high] = gpu.mfu, factor = low === high ? Math.min(1, width / gpu.mfu_width) ** mfu_exponent : 1;
    const most = rows * block / (launch_seconds * (layers + 2));
    const wanted = gpu.mfu.map((mfu) => gpu.flops * (mfu * factor) / flops), [slow, fast] = wanted.map((one) => Math.min(one, most));
    const tokens = rows * Math.max(1, Math.floor(rows_per_step / rows)) * block * steps;
    const [least, best] = gpu.mfu.map((mfu) => `${fixed(100 * mfu)}%`);
    const why = most < wanted[0] ? launch_bound : low === high ? `${best} MFU` : `assumed: ${least} to ${best} MFU`;
    return [[tokens / fast / 3600, tokens / slow / 3600], why];
  }

  const range = (numbers) => [...new Set(numbers.map((number) => commas(fixed(number, 1))))].join(" to ");

  // ---- the picture -------------------------------------------------------------------------------

  function verdict(total, capacity) {
    return total <= capacity ? `${bytes(total)} of ${bytes(capacity)}` : `${bytes(total)}: ${bytes(total - capacity)} over the ${bytes(capacity)}`;
  }

  function bar({ memory, total, capacity }, width) {
    const scale = width / Math.max(total, capacity / 0.62), edge = capacity * scale, [top, height] = [7, 38];
    const id = `viz-hatch-${Math.random().toString(36).slice(2)}`;
    const picture = svg("svg", { viewBox: `0 0 ${width} 52`, width, height: 52, "aria-hidden": "true" },
      svg("defs", {}, svg("pattern", { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("line", { x1: 0, x2: 0, y1: 0, y2: 7, "stroke-width": 3, style: "stroke: var(--viz-paper)" }))),
      svg("rect", { x: 0.5, y: 4, width: edge, height: height + 6, rx: 3, style: "fill: var(--viz-faint); stroke: var(--viz-line)" }));
    let left = 0;
    Object.entries(memory).forEach(([part, size], i) => {
      const long = size * scale;
      picture.append(svg("rect", { x: left, y: top, width: Math.max(0, long - 1), height, style: `fill: var(--viz-${i + 1})` }));
      left += long;
    });
    if (total > capacity) picture.append(svg("rect", { x: edge, y: top, width: left - edge, height, fill: `url(#${id})` }));
    left = 0;
    for (const [part, size] of Object.entries(memory)) {
      const right = left + size * scale;
      const [from, to] = Math.min(right, edge) - left >= right - Math.max(left, edge) ? [left, Math.min(right, edge)] : [Math.max(left, edge), right];
      const words = [`${part} ${bytes(size)}`, bytes(size)].find((one) => 7.4 * one.length + 12 < to - from);
      if (words && from < edge) picture.append(svg("text", { x: from + 7, y: top + 24, style: "fill: var(--viz-on-colour); font-weight: 600" }, words));
      left = right;
    }
    picture.append(svg("rect", { x: edge - 1, y: 0, width: 2.5, height: 52, style: "fill: var(--viz-ink)" }));
    return picture;
  }

  return {
    knobs: ({ knobs }) => knobs,

    compute(data, { n_layer, n_head, n_embd, block_size, batch_size, pieces, gpu }) {
      const error = fault(n_embd, n_head);
      if (error) return { error };
      const sizes = { layers: n_layer, heads: n_head, width: n_embd, block: block_size }, card = data.gpus[gpu];
      const chunk = pieces > 1 ? Math.ceil(batch_size * block_size / pieces) : 0, format = data.formats[card.dtype];
      const memory = memoryOf(sizes, batch_size, chunk, data, format), total = sum(memory), capacity = card.memory;
      const [hours, why] = hoursOf(sizes, batch_size, chunk, card, data);
      const facts = {
        parameters: whole(parametersOf(sizes, data).total),
        "rows that fit at most": whole(mostRows(sizes, chunk, data, format, card.usable)),
        [`${whole(data.steps)} steps of ${data.rows_per_step} rows`]: `${range(hours)} hours, ${range(hours.map((one) => one * card.watts / 1000))} kWh (${why})`,
      };
      const name = `${n_layer} layers of ${n_embd}, micro-batch ${batch_size} × ${block_size}${chunk ? `, loss in ${pieces} chunks` : ""}`;
      const most = Object.keys(memory).reduce((one, other) => (memory[other] > memory[one] ? other : one));
      const title = `Most of it: ${most}, ${bytes(memory[most])} of ${bytes(total)}`;
      const fits = total > capacity ? `${verdict(total, capacity)}, so it does not fit.` : `${verdict(total, capacity)}.`;
      return { title, name, memory, total, capacity, facts, text: `${name}: ${fits}` };
    },

    draw(result, box) {
      const { title, name, memory, total, capacity, facts } = result;
      box.append(
        element("p", { class: "title" }, title),
        element("p", { class: "budget-name" }, element("b", {}, name), element("b", { class: total > capacity ? "over" : "" }, verdict(total, capacity))),
        bar(result, Math.max(240, box.clientWidth || 700)),
        element("p", { class: "dial-legend" }, ...Object.entries(memory).map(([part, size], i) =>
          element("span", {}, Object.assign(swatch(i + 1), { className: "swatch square" }), `${part} ${bytes(size)}`))));
      vizDial.table(box, { rows: Object.entries(facts), words: true });
    },
  };
})());

// The knobs of AttentionEditor on a page: a GPT of one block runs here, with its scores edited.
//
// The arithmetic is that of `gptcore.ladder.forward`: RMSNorm, attention, an MLP with ReLU.
{
  const { element, svg, format } = vizDial;
  const { fixed } = format;
  const MOST_NUMBERS = 8, SMALLEST = 1e-12, EPSILON = 1e-5;

  const dot = (a, b) => {
    let sum = 0;
    for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
    return sum;
  };
  const times = (matrix, x) => matrix.map((row) => dot(row, x));
  const add = (a, b) => a.map((number, k) => number + b[k]);
  const norm = (x) => {
    const scale = 1 / Math.sqrt(dot(x, x) / x.length + EPSILON);
    return x.map((number) => number * scale);
  };
  const softmax = (scores) => {
    const largest = Math.max(...scores), exps = scores.map((score) => Math.exp(score - largest));
    const total = exps.reduce((sum, number) => sum + number, 0);
    return exps.map((number) => number / total);
  };

  // The residual stream of a text, its queries, keys and values: no knob but `positions` changes them.
  const known = new WeakMap(); // ids -> { true: ..., false: ... }
  function projected(ids, model, positions) {
    if (!known.has(ids)) known.set(ids, {});
    const found = known.get(ids);
    if (found[positions]) return found[positions];
    const x = ids.map((id, t) => norm(positions ? add(model.wte[id], model.wpe[t]) : model.wte[id]));
    const normed = x.map(norm);
    const [q, k, v] = ["0.wq", "0.wk", "0.wv"].map((name) => normed.map((row) => times(model[name], row)));
    return (found[positions] = { x, q, k, v });
  }

  // What the heads compute for each query, or for the one at `last` only, and the probabilities after it.
  function run(ids, model, n_head, edit, last, only = false) {
    const T = ids.length, D = model.wte[0].length / n_head;
    const { x, q, k, v } = projected(ids, model, edit.positions);
    const part = (row, h) => row.slice(D * h, D * (h + 1));
    const heads = Array.from({ length: n_head }, (_, h) => {
      const values = v.map((row) => part(row, h));
      const scores = q.map((row, i) => (only && i !== last ? [] : k.map((key) => dot(part(row, h), part(key, h)) / Math.sqrt(D))));
      const weights = scores.map((row, i) => {
        if (!row.length) return row;
        const delta = h === edit.head && i === edit.query ? edit.delta : [];
        const seen = softmax(row.slice(0, i + 1).map((score, j) => score + (delta[j] ?? 0)));
        return [...seen, ...new Array(T - 1 - i).fill(0)];
      });
      const context = weights.map((row) =>
        Array.from({ length: D }, (_, d) => (edit.ablated[h] ? 0 : row.reduce((sum, weight, j) => sum + weight * values[j][d], 0))));
      return { values, scores, weights, context };
    });
    const residual = add(x[last], times(model["0.wo"], heads.flatMap((head) => head.context[last])));
    const hidden = times(model["0.fc1"], norm(residual)).map((number) => Math.max(number, 0));
    const probs = softmax(times(model.lm_head, add(residual, times(model["0.fc2"], hidden))));
    return { heads, probs };
  }

  const beginnings = new WeakMap(); // a text -> the text without its last token

  // The mean loss of the last token of other texts.
  const lossOf = (data, edit) => {
    const losses = data.rows.map((row) => {
      if (!beginnings.has(row)) beginnings.set(row, row.slice(0, -1));
      const ids = beginnings.get(row), { probs } = run(ids, data.trained, data.n_head, edit, ids.length - 1, true);
      return -Math.log(Math.max(probs[row.at(-1)], SMALLEST));
    });
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };
  const unchangedLosses = new WeakMap();

  function lossLine(data, edit, unchanged) {
    if (!data.loss_name) return "";
    if (!unchangedLosses.has(data)) unchangedLosses.set(data, lossOf(data, unchanged));
    const before = unchangedLosses.get(data), now = lossOf(data, edit), more = now - before;
    const change = Math.abs(more) >= 0.0005 ? `${fixed(Math.abs(more), 3)} ${more > 0 ? "worse" : "better"}` : "no change";
    return `${data.loss_name}: ${fixed(now, 3)} nats; unchanged model ${fixed(before, 3)}: ${change}`;
  }

  const signed = (number) => fixed(number, 1).replace("-", "−");

  // Signed numbers as small bars: up above 0, down below.
  const valueBars = (numbers, scale, words) => {
    const shown = numbers.slice(0, MOST_NUMBERS);
    const bars = shown.map((number, k) => {
      const height = 11 * Math.min(Math.abs(number) / scale, 1);
      return svg("rect", { x: 9 * k + 1, y: number > 0 ? 12 - height : 12, width: 7, height, class: number > 0 ? "up" : "down" });
    });
    const zero = svg("line", { x1: 0, x2: 9 * shown.length, y1: 12, y2: 12 });
    return svg("svg", { class: "values", viewBox: `0 0 ${9 * MOST_NUMBERS} 24`, role: "img", "aria-label": words }, ...bars, zero);
  };

  // The weights of all queries; the row of the chosen one has a frame.
  const triangle = (weights, names, query) => {
    const T = names.length, side = 22, left = 46, top = 44;
    const cells = weights.flatMap((row, i) => row.map((weight, j) =>
      svg("rect", { x: left + side * j, y: top + side * i, width: side, height: side, class: j > i ? "masked" : "cell", style: `--weight: ${100 * weight}%` })));
    const rows = names.map((name, i) => svg("text", { x: left - 5, y: top + side * (i + 0.5) + 4, "text-anchor": "end" }, name));
    const columns = names.map((name, j) => svg("text", { transform: `translate(${left + side * (j + 0.5) + 4} ${top - 5}) rotate(-90)` }, name));
    const frame = svg("rect", { class: "frame", x: left, y: top + side * query, width: side * (query + 1), height: side });
    const size = { viewBox: `0 0 ${left + side * T + 4} ${top + side * T + 4}`, width: left + side * T + 4 };
    return svg("svg", { class: "triangle", "aria-hidden": "true", ...size }, ...cells, ...rows, ...columns, frame);
  };

  const STYLE = `
    .attention-editor .sides { display: flex; flex-wrap: wrap; gap: 0.6rem 1.6rem; align-items: flex-start; }
    .attention-editor .keys { flex: 1 1 19rem; min-width: 0; display: grid; grid-template-columns: auto auto minmax(2.5rem, 1fr) auto auto;
      gap: 0.1rem 0.6rem; align-items: center; }
    .attention-editor .keys > b, .attention-editor .muted { color: var(--viz-muted); font-weight: 400; }
    .attention-editor .name { font-family: ui-monospace, monospace; text-align: right; }
    .attention-editor .later { color: var(--viz-muted); }
    .attention-editor .score { white-space: nowrap; font-variant-numeric: tabular-nums; }
    .attention-editor .score em { font-style: normal; font-weight: 600; color: var(--viz-2); }
    .attention-editor .track { height: 0.9rem; background: var(--viz-faint); }
    .attention-editor .track i { display: block; height: 100%; background: var(--viz-1); }
    .attention-editor .number { font-variant-numeric: tabular-nums; }
    .attention-editor .values { width: 5.2rem; height: 1.7rem; }
    .attention-editor .values .up { fill: var(--viz-positive); }
    .attention-editor .values .down { fill: var(--viz-negative); }
    .attention-editor .values line { stroke: var(--viz-muted); }
    .attention-editor .faint .up, .attention-editor .faint .down { fill: var(--viz-line); }
    .attention-editor .context { grid-column: 1 / 5; text-align: right; font-weight: 600; border-top: 1px solid var(--viz-line); padding-top: 0.2rem; }
    .attention-editor .triangle .cell { fill: color-mix(in srgb, var(--viz-ink) var(--weight), var(--viz-paper)); stroke: var(--viz-line); stroke-width: 0.5; }
    .attention-editor .triangle .masked { fill: var(--viz-masked); }
    .attention-editor .triangle .frame { fill: none; stroke: var(--viz-2); stroke-width: 2.5; }
    .attention-editor .next { display: flex; align-items: flex-end; height: 6.5rem; margin-top: 1.1rem; border-bottom: 1px solid var(--viz-muted); }
    .attention-editor .next i { position: relative; display: block; width: 100%; margin: 0 1px; background: var(--viz-1); }
    .attention-editor .next span { position: absolute; bottom: 100%; left: 50%; transform: translateX(-50%); font: 0.7rem/1.3 system-ui, sans-serif; }
    .attention-editor .next > div { position: relative; flex: 1 1 0; height: 100%; display: flex; align-items: flex-end; min-width: 0; }
    .attention-editor .next > div::after { content: ""; position: absolute; left: 0; right: 0; bottom: var(--before); height: 2px; background: var(--viz-ink); }
    .attention-editor .next > .none::after { content: none; }
    .attention-editor .names { display: flex; font: 0.8rem/1.7 ui-monospace, monospace; }
    .attention-editor .names span { flex: 1 1 0; min-width: 0; text-align: center; }
    .attention-editor .names .long { font-size: 0.66rem; line-height: 2.1; }
    @media (max-width: 40em) {
      .attention-editor .names .long { writing-mode: vertical-rl; line-height: 1; font-size: 0.75rem; padding-top: 0.3em; }
    }`;

  vizDial("attention_editor", {
    knobs(data) {
      const places = [...data.names.keys()], deltas = Array.from({ length: 33 }, (_, k) => k / 2 - 8);
      const slider = (name, label, options, value, texts) => ({ name, label, kind: "slider", options, value, texts });
      const heads = Array.from({ length: data.n_head }, (_, h) => h);
      return [
        slider("query", "query", places, places.length - 1, places.map((k) => `${data.names[k]} at ${k}`)),
        ...(data.n_head > 1 ? [slider("head", "head", heads, data.head)] : []),
        ...places.map((k) => slider(`delta_${k}`, `add to ${data.names[k]} (${k})`, deltas, 0, deltas.map((d) => (d > 0 ? `+${d}` : signed(d).replace(".0", ""))))),
        ...heads.map((h) => ({ name: `ablate_${h}`, label: `ablate head ${h}`, kind: "check", value: false })),
        { name: "positions", label: "positions", kind: "check", value: true },
      ];
    },

    compute(data, values) {
      const { query, head = data.head } = values, T = data.ids.length;
      const edit = { query, head, delta: data.names.map((_, k) => values[`delta_${k}`]), positions: values.positions };
      edit.ablated = Array.from({ length: data.n_head }, (_, h) => values[`ablate_${h}`]);
      const unchanged = { query, head, delta: [], positions: true, ablated: [] };
      const now = run(data.ids, data.trained, data.n_head, edit, query);
      const before = run(data.ids, data.trained, data.n_head, unchanged, query);
      const { scores, weights, values: vectors, context } = now.heads[head], row = weights[query];
      const caption = lossLine(data, edit, unchanged);
      const best = row.indexOf(Math.max(...row));
      const likely = [...now.probs.keys()].sort((a, b) => now.probs[b] - now.probs[a]).slice(0, 3);
      const next = likely.map((k) => `${data.vocab[k]} ${fixed(now.probs[k], 2)}`).join(", ");
      const ablated = edit.ablated[head] ? " (ablated)" : "";
      return {
        query, head, weights: row, context: context[query], probs: Object.fromEntries(data.vocab.map((name, k) => [name, now.probs[k]])),
        scores: scores[query], delta: edit.delta, all: weights, vectors, before: before.heads[head].context[query], unchanged: before.probs, now: now.probs, caption, T,
        text: `In head ${head}${ablated} ${data.tokens[query]} at position ${query} gives ${fixed(row[best], 2)} to ${data.tokens[best]} at position ${best}; ` +
          `next come ${next}${caption ? `; ${caption}` : ""}.`,
      };
    },

    draw(result, box, data) {
      const { query, weights, scores, delta, vectors, context } = result;
      const scale = Math.max(...vectors.flat().map(Math.abs)) || 1;
      const words = (numbers) => numbers.map(signed).join(" ");
      const keys = ["key", "score", "weight", "", "value"].map((name) => element("b", {}, name));
      data.names.forEach((name, j) => {
        const isSeen = j <= query, kind = isSeen ? "" : " later", more = delta[j];
        const added = isSeen && more ? element("em", {}, ` ${more > 0 ? "+" : "−"} ${format.general(Math.abs(more))}`) : null;
        keys.push(
          element("span", { class: `name${kind}` }, name),
          element("span", { class: `score${kind}` }, isSeen ? signed(scores[j]) : "−∞", added),
          element("span", { class: "track" }, element("i", { style: `width: ${100 * weights[j]}%` })),
          element("span", { class: `number${kind}` }, fixed(weights[j], 2)),
          element("span", { class: isSeen ? "" : "faint" }, valueBars(vectors[j], scale, words(vectors[j]))));
      });
      keys.push(
        element("span", { class: "context" }, "context, the weighted sum of the values"), valueBars(context, scale, words(context)),
        element("span", { class: "context" }, "unchanged model"), element("span", { class: "faint" }, valueBars(result.before, scale, words(result.before))));
      const largest = Math.max(...result.now, ...result.unchanged, 0.01);
      const column = (p, k) => element("div", { class: result.unchanged[k] < 0.005 ? "none" : "", style: `--before: ${(100 * result.unchanged[k]) / largest}%` },
        element("i", { style: `height: ${(100 * p) / largest}%` }, p >= 0.03 ? element("span", {}, fixed(100 * p)) : null));
      const root = element("div", { class: "attention-editor" },
        element("div", { class: "sides" }, triangle(result.all, data.names, query), element("div", { class: "keys" }, ...keys)),
        element("div", { class: "next", "aria-hidden": "true" }, ...result.now.map(column)),
        element("div", { class: "names", "aria-hidden": "true" }, ...data.vocab.map((name) => element("span", { class: name.length > 1 ? "long" : "" }, name))),
        element("p", { class: "muted" }, "Probability of the next token, in percent; a dark line is that of the unchanged model."));
      box.append(element("style", {}, STYLE), root);
    },
  });
}

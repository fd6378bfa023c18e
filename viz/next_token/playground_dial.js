// Sampling from stored logits in a page: temperature, top-k and top-p as bars of the next token.
//
// A text needs the model, so the texts of a few settings are stored, and a button for each.
{
  const ALL = 0;
  const { general, fixed, commas } = vizDial.format;
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const entropyOf = (probs) => sum(probs.map((p) => (p > 0 ? -p * Math.log(p) : 0)));
  const percent = (p) => `${fixed(100 * p, 1)}%`;

  const softmax = (logits) => {
    const largest = Math.max(...logits), weights = logits.map((logit) => Math.exp(logit - largest));
    const total = sum(weights);
    return weights.map((weight) => weight / total);
  };

  // Positions from the largest to the smallest; of equal ones the first comes first.
  const ranking = (probs) => [...probs.keys()].sort((a, b) => probs[b] - probs[a]);

  const filtered = (logits, temperature, topK, topP) => {
    if (temperature === 0) {
      const best = logits.indexOf(Math.max(...logits));
      return logits.map((_, k) => (k === best ? 1 : 0));
    }
    const probs = softmax(logits.map((logit) => logit / temperature)), kept = probs.map(() => 0);
    let before = 0, total = 0;
    for (const k of ranking(probs).slice(0, topK === ALL ? undefined : topK)) {
      if (topP < 1 && before >= topP) break;
      before += probs[k];
      kept[k] = probs[k];
      total += probs[k];
    }
    return kept.map((p) => p / total);
  };

  const nameOf = ({ temperature, top_k, top_p }) =>
    `temperature ${general(temperature)}, top-k ${top_k || "all"}, top-p ${general(top_p)}`;
  const isSame = (one, other) => ["temperature", "top_k", "top_p"].every((name) => one[name] === other[name]);

  // A button for each stored text, and the text of the present setting.
  const writtenText = (box, result, data) => {
    const { element } = vizDial;
    const choose = ({ temperature, top_k, top_p }, place) => () => {
      const dial = box.closest(".dial");
      dial.dial.set({ temperature, top_k, top_p });
      dial.querySelectorAll(".playground .settings button")[place].focus(); // the old one was replaced
    };
    const button = (text, place) => {
      const { temperature, top_k, top_p } = text;
      const words = `${general(temperature)}${top_k ? `, top-k ${top_k}` : ""}${top_p < 1 ? `, top-p ${general(top_p)}` : ""}`;
      const state = { "aria-pressed": String(text === result.written), "aria-label": `the text at ${nameOf(text)}` };
      return element("button", { type: "button", onclick: choose(text, place), ...state }, words);
    };
    const pieces = result.written?.pieces.map((piece, k) =>
      element("span", { style: `--shade: ${(70 * result.written.shades[k]) / data.shades}%` }, piece));
    return [
      element("p", { class: "muted" }, "Texts are stored for these settings (temperature first). Another text, or your own prompt, needs the model: run the lesson's cell."),
      element("div", { class: "settings" }, ...data.texts.map(button)),
      element("p", { class: "written" }, ...(pieces ? [element("em", {}, data.prompt), ...pieces] : [element("em", {}, "No text is stored for this setting.")])),
      element("p", { class: "muted" }, `Seed ${data.seed}. The stronger the colour of a written token, the larger its loss.`),
    ];
  };

  const STYLE = `
    .playground .muted { color: var(--viz-muted); margin: 0.3rem 0; }
    .playground .bar { display: grid; grid-template-columns: 2.2rem 1fr 3.8rem 5.4rem; gap: 0.5rem; align-items: center; height: 1.45rem; }
    .playground .bar.edge { border-top: 2px dashed var(--viz-2); }
    .playground .bar b { font: 0.95rem ui-monospace, monospace; text-align: right; }
    .playground .track { position: relative; height: 1rem; }
    .playground .track i { position: absolute; left: 0; top: 0; bottom: 0; background: var(--viz-line); }
    .playground .track i + i { top: 0.2rem; bottom: 0.2rem; background: var(--viz-1); }
    .playground .now { color: var(--viz-1); font-weight: 600; }
    .playground .cut b, .playground .cut .now, .playground .was { color: var(--viz-muted); }
    .playground .cut .now { font-weight: 400; }
    .playground .was { white-space: nowrap; }
    .playground .key { display: inline-block; width: 0.9rem; height: 0.7rem; margin-right: 0.3rem; background: var(--viz-1); }
    .playground .key.was { background: var(--viz-line); }
    .playground .muted > span { margin-right: 1rem; }
    .playground .settings { display: flex; flex-wrap: wrap; gap: 0.35rem; margin: 0.4rem 0; }
    .playground .settings button { padding: 0.2rem 0.5rem; }
    .playground .settings button[aria-pressed=true] { background: var(--viz-ink); color: var(--viz-paper); }
    .playground .written { font: 0.9rem/1.8 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0.4rem 0; min-height: 5.4em; }
    .playground .written span { background: color-mix(in srgb, var(--viz-2) var(--shade), transparent); }
    .playground .written em { font-style: normal; color: var(--viz-muted); }`;

  vizDial("playground", {
    knobs(data) {
      const first = data.texts[0], { ranges } = data;
      const slider = (name, label, texts) => ({ name, label, kind: "slider", options: ranges[name], texts: ranges[name].map(texts), value: first[name] });
      return [
        { name: "after", label: "after", kind: "choice", options: [...data.after.keys()], texts: data.after, value: 0 },
        slider("temperature", "temperature", (value) => fixed(value, 1)),
        slider("top_k", "top-k", (value) => (value === ALL ? "all" : String(value))),
        slider("top_p", "top-p", (value) => fixed(value, 2)),
      ];
    },

    compute(data, values) {
      const logits = data.logits[values.after].map((logit) => logit ?? -Infinity), V = logits.length;
      const model = softmax(logits), after = filtered(logits, values.temperature, values.top_k, values.top_p);
      const shown = ranking(model).slice(0, data.most_bars);
      const bars = shown.map((k) => [data.tokens[k], model[k], after[k]]);
      const kept = after.filter((p) => p > 0).length;
      const summary = `${nameOf(values)}: ${commas(kept)} of ${commas(V)} tokens can follow`;
      const best = bars.slice(0, 3).map(([token, , p]) => `${token} ${fixed(p, 2)}`).join(", ");
      const others = { count: V - shown.length, before: 1 - sum(bars.map((bar) => bar[1])), after: Math.max(1 - sum(bars.map((bar) => bar[2])), 0) };
      return {
        bars, kept, others, entropy: entropyOf(after), modelEntropy: entropyOf(model),
        title: data.title ? `${data.title}: ${summary}` : summary,
        setting: values, written: data.texts.find((text) => isSame(text, values)) ?? null,
        text: `${summary}; the likeliest are ${best}.`,
      };
    },

    draw(result, box, data) {
      const { element } = vizDial;
      const largest = Math.max(...result.bars.flatMap(([, before, after]) => [before, after]));
      const long = (p) => element("i", { style: `width: ${(100 * p) / largest}%` });
      const row = ([token, before, after], k) => {
        const isCut = after === 0, isEdge = isCut && (k === 0 || result.bars[k - 1][2] > 0);
        return element("div", { class: `bar${isCut ? " cut" : ""}${isEdge ? " edge" : ""}`, role: "listitem" },
          element("b", {}, token), element("div", { class: "track" }, long(before), long(after)),
          element("span", { class: "now" }, isCut ? "cut off" : percent(after)),
          element("span", { class: "was" }, `was ${percent(before)}`));
      };
      const key = (kind, words) => element("span", {}, element("i", { class: `key ${kind}` }), words);
      const { count, before, after } = result.others;
      const others = count ? `${commas(count)} others together: ${percent(after)}, was ${percent(before)}. ` : "";
      const entropy = `Entropy: ${fixed(result.entropy, 2)} nats, was ${fixed(result.modelEntropy, 2)}.`;
      const root = element("div", { class: "playground" },
        element("p", { class: "muted" }, key("was", "the model's own"), key("", "after temperature, top-k, top-p")),
        element("div", { role: "list" }, ...result.bars.map(row)),
        element("p", { class: "muted" }, others + entropy));
      box.append(element("style", {}, STYLE), root);
      root.append(...writtenText(box, result, data));
    },
  });
}

// Sampling options in a page: texts, and bars for the next token.
//
// Either the texts of each setting are stored, with the probabilities at temperature 1: each is
// raised to the power 1 / temperature. Or documents are stored: then a table of n-grams is counted
// here, and writes with the random numbers of Python.
{
  const general = (value) => (typeof value === "number" ? vizDial.format.general(value) : String(value));
  const shownToken = (token) => ({ " ": "␣", "\n": "↵" })[token] ?? token;

  // The place of a setting among all settings of these options, the last option fastest.
  const placeOf = (options, values) =>
    options.reduce((place, [name, , choices]) => place * choices.length + choices.indexOf(values[name]), 0);

  const raised = (probs, temperature) => {
    const logits = probs.map((p) => Math.log(p) / temperature), largest = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };

  const stored = (data, values) => {
    const options = data.options.filter(([name]) => name !== data.count);
    const found = data.texts[placeOf(options, values)];
    if (typeof found === "string") return { error: found };
    const rows = options.filter(([name]) => name !== "temperature");
    const all = data.trained.probs;
    const probs = all.length ? raised(all[placeOf(rows, values)], values.temperature ?? 1) : [];
    return { probs, tokens: data.tokens, texts: data.count ? found.slice(0, values[data.count]) : found };
  };

  // The Mersenne Twister of `random.Random(seed)`: numbers from 0 to below 1.
  const generator = (seed) => {
    const N = 624, state = new Uint32Array(N);
    const times = (a, b) => Math.imul(a, b) >>> 0;
    const mixed = (k) => state[k - 1] ^ (state[k - 1] >>> 30);
    state[0] = 19650218;
    for (let k = 1; k < N; k++) state[k] = times(1812433253, mixed(k)) + k;
    let at = 1;
    const step = (change) => {
      state[at] = change(at);
      if (++at === N) [state[0], at] = [state[N - 1], 1];
    };
    for (let k = 0; k < N; k++) step((i) => (state[i] ^ times(mixed(i), 1664525)) + seed);
    for (let k = 1; k < N; k++) step((i) => (state[i] ^ times(mixed(i), 1566083941)) - i);
    state[0] = 0x80000000;
    let used = N;
    const next = () => {
      if (used === N) {
        for (let k = 0; k < N; k++) {
          const y = (state[k] & 0x80000000) | (state[(k + 1) % N] & 0x7fffffff);
          state[k] = state[(k + 397) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
        }
        used = 0;
      }
      let y = state[used++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    };
    return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  };

  // Counts of what followed each context of a size; the last one is the end.
  const tables = new WeakMap();
  const tableOf = (data, size) => {
    if (!tables.has(data)) tables.set(data, new Map());
    const known = tables.get(data);
    if (known.has(size)) return known.get(size);
    const counts = new Map(), V = data.letters.length + 1;
    for (const word of data.documents.split(" "))
      for (let k = 0; k <= word.length; k++) {
        const context = word.slice(Math.max(0, k - size), k);
        if (!counts.has(context)) counts.set(context, new Array(V).fill(0));
        counts.get(context)[k < word.length ? data.letters.indexOf(word[k]) : V - 1]++;
      }
    known.set(size, counts);
    return counts;
  };

  const counted = (data, { temperature, context, seed }) => {
    const counts = tableOf(data, context), V = data.letters.length + 1;
    const probsAfter = (text) => {
      const row = counts.get(text.slice(Math.max(0, text.length - context))) ?? new Array(V).fill(0);
      const total = row.reduce((sum, count) => sum + count, 0) + data.smoothing * V;
      return raised(row.map((count) => (count + data.smoothing) / total), temperature);
    };
    const random = generator(seed);
    const write = () => {
      for (let text = ""; ; ) {
        if (text.length === data.longest) return text;
        const probs = probsAfter(text);
        let token = 0, sum = probs[0];
        const most = random() * probs.reduce((total, p) => total + p, 0);
        while (sum <= most && token < V - 1) sum += probs[++token];
        if (token === V - 1) return text;
        text += data.letters[token];
      }
    };
    const texts = Array.from({ length: data.how_many }, write);
    return { probs: probsAfter(data.prefix), tokens: [...data.letters, "end"], texts };
  };

  const STYLE = `
    .sampling .bars { display: flex; align-items: flex-end; height: 9rem; padding-top: 1rem; border-bottom: 1px solid var(--viz-muted); }
    .sampling .bars i { display: block; flex: 1 1 0; margin: 0 1px; min-width: 0; background: var(--viz-1); position: relative; }
    .sampling .bars i.most { background: var(--viz-2); }
    .sampling .bars span { position: absolute; bottom: 100%; left: 50%; transform: translateX(-50%); font: 0.7rem/1.3 system-ui, sans-serif; color: var(--viz-muted); }
    .sampling .names { display: flex; font: 0.85rem/1.7 ui-monospace, monospace; }
    .sampling .names span { flex: 1 1 0; min-width: 0; text-align: center; }
    .sampling .names .long { font-size: 0.68rem; line-height: 2.2; }
    @media (max-width: 40em) {
      .sampling .names .long { writing-mode: vertical-rl; line-height: 1; font-size: 0.75rem; padding-top: 0.3em; }
    }
    .sampling .muted { color: var(--viz-muted); margin: 0.3rem 0 0; }
    .sampling .muted b, .sampling .known { color: var(--viz-5); }
    .sampling .texts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); gap: 0.1rem 0.6rem; list-style: none;
      padding: 0; margin: 0.8rem 0 0; font-family: ui-monospace, monospace; }
    .sampling .texts li { margin: 0; overflow-wrap: anywhere; padding-left: 0.9rem; text-indent: -0.9rem; }
    .sampling .texts li::before { content: ""; display: inline-block; width: 0.45rem; height: 0.45rem; border-radius: 50%; margin-right: 0.45rem; }
    .sampling .texts .known { font-weight: 600; }
    .sampling .texts .known::before { background: var(--viz-5); }`;

  vizDial("sampling", {
    knobs(data) {
      const slider = ([name, label, options, value]) => ({ name, label, kind: "slider", options, value, texts: options.map(general) });
      const seeds = ["seed", "seed", Array.from({ length: 20 }, (_, k) => k + 1), data.seed];
      return [...data.options, ...(data.documents ? [seeds] : [])].map(slider);
    },

    compute(data, values) {
      const found = data.documents ? counted(data, values) : stored(data, values);
      if (found.error) return found;
      const { texts, tokens, probs } = found;
      const settings = data.options.map(([name, label]) => `${label} ${general(values[name])}`).join(", ");
      const title = data.title ? `${data.title}: ${settings}` : settings;
      const known = new Set(data.documents?.split(" ") ?? data.known);
      const isKnown = texts.map((text) => known.has(text));
      const caption = data.known_label ? `${isKnown.filter(Boolean).length} of ${texts.length}: ${data.known_label}` : "";
      const entropy = probs.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
      const text = `${title}: ${texts.slice(0, 4).join(", ")} ...${caption && ` (${caption})`}`;
      return { texts, isKnown, caption, title, tokens, probs, entropy, text };
    },

    draw(result, box, data) {
      const { element, format } = vizDial;
      const root = element("div", { class: "sampling" });
      box.append(element("style", {}, STYLE), root);
      if (result.probs.length) {
        const largest = Math.max(...result.probs);
        const bar = (prob) =>
          element("i", { class: prob === largest ? "most" : "", style: `height: ${(100 * prob) / largest}%` },
            prob >= 0.03 ? element("span", {}, format.fixed(100 * prob)) : null);
        const name = (token) => element("span", { class: token.length > 1 ? "long" : "" }, shownToken(token));
        root.append(
          element("p", { class: "title" }, `${data.title || "Next token"}: probabilities in percent`),
          element("div", { class: "bars", "aria-hidden": "true" }, ...result.probs.map(bar)),
          element("div", { class: "names", "aria-hidden": "true" }, ...result.tokens.map(name)),
          element("p", { class: "muted" }, `Entropy: ${format.fixed(result.entropy, 2)} nats.`),
        );
      }
      const item = (text, k) =>
        element("li", { class: result.isKnown[k] ? "known" : "" }, text.replaceAll("\n", "↵") || "(nothing)");
      root.append(element("ul", { class: "texts" }, ...result.texts.map(item)));
      if (result.caption) root.append(element("p", { class: "muted" }, element("b", {}, "● "), result.caption));
    },
  });
}

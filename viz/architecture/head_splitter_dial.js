// The head split in a page: the sizes of attention, and whether n_embd is divisible by n_head.
// The message for sizes that do not fit is that of `gptcore.heads.check_heads` (tested).
{
  const advice = (n_embd, n_head) => {
    const divisors = [];
    for (let d = 1; d <= n_embd; d++) if (n_embd % d === 0) divisors.push(d);
    const heads = [divisors.filter((d) => d < n_head).at(-1), divisors.find((d) => d > n_head)];
    const near = (step) => {
      const below = Math.floor(n_embd / step) * step;
      return [below, below + step].filter((size) => size > 0);
    };
    const join = (numbers, word = "or") =>
      numbers.length > 1 ? `${numbers.slice(0, -1).join(", ")} ${word} ${numbers.at(-1)}` : `${numbers[0]}`;
    const fast = near(8 * n_head), others = near(n_head).filter((size) => !fast.includes(size));
    const also = ` (${join(others, "and")} divide${others.length === 1 ? "s" : ""} too, but GPUs like head sizes that are multiples of 8)`;
    return (
      `n_embd=${n_embd} is not divisible by n_head=${n_head}. ` +
      `Keep n_embd and set n_head to ${join(heads.filter((d) => d !== undefined))}; ` +
      `or keep n_head and set n_embd to ${join(fast)}${others.length ? also : ""}.`
    );
  };

  // The causal mask of one head.
  const square = (k, heads) => {
    const { element, svg } = vizDial;
    const rows = Array.from({ length: 6 }, (_, i) => svg("rect", { y: i, width: i + 1, height: 1, class: k % 2 ? "odd" : "even" }));
    const image = svg("svg", { viewBox: "0 0 6 6", "aria-hidden": "true" }, svg("rect", { class: "paper", width: 6, height: 6 }), ...rows);
    return element("div", {}, image, heads <= 12 || k % 5 === 0 ? String(k) : "");
  };

  const STYLE = `
    .head-split .name { margin: 0.7rem 0 0.2rem; }
    .head-split .name span { color: var(--viz-muted); margin-left: 0.6rem; }
    .head-split .strip { display: flex; height: 3.2rem; border: 1px solid var(--viz-line); }
    .head-split .strip.apart { border: 0; gap: 3px; }
    .head-split .strip i { display: block; flex: var(--share) 1 0; min-width: 0; background:
      repeating-linear-gradient(transparent 0 calc(100% / var(--rows) - 1px), var(--viz-paper) 0 calc(100% / var(--rows))),
      color-mix(in srgb, var(--viz-1) var(--strength), var(--viz-paper)); }
    .head-split .strip.cut i + i { border-left: 1px dashed var(--viz-ink); }
    .head-split .strip i.rest { background: color-mix(in srgb, var(--viz-warn) 45%, var(--viz-paper)); outline: 1px solid var(--viz-warn); min-width: 4px; }
    .head-split .squares { display: flex; gap: 3px; }
    .head-split .squares div { flex: 1 1 0; min-width: 0; text-align: center; font-size: 0.75rem; color: var(--viz-muted); }
    .head-split .squares svg { width: 100%; max-width: 3.8rem; margin: 0 auto; }
    .head-split .paper { fill: var(--viz-faint); }
    .head-split .even { fill: color-mix(in srgb, var(--viz-1) 45%, var(--viz-faint)); }
    .head-split .odd { fill: color-mix(in srgb, var(--viz-1) 75%, var(--viz-faint)); }
    .head-split .note { margin: 0.8rem 0 0; font-weight: 600; }
    .head-split .note.good { color: var(--viz-3); }
    .head-split .note.slow { color: var(--viz-5); }
    .head-split .note.bad { color: var(--viz-warn); text-align: right; margin: 0.2rem 0 0; }`;

  vizDial("head_splitter", {
    knobs(data) {
      const [low, high, step] = data.n_embd_range;
      const sizes = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => low + step * k);
      const heads = Array.from({ length: data.max_heads }, (_, k) => k + 1);
      return [
        { name: "n_embd", label: "n_embd", kind: "slider", options: sizes, value: data.n_embd },
        { name: "n_head", label: "n_head", kind: "slider", options: heads, value: data.n_head },
      ];
    },

    compute(data, { n_embd, n_head }) {
      const rest = n_embd % n_head, fits = rest === 0;
      const head_dim = (n_embd - rest) / n_head;
      const heads = n_head === 1 ? "one head" : `${n_head} heads`;
      const title = fits
        ? `${n_embd} numbers split into ${heads}: ${head_dim} each`
        : `${n_embd} / ${n_head} is not whole: ${rest} of ${n_embd} numbers belong to no head`;
      const warning = fits ? "" : data.check ? advice(n_embd, n_head) : "";
      const isFast = head_dim % data.multiple === 0;
      const note = isFast
        ? `head dimension ${head_dim}: a multiple of ${data.multiple}, for which GPUs are fast`
        : `head dimension ${head_dim}: not a multiple of ${data.multiple}: it works, and runs slower on a GPU`;
      const result = { n_embd, n_head, head_dim: fits ? head_dim : null, parts: head_dim, rest, title, warning };
      return { ...result, note: fits ? note : warning || "Choose sizes that divide.", isFast, text: `${title}.${warning && " "}${warning}` };
    },

    // Lengths are shares of the width, so that the picture fits every page.
    draw(result, box, data) {
      const { element } = vizDial;
      const { n_embd, n_head, head_dim, rest, parts } = result, T = data.tokens, fits = head_dim !== null;
      const root = element("div", { class: "head-split" });
      box.append(element("style", {}, STYLE), root);
      const name = (text, shape) => root.append(element("p", { class: "name" }, text, element("span", {}, shape)));
      const strip = (kind, shares) => {
        const parts = shares.map(([share, kind], k) =>
          element("i", { class: kind, style: `--share: ${share}; --strength: ${k % 2 ? "45%" : "20%"}` }));
        root.append(element("div", { class: `strip ${kind}`, style: `--rows: ${Math.min(T, 16)}` }, ...parts));
      };
      const each = Array.from({ length: n_head }, () => [parts, ""]);
      const all = rest ? [...each, [rest, "rest"]] : each;
      name("q, k or v", `T x C: ${T} x ${n_embd}`);
      strip("cut", all);
      name(n_head === 1 ? "1 head" : `${n_head} heads`, `T x D: ${T} x ${parts}`);
      strip("apart", all);
      if (!fits) {
        root.append(element("p", { class: "note bad" }, `${rest} left over`));
        return;
      }
      name("attention", `T x T: ${T} x ${T}, one matrix for each head`);
      root.append(element("div", { class: "squares" }, ...each.map((_, k) => square(k, n_head))));
      name("concatenated", `T x C: ${T} x ${n_embd}`);
      strip("", each);
      root.append(element("p", { class: `note ${result.isFast ? "good" : "slow"}` }, (result.isFast ? "✓ " : "! ") + result.note));
    },
  });
}

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
      const { n_embd, n_head, head_dim, rest, parts } = result, T = data.tokens, fits = head_dim !== null;
      const make = (parent, kind, className, text = "") => {
        const element = document.createElement(kind);
        Object.assign(element, { className, textContent: text });
        parent.append(element);
        return element;
      };
      const style = make(box, "style", "");
      style.textContent = `
        .head-split { color: var(--viz-ink); font-size: 0.9rem; line-height: 1.4; }
        .head-split .title { font-weight: 600; margin: 0 0 0.6rem; }
        .head-split .name { margin: 0.7rem 0 0.2rem; }
        .head-split .name span { color: var(--viz-muted); margin-left: 0.6rem; }
        .head-split .strip { display: flex; height: 3.2rem; border: 1px solid var(--viz-line); }
        .head-split .strip.apart { border: 0; gap: 3px; }
        .head-split .strip i { display: block; flex: var(--share) 1 0; min-width: 0; background:
          repeating-linear-gradient(transparent 0 calc(100% / var(--rows) - 1px), var(--viz-paper) 0 calc(100% / var(--rows))),
          color-mix(in srgb, var(--viz-blue) var(--strength), var(--viz-paper)); }
        .head-split .strip.cut i + i { border-left: 1px dashed var(--viz-ink); }
        .head-split .strip i.rest { background: color-mix(in srgb, var(--viz-bad) 35%, var(--viz-paper)); outline: 1px solid var(--viz-bad); }
        .head-split .squares { display: flex; gap: 3px; }
        .head-split .squares div { flex: 1 1 0; min-width: 0; text-align: center; font-size: 0.75rem; color: var(--viz-muted); }
        .head-split svg { display: block; width: 100%; max-width: 3.8rem; margin: 0 auto; }
        .head-split .note { margin: 0.8rem 0 0; font-weight: 600; }
        .head-split .note.good { color: var(--viz-good); }
        .head-split .note.slow { color: var(--viz-gold); }
        .head-split .note.bad, .head-split .title.bad { color: var(--viz-bad); }`;
      const root = make(box, "div", "head-split");
      make(root, "p", fits ? "title" : "title bad", result.title);
      const name = (text, shape) => make(make(root, "p", "name", text), "span", "", shape);
      const strip = (kind, shares) => {
        const line = make(root, "div", `strip ${kind}`);
        line.style.setProperty("--rows", Math.min(T, 16));
        shares.forEach(([share, className], k) => {
          const part = make(line, "i", className);
          part.style.setProperty("--share", share);
          part.style.setProperty("--strength", k % 2 && kind !== "whole" ? "45%" : "20%");
        });
        return line;
      };
      const each = Array.from({ length: n_head }, () => [parts, ""]);
      const all = rest ? [...each, [rest, "rest"]] : each;
      name("q, k or v", `T x C: ${T} x ${n_embd}`);
      strip("cut", all);
      name(n_head === 1 ? "1 head" : `${n_head} heads`, `T x D: ${T} x ${parts}`);
      strip("apart", all);
      if (rest) make(root, "p", "note bad", `${rest} left over`);
      if (fits) {
        name("attention", `T x T: ${T} x ${T}, one matrix for each head`);
        const line = make(root, "div", "squares");
        for (let k = 0; k < n_head; k++) {
          const cell = make(line, "div", "");
          const steps = Array.from({ length: 6 }, (_, i) => `<rect y="${i}" width="${i + 1}" height="1"/>`).join("");
          cell.innerHTML = `<svg viewBox="0 0 6 6" aria-hidden="true"><rect width="6" height="6" fill="var(--viz-faint)"/>` +
            `<g fill="var(--viz-blue)" fill-opacity="${k % 2 ? 0.8 : 0.5}">${steps}</g></svg>`;
          if (n_head <= 12 || k % 5 === 0) make(cell, "div", "", String(k));
        }
        name("concatenated", `T x C: ${T} x ${n_embd}`);
        strip("", each);
      }
      const mark = fits ? (result.isFast ? "✓ " : "! ") : "";
      make(root, "p", `note ${fits ? (result.isFast ? "good" : "slow") : "bad"}`, mark + result.note);
    },
  });
}

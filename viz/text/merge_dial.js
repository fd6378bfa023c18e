// Byte-pair encoding by hand, beside the algorithm's merges.
// Merging and sentences are those of `merging.py` and `merge_game.py`. A byte is one letter of
// Latin-1 here, so that letters are compared as bytes are.
(() => {
  const { element, format } = vizDial;
  const RANKS = [1, 2, 3, 5, 8, 13, 21, 34]; // of the pairs on the buttons, by frequency
  const SIGNS = { " ": "·", "\n": "↵", "\r": "␍", "\t": "→", "\x7f": "␡" };
  const times = (count) => (count === 1 ? "once" : `${format.commas(count)} times`);
  const decoder = new TextDecoder("utf-8", { fatal: true });

  // A token as it is written: signs for what is invisible, numbers for parts of a letter.
  function visible(token) {
    const bytes = Uint8Array.from(token, (letter) => letter.charCodeAt(0));
    const parts = [];
    for (let i = 0; i < bytes.length; ) {
      const size = bytes[i] < 0x80 ? 1 : bytes[i] < 0xe0 ? 2 : bytes[i] < 0xf0 ? 3 : 4;
      try {
        const letter = decoder.decode(bytes.slice(i, i + size));
        parts.push([SIGNS[letter] ?? letter, false]);
        i += size;
      } catch {
        parts.push([bytes[i].toString(16).toUpperCase().padStart(2, "0"), true]);
        i += 1;
      }
    }
    return parts.map(([text, byte], i) => (byte && parts[i - 1]?.[1] ? ` ${text}` : text)).join("");
  }
  const label = ([left, right]) => `${visible(left)} + ${visible(right)}`;

  // How often each word occurs, and its tokens now.
  function begin(words) {
    const state = new Map();
    for (const word of words) {
      const known = state.get(word);
      state.set(word, { count: (known?.count || 0) + 1, tokens: [...word] });
    }
    return state;
  }

  function merged(state, [left, right]) {
    const next = new Map();
    for (const [word, { count, tokens }] of state) {
      const made = [];
      for (let i = 0; i < tokens.length; i++) {
        const hit = tokens[i] === left && tokens[i + 1] === right;
        made.push(hit ? left + right : tokens[i]);
        if (hit) i++;
      }
      next.set(word, { count, tokens: made });
    }
    return next;
  }

  const size = (state) => [...state.values()].reduce((sum, { count, tokens }) => sum + count * tokens.length, 0);
  const after = (words, merges) => merges.reduce((states, pair) => [...states, merged(states.at(-1), pair)], [begin(words)]);
  const order = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

  // The next pairs to choose from, in alphabetical order: [[left, right], count]
  function offersOf(state) {
    const counts = new Map();
    for (const { count, tokens } of state.values()) {
      for (let i = 1; i < tokens.length; i++) {
        const pair = JSON.stringify([tokens[i - 1], tokens[i]]);
        counts.set(pair, (counts.get(pair) || 0) + count);
      }
    }
    const byPair = ([[a, b]], [[c, d]]) => order(a, c) || order(b, d);
    const ranked = [...counts].map(([pair, count]) => [JSON.parse(pair), count]);
    ranked.sort((one, other) => other[1] - one[1] || byPair(one, other));
    return RANKS.filter((rank) => rank <= ranked.length).map((rank) => ranked[rank - 1]).sort(byPair);
  }

  function noteOn(pair, offers) {
    const count = offers.find(([other]) => label(other) === label(pair))[1];
    const [best, most] = offers.reduce((high, one) => (one[1] > high[1] ? one : high));
    const rest = count === most ? ": no pair was more frequent." : `; the most frequent on offer, ${label(best)}, ${times(most)}.`;
    return `${label(pair)} occurred ${times(count)}${rest}`;
  }

  const algorithms = new WeakMap(); // data -> the states of the algorithm, which never change

  function compute(data, { moves, undone }) {
    const words = data.text.split(data.between);
    const yours = JSON.parse(moves), n = yours.length, all = data.merges.length;
    const states = after(words, yours);
    if (!algorithms.has(data)) algorithms.set(data, after(words, data.merges));
    const bytes = size(states[0]);
    const [saved, algorithm] = [states, algorithms.get(data)].map((list) => list.map((state) => bytes - size(state)));
    const offers = n === all ? [] : offersOf(states[n]);
    const note = undone ? `${undone} is split again.` : n ? noteOn(yours[n - 1], offersOf(states[n - 1])) : "";
    const question = offers.length ? "Which pair should become one token?" : "The game is over.";
    const result = `you saved ${format.commas(saved[n])} of ${format.commas(bytes)} tokens, the algorithm ${format.commas(algorithm[n])}`;
    const shown = words.slice(0, 60).flatMap((word) => states[n].get(word).tokens);
    return { yours, saved, algorithm, bytes, offers, note, question, shown, text: `${n} of ${all} merges: ${result}.` };
  }

  function list(name, colour, merges, saved) {
    const rows = merges.map((pair, i) => [element("span", {}, element("span", { class: "muted" }, `${i + 1} `), element("code", {}, label(pair))), format.commas(saved[i + 1] - saved[i])]);
    const box = element("div");
    vizDial.table(box, { head: [element("b", { style: `color: var(--viz-${colour})` }, name), "saved"], rows });
    return box;
  }

  function draw({ yours, saved, algorithm, offers, note, question, shown }, box, data) {
    const go = (moves, undone, focus) => {
      box.dataset.focus = focus;
      box.closest(".dial").dial.set({ moves: JSON.stringify(moves), undone });
    };
    const buttons = offers.map(([pair], i) => element("button", { type: "button", onclick: () => go([...yours, pair], "", i) }, label(pair)));
    const undo = element("button", { type: "button", disabled: !yours.length, onclick: () => go(yours.slice(0, -1), label(yours.at(-1)), "undo") }, "undo");
    const tokens = shown.map((token, i) => element("code", { style: `--colour: var(--viz-${(i % 4) + 1})` }, visible(token)));
    const curves = element("div");
    const [first, second, lines] = [list("you", 2, yours, saved), list("the algorithm", 1, data.merges.slice(0, yours.length), algorithm), curves];
    box.append(
      element("p", { role: "status" }, `${note} ${question}`.trim()),
      element("div", { class: "dial-buttons" }, ...buttons, undo),
      element("div", { class: "dial-tokens", "aria-hidden": "true" }, ...tokens),
      element("div", { class: "dial-columns" }, first, second),
      lines,
    );
    const series = [["the algorithm", algorithm, 1, "5 4"], ["you", saved, 2, undefined]].map(([name, all, colour, dash]) => ({ name, colour, dash, points: all.map((value, i) => [i, value]) }));
    const all = data.merges.length;
    vizDial.lines(curves, { series, height: 150, x: { label: "merges", low: 0, high: all }, y: { label: "tokens saved by all merges so far", low: 0, high: Math.max(1, ...saved, ...algorithm), format: (value) => format.commas(format.fixed(value)) } });
    if (box.dataset.focus) (buttons[box.dataset.focus] || undo).focus({ preventScroll: true });
    delete box.dataset.focus;
  }

  vizDial("merge", { knobs: (data) => data.knobs, compute, draw });
})();

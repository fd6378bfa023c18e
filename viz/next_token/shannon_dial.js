// The reader bets on hidden letters, beside models whose bets are stored.
// The rules and the sentences are those of `shannon.py` and `shannon_game.py`.
(() => {
  const { element, format } = vizDial;
  const POINTS = 100, LEAST = 1, MAX_NATS = 6;
  const MOST = 200; // letters of a bet: the time of BET grows with a power of them
  const typing = new WeakMap(); // for each picture: { result, input }, what is drawn and its text box
  const BET = /\s*,?\s*([^\d\s,.:=]+)\s*[:=]?\s*(\d+(?:\.\d+)?)\s*,?/gu;
  const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
  const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text}'`);
  const nats = (number) => (Number.isFinite(number) ? format.fixed(number, 2) : "∞");
  const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const surprisal = (prob) => (prob > 0 ? -Math.log(prob) + 0 : Infinity);

  // Points such as "e 40 a 30" as a probability for each candidate, or why they cannot be read.
  function readBet(typed, candidates) {
    const unread = (text) => ({ error: `${quoted(cut(text, 30))} cannot be read; write for example: e 40 a 30` });
    if (typed.length > MOST) return unread(typed);
    const pieces = [...typed.matchAll(BET)].map(([, name, number]) => [name.toLowerCase(), Number(number)]);
    const left = typed.replace(BET, "").replace(/^[ ,;]+|[ ,;]+$/g, "");
    if (left) return unread(left);
    const points = new Map(pieces);
    if (points.size < pieces.length) return { error: "A candidate is named twice. Name each one once." };
    const unknown = [...points.keys()].find((name) => !candidates.includes(name));
    if (unknown !== undefined) {
      return { error: `${quoted(cut(unknown, 20))} is not a candidate; choose from ${candidates.join(" ")}` };
    }
    const given = [...points.values()];
    if (given.includes(0)) return { error: "0 points make the loss of a letter infinite. Give it a little." };
    const total = given.reduce((sum, one) => sum + one, 0);
    if (total > POINTS) {
      return { error: `These are ${format.general(total)} points together; at most ${POINTS} are allowed.` };
    }
    const others = candidates.filter((name) => !points.has(name));
    const bet = {};
    if (!others.length) {
      for (const name of candidates) bet[name] = points.get(name) / total;
      return { bet };
    }
    let spent = 0;
    for (const [name, number] of points) {
      const kept = total > POINTS - LEAST ? (number * (POINTS - LEAST)) / total : number;
      points.set(name, kept);
      spent += kept;
    }
    const rest = (POINTS - spent) / others.length / POINTS;
    for (const name of candidates) bet[name] = points.has(name) ? points.get(name) / POINTS : rest;
    return { bet };
  }

  // What each player gave the targets of a word that were played.
  function playersOf(data, number, bets) {
    const targets = [...data.words[number], "end"];
    const yours = bets.map((typed, i) => readBet(typed, data.candidates).bet[targets[i]]);
    const players = { [data.you]: yours };
    for (const [name, gave] of Object.entries(data.predictors)) players[name] = gave[number].slice(0, bets.length);
    return players;
  }

  function standing(scores, you) {
    const rivals = Object.entries(scores).filter(([name]) => name !== you);
    if (!rivals.length) return "";
    const [rival, best] = rivals.reduce((low, one) => (one[1] < low[1] ? one : low));
    const gap = scores[you] - best;
    if (Math.abs(gap) < 0.005) return `${you} and ${rival} are level.`;
    const [leader, other] = gap > 0 ? [rival, you] : [you, rival];
    return `In front: ${leader}, ${nats(Math.abs(gap))} ahead of ${other}.`;
  }

  // Over all words: the mean of each player, the words that each won, and both as a sentence.
  function total(data, allBets) {
    const costs = {}, won = {};
    allBets.forEach((bets, number) => {
      const sums = {};
      for (const [name, gave] of Object.entries(playersOf(data, number, bets))) {
        const own = gave.map(surprisal);
        costs[name] = [...(costs[name] || []), ...own];
        sums[name] = own.reduce((sum, one) => sum + one, 0);
      }
      if (bets.length <= data.words[number].length) return;
      const least = Math.min(...Object.values(sums));
      const best = Object.keys(sums).filter((name) => sums[name] === least);
      for (const name of Object.keys(sums)) won[name] = (won[name] || 0) + (best.length === 1 && best[0] === name ? 1 : 0);
    });
    const letters = allBets.flat().length;
    if (!letters) return { scores: {}, won, standing: "", total: "" };
    const scores = Object.fromEntries(Object.entries(costs).map(([name, own]) => [name, mean(own)]));
    const written = Object.entries(scores).map(([name, number]) => `${name} ${nats(number)}`).join(", ");
    const victories = Object.entries(won).map(([name, number]) => `${name} ${number}`).join(", ");
    const sentence = `After ${letters} letter${letters === 1 ? "" : "s"}: ${written} nats each (lower is better).`;
    return { scores, won, standing: standing(scores, data.you), total: sentence + (victories ? ` Names won: ${victories}.` : "") };
  }

  function compute(data, { number, bets: written, typed }) {
    const [place, text] = typed ? JSON.parse(typed) : [0, ""];
    const unsent = place === number ? text : "";
    const complaint = readBet(unsent, data.candidates).error;
    const allBets = JSON.parse(written), bets = allBets[number - 1], word = data.words[number - 1];
    const targets = [...word, "end"].slice(0, bets.length);
    const gave = playersOf(data, number - 1, bets);
    const costs = Object.fromEntries(Object.entries(gave).map(([name, probs]) => [name, probs.map(surprisal)]));
    const over = bets.length > word.length, several = data.words.length > 1;
    const after = over ? `: over${several ? "; take another name" : ""}` : ": what comes next?";
    const title = (several ? `Name ${number} of ${data.words.length}` : "A hidden name") + after;
    const means = Object.entries(costs).map(([name, own]) => `${name} ${nats(mean(own))}`).join(", ");
    const progress = over ? `all of '${word}'` : `the first ${bets.length} letters`;
    const said = bets.length
      ? `${title}: ${progress}, mean loss in nats per token: ${means}.`
      : `${title}: nothing is bet yet; which letter comes first?`;
    return { number, allBets, unsent, complaint, targets, gave, nats: costs, over, title, ...total(data, allBets), text: said };
  }

  function bettingForm(result, box, data) {
    const { number, allBets, unsent, complaint } = result, before = typing.get(box);
    const input = element("input", { type: "text", name: "bet", maxlength: MOST, placeholder: data.example, "aria-label": "points for the next letter", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    input.value = before?.result === result ? before.input.value : unsent; // the same: the width changed
    typing.set(box, { result, input });
    const show = (typed) => box.closest(".dial").dial.set({ typed: JSON.stringify([number, typed]) });
    input.oninput = () => {
      if (complaint && !readBet(input.value, data.candidates).error) show(input.value);
    };
    const place = (event) => {
      event.preventDefault();
      const { dial } = box.closest(".dial"), typed = input.value;
      if (!typed.trim()) return;
      box.dataset.focus = "bet";
      if (readBet(typed, data.candidates).error) return show(typed);
      const bets = allBets.map((own, i) => (i === number - 1 ? [...own, typed] : own));
      dial.set({ bets: JSON.stringify(bets), typed: "" });
    };
    return [element("form", { class: "dial-bet", onsubmit: place }, element("label", {}, "points ", input), element("button", { type: "submit" }, "bet")), input];
  }

  function draw(result, box, data) {
    const { targets, gave, nats: costs, over, title } = result;
    const players = Object.keys(gave);
    const bar = (number, i) => element("span", { class: "nats", style: `--share: ${Math.min(1, number / MAX_NATS)}; --colour: var(--viz-${(i % 6) + 1})` }, nats(number));
    const word = [...data.words[result.number - 1]];
    const rows = targets.map((target, step) => [
      element("code", {}, element("span", { class: "muted" }, word.slice(0, step).join("")), element("b", {}, target)),
      ...players.flatMap((name, i) => [`${format.general(100 * gave[name][step], 3)}%`, bar(costs[name][step], i)]),
    ]);
    if (!over) rows.push([element("code", {}, element("span", { class: "muted" }, word.slice(0, targets.length).join("")), element("b", {}, "?")), ...players.flatMap(() => ["", ""])]);
    if (targets.length) rows.push(["mean", ...players.flatMap((name) => ["", element("b", {}, nats(mean(costs[name])))])]);
    const head = ["", ...players.flatMap((name) => [`${cut(name, 28)} gave`, "nats"])];
    box.append(element("p", { class: "title" }, title));
    const [form, input] = bettingForm(result, box, data);
    if (!over) box.append(form);
    vizDial.table(box, { head, rows }).classList.add("short");
    if (result.total) box.append(element("p", {}, element("b", {}, result.standing), ` ${result.total}`));
    if (box.dataset.focus && !over) input.focus({ preventScroll: true });
    delete box.dataset.focus;
  }

  vizDial("shannon", { knobs: (data) => data.knobs, compute, draw });
})();

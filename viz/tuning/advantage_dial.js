// Rewards of a group, a baseline, and how far each answer is pushed.
// The arithmetic and the sentences are those of `groups.py`, `advantages.py`, `advantage_dial.py`.
(() => {
  const { element, format } = vizDial;
  const MOST = 16; // answers
  const STD_EPS = 1e-4;
  const PYTHON_FLOAT = /^[+-]?(\d(_?\d)*(\.(\d(_?\d)*)?)?|\.\d(_?\d)*)(e[+-]?\d(_?\d)*)?$/i;
  const LONGEST = 46, SHORTEST = 12; // pixels of an arrow

  // The sum of numbers without rounding in between (Shewchuk 1997), as math.fsum.
  function exactSum(numbers) {
    let parts = [];
    for (let x of numbers) {
      const kept = [];
      for (let y of parts) {
        if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
        const high = x + y, low = y - (high - x);
        if (low) kept.push(low);
        x = high;
      }
      parts = [...kept, x];
    }
    return parts.reduceRight((sum, part) => sum + part, 0);
  }

  // repr() of a short text, cut after 60 letters
  function quoted(text) {
    const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
    const inside = text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n");
    return `${mark}${mark === "'" ? inside.replaceAll("'", "\\'") : inside}${mark}`.slice(0, 60);
  }

  function read(typed) {
    const words = typed.replace(/[,;]/g, " ").split(/\s+/).filter(Boolean);
    if (!words.length || words.length > MOST) {
      return { error: `Type 1 to ${MOST} rewards, such as 1, 0, 0, 1; these are ${words.length}.` };
    }
    const numbers = words.map((word) => (PYTHON_FLOAT.test(word) ? Number(word.replaceAll("_", "")) : NaN));
    if (numbers.every(Number.isFinite)) return { numbers };
    return { error: `rewards must be finite numbers such as 1, 0, 0.5, not ${quoted(typed)}.` };
  }

  function advantagesOf(rewards, baseline) {
    if (baseline === "none") return rewards;
    if (Math.max(...rewards) === Math.min(...rewards)) return rewards.map(() => 0);
    const mean = exactSum(rewards) / rewards.length;
    const centred = rewards.map((reward) => reward - mean);
    if (baseline === "group_mean") return centred;
    const std = Math.sqrt(exactSum(centred.map((one) => one ** 2)) / (centred.length - 1));
    return centred.map((one) => one / (std + STD_EPS));
  }

  // format_digits(number) of ticks.py
  function digits(number) {
    const size = Math.abs(number);
    if (number && size < 1e-3) return format.general(number, 3);
    if (size >= 1e6) return compact(Number(format.general(number, 3)));
    return format.commas(format.general(Number(format.general(number, 3)), 12));
  }

  // format_compact(number) of ticks.py for a million and more
  function compact(number) {
    for (const [unit, size] of [["T", 1e12], ["B", 1e9], ["M", 1e6]]) {
      if (Math.abs(number) >= size && Math.abs(number) < 1e13) return `${format.general(number / size, 4)}${unit}`;
    }
    const [mantissa, exponent] = format.general(number, 3).split("e");
    const power = `10${format.raised(Number(exponent))}`;
    return mantissa === "1" ? power : `${mantissa}·${power}`;
  }

  function compute(data, { rewards: typed, baseline, added }) {
    const { numbers, error } = read(typed);
    if (error) return { error };
    const rewards = numbers.map((number) => number + added);
    if (baseline !== "none" && rewards.length === 1) {
      return {
        error: `A group of one answer with baseline='${baseline}' learns nothing: the answer is compared ` +
          "with itself. Give two answers or more, or baseline='none'.",
      };
    }
    const own = data.answers && data.answers.length === rewards.length;
    const answers = own ? data.answers : rewards.map((reward, i) => `answer ${i + 1}`);
    const advantages = advantagesOf(rewards, baseline);
    const mean = exactSum(rewards) / rewards.length;
    const pushed = advantages.some(Boolean);
    const equal = Math.max(...rewards) === Math.min(...rewards);
    const words = pushed ? `mean reward ${digits(mean)}`
      : equal ? `all ${rewards.length} got reward ${digits(rewards[0])}: no push`
      : `mean reward ${digits(mean)}: no push`;
    const count = (sign) => advantages.filter((one) => sign * one > 0).length;
    const title = pushed ? "Each answer is pushed by its advantage" : "Nothing is pushed";
    const pushes = pushed ? `, ${count(1)} up and ${count(-1)} down` : "";
    const question = data.question.length > 40 ? `${data.question.slice(0, 39)}…` : data.question;
    return { answers, rewards, advantages, mean, words, baseline, text: `${title}. ${question} ${words}${pushes}.` };
  }

  function arrow(advantage, largest) {
    const up = advantage > 0;
    const share = Math.abs(advantage) === largest ? 1 : Math.abs(advantage) / largest; // also if infinite
    const length = Math.min(LONGEST, Math.max(SHORTEST, LONGEST * share));
    const sign = up ? "positive" : "negative";
    const shaft = element("i", { style: `height: ${length.toFixed(1)}px; --colour: var(--viz-${sign})` });
    return element("span", { class: up ? "arrow up" : "arrow down", style: `color: var(--viz-${sign})` },
      shaft, `${up ? "+" : "−"}${digits(Math.abs(advantage))}`);
  }

  function draw({ answers, rewards, advantages, words, baseline }, box, data) {
    const largest = Math.max(...advantages.map(Math.abs)) || 1;
    const columns = box.clientWidth <= 520 ? 4 : 8;
    const cards = answers.map((answer, i) => {
      const push = advantages[i];
      const made = push ? arrow(push, largest) : null;
      const edge = push > 0 ? "positive" : push < 0 ? "negative" : "line";
      return element("div", { class: "pushed", role: "listitem" },
        element("span", { class: "above" }, push > 0 ? made : null),
        element("span", { class: push ? "card" : "card still", style: `border-color: var(--viz-${edge})` },
          element("code", {}, answer || "(nothing)"), `reward ${digits(rewards[i]).replaceAll("-", "−")}`),
        element("span", { class: "below" }, push < 0 ? made : null));
    });
    const list = element("div", { role: "list" });
    for (let first = 0; first < cards.length; first += columns) {
      const row = advantages.slice(first, first + columns);
      // One row keeps room for the longest arrows, so that the page does not jump.
      const room = (some) => (cards.length <= columns || some ? LONGEST + 12 : 6);
      const heights = `--above: ${room(row.some((one) => one > 0))}px; --below: ${room(row.some((one) => one < 0))}px`;
      list.append(element("div", { class: "dial-group", style: `${heights}; --columns: ${Math.min(columns, cards.length)}` }, ...cards.slice(first, first + columns)));
    }
    box.append(
      element("p", { class: "muted" }, `An arrow is the advantage of an answer: ${data.baselines[baseline]}`),
      element("p", {}, element("b", {}, data.question), ` ${words}`),
      list,
    );
  }

  vizDial("advantage", { knobs: (data) => data.knobs, compute, draw });
})();

// The knobs of ScheduleDial on a page: warm-up, then a decay, and the run continued to twice its length.

vizDial("schedule", (() => {
  const { fixed, general, commas, power } = vizDial.format;
  const whole = (number) => commas(fixed(number));

  // The learning rate of a step, counted from 1, in a run of `length` steps.
  function rateAt(step, length, { schedule, warmup, decay }, { learning_rate: high, min_learning_rate: low }) {
    if (step <= warmup) return high * step / (warmup + 1);
    if (schedule === "constant") return high;
    const remaining = Math.max(0, length - step + 1);
    if (schedule === "wsd") return low + (high - low) * Math.min(1, remaining / Math.max(1, decay));
    const fraction = remaining / Math.max(1, length - warmup);
    return low + (high - low) * (1 - Math.cos(Math.PI * Math.min(1, fraction))) / 2;
  }

  function fault(length, { schedule, warmup, decay }) {
    const falls = schedule === "wsd" ? decay : 0;
    if (warmup + falls <= length) return "";
    return `warmup_steps=${warmup}${falls ? ` and decay_steps=${falls}` : ""} do not fit into max_steps=${length}. ` +
      `Set warmup_steps to ${Math.max(0, Math.min(warmup, Math.floor(length / 10)))}` +
      (falls ? ` and decay_steps to ${Math.floor(length / 5)}.` : ".");
  }

  const written = (rate) => (rate === 0 || rate >= 0.01 ? general(rate, 3) : power(rate));

  return {
    knobs({ unit, max_steps, schedules }) {
      const steps = (first, last, by) => Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, i) => first + i * by);
      const slider = (name, label, options, value) => ({ name, label, kind: "slider", options, texts: options.map(whole), value });
      return [
        { name: "schedule", label: "schedule", kind: "choice", options: schedules, value: schedules[0] },
        slider("warmup", "warm-up", steps(0, max_steps, unit), 7 * unit),
        slider("max_steps", "length", steps(10 * unit, 2 * max_steps, 5 * unit), max_steps),
        slider("decay", "decay", steps(unit, max_steps, unit), 12 * unit),
      ];
    },

    enabled: ({ schedule }) => ({ decay: schedule === "wsd" }),

    compute(data, values) {
      const end = values.max_steps, doubled = 2 * end, warmup = values.warmup;
      const error = fault(end, values);
      if (error) return { error };
      const rate = (step, length) => rateAt(step, length, values, data);
      const curve = (first, last, length) => {
        const even = Array.from({ length: data.points + 1 }, (_, i) => Number(fixed(first + (last - first) * i / data.points)));
        const corners = [warmup, length - values.decay, end, doubled, Math.floor((end + 1) / 2), 1];
        const exact = corners.flatMap((step) => [step, step + 1]).filter((step) => first <= step && step <= last);
        return [...new Set([...even, ...exact])].sort((one, other) => one - other).map((step) => [step, rate(step, length)]);
      };
      const marks = new Map([
        [Math.max(warmup, 1), "warm-up is over"], [1, "the first step"], [Math.floor((end + 1) / 2), "half-way"],
        [end, "the planned end"], [end + 1, "the step after it"], [doubled, "the later end"],
      ]);
      const steps = [...marks.keys()].sort((one, other) => one - other);
      const column = (first, last, length) =>
        Object.fromEntries(steps.map((step) => [step, first <= step && step <= last ? rate(step, length) : null]));
      const plans = { [`as planned, for ${whole(end)}`]: [1, end, end], [`new plan, for ${whole(doubled)}`]: [1, doubled, doubled],
        [`same plan, past ${whole(end)}`]: [end, doubled, end] };
      const of = (make) => Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, make(...plan)]));

      let low = 0, high = end + 1; // both plans have the same rates up to step `low`, and not up to `high`
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        const equal = Math.abs(rate(middle, end) - rate(middle, doubled)) < 1e-9 * data.learning_rate;
        [low, high] = equal ? [middle, high] : [low, middle];
      }
      const note = low === end ? "Both plans have the same rates: every checkpoint can be continued."
        : low <= warmup + 1 ? "The two plans part as soon as the warm-up is over: no later checkpoint can be continued without a jump."
        : `The two plans part after step ${whole(low)}: the checkpoint of that step can be continued without a jump.`;
      const before = rate(end, end), after = rate(end + 1, doubled);
      const stays = `Just continue to ${whole(doubled)}: the rate stays ${written(before)}`;
      const title = Math.abs(after - before) < 0.01 * before ? stays : `${stays}, or jumps to ${written(after)}`;
      return { title, text: note, last_common_step: low, table: of(column), curves: of(curve), marks: Object.fromEntries(marks) };
    },

    draw({ title, table, curves, marks }, box) {
      const names = Object.keys(curves), dashes = ["", "7 5", "7 5"];
      const top = Math.max(...Object.values(curves).flat().map(([, rate]) => rate));
      box.append(vizDial.element("p", { class: "title" }, title));
      vizDial.lines(box, {
        series: names.map((name, i) => ({ name, points: curves[name], colour: i + 1, dash: dashes[i], width: [4.4, 3.1, 1.8][i] })),
        marks: Object.entries(marks).map(([step, label]) => ({ x: Number(step), label })),
        x: { label: "step", format: whole, low: 1 }, y: { label: "rate", format: written, low: 0, high: 1.04 * top },
        height: 170, legend: false,
      });
      vizDial.table(box, {
        head: ["step", ...names.map((name, i) => vizDial.element("span", {}, vizDial.swatch(i + 1, dashes[i]), name))],
        rows: Object.keys(marks).map((step) => [`${whole(Number(step))}, ${marks[step]}`,
          ...names.map((name) => table[name][step] === null ? "–" : written(table[name][step]))]),
      });
    },
  };
})());

// Hyperparameters to choose, and a button that shows the loss of a run that was made before.
// The sentences are those of `hyperparameter_dial.py`.
(() => {
  const { element, format } = vizDial;
  const MAX_ROWS = 12;

  function compute(data, { tried, ...values }) {
    const current = data.names.map((name) => values[name]);
    const words = (choice) => data.names.map((name, i) => `${name} ${format.general(choice[i])}`).join(", ");
    const all = JSON.parse(tried);
    const rows = all.slice(-MAX_ROWS).map((choice) => ({ choice, words: words(choice), loss: data.losses[choice.join(" ")], now: String(choice) === String(current) }));
    const known = all.some((choice) => String(choice) === String(current));
    const summary = rows.map((row) => `${row.words}: ${format.fixed(row.loss, 2)}`).join("; ");
    const note = known ? "" : `${words(current)}: press train`;
    return { current, tried: all, known, rows, note, text: `${data.title || "Losses"}: ${summary}.` };
  }

  function draw({ current, tried, known, rows, note }, box, data) {
    const shown = [...rows.map((row) => row.loss), ...Object.values(data.lines)];
    const low = Math.min(...shown), high = Math.max(...shown), margin = (high - low) * 0.12 || 0.1;
    const place = (loss) => `calc((100% - 2.6rem) * ${((loss - low + margin) / (high - low + 2 * margin)).toFixed(4)})`;
    const marks = () => Object.values(data.lines).map((loss) => element("i", { class: "mark", style: `left: ${place(loss)}` }));
    const made = rows.map(({ words, loss, now }) => element("div", { class: now ? "row now" : "row", role: "listitem" },
      element("span", {}, words),
      element("span", { class: "track" }, ...marks(), element("i", { class: "dot", style: `left: ${place(loss)}` }), element("span", { class: "loss", style: `left: ${place(loss)}` }, format.fixed(loss, 2)))));
    const lines = Object.entries(data.lines).map(([name, loss]) => element("p", { style: "color: var(--viz-2)" }, `dashed line: ${name}, ${format.fixed(loss, 2)}`));
    const train = () => {
      box.dataset.focus = "train";
      box.closest(".dial").dial.set({ tried: JSON.stringify([...tried, current]) });
    };
    const button = element("button", { type: "button", disabled: known, onclick: train }, "train");
    box.append(
      element("p", {}, button, element("b", {}, ` ${note}`)),
      ...lines,
      element("div", { class: "dial-runs", role: "list" }, ...made),
      element("p", { class: "muted" }, "loss: lower is better. These runs were made before; where Python runs, the button trains."),
    );
    if (box.dataset.focus) box.closest(".dial").querySelector(".dial-knobs input").focus({ preventScroll: true });
    delete box.dataset.focus;
  }

  vizDial("hyperparameter", { knobs: (data) => data.knobs, compute, draw });
})();

// What the model computed before one token: probabilities, and attention to the earlier tokens.
import { nextProbabilities, softmax } from "./gpt.js";
import { percent, spoken } from "./row.js";

const SHOWN = 8; // probabilities, the largest first
const MEAN = "mean";
const quote = (text) => `“${text}”`;

export class Details {
  // `settings()` gives temperature and topK; `home(row)` the element that the panel belongs into.
  constructor(element, reader, tokenizer, settings, home) {
    Object.assign(this, { element, reader, tokenizer, settings, home });
    const find = (name) => element.querySelector(name);
    this.text = find("#details-text");
    this.table = find("#probabilities");
    this.attention = find("#attention");
    this.attentionText = find("#attention-text");
    [this.layer, this.head] = [find("#layer"), find("#head")];
    const { n_layer, n_head } = reader.gpt.config;
    for (let layer = 0; layer < n_layer; layer++) this.layer.add(new Option(layer, layer));
    this.layer.value = n_layer - 1;
    this.head.add(new Option("mean of all", MEAN));
    for (let head = 0; head < n_head; head++) this.head.add(new Option(head, head));
    for (const choice of [this.layer, this.head])
      choice.addEventListener("change", () => this.refresh());
  }

  async select(row, i) {
    this.row?.hideAttention();
    this.row?.spans[this.i]?.classList.remove("selected");
    [this.row, this.i] = [row, i];
    row.spans[i].classList.add("selected");
    const home = this.home(row);
    if (this.element.parentElement !== home) home.append(this.element);
    await this.refresh();
  }

  // Show the same token again: the settings have changed, or the panel has moved.
  async refresh() {
    const { row, i } = this;
    if (!row) return;
    const logits = i > 0 ? await this.reader.read(row.ids.slice(0, i)) : null;
    if (this.row !== row || this.i !== i || (i > 0 && !logits)) return; // another one was selected
    this.table.hidden = this.attention.hidden = !logits;
    if (logits) {
      this.showProbabilities(logits);
      this.showAttention();
    } else this.text.textContent = "The first token has no probability: nothing comes before it.";
  }

  showProbabilities(logits) {
    const { row, i, tokenizer } = this, chosen = row.ids[i];
    const { temperature, topK } = this.settings();
    const raw = softmax(logits), probs = nextProbabilities(logits, temperature, topK);
    const before = Array.from(tokenizer.decode(row.ids.slice(0, i))).slice(-24).join("");
    const context = before ? `After ${quote(before)}` : "At the start";
    const loss = -Math.log(raw[chosen]);
    this.text.textContent = chosen === undefined
      ? `${context} comes one of these:`
      : `${context} comes ${quote(spoken(tokenizer, chosen))}: ${percent(raw[chosen])}, `
        + `a loss of ${loss.toFixed(2)} nats.`;
    const shown = Array.from(raw.keys()).sort((a, b) => raw[b] - raw[a]).slice(0, SHOWN);
    if (chosen !== undefined && !shown.includes(chosen)) shown.push(chosen);
    this.table.tBodies[0].replaceChildren(
      ...shown.map((id) => this.probabilityLine(id, probs[id], raw[id], id === chosen)),
    );
  }

  // A bar for the probability with the settings, and a mark for that of the model itself.
  probabilityLine(id, p, raw, isChosen) {
    const make = (tag, kind, ...children) => {
      const element = document.createElement(tag);
      element.className = kind;
      element.append(...children);
      return element;
    };
    const fill = make("div", "fill"), mark = make("div", "mark");
    fill.style.width = `${100 * p}%`;
    mark.style.left = `calc(${100 * raw}% - 1px)`;
    const name = make("th", "", this.tokenizer.label(id));
    [name.scope, name.ariaLabel] = ["row", spoken(this.tokenizer, id)];
    const bar = make("td", "bar", make("div", "track", fill, mark));
    return make("tr", isChosen ? "chosen" : "", name, bar, make("td", "number", percent(p)));
  }

  showAttention() {
    const { row, i, tokenizer } = this;
    const heads = this.reader.gpt.attention[Number(this.layer.value)];
    const chosen = this.head.value === MEAN ? heads : [heads[Number(this.head.value)]];
    const weights = Array.from({ length: i }, (_, t) =>
      chosen.reduce((sum, head) => sum + head[t], 0) / chosen.length);
    row.showAttention(weights);
    const largest = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a]).slice(0, 4);
    const words = largest.map((t) => {
      const name = quote(spoken(tokenizer, row.ids[t]));
      return `${percent(weights[t])} ${name} (position ${t})`;
    });
    this.attentionText.textContent = `Bars under the letters. Most: ${words.join(", ")}.`;
  }
}

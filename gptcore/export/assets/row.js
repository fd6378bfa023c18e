// A text on the page: its tokens as letters, each tinted by its loss, and a remark below.
const SPECIAL = "▪"; // how the token between two texts is shown
const CARET = "▏"; // where the next token will be

export const percent = (p) => {
  if (p > 0 && p < 0.001) return "<0.1\u00a0%"; // no line break before the sign
  return `${(100 * p).toFixed(p < 0.1 ? 1 : 0)}\u00a0%`;
};

// The name of a token for people who hear the page.
export function spoken(tokenizer, id) {
  if (id === tokenizer.end_of_text) return "start or end";
  return { "␣": "space", "↵": "new line" }[tokenizer.label(id)] ?? tokenizer.label(id);
}

export class Row {
  constructor(parent, tag, name, tokenizer) {
    this.tokenizer = tokenizer;
    this.largestLoss = Math.log(tokenizer.tokens.length); // nats; that of a guess among all tokens
    this.element = parent.appendChild(document.createElement(tag));
    this.element.className = "row";
    this.letters = this.element.appendChild(document.createElement("div"));
    this.letters.className = "letters";
    this.letters.dir = "auto";
    this.letters.role = "group";
    this.letters.ariaLabel = name;
    this.letters.row = this;
    this.note = this.element.appendChild(document.createElement("p"));
    this.note.className = "note";
    [this.ids, this.losses, this.spans] = [[], [], []];
  }

  push(id, kind = "") {
    const { tokenizer } = this, label = tokenizer.label(id);
    let text = { "␣": " ", "↵": "↵\n" }[label] ?? label;
    if (id === tokenizer.end_of_text) text = SPECIAL;
    if (tokenizer.isSpecial(id)) kind += " special";
    this.addSpan(text, kind, spoken(tokenizer, id));
    this.ids.push(id);
  }

  // A last letter that stands for the token that is not there yet.
  pushCaret() {
    this.addSpan(CARET, "", "next token");
  }

  addSpan(text, kind, name) {
    const span = document.createElement("span");
    span.className = `t ${kind}`;
    span.textContent = text;
    span.role = "button";
    span.ariaLabel = name;
    span.tabIndex = this.spans.length ? -1 : 0; // arrow keys reach the others
    this.letters.append(span);
    this.spans.push(span);
  }

  score(i, loss) {
    const span = this.spans[i], tint = Math.min(loss / this.largestLoss, 1);
    this.losses[i] = loss;
    span.style.setProperty("--loss", tint.toFixed(3));
    span.ariaLabel = `${spoken(this.tokenizer, this.ids[i])}, ${percent(Math.exp(-loss))}`;
  }

  showAttention(weights) {
    const largest = Math.max(...weights);
    weights.forEach((weight, i) => {
      this.spans[i].style.setProperty("--attention", (weight / largest).toFixed(3));
    });
  }

  hideAttention() {
    for (const span of this.spans) span.style.removeProperty("--attention");
  }

  text() {
    return this.tokenizer.decode(this.ids);
  }

  // In nats per token; the first token has none.
  meanLoss() {
    const known = this.losses.filter((loss) => loss !== undefined);
    return known.reduce((sum, loss) => sum + loss, 0) / known.length;
  }
}

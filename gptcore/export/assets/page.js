// The page: reads the controls, generates samples, shows what the model computed for each token.
// Long work is cut into slices of 12 ms, so that the page can always be used.
import { GPT, nextProbabilities, readWeights, sample, softmax } from "./gpt.js";
import { TrainingLines } from "./lines.js";
import { makeTokenizer } from "./tokenizer.js";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("model").textContent);
const { config } = data;
const weights = readWeights(data.tensors, data.dtype, byId("weights").textContent);
const tokenizer = makeTokenizer(data.tokenizer);
const trainingLines = new TrainingLines(data.lines);
const START = tokenizer.end_of_text === null ? [] : [tokenizer.end_of_text];
const STOP = new Set(tokenizer.stop_ids);
const FULL_TINT = Math.log(config.vocab_size); // nats; the loss of a guess among all tokens
const SHOWN = 8; // rows of the table of probabilities
const MEAN = "mean";

const percent = (p) => (p > 0 && p < 0.001 ? "<0.1 %" : `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %`);
const quote = (text) => `“${text}”`;
const thousands = (n) => Math.round(n).toLocaleString("en");
const describe = (id) => (tokenizer.isSpecial(id) ? "start or end of a text" : tokenizer.label(id));

let deadline = 0;
async function breathe() {
  if (performance.now() < deadline) return;
  await new Promise((resume) => setTimeout(resume));
  deadline = performance.now() + 12;
}

// A model that reads texts. What a text has in common with the last one is not read again.
class Reader {
  constructor() {
    this.gpt = new GPT(config, weights);
    this.ids = [];
    this.latest = 0;
  }

  // Logits after a text; null if another text was given before this one was finished.
  async read(ids) {
    const call = ++this.latest;
    let n = 0, logits = null;
    while (n < ids.length - 1 && ids[n] === this.ids[n]) n++;
    this.gpt.reset(n);
    this.ids.length = n;
    for (; n < ids.length; n++) {
      await breathe();
      if (call !== this.latest) return null;
      logits = this.gpt.step(ids[n]);
      this.ids.push(ids[n]);
    }
    return logits;
  }
}

const generator = new Reader(), scorer = new Reader(), inspector = new Reader();

// A text on the page: its tokens as letters, each with the loss that it has.
class Row {
  constructor(parent, tag, ids) {
    this.element = parent.appendChild(document.createElement(tag));
    this.element.className = "sample";
    this.letters = this.element.appendChild(document.createElement("div"));
    this.letters.className = "letters";
    this.letters.dir = "auto";
    this.letters.role = "group";
    this.note = this.element.appendChild(document.createElement("p"));
    this.note.className = "note";
    this.letters.row = this;
    this.ids = [];
    this.losses = [];
    this.spans = [];
    for (const id of ids) this.push(id, "given");
  }

  push(id, kind = "") {
    const isSpecial = id !== null && tokenizer.isSpecial(id);
    const text = id === null ? "▏" : !isSpecial && data.tokenizer.tokens[id] === " " ? " " : tokenizer.label(id);
    const span = document.createElement("span");
    span.className = `t ${kind} ${isSpecial ? "special" : ""}`;
    span.textContent = text === "↵" ? "↵\n" : text;
    span.role = "button";
    span.tabIndex = this.spans.length ? -1 : 0; // arrow keys reach the others
    span.setAttribute("aria-label", id === null ? "next token" : describe(id));
    this.letters.append(span);
    this.spans.push(span);
    if (id !== null) this.ids.push(id);
  }

  score(i, loss) {
    this.losses[i] = loss;
    this.spans[i].style.setProperty("--loss", Math.min(loss / FULL_TINT, 1).toFixed(3));
    this.spans[i].setAttribute("aria-label", `${describe(this.ids[i])}, ${percent(Math.exp(-loss))}`);
  }

  text() {
    return tokenizer.decode(this.ids);
  }

  meanLoss() {
    const known = this.losses.filter((loss) => loss !== undefined);
    return known.reduce((sum, loss) => sum + loss, 0) / known.length;
  }
}

const lossOf = (logits, id) => -Math.log(softmax(logits)[id]);

function settings() {
  const topK = Number(byId("top-k").value);
  return {
    temperature: Number(byId("temperature").value),
    topK: topK === Number(byId("top-k").max) ? config.vocab_size : topK,
    count: Number(byId("count").value),
  };
}

function showSettings() {
  const { temperature, topK, count } = settings();
  byId("temperature-value").value = temperature === 0 ? "0 (most probable)" : temperature.toFixed(1);
  byId("top-k-value").value = topK === config.vocab_size ? "all" : topK;
  byId("count-value").value = count;
}

function say(text, isFault = false) {
  byId("message").textContent = text;
  byId("message").classList.toggle("fault", isFault);
}

// The tokens of the typed beginning; null, and a message, if the model cannot take them.
function typedIds() {
  const { ids, unknown } = tokenizer.encode(byId("beginning").value);
  const all = [...START, ...ids], most = config.block_size;
  let fault = "";
  if (unknown.length) fault = `The model does not have ${unknown.slice(0, 10).map(quote).join(", ")}. It has: ${alphabet()}`;
  else if (all.length > most) fault = `The beginning has ${all.length} tokens, and the model takes ${most}. Type a shorter one.`;
  else if (!all.length) fault = "This model has no token for the start of a text: type a beginning.";
  say(fault, fault !== "");
  byId("write").disabled = fault !== "";
  byId("beginning").setAttribute("aria-invalid", fault !== "");
  return fault ? null : all;
}

function alphabet() {
  const letters = data.tokenizer.tokens.map((_, id) => id).filter((id) => !tokenizer.isSpecial(id));
  return letters.slice(0, 100).map(tokenizer.label).join(" ") + (letters.length > 100 ? " …" : "");
}

// The typed beginning as a row: how probable it is, and what may come next.
let own = null;
async function scoreBeginning() {
  const ids = typedIds();
  if (!ids) return;
  byId("own").replaceChildren();
  const row = (own = new Row(byId("own"), "div", ids));
  row.push(null);
  row.letters.ariaLabel = "Beginning";
  select(row, ids.length);
  for (let i = 1; i < ids.length; i++) {
    const logits = await scorer.read(ids.slice(0, i));
    if (!logits) return;
    row.score(i, lossOf(logits, ids[i]));
  }
  if (ids.length > 1) row.note.textContent = `Beginning: ${row.meanLoss().toFixed(2)} nats per token.`;
}

let run = 0; // the number of the run; a larger one stops the earlier ones
async function generate() {
  const ids = typedIds(), mine = ++run;
  if (!ids) return;
  byId("samples").replaceChildren();
  byId("stop").disabled = false;
  const { count } = settings();
  const began = performance.now();
  let done = 0, tokens = 0;
  for (; done < count && mine === run; done++) {
    const row = new Row(byId("samples"), "li", ids);
    tokens += await writeSample(row, () => mine === run);
    if (mine === run) await compareWithLines(row);
  }
  if (mine !== run && byId("stop").disabled === false) return; // another run has begun
  byId("stop").disabled = true;
  const seconds = (performance.now() - began) / 1000;
  say(`${thousands(done)} samples, ${thousands(tokens)} tokens in ${seconds.toFixed(1)} s.`);
}

// Sample tokens until the text ends or the context is full. Returns how many.
async function writeSample(row, isWanted) {
  row.letters.ariaLabel = "Sample";
  const given = row.ids.length;
  if (own) own.losses.forEach((loss, i) => i < given && row.score(i, loss));
  while (row.ids.length <= config.block_size && isWanted()) {
    const logits = await generator.read(row.ids);
    if (!logits || !isWanted()) break;
    const { temperature, topK } = settings(); // may have changed since the last token
    const id = sample(nextProbabilities(logits, temperature, topK), gptPage.random());
    row.push(id);
    row.score(row.ids.length - 1, lossOf(logits, id));
    if (STOP.has(id)) break;
  }
  const isCut = !STOP.has(row.ids.at(-1)) && isWanted() ? " The context is full." : "";
  row.note.textContent = `${row.meanLoss().toFixed(2)} nats per token.${isCut}`;
  return row.ids.length - given;
}

async function compareWithLines(row) {
  if (!data.lines.length) return;
  const mark = document.createElement("span"), text = row.text();
  const isKnown = trainingLines.has(text);
  mark.className = isKnown ? "known" : "new";
  mark.textContent = isKnown ? "In the training text." : "New.";
  row.note.prepend(mark, " ");
  if (isKnown) return;
  const { text: line, changes } = await trainingLines.nearest(text, breathe);
  const nearest = document.createElement("bdi");
  nearest.textContent = line;
  row.note.append(" Nearest line: ", nearest, ` (${changes} ${changes === 1 ? "change" : "changes"}).`);
}

// What the model computed before token i of a row: probabilities, and attention to earlier tokens.
let selected = null;
async function select(row, i) {
  if (selected?.row.spans[selected.i]) selected.row.spans[selected.i].classList.remove("selected");
  selected?.row.spans.forEach((span) => span.style.removeProperty("--attention"));
  selected = { row, i };
  row.spans[i].classList.add("selected");
  const home = narrow.matches ? row.element : byId("columns");
  if (byId("details").parentElement !== home) home.append(byId("details"));
  const logits = i > 0 ? await inspector.read(row.ids.slice(0, i)) : null;
  if (selected.row !== row || selected.i !== i || (i > 0 && !logits)) return;
  showProbabilities(row, i, logits);
  showAttention(row, i);
}

function showProbabilities(row, i, logits) {
  const body = byId("probabilities").tBodies[0], chosen = row.ids[i];
  body.replaceChildren();
  byId("probabilities").hidden = byId("attention").hidden = !logits;
  const before = tokenizer.decode(row.ids.slice(0, i)).slice(-24);
  const context = before ? `After ${quote(before)}` : "At the start";
  if (!logits) byId("details-text").textContent = "Nothing comes before the first token, so it has no probability.";
  if (!logits) return;
  const { temperature, topK } = settings();
  const raw = softmax(logits), probs = nextProbabilities(logits, temperature, topK);
  byId("details-text").textContent = chosen === undefined
    ? `${context} comes one of these tokens:`
    : `${context} comes ${quote(describe(chosen))}: ${percent(raw[chosen])}, loss ${(-Math.log(raw[chosen])).toFixed(2)} nats.`;
  const ranked = Array.from(raw.keys()).sort((a, b) => raw[b] - raw[a]);
  const shown = ranked.slice(0, SHOWN);
  if (chosen !== undefined && !shown.includes(chosen)) shown.push(chosen);
  for (const id of shown) {
    const line = body.insertRow(), name = document.createElement("th");
    line.className = id === chosen ? "chosen" : "";
    name.scope = "row";
    name.textContent = tokenizer.label(id);
    name.ariaLabel = describe(id);
    const track = document.createElement("div"), fill = document.createElement("div"), mark = document.createElement("div");
    [track.className, fill.className, mark.className] = ["track", "fill", "mark"];
    fill.style.width = `${100 * probs[id]}%`;
    mark.style.left = `calc(${100 * raw[id]}% - 1px)`;
    track.append(fill, mark);
    line.append(name);
    line.insertCell().append(track);
    line.insertCell().append(percent(probs[id]));
    [line.cells[1].className, line.cells[2].className] = ["bar", "number"];
  }
}

function showAttention(row, i) {
  if (i === 0) return;
  const heads = inspector.gpt.attention[Number(byId("layer").value)];
  const choice = byId("head").value;
  const chosen = choice === MEAN ? heads : [heads[Number(choice)]];
  const mean = Array.from({ length: i }, (_, t) => chosen.reduce((sum, head) => sum + head[t], 0) / chosen.length);
  const largest = Math.max(...mean);
  mean.forEach((weight, t) => row.spans[t].style.setProperty("--attention", (weight / largest).toFixed(3)));
  const ranked = Array.from(mean.keys()).sort((a, b) => mean[b] - mean[a]).slice(0, 4);
  const words = ranked.map((t) => `${quote(describe(row.ids[t]))} at ${t} ${percent(mean[t])}`);
  byId("attention-text").textContent = `Bars under the letters. Most: ${words.join(", ")}.`;
}

function letterOf(event) {
  const span = event.target.closest?.(".t"), row = span?.parentElement.row;
  return row && { row, i: row.spans.indexOf(span) };
}

function onLetter(event) {
  const at = letterOf(event);
  if (at && !(selected?.row === at.row && selected.i === at.i)) select(at.row, at.i);
}

// Arrow keys move in a row and between rows.
function onKey(event) {
  const at = letterOf(event);
  if (!at) return;
  const rows = Array.from(document.querySelectorAll(".letters"), (letters) => letters.row);
  const { row, i } = at, last = row.spans.length - 1;
  const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: last }[event.key];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const other = step ? rows[rows.indexOf(row) + step] : row;
  if ((to === undefined && !step) || !other) return;
  event.preventDefault();
  const index = Math.max(0, Math.min(to ?? i, other.spans.length - 1));
  row.spans.forEach((span) => (span.tabIndex = -1));
  other.spans.forEach((span, k) => (span.tabIndex = k === index ? 0 : -1));
  if (other !== row) row.spans[0].tabIndex = 0;
  other.spans[index].focus();
}

const narrow = matchMedia("(max-width: 900px)");
const gptPage = { GPT, readWeights, makeTokenizer, softmax, nextProbabilities, sample, data, tokenizer };
globalThis.gptPage = Object.assign(gptPage, { gpt: new GPT(config, weights), random: Math.random });

function fillPage() {
  const { n_layer, n_head, n_embd, block_size } = config;
  const plural = (n, noun) => `${thousands(n)} ${noun}${n === 1 ? "" : "s"}`;
  const parts = [
    `A GPT of ${plural(data.parameters, "parameter")}: ${plural(n_layer, "layer")}, ${plural(n_head, "head")}, width ${n_embd}, context of ${plural(block_size, "token")}, ${data.dtype}.`,
    data.lines.length ? `Trained on ${plural(data.lines.length, "line")}.` : "",
    data.val_loss === null ? "" : `Held-out loss: ${data.val_loss.toFixed(2)} nats per token.`,
    "It runs in this page, and nothing is sent anywhere.",
  ];
  byId("about").textContent = parts.filter(Boolean).join(" ");
  byId("scale-text").textContent = `0 to ${FULL_TINT.toFixed(1)} nats: the loss of each token (${FULL_TINT.toFixed(1)} is a guess among all ${thousands(config.vocab_size)}).`;
  byId("top-k").max = byId("top-k").value = Math.min(config.vocab_size, 100);
  for (let layer = 0; layer < n_layer; layer++) byId("layer").add(new Option(layer, layer));
  byId("layer").value = n_layer - 1;
  byId("head").add(new Option("mean of all", MEAN));
  for (let head = 0; head < n_head; head++) byId("head").add(new Option(head, head));
}

fillPage();
showSettings();
byId("beginning").addEventListener("input", scoreBeginning);
byId("settings").addEventListener("input", () => {
  showSettings();
  if (selected) select(selected.row, selected.i);
});
byId("settings").addEventListener("submit", (event) => (event.preventDefault(), generate()));
byId("stop").addEventListener("click", () => (run++, (byId("stop").disabled = true)));
for (const name of ["layer", "head"]) byId(name).addEventListener("change", () => select(selected.row, selected.i));
for (const name of ["pointerover", "focusin", "click"]) byId("columns").addEventListener(name, onLetter);
byId("columns").addEventListener("keydown", onKey);
scoreBeginning().then(generate);

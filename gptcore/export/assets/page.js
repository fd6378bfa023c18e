// The page: reads the controls, generates samples, compares them with the training text.
import { Details } from "./details.js";
import { GPT, nextProbabilities, readWeights, sample, softmax } from "./gpt.js";
import { TrainingLines } from "./lines.js";
import { breathe, Reader } from "./reader.js";
import { Row } from "./row.js";
import { makeTokenizer } from "./tokenizer.js";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("model").textContent);
const { config } = data;
const weights = readWeights(data.tensors, data.dtype, byId("weights").textContent);
const tokenizer = makeTokenizer(data.tokenizer);
const trainingLines = new TrainingLines(data.lines);
const START = tokenizer.end_of_text === null ? [] : [tokenizer.end_of_text];
const STOP = new Set(tokenizer.stop_ids);
const MOST_TOP_K = Math.min(config.vocab_size, 100); // the slider's end, which is "all"
const [columns, beginning, samples] = ["columns", "beginning", "samples"].map(byId);
const narrow = matchMedia("(max-width: 900px)");

const newReader = () => new Reader(config, weights);
const [generator, scorer, inspector] = [newReader(), newReader(), newReader()];
const lossOf = (logits, id) => -Math.log(softmax(logits)[id]);
const thousands = (n) => n.toLocaleString("en");
const plural = (n, noun) => `${thousands(n)} ${noun}${n === 1 ? "" : "s"}`;
const nats = (row) => `${row.meanLoss().toFixed(2)} nats per token.`;

function settings() {
  const topK = Number(byId("top-k").value);
  return {
    temperature: Number(byId("temperature").value),
    topK: topK === MOST_TOP_K ? config.vocab_size : topK,
    count: Number(byId("count").value),
  };
}

const home = (row) => (narrow.matches ? row.element : columns);
const details = new Details(byId("details"), inspector, tokenizer, settings, home);

function showSettings() {
  const { temperature, topK, count } = settings();
  byId("temperature-value").value = temperature === 0 ? "0: most likely" : temperature.toFixed(1);
  byId("top-k-value").value = topK === config.vocab_size ? "all" : topK;
  byId("count-value").value = count;
  details.refresh();
}

function report(text, isFault = false) {
  byId("message").textContent = text;
  byId("message").classList.toggle("fault", isFault);
}

// The tokens of the typed beginning; null, and a message, if the model cannot take them.
function typedIds() {
  const { ids, unknown } = tokenizer.encode(beginning.value);
  const all = [...START, ...ids], most = config.block_size;
  let fault = "";
  if (unknown.length) {
    const missing = unknown.slice(0, 10).map((letter) => `“${letter}”`).join(", ");
    fault = `The model does not have ${missing}. It has: ${alphabet()}`;
  } else if (all.length > most)
    fault = `The beginning has ${plural(all.length, "token")}, and the model takes ${most}.`;
  else if (!all.length)
    fault = "This model has no token for the start of a text: type a beginning.";
  report(fault, fault !== "");
  byId("generate").disabled = fault !== "";
  beginning.ariaInvalid = fault !== "";
  return fault ? null : all;
}

function alphabet() {
  const ids = Array.from(tokenizer.tokens.keys()).filter((id) => !tokenizer.isSpecial(id));
  return ids.slice(0, 100).map(tokenizer.label).join(" ") + (ids.length > 100 ? " …" : "");
}

function removeRows(parent) {
  if (parent.contains(details.element)) columns.append(details.element);
  parent.replaceChildren();
}

// The typed beginning as a row: how likely it is, and what may come next.
async function scoreBeginning() {
  const ids = typedIds();
  if (!ids) return;
  removeRows(byId("own"));
  const row = new Row(byId("own"), "div", "Beginning", tokenizer);
  for (const id of ids) row.push(id, "given");
  row.pushCaret();
  details.select(row, ids.length);
  for (let i = 1; i < ids.length; i++) {
    const logits = await scorer.read(ids.slice(0, i));
    if (!logits) return; // something else was typed meanwhile
    row.score(i, lossOf(logits, ids[i]));
  }
  if (ids.length > 1) row.note.textContent = nats(row);
}

let run = null; // the run that generates now; another object, or null, ends it
async function generate() {
  const ids = typedIds(), mine = (run = {}), isWanted = () => run === mine;
  if (!ids) return;
  removeRows(samples);
  byId("stop").disabled = false;
  const { count } = settings(), began = performance.now();
  let done = 0, tokens = 0, copies = 0;
  while (done < count && isWanted()) {
    const row = new Row(samples, "li", `Sample ${done + 1}`, tokenizer);
    tokens += await writeSample(row, ids, isWanted);
    if (isWanted() && (await compareWithLines(row))) copies++;
    if (isWanted()) done++;
  }
  if (run !== mine && run !== null) return; // another run has begun
  run = null;
  byId("stop").disabled = true;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const stopped = done < count ? "Stopped: " : "";
  const copied = data.lines.length ? `, ${copies} of them in the training text` : "";
  const speed = `${plural(tokens, "token")} in ${seconds} s.`;
  report(`${stopped}${plural(done, "sample")}${copied}. ${speed}`);
}

// Sample tokens until the text ends or the context is full. Returns how many.
async function writeSample(row, ids, isWanted) {
  for (const id of ids) row.push(id, "given");
  for (let i = 1; i < ids.length; i++) {
    const logits = await generator.read(ids.slice(0, i));
    if (!logits || !isWanted()) return 0;
    row.score(i, lossOf(logits, ids[i]));
  }
  let id = null;
  while (row.ids.length <= config.block_size && !STOP.has(id)) {
    const logits = await generator.read(row.ids);
    if (!logits || !isWanted()) break;
    const { temperature, topK } = settings(); // may have changed since the last token
    id = sample(nextProbabilities(logits, temperature, topK), gptPage.random());
    row.push(id);
    row.score(row.ids.length - 1, lossOf(logits, id));
  }
  const isFull = row.ids.length > config.block_size && !STOP.has(id);
  if (row.ids.length > 1) row.note.append(nats(row), isFull ? " The context is full." : "");
  return row.ids.length - ids.length;
}

// Mark a sample that is a line of the training text (true), or name the nearest line.
async function compareWithLines(row) {
  if (!data.lines.length) return false;
  const mark = document.createElement("span"), text = row.text();
  const isKnown = trainingLines.has(text);
  mark.className = isKnown ? "known" : "new";
  mark.textContent = isKnown ? "In the training text." : "New.";
  row.note.prepend(mark, " ");
  if (isKnown) return true;
  const { text: line, changes } = await trainingLines.nearest(text, breathe);
  const nearest = document.createElement("bdi");
  nearest.textContent = line;
  row.note.append(" Nearest line: ", nearest, ` (${plural(changes, "change")}).`);
  return false;
}

// A letter of a row, under the mouse, touched or with the focus.
function letterOf(event) {
  const span = event.target.closest?.(".t"), row = span?.parentElement.row;
  return row ? { row, i: row.spans.indexOf(span) } : null;
}

function onLetter(event) {
  const at = letterOf(event);
  if (at && !(details.row === at.row && details.i === at.i)) details.select(at.row, at.i);
}

// Arrow keys move in a row and between rows; the Tab key goes from row to row.
function onKey(event) {
  const at = letterOf(event);
  if (!at) return;
  const rows = Array.from(document.querySelectorAll(".letters"), (letters) => letters.row);
  const along = { ArrowRight: at.i + 1, ArrowLeft: at.i - 1, Home: 0, End: Infinity }[event.key];
  const across = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  const row = rows[rows.indexOf(at.row) + across];
  if ((along === undefined && !across) || !row) return;
  event.preventDefault();
  const i = Math.max(0, Math.min(along ?? at.i, row.spans.length - 1));
  row.spans.forEach((span, k) => (span.tabIndex = k === i ? 0 : -1));
  row.spans[i].focus();
}

function describePage() {
  const { n_layer, n_head, n_embd, block_size, vocab_size } = config;
  const guess = Math.log(vocab_size).toFixed(1);
  byId("about").textContent = [
    `A GPT of ${plural(data.parameters, "parameter")} (${data.dtype}):`,
    `${plural(n_layer, "layer")}, ${plural(n_head, "head")}, width ${n_embd},`,
    `context of ${plural(block_size, "token")}.`,
    data.lines.length ? `Trained on ${plural(data.lines.length, "line")}.` : "",
    data.val_loss === null ? "" : `Held-out loss: ${data.val_loss.toFixed(2)} nats per token.`,
    "It runs in this page, and nothing is sent anywhere.",
  ].filter(Boolean).join(" ");
  byId("scale-text").textContent =
    `0 to ${guess} nats: the loss of each token. ${guess} is a guess among all ${vocab_size}.`;
  byId("count").value = block_size > 64 ? 3 : 12; // lines are short, stories are long
  byId("top-k").max = byId("top-k").value = MOST_TOP_K;
}

// For the console of the browser, such as: gptPage.gpt.logits([0, 1])
globalThis.gptPage = {
  ...{ GPT, TrainingLines, readWeights, makeTokenizer, softmax, nextProbabilities, sample },
  ...{ data, tokenizer, gpt: new GPT(config, weights), random: Math.random },
};

// page.html?embedded is for a frame in another page: a beginning, a temperature, and samples.
const isEmbedded = new URLSearchParams(location.search).has("embedded");
document.documentElement.classList.toggle("embedded", isEmbedded);
describePage();
showSettings();
beginning.addEventListener("input", scoreBeginning);
byId("settings").addEventListener("input", showSettings);
byId("settings").addEventListener("submit", (event) => (event.preventDefault(), generate()));
byId("stop").addEventListener("click", () => (run = null));
for (const name of ["pointerover", "focusin", "click"]) columns.addEventListener(name, onLetter);
columns.addEventListener("keydown", onKey);
narrow.addEventListener("change", () => details.row && home(details.row).append(details.element));
scoreBeginning().then(generate);

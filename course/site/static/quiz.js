// Questions on a page: a form is judged by the replies that the catalogue computed when the site was
// built (course/site/quiz/). Answers stay in this browser, under one key of localStorage.

const KEPT = "gptcore-answers";
const DRAFTS = "gptcore-drafts"; // code of exercises that is not run yet: python.js

// ---- judging: the same as course/site/quiz/numbers.py and fields.py -------------------------------

function close(one, other, tolerance) {
  if (one === other) return true;
  if (!Number.isFinite(one) || !Number.isFinite(other)) return false;
  const size = Math.max(Math.abs(one), Math.abs(other));
  return Math.abs(one - other) <= Math.max(tolerance * size, tolerance / 1000);
}

const same = (one, other, tolerance) =>
  one.length === other.length && one.every((value, i) => close(value, other[i], tolerance));

// A number as Python writes it with six digits: 0.0001 and 1e-05, 123456 and 1.23457e+06.
function shown(number, text) {
  if (/^[+-]?\d+$/.test(text)) return String(BigInt(text));
  if (number === 0) return "0";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const [digits, exponent] = number.toExponential(5).split("e");
  const power = Number(exponent);
  const cut = (value) => (value.includes(".") ? value.replace(/\.?0+$/, "") : value);
  if (power >= -4 && power < 6) return cut(number.toFixed(Math.max(0, 5 - power)));
  return `${cut(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function numberReply(form, [number], [text]) {
  let i = 0;
  while (i < form.borders.length && form.borders[i] < number) i++;
  const reply = form.replies[form.pieces[i]];
  return { right: reply.right, words: reply.words.replace("\0", shown(number, text)) };
}

function fieldsReply(form, rows, texts) {
  const given = rows.map((row, i) =>
    row.length === 1 && form.rounded[i].some((r) => close(row[0], r, 1e-12)) ? form.right[i] : row);
  const matches = given.map((row, i) => same(row, form.right[i], form.tolerance));
  if (matches.every(Boolean)) return { right: true, words: form.yes };
  for (const tolerance of form.tolerances) {
    for (const mistake of form.mistakes) {
      if (given.every((row, i) => same(row, mistake.numbers[i], tolerance))) {
        return { right: false, words: mistake.words };
      }
    }
  }
  const values = rows.map((row, i) => {
    const parts = row.map((value, j) => shown(value, texts[i][j]));
    return form.right[i].length === 1 ? parts[0] : form.lines[0] ? `(${parts.join(", ")})` : `[${parts.join(", ")}]`;
  });
  if (!form.lines[0]) return { right: false, words: `not yet. Yours is ${values[0]}. ${form.otherwise}`.trim() };
  const quoted = (line) => (line.includes("'") ? `"${line}"` : `'${line}'`);
  const right = form.lines.filter((line, i) => matches[i]).map(quoted);
  const wrong = form.lines.map((line, i) => `${quoted(line)}: ${values[i]}`).filter((line, i) => !matches[i]);
  const which = right.length ? `Right: ${right.join(", ")}. ` : "";
  return { right: false, words: `not yet. ${which}Not right: ${wrong.join(", ")}. ${form.otherwise}`.trim() };
}

// ---- reading a form: {reply} or {problem} ---------------------------------------------------------

const MOST_LETTERS = 200; // of an answer
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function rowOf(text, count) {
  const parts = text.trim().replaceAll("−", "-").replace(/^[[(]|[\])]$/g, "").split(count > 1 ? /[\s,x×]+/ : /(?!)/).filter(Boolean);
  const texts = parts.map((part) => part.replace(/(?<=\d)[_ ](?=\d{3}(?!\d))/g, ""));
  return texts.length && texts.every((part) => NUMBER.test(part)) ? texts : null;
}

function judge(form, fields) {
  if (form.kind === "choice") {
    const chosen = fields.find((field) => field.checked);
    return chosen ? { reply: form.options[chosen.value] } : { problem: "Choose one." };
  }
  if (form.kind === "subset") {
    const letters = fields.filter((field) => field.checked).map((field) => field.value).join("");
    return letters ? { reply: form.replies[form.answers[letters]] } : { problem: "Tick at least one." };
  }
  if (form.kind === "table") {
    const chosen = form.lines.map((_, i) => fields.find((field) => field.name.endsWith(`-${i}`) && field.checked));
    if (!chosen.every(Boolean)) return { problem: "Choose true or false in each line." };
    return { reply: form.replies[form.answers[chosen.map((field) => field.value).join("")]] };
  }
  const counts = form.kind === "number" ? [1] : form.right.map((row) => row.length);
  const texts = fields.map((field, i) => rowOf(field.value, counts[i]));
  const empty = fields.findIndex((field) => !field.value.trim());
  if (empty >= 0) return { problem: "Enter a number in each field." };
  const bad = texts.findIndex((row) => !row);
  if (bad >= 0) return { problem: `“${fields[bad].value}” is no number. Write it without units and commas, such as 1000 or 0.5.` };
  const rows = texts.map((row) => row.map(Number));
  return { reply: form.kind === "number" ? numberReply(form, rows[0], texts[0]) : fieldsReply(form, rows, texts) };
}

// ---- showing --------------------------------------------------------------------------------------

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

// `so` becomes <code>so</code>.
const withCode = (words) => words.split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));

function inputsOf(form, id) {
  const pick = (type, name, value, label) =>
    element("label", { className: "option" }, element("input", { type, name, value }), ` ${label}`);
  const box = (label, i, count) => element("label", { className: "field" }, label ? `${label} ` : "",
    element("input", {
      type: "text", inputMode: "decimal", maxLength: MOST_LETTERS, name: `${id}-${i}`, autocomplete: "off", size: count > 1 ? 14 : 10,
      ariaLabel: label || form.name, placeholder: count > 1 ? Array(count).fill("·").join(", ") : "a number",
    }));
  if (form.kind === "choice") return form.options.map((option, i) => pick("radio", id, i, option.value));
  if (form.kind === "subset") return form.letters.map((letter) => pick("checkbox", id, letter, letter));
  if (form.kind === "number") return [box("", 0, 1)];
  if (form.kind === "fields") return form.lines.map((line, i) => box(line, i, form.right[i].length));
  return form.lines.map((line, i) => element("fieldset", {}, element("legend", {}, line),
    pick("radio", `${id}-${i}`, "T", "True"), pick("radio", `${id}-${i}`, "F", "False")));
}

const notStored = {}; // answers that this browser refused to store

// The answers that were kept as this version keeps them; anything else is left out.
function load() {
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { /* private mode, or damaged */ }
  const whole = Object.entries(kept).filter(([, answer]) => Array.isArray(answer?.values));
  return { ...Object.fromEntries(whole), ...notStored };
}

function keep(name, answer) {
  try { localStorage.setItem(KEPT, JSON.stringify({ ...load(), [name]: answer })); } catch { notStored[name] = answer; }
}

// The folded answer that belongs to a guess: the first one below it, before the next guess.
function answerBelow(box) {
  const all = [...document.querySelectorAll(".quiz, details.answer")];
  const next = all[all.indexOf(box) + 1];
  return next && next.matches("details") ? next : null;
}

function valueOf(field) { return field.type === "text" ? field.value : field.checked; }

function build(box, number) {
  const form = JSON.parse(box.querySelector("script").textContent);
  const id = `guess-${number}`;
  const said = element("p", { className: "reply" });
  said.setAttribute("aria-live", "polite");
  const button = element("button", { type: "submit" }, "Answer");
  const shell = element("form", { noValidate: true },
    element("fieldset", { className: "answers" },
      element("legend", {}, `Your answer: ${form.name}`), ...inputsOf(form, id)), button, said);
  const fields = [...shell.querySelectorAll("input")];
  const reply = (quiet) => {
    const { reply: verdict, problem } = judge(form, fields);
    said.className = `reply ${problem ? "problem" : verdict.right ? "right" : "wrong"}`;
    said.replaceChildren(...withCode(problem || verdict.words));
    if (problem) return;
    const answer = answerBelow(box);
    if (answer) answer.open = true;
    if (!quiet) keep(form.name, { right: verdict.right, values: fields.map(valueOf) });
    count();
  };
  shell.addEventListener("submit", (event) => { event.preventDefault(); reply(false); });
  box.append(shell);
  const before = load()[form.name];
  if (before && before.values.length === fields.length) {
    fields.forEach((field, i) => { if (field.type === "text") field.value = before.values[i]; else field.checked = before.values[i]; });
    reply(true);
  }
}

function namesOfPage() {
  return [...document.querySelectorAll(".quiz script, .python.runs script")].map((one) => JSON.parse(one.textContent).name);
}

function count() {
  const place = document.querySelector(".quiz-count");
  if (!place) return;
  const names = namesOfPage();
  const kept = load();
  const answered = names.filter((name) => kept[name]);
  const right = answered.filter((name) => kept[name].right);
  place.querySelector("span").textContent = `Questions on this page: ${answered.length} of ${names.length} answered, ${right.length} right. ${
    Object.keys(notStored).length ? "This browser does not store them." : "Your answers stay in this browser."} `;
}

// Forget the answers and the code of this page, and of no other.
function forget() {
  for (const key of [KEPT, DRAFTS]) {
    try {
      const kept = JSON.parse(localStorage.getItem(key)) || {};
      namesOfPage().forEach((name) => delete kept[name]);
      localStorage.setItem(key, JSON.stringify(kept));
    } catch { /* private mode, or damaged */ }
  }
  location.reload();
}

// The line that counts the answers of this page, below the last question.
function offerCount(last) {
  if (!document.querySelector(".quiz-count")) {
    const button = element("button", { type: "button", onclick: forget }, "Forget them");
    const place = element("p", { className: "quiz-count" }, element("span"), button);
    last.closest("section, article").parentElement.append(place);
  }
  count();
}

const boxes = [...document.querySelectorAll(".quiz")];
boxes.forEach(build);
if (boxes.length) offerCount(boxes.at(-1));

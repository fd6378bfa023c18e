// Exercises that need Python, in the page: an editor for each, and one Python for all of them. Python
// is loaded by the first run. It works in a thread of its own (python_worker.js), so "Stop" ends it.

(() => {
  const here = document.currentScript.src;
  const INDENT = "    ";
  const ABOVE = 120; // seconds for the cells above
  const OWN = 60; // seconds for the reader's code
  const FROM_DISK = "Python cannot run in a page that is opened from disk. In the folder of the site, " +
    "run `python -m http.server`, and open http://localhost:8000 in the browser.";

  const boxes = [...document.querySelectorAll(".python")].filter((box) => box.querySelector("script"));
  if (!boxes.length) return;
  const told = boxes.map((box) => JSON.parse(box.querySelector("script").textContent));
  if (location.protocol === "file:") {
    boxes.forEach((box) => box.prepend(element("p", { className: "python-places" }, ...withCode(FROM_DISK))));
    return;
  }

  // ---- one Python for the page: {say, end} of the run in progress ----------------------------------

  let worker = null;
  let run = null;

  function end(reply) {
    const { timer, done } = run;
    clearTimeout(timer);
    run = null;
    done(reply);
  }

  function stop(words) {
    worker.terminate();
    worker = null;
    end({ words, answers: [] });
  }

  function limit(seconds, words) {
    run.timer = setTimeout(() => stop(`Stopped after ${seconds} seconds. ${words}`), seconds * 1000);
  }

  function heard({ say, reply, failed }) {
    if (!run) return;
    if (failed) return stop(failed);
    if (reply) return end({ words: reply.text, answers: reply.answers });
    clearTimeout(run.timer);
    if (say.endsWith("above …")) limit(ABOVE, "The cells above take too long here; the links below lead to where they are faster.");
    if (say.startsWith("Running your code")) limit(OWN, "Does everything that a loop waits for change in the loop?");
    run.say(say);
  }

  function start(place, say) {
    if (!worker) {
      worker = new Worker(new URL("python_worker.js", here), { type: "module" });
      worker.onmessage = ({ data }) => heard(data);
      worker.onerror = (event) => run && stop(`Python could not be started: ${event.message || "this browser does not allow it"}`);
      say(`Loading Python: ${told[0].megabytes} MB the first time …`);
    }
    const cells = [...told[0].cells];
    editors.forEach((editor) => { cells[editor.place] = editor.area.value; });
    const python = new URL(told[0].python, document.baseURI).href;
    return new Promise((done) => {
      run = { say, done };
      worker.postMessage({ python, cells, place });
    });
  }

  // ---- code that is typed but not run ---------------------------------------------------------------

  function drafts() {
    try { return JSON.parse(localStorage.getItem(DRAFTS)) || {}; } catch { return {}; }
  }

  function keepDraft(name, code) {
    try { localStorage.setItem(DRAFTS, JSON.stringify({ ...drafts(), [name]: code })); } catch { /* private mode */ }
  }

  // ---- the editor -----------------------------------------------------------------------------------

  const typed = (area, text) => { if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end"); };

  // Tab indents all selected lines, and Shift+Tab takes the indent back.
  function indent(area, back) {
    const { value, selectionStart: first, selectionEnd: last } = area;
    if (!back && first === last) return typed(area, INDENT);
    const from = value.lastIndexOf("\n", first - 1) + 1;
    const lines = value.slice(from, last).split("\n");
    const moved = lines.map((line) => (back ? line.replace(/^ {1,4}/, "") : line && INDENT + line)).join("\n");
    if (moved === lines.join("\n")) return;
    area.setSelectionRange(from, last);
    typed(area, moved);
    const shift = Math.max(from, first + (back ? -1 : 1) * Math.min(4, Math.abs(moved.length - (last - from))));
    area.setSelectionRange(lines.length > 1 ? from : shift, lines.length > 1 ? from + moved.length : shift);
  }

  // A new line begins where the last one did; after a colon, four spaces further.
  function newLine(area) {
    const line = area.value.slice(0, area.selectionStart).split("\n").at(-1);
    const more = line.trimEnd().endsWith(":") ? INDENT : "";
    typed(area, `\n${line.match(/^ */)[0]}${more}`);
  }

  function editorOf(box, { name, place }) {
    const cell = box.closest(".cell");
    const block = cell.querySelector(".highlight-python");
    const stub = told[0].cells[place];
    const id = `python-${place}`;
    const area = element("textarea", { id, value: drafts()[name] ?? stub, spellcheck: false, wrap: "off" });
    for (const [key, value] of Object.entries({ autocapitalize: "off", autocorrect: "off", autocomplete: "off", "aria-describedby": `${id}-keys` })) area.setAttribute(key, value);
    const label = element("label", { htmlFor: id }, `Your code: ${name}`);
    const keys = element("p", { id: `${id}-keys`, className: "python-keys" },
      "Tab indents. Escape, then Tab, leaves the editor. Ctrl+Enter runs the code.");
    const [runs, stops, resets] = ["Run and check", "Stop", "Reset"].map((words) => element("button", { type: "button" }, words));
    const state = element("p", { className: "python-state" });
    state.setAttribute("role", "status");
    const reply = element("pre", { className: "reply" });
    reply.setAttribute("aria-live", "polite");
    stops.disabled = true;

    let leaving = false; // after Escape the next Tab leaves the editor
    area.addEventListener("keydown", (event) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === "Escape") leaving = true;
      else if (event.key === "Tab" && plain && !leaving) { event.preventDefault(); indent(area, event.shiftKey); }
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); runs.click(); }
      else if (event.key === "Enter" && plain && !event.shiftKey && !event.isComposing) { event.preventDefault(); newLine(area); }
      else if (event.key !== "Shift" && event.key !== "Tab") leaving = false;
    });
    area.addEventListener("blur", () => { leaving = false; });
    const grow = () => { area.rows = Math.min(40, Math.max(6, area.value.split("\n").length + 1)); };
    area.addEventListener("input", () => { grow(); keepDraft(name, area.value); });

    function show(words, right) {
      reply.className = `reply ${right === undefined ? "" : right ? "right" : "wrong"}`;
      reply.textContent = words;
    }

    resets.onclick = () => { // typed, so that Ctrl+Z brings the code back
      area.focus();
      area.select();
      typed(area, stub);
      grow();
      keepDraft(name, stub);
      show("", undefined);
    };
    stops.onclick = () => stop("Stopped. The next run starts Python again.");
    runs.onclick = async () => {
      if (run) return;
      const code = area.value;
      editors.forEach((editor) => { editor.runs.disabled = true; });
      stops.disabled = false;
      show("", undefined);
      const { words, answers } = await start(place, (now) => { state.textContent = now; });
      editors.forEach((editor) => { editor.runs.disabled = false; });
      stops.disabled = true;
      state.textContent = "";
      const own = answers.findLast(([question]) => question === name);
      show(words || "Your code has run, and printed nothing.", own?.[1]);
      if (own) keep(name, { right: own[1], values: [code], words });
      count();
    };

    block.hidden = true;
    cell.querySelectorAll(".output").forEach((output) => { output.hidden = true; });
    box.classList.add("runs");
    box.prepend(label, area, keys, element("div", { className: "python-buttons" }, runs, stops, resets), state, reply);
    grow();
    const before = load()[name];
    if (before && before.values[0] === area.value) show(before.words, before.right);
    return { place, area, runs };
  }

  const editors = boxes.map((box, i) => editorOf(box, told[i]));
  offerCount(boxes.at(-1));
})();

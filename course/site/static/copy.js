// A button on each block of code that copies it. An output has none, and a block is changed in
// nothing else. Of an interactive session (>>>) the code is copied, without prompts and results.

const CODE = ".highlight-python, .highlight-pycon, .highlight-sh, .highlight-toml, .highlight-json";
const SHOWN = 1500; // milliseconds for which the button says that it has copied

function textOf(block) {
  const lines = block.querySelector("pre").textContent.trimEnd().split("\n");
  if (!block.matches(".highlight-pycon")) return lines.join("\n");
  return lines.filter((line) => /^(>>>|\.\.\.)( |$)/.test(line)).map((line) => line.slice(4)).join("\n");
}

// Where a page may not use the clipboard (a file, an old browser), the selection is copied.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    focused.focus();
    if (!copied) throw new Error("no clipboard");
  }
}

// One place for the whole page in which a screen reader hears what happened.
const heard = document.createElement("p");
heard.className = "copy-heard";
heard.setAttribute("role", "status");

function say(button, word, sentence) {
  button.textContent = word;
  heard.textContent = sentence;
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    button.textContent = "Copy";
    heard.textContent = "";
  }, SHOWN);
}

function offer(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the code");
  button.onclick = () => copy(textOf(block)).then(
    () => say(button, "Copied", "The code is copied."),
    () => say(button, "Not copied", "The code is not copied: this browser does not allow it."));
  block.append(button);
}

const blocks = [...document.querySelectorAll(CODE)].filter((block) => !block.matches(".output"));
blocks.forEach(offer);
if (blocks.length) document.body.append(heard);

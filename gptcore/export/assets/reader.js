// A model that reads texts without freezing the page.
import { GPT } from "./gpt.js";

const SLICE = 20; // milliseconds of work before the page may do something else
let deadline = 0;

// Long work awaits this often: clicks, keys and drawing happen meanwhile.
export async function breathe() {
  if (performance.now() < deadline) return;
  await new Promise((resume) => setTimeout(resume));
  deadline = performance.now() + SLICE;
}

export class Reader {
  constructor(config, weights) {
    this.gpt = new GPT(config, weights);
    this.ids = [];
    this.latest = 0;
  }

  // Logits after a text. What it has in common with the last text is not read again.
  // null if another text was given before this one was finished.
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

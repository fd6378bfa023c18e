// Whether a generated line is in the training text, and which line there is nearest to it.

export class TrainingLines {
  constructor(lines) {
    this.lines = lines.map((line) => Array.from(line)); // by code points
    this.known = new Set(lines);
  }

  has(text) {
    return this.known.has(text);
  }

  // The line with the fewest changes (letters put in, left out or replaced): { text, changes }.
  // `pause` is awaited between lines, so that a page can show something meanwhile.
  async nearest(text, pause = async () => {}) {
    const letters = Array.from(text);
    let best = { text: "", changes: Infinity };
    for (let i = 0; i < this.lines.length; i++) {
      const line = this.lines[i];
      if (i % 20 === 0) await pause();
      const changes = editDistance(letters, line, best.changes - 1);
      if (changes < best.changes) best = { text: line.join(""), changes };
    }
    return best;
  }
}

// Levenshtein distance, or Infinity if it is more than `most`.
export function editDistance(a, b, most = Infinity) {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, above[j] + 1, row[j - 1] + 1);
      if (row[j] < smallest) smallest = row[j];
    }
    if (smallest > most) return Infinity; // rows only grow
    above = row;
  }
  return above[b.length] > most ? Infinity : above[b.length];
}

// How each number of the map comes from numbers of the stages before.
const fixed = (x, digits) => x.toFixed(digits).replace(/^-(?=0\.0+$)/, "").replace("-", "−");
const two = (x) => fixed(x, 2);
const three = (x) => fixed(x, 3);
const MOST_ROWS = 16;
const short = (stage) => stage.text.split(/: | \(/)[0];

class Numbers {
  constructor(stages) {
    this.stages = new Map(stages.map((stage) => [stage.name, stage]));
    this.tokens = stages.find((stage) => stage.op === "ids")?.labels ?? [];
  }

  perHead(stage) {
    return Array.isArray(stage.values[0][0]);
  }

  // All numbers at position t in one row; of scores only those that are not masked.
  at(stage, t) {
    if (!stage.values) return [];
    return this.perHead(stage) ? stage.values.flatMap((head) => head[t].slice(0, t + 1)) : stage.values[t];
  }

  token(t) {
    return this.tokens.length ? `${this.tokens[t]} (position ${t})` : `position ${t}`;
  }

  // What number i is called: its index, its head, its token.
  called(stage, i, t) {
    if (stage.op === "ids") return "the id";
    if (this.perHead(stage)) return `head ${Math.floor(i / (t + 1))}, key of ${this.token(i % (t + 1))}`;
    if (stage.labels.length) return `number ${i} (token ${stage.labels[i]})`;
    if (stage.heads > 1) return `number ${i} (head ${this.headOf(stage, i)})`;
    return `number ${i}`;
  }

  // The most probable tokens at position t.
  best(stage, t) {
    return stage.values[t].map((p, i) => [stage.labels[i], p]).sort((a, b) => b[1] - a[1]).slice(0, 3);
  }

  headOf(stage, i) {
    return Math.floor(i / (stage.values[0].length / stage.heads));
  }

  // The head of keys or values that this head reads: several share one (GQA) if there are fewer numbers.
  sharedHead(head, stage, keys) {
    return Math.floor((head * keys.values[0].length) / stage.values[0].length);
  }

  // { text, rows, total }: a row has its text, its value, and the number that it leads to.
  explain(stage, i, t) {
    const inputs = stage.inputs.map((name) => this.stages.get(name));
    if (!stage.values || !inputs.every((input) => input.values)) return null;
    const value = this.at(stage, t)[i];
    const explained = this[stage.op.replace(" ", "_")]?.(stage, i, t, inputs, value);
    return explained ?? null;
  }

  row(text, value, stage, i, t) {
    return { text, value, stage: stage.name, i, t };
  }

  ids(stage, i, t) {
    const token = this.tokens[t] ?? "";
    return { text: `The tokenizer replaces the token ${token} by its id. The id selects a row of the embedding table.`, rows: [] };
  }

  lookup(stage, i, t, [ids], value) {
    const row = stage.title.includes("position") ? t : ids.values[t][0];
    return {
      text: `It is copied from the table ${stage.weightName}: row ${row}, column ${i}.`,
      rows: [this.row(`${stage.weightName}[${row}][${i}] = ${two(value)}`, value, ids, 0, t)],
    };
  }

  add(stage, i, t, inputs, value) {
    const rows = inputs.map((input) => {
      const number = input.values[t][i];
      return this.row(`${short(input)}, number ${i}: ${two(number)}`, number, input, i, t);
    });
    return { text: "It is the sum of two numbers:", rows, total: `= ${two(value)}`, one: true };
  }

  norm(stage, i, t, [input], value) {
    const row = input.values[t], n = row.length;
    const root = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / n + 1e-5);
    const gain = stage.weight ? ` × ${two(stage.weight[i])}` : "";
    const then = gain ? ` Then each has its own weight, ${stage.weightName}[${i}].` : "";
    return {
      text: `RMSNorm divides each number by ${three(root)}, the root of the mean of the ${n} squares.${then}`,
      rows: [this.row(`${short(input)}, number ${i}: ${two(row[i])} / ${three(root)}${gain}`, row[i], input, i, t)],
      total: `= ${two(value)}`, one: true,
    };
  }

  linear(stage, i, t, [input], value) {
    if (!stage.weight) return null;
    const weights = stage.weight[i], numbers = input.values[t];
    const terms = numbers.map((x, j) => ({ j, x, w: weights[j], p: weights[j] * x }));
    const zeros = input.op === "relu" ? terms.filter(({ x }) => x === 0).length : 0;
    let shown = zeros ? terms.filter(({ x }) => x !== 0) : terms, rest = "";
    if (shown.length > MOST_ROWS) {
      const order = [...shown].sort((a, b) => Math.abs(b.p) - Math.abs(a.p));
      const others = order.slice(MOST_ROWS).reduce((sum, term) => sum + term.p, 0);
      rest = ` + ${order.length - MOST_ROWS} smaller products (sum ${three(others)})`;
      shown = order.slice(0, MOST_ROWS).sort((a, b) => a.j - b.j);
    }
    const rows = shown.map(({ j, x, w, p }) => this.row(
      `${String(j).padStart(2)} ${two(x).padStart(5)} × ${two(w).padStart(5)} = ${three(p).padStart(6)}`, p, input, j, t));
    const none = zeros ? ` ${zeros} of them are 0, since ReLU set their input to 0.` : "";
    return {
      text: `It is a sum of ${terms.length} products: number j of ${short(input)} × ${stage.weightName}[${i}][j].${none}`,
      rows, total: `sum${rest} = ${three(value)}`,
    };
  }

  scores(stage, i, t, [q, k], value) {
    const head = Math.floor(i / (t + 1)), j = i % (t + 1), D = q.values[0].length / q.heads;
    const shared = this.sharedHead(head, q, k);
    const rows = Array.from({ length: D }, (_, d) => {
      const c = head * D + d, other = shared * D + d, a = q.values[t][c], b = k.values[j][other];
      return this.row(`${short(q)}[${c}] × ${short(k)}[${other}] = ${two(a)} × ${two(b)} = ${three(a * b)}`, a * b, k, other, j);
    });
    const sum = rows.reduce((all, row) => all + row.value, 0);
    return {
      text: `The query of ${this.token(t)} times the key of ${this.token(j)}, ${D} products in head ${head}. The sum is divided by √${D}.`,
      rows, total: `${three(sum)} / √${D} = ${three(value)}`, one: true,
    };
  }

  softmax(stage, i, t, [input], value) {
    const row = this.at(input, t), heads = this.perHead(stage), n = heads ? t + 1 : row.length;
    const from = heads ? i - (i % n) : 0, part = row.slice(from, from + n);
    const sum = part.reduce((all, x) => all + Math.exp(x), 0);
    const name = (k) => (heads ? `${this.tokens[k] ?? ""} (${k})` : input.labels[k] ?? k);
    const order = part.map((x, k) => k).sort((a, b) => part[b] - part[a]).slice(0, MOST_ROWS - 4);
    const shown = order.includes(i - from) ? order : [...order.slice(0, -1), i - from];
    const rows = shown.sort((a, b) => a - b).map((k) => this.row(
      `${name(k)}: exp(${two(part[k])}) = ${two(Math.exp(part[k]))}`, part[k], input, from + k, t));
    const over = heads ? `the ${n} scores of this head` : `all ${n} logits`;
    const those = order.includes(i - from) ? `The ${shown.length} largest` : `The ${shown.length - 1} largest and this one`;
    const listed = shown.length < n ? ` ${those} of them:` : "";
    return {
      text: `exp(${two(row[i])}), divided by the sum of exp over ${over}, ${two(sum)}.${listed}`,
      rows, total: `${two(Math.exp(row[i]))} / ${two(sum)} = ${three(value)}`,
    };
  }

  weighted_sum(stage, i, t, [weights, v], value) {
    const head = this.headOf(stage, i), D = stage.values[0].length / stage.heads;
    const c = this.sharedHead(head, stage, v) * D + (i % D);
    const rows = Array.from({ length: t + 1 }, (_, j) => {
      const a = weights.values[head][t][j], b = v.values[j][c];
      return this.row(`${this.tokens[j] ?? ""} (${j}): ${two(a)} × ${two(b)} = ${three(a * b)}`, a * b, v, c, j);
    });
    return {
      text: `Head ${head} takes number ${c} of v at each position so far, times the attention weight of that position:`,
      rows, total: `sum = ${three(value)}`,
    };
  }

  concatenate(stage, i, t, [input], value) {
    const head = this.headOf(stage, i), D = stage.values[0].length / stage.heads;
    return {
      text: `It is copied: number ${i % D} of head ${head}. The outputs of all heads are now one vector.`,
      rows: [this.row(`${short(input)}, number ${i}: ${two(value)}`, value, input, i, t)],
    };
  }

  silu(stage, i, t, [input], value) {
    const x = input.values[t][i];
    return {
      text: "SiLU is the number times its sigmoid, 1 / (1 + exp(−x)):",
      rows: [this.row(`${short(input)}, number ${i}: ${two(x)} × ${two(1 / (1 + Math.exp(-x)))}`, x, input, i, t)],
      total: `= ${two(value)}`, one: true,
    };
  }

  multiply(stage, i, t, inputs, value) {
    const rows = inputs.map((input) => {
      const number = input.values[t][i];
      return this.row(`${short(input)}, number ${i}: ${two(number)}`, number, input, i, t);
    });
    return { text: "It is the product of two numbers:", rows, total: `= ${two(value)}`, one: true };
  }

  relu(stage, i, t, [input], value) {
    const x = input.values[t][i];
    return {
      text: x > 0 ? "It is above 0, so ReLU keeps it:" : "It is not above 0, so ReLU makes it 0:",
      rows: [this.row(`${short(input)}, number ${i}: max(0, ${two(x)})`, x, input, i, t)],
      total: `= ${two(value)}`, one: true,
    };
  }
}

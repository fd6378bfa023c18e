// A GPT in plain JavaScript: token ids in, logits for the next token out. Inference only.
//
//   const gpt = new GPT(config, readWeights(tensors, dtype, base64));
//   gpt.logits([1, 2, 3]);  // logits after each token of a text, one row of V numbers for each
//   gpt.reset();            // begins another text; reset(n) keeps its first n tokens
//   gpt.step(1);            // reads one more token: V logits for the token after it
//   gpt.attention[0][3];    // of that step, layer 0, head 3: the weight of each token so far
//   gpt.length;             // how many tokens were read; at most config.block_size
//
// One token is read at a time. The keys and values of earlier tokens are kept (KV cache), so each
// step computes one column of the model. Names of sizes and weights are those of gptcore, which
// are GPT-2's. `config` has the fields of GPTConfig with n_kv_head, head_size and intermediate_size
// filled in, and with RoPE `rope_frequencies` (radians per token) and `rope_length`.
// Weights have 16 or 32 bits; everything else is computed in 64.

export class GPT {
  constructor(config, weights) {
    this.config = config;
    this.weights = weights; // name -> Float32Array; a matrix is (rows, columns), row after row
    const perLayer = () => Array.from({ length: config.n_layer }, () => []);
    this.keys = perLayer(); // [layer][token] -> K heads of D numbers
    this.values = perLayer();
    this.attention = perLayer(); // [layer][head] -> weights
    this.length = 0;
  }

  // Keep the first tokens only: in a causal model, later ones have not changed them.
  reset(length = 0) {
    for (const rows of [...this.keys, ...this.values]) rows.length = length;
    this.length = length;
  }

  // Logits after each token of a text: an array of T rows of V numbers.
  logits(ids) {
    this.reset();
    return Array.from(ids, (id) => this.step(id));
  }

  // Read one more token. Returns V logits for the token after it.
  step(id) {
    const { config, weights } = this;
    const { n_embd, n_layer, vocab_size, logit_softcap: cap } = config;
    if (!(Number.isInteger(id) && id >= 0 && id < vocab_size))
      throw new RangeError(`${id} is not a token: the model has the ids 0 to ${vocab_size - 1}.`);
    if (this.length >= config.block_size)
      throw new RangeError(`The context of ${config.block_size} tokens is full: call reset().`);

    let x = Float64Array.from(row(weights["wte.weight"], id, n_embd)); // the residual stream
    if (!config.rope) add(x, row(weights["wpe.weight"], this.length, n_embd));
    if (config.norm_embeddings) x = this.norm(x, "ln_e");
    for (let layer = 0; layer < n_layer; layer++) {
      add(x, this.attend(this.norm(x, `h.${layer}.ln_1`), layer));
      add(x, this.mlp(this.norm(x, `h.${layer}.ln_2`), layer));
    }
    if (config.final_norm) x = this.norm(x, "ln_f");
    this.length++;
    const head = weights[config.tie_weights ? "wte.weight" : "lm_head.weight"];
    const logits = linear(head, x, vocab_size);
    return cap ? logits.map((logit) => cap * Math.tanh(logit / cap)) : logits;
  }

  // What attention adds to the residual stream. This token looks at itself and at earlier ones.
  attend(x, layer) {
    const { n_head: H, n_kv_head: K, head_size: D, sliding_window: window } = this.config;
    const name = `h.${layer}.attn`;
    const qkv = this.linear(x, `${name}.c_attn`, (H + 2 * K) * D); // query, key and value heads
    for (let head = 0; head < H + K; head++) {
      const vector = qkv.subarray(head * D, (head + 1) * D);
      if (this.config.qk_norm) {
        const gain = this.weights[`${name}.${head < H ? "q" : "k"}_norm.weight`];
        rmsNorm(vector, this.config.norm_eps, gain);
      }
      if (this.config.rope) this.rotate(vector);
    }
    const keys = this.keys[layer], values = this.values[layer];
    keys.push(qkv.slice(H * D, (H + K) * D));
    values.push(qkv.slice((H + K) * D));

    const context = new Float64Array(H * D);
    const first = window ? Math.max(0, keys.length - window) : 0;
    for (let head = 0; head < H; head++) {
      const group = Math.floor(head / (H / K)) * D; // where its key and value begin (GQA)
      const query = qkv.subarray(head * D, (head + 1) * D);
      const scores = new Float64Array(keys.length).fill(-Infinity);
      for (let t = first; t < keys.length; t++) {
        let dot = 0;
        for (let i = 0; i < D; i++) dot += query[i] * keys[t][group + i];
        scores[t] = dot / Math.sqrt(D);
      }
      const attention = softmax(scores);
      for (let t = first; t < keys.length; t++)
        for (let i = 0; i < D; i++) context[head * D + i] += attention[t] * values[t][group + i];
      this.attention[layer][head] = attention;
    }
    return this.linear(context, `${name}.c_proj`, this.config.n_embd);
  }

  // RoPE: the pair (a, b) is rotated by an angle that grows with the position.
  rotate(vector) {
    const { rope_frequencies, rope_length = 1, rope_interleaved } = this.config;
    const half = vector.length / 2;
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(this.length * rope_frequencies[i]); // 32 bits, as in PyTorch
      const cos = Math.cos(angle) * rope_length, sin = Math.sin(angle) * rope_length;
      const [at, other] = rope_interleaved ? [2 * i, 2 * i + 1] : [i, i + half];
      const a = vector[at], b = vector[other];
      vector[at] = a * cos - b * sin;
      vector[other] = a * sin + b * cos;
    }
  }

  // What the MLP adds to the residual stream; with a gate, one half multiplies the other.
  mlp(x, layer) {
    const { intermediate_size: M, activation, n_embd } = this.config;
    const isGated = activation === "swiglu" || activation === "geglu";
    let hidden = this.linear(x, `h.${layer}.mlp.c_fc`, isGated ? 2 * M : M);
    const activate = ACTIVATIONS[activation];
    if (isGated) hidden = hidden.subarray(0, M).map((gate, i) => activate(gate) * hidden[M + i]);
    else hidden = hidden.map(activate);
    return this.linear(hidden, `h.${layer}.mlp.c_proj`, n_embd);
  }

  // A norm gives the vector mean 0 (LayerNorm only) and root mean square 1; x stays as it is.
  norm(x, name) {
    const y = Float64Array.from(x);
    const gain = this.weights[`${name}.weight`], bias = this.weights[`${name}.bias`];
    if (this.config.norm === "layernorm") {
      const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
      for (let i = 0; i < y.length; i++) y[i] -= mean;
    }
    rmsNorm(y, this.config.norm_eps, gain);
    return bias ? add(y, bias) : y;
  }

  linear(x, name, rows) {
    return linear(this.weights[`${name}.weight`], x, rows, this.weights[`${name}.bias`]);
  }
}

// Probabilities of logits. A higher temperature makes them more equal.
export function softmax(logits, temperature = 1) {
  let largest = -Infinity, sum = 0;
  for (const logit of logits) if (logit > largest) largest = logit;
  const probs = new Float64Array(logits.length);
  for (let i = 0; i < probs.length; i++)
    sum += probs[i] = Math.exp((logits[i] - largest) / temperature); // exp(800) would overflow
  for (let i = 0; i < probs.length; i++) probs[i] /= sum;
  return probs;
}

// The probabilities from which the next token is drawn; temperature 0 takes the largest logit.
export function nextProbabilities(logits, temperature = 1, topK = logits.length) {
  if (temperature === 0) [temperature, topK] = [1, 1];
  const probs = softmax(logits, temperature);
  if (topK >= probs.length) return probs;
  const ranked = Array.from(probs.keys()).sort((a, b) => probs[b] - probs[a]);
  for (const id of ranked.slice(topK)) probs[id] = 0;
  const sum = probs.reduce((total, p) => total + p, 0);
  return probs.map((p) => p / sum);
}

// Draw an id from probabilities, with a random number from 0 to below 1.
export function sample(probs, random) {
  let sum = 0, last = 0;
  for (let id = 0; id < probs.length; id++) {
    if (probs[id] === 0) continue;
    last = id; // rounding may leave the sum a little below 1
    if ((sum += probs[id]) > random) break;
  }
  return last;
}

const gelu = (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
const geluTanh = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const relu = (x) => Math.max(x, 0);
const silu = (x) => x / (1 + Math.exp(-x));
const ACTIVATIONS = {
  ...{ gelu, gelu_tanh: geluTanh, relu, relu2: (x) => relu(x) ** 2, silu },
  ...{ swiglu: silu, geglu: gelu }, // of the gate
};

// The error function, by a series whose terms have one sign (Abramowitz and Stegun, 7.1.6).
export function erf(z) {
  if (Math.abs(z) > 6) return Math.sign(z);
  let term = z, sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++)
    sum += term *= (2 * z * z) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

// matrix (rows, x.length) times x, plus bias. Four sums at once are faster than one.
function linear(matrix, x, rows, bias) {
  const columns = x.length, whole = columns - (columns % 4), out = new Float64Array(rows);
  for (let r = 0, at = 0; r < rows; r++, at += columns) {
    let a = bias ? bias[r] : 0, b = 0, c = 0, d = 0, i = 0;
    for (; i < whole; i += 4) {
      a += matrix[at + i] * x[i];
      b += matrix[at + i + 1] * x[i + 1];
      c += matrix[at + i + 2] * x[i + 2];
      d += matrix[at + i + 3] * x[i + 3];
    }
    for (; i < columns; i++) a += matrix[at + i] * x[i];
    out[r] = a + b + c + d;
  }
  return out;
}

// Divide a vector by the root of its mean square, in place, and multiply by a gain if there is one.
function rmsNorm(vector, eps, gain) {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i] * vector[i];
  const scale = 1 / Math.sqrt(squares / vector.length + eps);
  for (let i = 0; i < vector.length; i++) vector[i] *= gain ? scale * gain[i] : scale;
}

function add(x, other) {
  for (let i = 0; i < x.length; i++) x[i] += other[i];
  return x;
}

function row(matrix, r, columns) {
  return matrix.subarray(r * columns, (r + 1) * columns);
}

// Tensors from base64, little-endian, in the order of `tensors`: [name, how many numbers].
export function readWeights(tensors, dtype, base64) {
  const letters = atob(base64), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const view = new DataView(bytes.buffer), weights = {};
  let at = 0;
  for (const [name, size] of tensors) {
    const tensor = (weights[name] = new Float32Array(size));
    if (dtype === "float16")
      for (let i = 0; i < size; i++, at += 2) tensor[i] = fromFloat16(view.getUint16(at, true));
    else for (let i = 0; i < size; i++, at += 4) tensor[i] = view.getFloat32(at, true);
  }
  return weights;
}

// A float16 has 1 bit of sign, 5 of exponent and 10 of fraction.
export function fromFloat16(bits) {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

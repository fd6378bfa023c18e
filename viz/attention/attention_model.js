// The weights of one model, all layers and heads, and the images that are made of them.
const MEAN = -1; // of all layers, or of all heads

class Model {
  constructor(told, png, { tokens, steps, causal }) {
    Object.assign(this, told, { png, steps, causal, T: tokens.length, known: new Map(), drawn: new Map() });
    this.layer = this.head = 0;
    const places = (names) => [...names.keys(), ...(names.length > 1 ? [MEAN] : [])];
    [this.rows, this.columns] = [places(this.layers), places(this.heads)];
  }

  // The weights of one head, or the mean of several: T x T numbers in one row.
  weights(layer = this.layer, head = this.head) {
    const key = `${layer} ${head}`;
    if (!this.known.has(key)) this.known.set(key, this.compute(layer, head));
    return this.known.get(key);
  }

  compute(layer, head) {
    const { T, png, steps } = this, sum = new Float32Array(T * T);
    const layers = layer === MEAN ? [...this.layers.keys()] : [layer];
    const heads = head === MEAN ? [...this.heads.keys()] : [head];
    for (const l of layers)
      for (const h of heads)
        for (let i = 0; i < T; i++)
          for (let j = 0; j < T; j++) sum[i * T + j] += png.pixel(h * T + j, l * T + i);
    const each = steps * layers.length * heads.length;
    return sum.map((total) => total / each);
  }

  colour(weight) {
    return this.png.colours[Math.round(weight * this.steps)];
  }

  // The head as an image of T x T pixels.
  image(layer = this.layer, head = this.head) {
    const key = `${layer} ${head}`;
    if (!this.drawn.has(key)) this.drawn.set(key, this.paint(this.weights(layer, head), this.T));
    return this.drawn.get(key);
  }

  // The head in at most `side` pixels; each shows the largest of the weights in it.
  small(layer, head, side) {
    const every = Math.ceil(this.T / side);
    if (every === 1) return this.image(layer, head);
    const key = `${layer} ${head} small`, pixels = Math.ceil(this.T / every);
    if (!this.drawn.has(key)) {
      const largest = new Float32Array(pixels * pixels);
      this.weights(layer, head).forEach((weight, k) => {
        const place = Math.floor(Math.floor(k / this.T) / every) * pixels + Math.floor((k % this.T) / every);
        largest[place] = Math.max(largest[place], weight);
      });
      this.drawn.set(key, this.paint(largest, pixels));
    }
    return this.drawn.get(key);
  }

  paint(weights, side) {
    const canvas = make("canvas", null, { width: side, height: side });
    const brush = canvas.getContext("2d"), pixels = brush.createImageData(side, side);
    weights.forEach((weight, k) => {
      const masked = this.causal && k % side > Math.floor(k / side);
      pixels.data.set(masked ? this.png.masked : this.colour(weight), 4 * k);
      pixels.data[4 * k + 3] = 255;
    });
    brush.putImageData(pixels, 0, 0);
    return canvas;
  }

  get label() {
    const part = (what, names, chosen) =>
      chosen === MEAN || names[chosen] === "mean" ? `mean of the ${what}s` : `${what} ${names[chosen]}`;
    const head = part("head", this.heads, this.head);
    return this.layers[0] === "" ? head : `${part("layer", this.layers, this.layer)}, ${head}`;
  }
}

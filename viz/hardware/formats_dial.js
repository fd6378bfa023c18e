// draw_formats on a page: the reader types a number, and sees its bits in each format.
// The same as number_formats.py and formats.py.

vizDial("formats", (() => {
  const { element } = vizDial;
  const { fixed, general, commas, raised } = vizDial.format;
  const MOST = 400; // letters: the time of NUMBER grows with their square
  const NUMBER = /^\s*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)\s*$/i; // as float() of Python

  function parse(text) {
    if (text.length > MOST || !NUMBER.test(text)) return null;
    const word = text.trim().toLowerCase();
    if (word.includes("nan")) return NaN;
    return word.includes("inf") ? (word[0] === "-" ? -Infinity : Infinity) : Number(word);
  }

  const quoted = (text) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replace(/'/g, "\\'")}'`);

  // ---- a format ----------------------------------------------------------------------------------

  const scaled = (number, power) => number * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
  const exponentOf = (number) => { // of a normal number above 0: 2 ** exponent <= number
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, number);
    return ((bits.getUint32(0) >>> 20) & 2047) - 1023;
  };
  const minExponent = ({ exponent_bits: bits }) => 2 - 2 ** (bits - 1);
  const mask = ({ exponent_bits: e, mantissa_bits: m }) => 2 ** (e + m) - 1; // all bits but the sign
  const firstNonFinite = (format) => (format.has_infinity ? (2 ** format.exponent_bits - 1) * 2 ** format.mantissa_bits : mask(format));

  // The bit pattern without its sign.
  function encode(size, format) {
    if (Number.isNaN(size)) return mask(format);
    const largest = firstNonFinite(format) - 1 + Number(format.has_infinity);
    if (size === Infinity) return Math.min(largest, firstNonFinite(format));
    if (!size) return 0;
    const exponent = Math.max(exponentOf(size), minExponent(format));
    const exact = scaled(size, format.mantissa_bits - exponent);
    const low = Math.floor(exact), rest = exact - low;
    const significand = low + Number(rest > 0.5 || (rest === 0.5 && low % 2 === 1)); // ties to even
    return Math.min(largest, (exponent - minExponent(format)) * 2 ** format.mantissa_bits + significand);
  }

  // [significand, exponent]: the number is significand / 2 ** mantissa_bits * 2 ** exponent.
  function split(pattern, format) {
    const implicit = 2 ** format.mantissa_bits;
    const stored = Math.floor(pattern / implicit), mantissa = pattern % implicit;
    return stored ? [implicit + mantissa, stored + minExponent(format) - 1] : [mantissa, minExponent(format)];
  }

  function decode(pattern, format) {
    if (pattern < 0) return -decode(-pattern, format);
    if (pattern >= firstNonFinite(format)) return format.has_infinity && pattern === firstNonFinite(format) ? Infinity : NaN;
    const [significand, exponent] = split(pattern, format);
    return scaled(significand, exponent - format.mantissa_bits);
  }

  function rowOf(value, format) {
    const negative = value < 0 || Object.is(value, -0);
    const size = Math.abs(value), pattern = encode(size, format), sign = negative ? -1 : 1;
    const outer = pattern < firstNonFinite(format) ? decode(pattern + 1, format) : NaN;
    const inner = pattern ? decode(pattern - 1, format) : -decode(1, format);
    const bits = pattern.toString(2).padStart(format.exponent_bits + format.mantissa_bits, "0");
    const stored = sign * decode(pattern, format);
    const row = { sign: negative ? "1" : "0", exponent: bits.slice(0, format.exponent_bits), mantissa: bits.slice(format.exponent_bits),
      stored, below: negative ? -outer : inner, above: negative ? -inner : outer };
    return { ...row, formula: formula(row, pattern, format), comparison: comparison(value, row, format) };
  }

  // ---- words -------------------------------------------------------------------------------------

  function power(text) {
    const [digits, exponent] = text.replace(/^-/, "−").split("e");
    return exponent ? `${digits}·10${raised(Number(exponent))}` : digits;
  }
  const written = (number) => (Number.isNaN(number) ? "not a number" : power(commas(general(number, 12))).replace("inf", "infinity"));
  const distance = (number) => (number >= 100 && number < 1e7 ? commas(fixed(number)) : power(general(number, 3)));

  function formula({ sign, stored }, pattern, format) {
    if (!Number.isFinite(stored)) return written(stored);
    const [significand, exponent] = split(pattern, format);
    return `${sign === "1" ? "−" : ""}${written(significand / 2 ** format.mantissa_bits)} × 2${raised(exponent)} = ${written(stored)}`;
  }

  function comparison(value, { stored, below, above }, format) {
    const largest = decode(firstNonFinite(format) - 1, format);
    if (Number.isNaN(stored)) return "a sum with it is not a number either";
    if (!Number.isFinite(stored)) return Number.isFinite(value) ? `too large: the largest number is ${written(largest)}` : "exact";
    const error = stored === value ? "exact" : `off by ${distance(Math.abs(stored - value))}`;
    if (Math.abs(stored) === largest) return `${error}; ${written(largest)} is the largest number`;
    const away = [...new Set([stored - below, above - stored])].map(distance).join(" and ");
    return `${error}; neighbours ${written(below)} and ${written(above)}, ${away} away`;
  }

  function sentence(value, rows) {
    const names = Object.keys(rows);
    const exact = names.filter((name) => rows[name].stored === value || (Number.isNaN(value) && Number.isNaN(rows[name].stored)));
    const start = `${written(value)} is stored exactly by`;
    if (exact.length === names.length) return `${start} every one of these formats`;
    if (!exact.length) return `${start} none of these formats`;
    return `${start} ${exact.length === 1 ? exact[0] : `${exact.slice(0, -1).join(", ")} and ${exact.at(-1)}`}, not by the others`;
  }

  // ---- the dial ----------------------------------------------------------------------------------

  const cells = (bits, part) => [...bits].map((bit) => element("i", { class: bit === "1" ? `${part} one` : part }, bit));

  return {
    knobs: ({ value, examples }) => [{ name: "value", label: "number", kind: "text", value, inputmode: "text", size: 14, most: MOST, examples }],

    compute({ formats }, { value: text }) {
      const value = parse(text);
      if (value === null) return { error: `value must be one number, such as 0.1, not ${quoted(text.slice(0, MOST)).slice(0, 60)}.` };
      const rows = Object.fromEntries(formats.map((format) => [format.name, rowOf(value, format)]));
      const stored = Object.entries(rows).map(([name, row]) => `${name} ${written(row.stored)}`).join(", ");
      return { value, rows, title: sentence(value, rows), text: `Stored: ${stored}.` };
    },

    draw({ rows, title }, box, { formats }) {
      const legend = [["sign", "sign: 1 is minus"], ["exponent", "exponent: how large"], ["mantissa", "digits: which number"]];
      box.append(element("p", { class: "title" }, title),
        element("p", { class: "dial-legend" }, ...legend.map(([part, words]) => element("span", { class: `bits-name ${part}` }, words))));
      for (const format of formats) {
        const row = rows[format.name], count = 1 + format.exponent_bits + format.mantissa_bits;
        const spoken = `bits ${row.sign} ${row.exponent} ${row.mantissa}`;
        box.append(element("div", { class: "bits-row" },
          element("div", { class: "bits-format" }, element("b", {}, format.name), element("span", {}, ` ${count} bits`)),
          element("div", { class: "bits", role: "img", "aria-label": spoken },
            element("span", { class: "bits-left" }, ...cells(row.sign, "sign"), element("s"), ...cells(row.exponent, "exponent")),
            element("span", {}, ...cells(row.mantissa, "mantissa"))),
          element("p", {}, element("b", {}, row.formula), element("br"), element("span", {}, row.comparison))));
      }
    },
  };
})());

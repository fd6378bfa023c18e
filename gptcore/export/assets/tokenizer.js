// Typed text to token ids and back, as the tokenizers of gptcore do it.
//
//   const tokenizer = makeTokenizer(described);
//   tokenizer.encode("emma");  // { ids: [4, 12, 12, 0], unknown: [] }
//   tokenizer.decode([4, 12]); // "em"
//   tokenizer.label(4);        // "e"; for people: a blank is seen, half of an emoji is its bytes

export function makeTokenizer(described) {
  const { kind, tokens, special_ids: specialIds, split } = described;
  const special = new Set(specialIds);
  const isText = (token) => typeof token === "string"; // otherwise its bytes
  const bytes = tokens.map((token) => (isText(token) ? toBytes(token) : Uint8Array.from(token)));
  const idOf = new Map();
  tokens.forEach((token, id) => {
    if (!special.has(id)) idOf.set(kind === "characters" ? token : toLatin1(bytes[id]), id);
  });
  const decode = (ids) => {
    const parts = ids.filter((id) => !special.has(id)).map((id) => bytes[id]);
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
  };
  const label = (id) => {
    if (special.has(id)) return id === described.end_of_text ? "▪" : tokens[id];
    if (isText(tokens[id])) return visible(tokens[id]);
    return Array.from(bytes[id], (byte) => "\\x" + byte.toString(16).padStart(2, "0")).join("");
  };
  const encodePairs = (text) => pieces(text, split).flatMap((piece) => mergePairs(piece, idOf));
  const encode = kind === "characters"
    ? (text) => encodeCharacters(text, idOf)
    : (text) => ({ ids: encodePairs(text), unknown: [] });
  return { ...described, encode, decode, label, isSpecial: (id) => special.has(id) };
}

// Each character is a token. Those that the vocabulary lacks are named, each once.
function encodeCharacters(text, idOf) {
  const characters = Array.from(text); // by code points: an emoji is one
  const unknown = [...new Set(characters.filter((character) => !idOf.has(character)))];
  return { ids: characters.filter((c) => idOf.has(c)).map((c) => idOf.get(c)), unknown };
}

// How a text is split before pairs are merged; `\s` of JavaScript differs from that of Python.
const S = "\\t-\\r\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const END = `[${S}]+(?![^])|[${S}]+(?![^${S}])|[${S}]`;
const CASED = "\\p{Lm}\\p{Lo}\\p{M}"; // letters that are both upper and lower case
const SHORT = "(?:'(?:[sStTmMdD\\u017f]|[rR][eE]|[vV][eE]|[lL][lL]))?"; // 's, 're, 'll, ..
const SPLITS = {
  gpt2: `'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^${S}\\p{L}\\p{N}]+|${END}`,
  gpt4: `'(?:[sSdDmMtT\\u017f]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+`
    + `|\\p{N}{1,3}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n]*|[${S}]+(?![^])|[${S}]*[\\r\\n]`
    + `|[${S}]+(?![^${S}])|[${S}]`,
  gpt4o: `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}${CASED}]*[\\p{Ll}${CASED}]+${SHORT}`
    + `|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}${CASED}]+[\\p{Ll}${CASED}]*${SHORT}`
    + `|\\p{N}{1,3}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n/]*|[${S}]*[\\r\\n]+|[${S}]+(?![^${S}])|[${S}]+`,
  none: "[^]+",
};
const pieces = (text, split) => text.match(new RegExp(SPLITS[split], "gu")) ?? [];

// Byte-pair encoding of one piece: the neighbours that make the lowest id are joined first.
function mergePairs(piece, idOf) {
  let parts = Array.from(toLatin1(toBytes(piece)));
  if (idOf.has(parts.join(""))) return [idOf.get(parts.join(""))];
  for (;;) {
    let best = -1, lowest = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const id = idOf.get(parts[i] + parts[i + 1]) ?? Infinity;
      if (id < lowest) [best, lowest] = [i, id];
    }
    if (best < 0) return parts.map((part) => idOf.get(part));
    parts.splice(best, 2, parts[best] + parts[best + 1]);
  }
}

const toBytes = (text) => new TextEncoder().encode(text);
const toLatin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

// Characters that nobody would see, by a sign. U+2400 and the next ones are pictures of controls.
function visible(text) {
  if (text === "\n") return "↵";
  if (text === "\t") return "⇥";
  if (/^ +$/.test(text)) return "␣".repeat(text.length);
  return text.replace(/[\x00-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
      (c) => "U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0"));
}

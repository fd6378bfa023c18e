// The weights of a figure, read from the pixels of a PNG: pixel k of PALETTE.length is the
// weight k / steps, and the last one is masked. The PNG is unpacked here, because some browsers blur what a canvas returns.
async function readPixels(address) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (c) => c.charCodeAt(0));
  const numbers = new DataView(bytes.buffer), packed = [];
  const png = { colours: [] };
  for (let at = 8; at < bytes.length; ) {
    const size = numbers.getUint32(at), start = at + 8;
    const kind = String.fromCharCode(...bytes.subarray(at + 4, start));
    const content = bytes.subarray(start, start + size);
    if (kind === "IHDR") [png.width, png.height] = [numbers.getUint32(start), numbers.getUint32(start + 4)];
    if (kind === "PLTE") for (let k = 0; k < size; k += 3) png.colours.push(content.subarray(k, k + 3));
    if (kind === "IDAT") packed.push(content);
    at = start + size + 4;
  }
  const lines = new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate"));
  const unpacked = new Uint8Array(await new Response(lines).arrayBuffer());
  png.masked = png.colours.at(-1);
  png.pixel = (x, y) => {
    const k = unpacked[y * (png.width + 1) + 1 + x]; // each line begins with its filter, 0
    return k === png.colours.length - 1 ? 0 : k;
  };
  return png;
}

function make(kind, parent, more = {}) {
  const element = Object.assign(document.createElement(kind), more);
  parent?.append(element);
  return element;
}

// Every figure of this class that is not open yet; a page may have many, each with this script.
function openAll(name, open) {
  for (const figure of document.querySelectorAll(`.${name}:not(.viz-open)`)) {
    figure.classList.add("viz-open");
    open(figure, JSON.parse(figure.dataset.attention)).catch((error) => console.warn(error));
  }
}

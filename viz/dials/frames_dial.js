// A control whose pictures were made beforehand by `frames.py`: its knobs choose one of them.
(() => {
  const PHONE = 520; // pixels, as in `picture.py`

  const shapeOf = (data, number) =>
    data.shapes[number].replace(/~(.)/g, (pair, letter) => data.long[letter] ?? letter);

  // "r2:5:1" -> the shape 2 at the places 5 in the colours 1.
  const runOf = (data, written) => {
    const [number, place, fill] = written.slice(1).split(":").map(Number);
    const colours = data.fills[fill].split(" ").flatMap((one) => {
      const [colour, times] = one.split("*").map(Number);
      return Array(times || 1).fill(data.colours[colour]);
    });
    const places = data.places[place].split(" ");
    const shape = shapeOf(data, number);
    const square = (colour, i) =>
      shape.replace('x="0" y="0"', `x="${places[2 * i]}" y="${places[2 * i + 1]}"`).replace("@", colour);
    return colours.map(square).join("");
  };

  // "3-5" -> three shapes
  const shapesOf = (data, written) => {
    if (written[0] === "r") return runOf(data, written);
    const [first, last] = written.split("-").map(Number);
    let shapes = "";
    for (let number = first; number <= (last ?? first); number++) shapes += shapeOf(data, number);
    return shapes;
  };

  const svgOf = (data, written) => {
    const [width, height, ...shapes] = written.split(" ");
    return (
      `<svg class="viz-adapts" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${data.font}" aria-hidden="true">` +
      `<rect width="100%" height="100%" rx="6" fill="${data.paper}"/>` +
      `${shapes.map((one) => shapesOf(data, one)).join("")}</svg>`
    );
  };

  vizDial("frames", {
    knobs: (data) => data.knobs,

    compute(data, values) {
      let place = 0;
      for (const { name, options = [false, true] } of data.knobs) {
        place = place * options.length + options.indexOf(values[name]);
      }
      const text = data.texts[place];
      return data.desk[place] ? { place, text } : { error: text };
    },

    draw({ place }, box, data) {
      const narrow = box.clientWidth <= PHONE && data.phone?.[place];
      box.innerHTML = svgOf(data, narrow || data.desk[place]);
      if (data.note) {
        const note = document.createElement("p");
        note.className = "dial-note";
        note.textContent = data.note;
        box.append(note);
      }
    },
  });
})();

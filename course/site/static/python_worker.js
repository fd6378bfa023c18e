// Python in a thread of its own, so that the page stays alive: Pyodide and our wheel, from the
// folder that `make page` filled. It is a module, because Pyodide is one. python.js starts and ends it.

const BROUGHT = ["platformdirs", "gptcore-course"];
const say = (words) => postMessage({ say: words });
let session = null;

async function wheel(python, lock, name) {
  const answer = await fetch(python + lock.packages[name].file_name);
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer.arrayBuffer();
}

async function begin(python) {
  const [{ loadPyodide }, lock] = await Promise.all([
    import(`${python}pyodide.mjs`),
    fetch(`${python}pyodide-lock.json`).then((answer) => answer.json()),
  ]);
  const [engine, ...wheels] = await Promise.all([
    loadPyodide({ indexURL: python, env: { GPTCORE_PROGRESS: "/tmp/answers.jsonl" } }),
    ...BROUGHT.map((name) => wheel(python, lock, name)),
  ]);
  wheels.forEach((content) => engine.unpackArchive(content, "wheel"));
  say("Starting the course in Python …");
  const session = engine.pyimport("course.site.editor.session").Session();
  return (cells, place) => session.run(engine.toPy(cells), place, say);
}

onmessage = async ({ data }) => {
  let failing = "Python could not be started";
  try {
    session ??= await begin(data.python);
    failing = "Python has ended";
    postMessage({ reply: JSON.parse(session(data.cells, data.place)) });
  } catch (error) {
    // Of an error of Python the last line says what it is.
    const words = String(error?.message ?? error).trim().split("\n").at(-1);
    postMessage({ failed: `${failing}: ${words}` });
  }
};

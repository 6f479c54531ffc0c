// What Python says about a prompt: the same numbers by another way in.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PYTHON } from "./shared_workbench.mjs";

const ANSWERING = `
import json, sys
import glasspane as gp
subject = gp.subject("demo-lm")
for line in sys.stdin:
    asked = json.loads(line)
    if "pairs" in asked:
        print(gp.circuit(subject, **asked).data.model_dump_json(), flush=True)
        continue
    other = asked.pop("other", None)
    if other is not None:
        print(gp.patch(subject, asked.pop("prompt"), other, **asked).data.model_dump_json(), flush=True)
        continue
    if asked.pop("lens", False):
        print(gp.lens(subject, asked.pop("prompt"), **asked).data.model_dump_json(), flush=True)
        continue
    if asked.pop("audited", False):
        audited = gp.subject(asked.pop("model", "demo-lm"))
        print(gp.audit(audited, asked.pop("prompt"), **asked).data.model_dump_json(), flush=True)
        continue
    task = asked.pop("task", None)
    if task is not None:
        probes = gp.probe(subject, task)
        print((probes if "test" not in asked else probes.test(asked["test"])).data.model_dump_json(), flush=True)
        continue
    checked = asked.pop("checked", False)
    found = gp.explain(subject, asked.pop("prompt"), **asked)
    print((found.check() if checked else found).data.model_dump_json(), flush=True)
`;

let python = null;
const known = new Map();

/** The typed result of `glasspane.explain` for demo-lm; options are its keyword arguments. */
export function explainedInPython(prompt, options = {}) {
  const line = JSON.stringify({ prompt, ...options });
  if (!known.has(line)) known.set(line, asked(line));
  return known.get(line);
}

/** The typed result of its check. */
export function checkedInPython(prompt, options = {}) {
  return explainedInPython(prompt, { ...options, checked: true });
}

/** The typed result of `glasspane.patch` for two prompts. */
export function patchedInPython(prompt, other, options = {}) {
  return explainedInPython(prompt, { ...options, other });
}

/** The typed result of `glasspane.audit`. */
export function auditedInPython(prompt, options = {}) {
  return explainedInPython(prompt, { ...options, audited: true });
}

/** The typed result of `glasspane.probe` for a bundled task, or of the test at the layer `test`. */
export function probedInPython(task, options = {}) {
  return explainedInPython(undefined, { ...options, task });
}

/** The typed result of `glasspane.circuit` for the pairs of a request. */
export function circuitInPython({ pairs, held_out }) {
  const rows = (some) =>
    some.map(({ clean, corrupted, right, wrong }) => [clean.text, corrupted.text, right, wrong]);
  return asked(JSON.stringify({ pairs: rows(pairs), held_out: rows(held_out) }));
}

/** The typed result of `glasspane.lens`. */
export function lensInPython(prompt, options = {}) {
  return explainedInPython(prompt, { ...options, lens: true });
}

let last = Promise.resolve();

/** One Python for all questions, one question at a time; it ends with this process. */
function asked(line) {
  if (python === null) {
    const child = spawn(PYTHON, ["-c", ANSWERING], { stdio: ["pipe", "pipe", "inherit"] });
    for (const each of [child, child.stdin, child.stdout]) each.unref();
    python = { child, lines: createInterface({ input: child.stdout }) };
  }
  const { child, lines } = python;
  last = last.then(
    () =>
      new Promise((resolve) => {
        lines.once("line", (answer) => resolve(JSON.parse(answer)));
        child.stdin.write(`${line}\n`);
      }),
  );
  return last;
}

/** What of a result is to be seen: neighbouring tokens of one colour together, those too weak for one left out. */
export function expectedStretches(result) {
  const scores = result.scores[0];
  const written = result.tokens.filter((token) => !token.special);
  const strongest = Math.max(...written.map((token) => Math.abs(scores[token.index])));
  const stretches = [];
  let end = -1;
  for (const token of written) {
    const level =
      Math.sign(scores[token.index]) * Math.round((5 * Math.abs(scores[token.index])) / strongest);
    if (level === 0) continue;
    const last = stretches.at(-1);
    if (last?.level === level && token.start === end) last.text += token.text;
    else stretches.push({ text: token.text, level });
    end = token.end;
  }
  return stretches.map(({ text, level }) => ({ text, sign: Math.sign(level) }));
}

/** What is seen in light themes: orange pushes for, blue against. */
export function drawnStretches(heat) {
  return heat
    .filter(({ background }) => signOfColour(background) !== 0)
    .map(({ text, background }) => ({ text, sign: signOfColour(background) }));
}

function signOfColour(background) {
  const [red = 0, , blue = 0, opacity = 1] = (background.match(/[\d.]+/g) ?? []).map(Number);
  return opacity === 0 ? 0 : Math.sign(red - blue);
}

/** Waits until what is drawn is what a result says. */
export function drawnAs(read, result, within) {
  return drawnAsStretches(read, expectedStretches(result), within);
}

/** Waits until nothing has colour any more. */
export function nothingDrawn(read) {
  return drawnAsStretches(read, []);
}

/** Waits until what has colour is this, in reading order. */
export async function drawnAsStretches(read, stretches, within = 30_000) {
  const expected = JSON.stringify(stretches);
  let drawn = "";
  for (
    const deadline = Date.now() + within;
    Date.now() < deadline;
    await new Promise((go) => setTimeout(go, 100))
  ) {
    drawn = JSON.stringify(drawnStretches(await read()));
    if (drawn === expected) return;
  }
  throw new Error(`drawn is ${drawn}\nexpected ${expected}`);
}

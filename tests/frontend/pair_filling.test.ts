/** Pairs made of a template. Truth: `str.format` by hand, and messages as a pane that means harm would send them. */
import { describe, expect, it } from "vitest";
import { filledPairs } from "../../extension_frontend/core/src/explaining/pair_filling.js";
import { GlasspaneFailure } from "../../extension_frontend/core/src/job.js";
import { isSideQuestion } from "../../extension_frontend/core/src/views/side_guard.js";

const template = (clean: string, words: string) => ({
  clean,
  corrupted: "{b} left",
  right: null,
  wrong: null,
  words: JSON.parse(words) as Record<string, string[]>,
});

describe("pairs of a template", () => {
  it.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
    "a hole named %s has the words that were written for it, and none of JavaScript's own",
    (name) => {
      const text = `{${name}} met {b}`;
      expect(() => filledPairs(template(text, '{"b": ["Tom"]}'), 5, 0)).toThrow(GlasspaneFailure);
      expect(() => filledPairs(template(text, '{"b": ["Tom"]}'), 5, 0)).toThrow(`no words for {${name}}`);
      const [pair] = filledPairs(template(text, `{"b": ["Tom"], "${name}": ["Ann"]}`), 5, 0);
      expect(pair?.clean).toBe("Ann met Tom");
    },
  );

  it("words that look like holes, or like what replace() puts in, stay words", () => {
    const [pair] = filledPairs(template("{{a}} {a} {b}", '{"a": ["{b}$&$1"], "b": ["%s"]}'), 5, 0);
    expect(pair?.clean).toBe("{a} {b}$&$1 %s");
  });
});

describe("questions that come from a pane", () => {
  const circuit = (words: unknown, count: unknown = 8) => ({
    side: "circuit",
    ask: "circuit",
    template: { clean: "{a}", corrupted: "{b}", right: null, wrong: null, words },
    held_out: null,
    count,
    ablation: "mean",
    enough: 0.9,
    seed: 0,
  });

  it.each([
    [{ a: ["x"] }, 8, true],
    [JSON.parse('{"__proto__": ["x"]}'), 8, true],
    [JSON.parse('{"__proto__": {"polluted": true}}'), 8, false],
    [{ a: [["x"]] }, 8, false],
    [["x"], 8, false],
    [{ a: ["x"] }, 1e9, false],
    [{ a: ["x"] }, Number.NaN, false],
  ])("%j × %s: %s", (words, count, is) => {
    expect(isSideQuestion(circuit(words, count))).toBe(is);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  it.each(["constructor", "__proto__", "toString"])("there is no side %s", (side) => {
    expect(isSideQuestion({ side, ask: "circuit" })).toBe(false);
  });
});

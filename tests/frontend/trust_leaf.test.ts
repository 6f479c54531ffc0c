// @vitest-environment jsdom
/** Truth: answers of the kernel about the models that come with Glasspane, and what the page shows of them. */
import { describe, expect, test } from "vitest";
import { figure } from "../../extension_frontend/core/src/views/figures.js";
import { verdictInShort } from "../../extension_frontend/core/src/views/verdict.js";
import { answer, done } from "./answers.js";
import { shownPane } from "./shown_pane.js";

const trust = (name: "check_better" | "check_no_better" | "check_worse" | "check_attention") =>
  shownPane({ tab: "trust", check: done(name) });

describe("the verdict", () => {
  test.each([
    ["check_better", "✓Better than random", "better"],
    ["check_no_better", "≈No better than random", "same"],
    ["check_attention", "≈No better than random", "same"],
    ["check_worse", "✗Worse than random", "worse"],
  ] as const)("of %s is a sign and a word, with its sentence", (name, said, kind) => {
    const pane = trust(name);
    expect(pane.text(".gp-verdicts .gp-verdict")).toBe(said);
    expect(pane.all(`.gp-verdicts .gp-verdict-${kind}`)).toHaveLength(1);
    expect(pane.text(".gp-verdicts")).toContain(answer(name).sentence);
  });

  test("the model's confidence stands apart, and what it is worth", () => {
    const pane = trust("check_worse");
    expect(pane.text(".gp-confidence")).toBe("89\u202f%");
    expect(pane.text(".gp-verdicts")).toContain(answer("check_worse").confidence_sentence);
    expect(pane.text(".gp-verdicts")).toContain("A good story about a wrong answer is worse than none.");
  });
});

describe("the figures", () => {
  test("each has its value, its sentence, its replacement and its source; none is left out", () => {
    const pane = trust("check_better");
    const rows = pane.all(".gp-figure-row");
    const { figures } = answer("check_better");
    expect(rows).toHaveLength(figures.length);
    figures.forEach((each, index) => {
      const said = rows[index]?.textContent ?? "";
      for (const part of [each.label, each.sentence, each.replacement, each.reference]) {
        expect(said).toContain(part);
      }
      if (each.value !== null) expect(said).toContain(figure(each.value));
    });
  });

  test("one that cannot be given says why, and draws nothing", () => {
    const pane = trust("check_attention");
    const absent = answer("check_attention").figures.find((each) => each.value === null);
    const row = pane
      .all(".gp-figure-row")
      .find((each) => each.textContent?.includes(absent?.sentence ?? "!"));
    expect(row?.textContent).toContain("not given here");
    expect(row?.querySelector("svg")).toBeNull();
  });

  test("the drawing is on one scale: what lies beyond the band is drawn beyond it, on the better side", () => {
    const pane = trust("check_better");
    answer("check_better").figures.forEach((each, index) => {
      const drawing = pane.all(".gp-figure-row")[index]?.querySelector("svg");
      const number = (selector: string, name: string) =>
        Number(drawing?.querySelector(selector)?.getAttribute(name));
      const dot = number("circle", "cx");
      const low = number(".gp-range-band", "x") + 1;
      const high = low + number(".gp-range-band", "width") - 2;
      if (each.verdict !== "better than random") return;
      if (each.direction === "higher") expect(dot).toBeGreaterThan(high);
      else expect(dot).toBeLessThan(low);
      expect(drawing?.querySelector("text")?.textContent).toBe(
        each.direction === "higher" ? "better →" : "← better",
      );
    });
  });

  test("thresholds are a table of what the figure is the mean of", () => {
    const pane = trust("check_better");
    const found = answer("check_better").figures.find((each) => each.at.length > 0);
    const mean = (found?.at ?? []).reduce((sum, at) => sum + at.value, 0) / (found?.at.length ?? 1);
    expect(mean).toBeCloseTo(found?.value ?? Number.NaN, 12);
    expect(pane.find(".gp-plain-table").querySelectorAll("tbody tr")).toHaveLength(found?.at.length ?? -1);
    expect(pane.text(".gp-plain-table")).toContain("50 % (3 tokens)");
  });
});

test("curves: one for leaving out and one for putting in, each beside the band, and kept as a file", () => {
  const pane = trust("check_better");
  expect(pane.all(".gp-curves figure")).toHaveLength(2);
  for (const curve of answer("check_better").curves) {
    const drawing = pane.find(`[data-key="save-glasspane-the-capital-of-france-is-${curve.name}-svg"]`);
    const points = drawing
      .closest("figure")
      ?.querySelector("polyline.gp-curve-value")
      ?.getAttribute("points");
    const heights = (points ?? "").split(" ").map((point) => Number(point.split(",")[1]));
    expect(heights).toHaveLength(curve.values.length);
    // Downwards on the page is less: the order of heights is that of the values, turned round.
    heights.forEach((height, index) => {
      const [value, first] = [curve.values[index] ?? 0, curve.values[0] ?? 0];
      expect(Math.sign(Math.round(height - (heights[0] ?? 0)))).toBe(
        Math.abs(value - first) < 0.004 ? 0 : -Math.sign(value - first),
      );
    });
  }
});

test("the cost is what was evaluated, of what was asked", () => {
  const { maskings } = answer("check_better");
  expect(trust("check_better").text(".gp-check .gp-cost")).toMatch(
    new RegExp(`^${maskings} maskings evaluated of 1,452 asked`),
  );
});

describe("asking", () => {
  test("for the first time, with what it will take", () => {
    const pane = shownPane({ tab: "trust" });
    pane.click("check");
    expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
      side: "check",
      ask: "check",
      replacement: "default",
      seed: 0,
    });
  });

  test("again with another seed and another replacement, each on top of what was asked before", () => {
    const pane = trust("check_better");
    pane.click("check-seed");
    expect(pane.events.sideAsked).toHaveBeenLastCalledWith(expect.objectContaining({ seed: 1 }));
    pane.choose("check-replacement", "drop");
    expect(pane.events.sideAsked).toHaveBeenLastCalledWith(
      expect.objectContaining({ seed: 1, replacement: "drop" }),
    );
    pane.choose("check-replacement", "");
    pane.choose("check-token", " the");
    expect(pane.events.sideAsked).toHaveBeenLastCalledWith(
      expect.objectContaining({ seed: 1, replacement: " the" }),
    );
  });

  test("what was refused can be asked otherwise", () => {
    const error = { kind: "error", code: "bad_option", message: "demo-lm has no mask token.", next_step: "Choose drop.", pieces: [], lines: [], suggestions: [], candidates: [], tokenizers: [], command: null, detail: null } as const; // biome-ignore format: one line
    const pane = shownPane({
      tab: "trust",
      check: {
        at: "failed",
        error: { ...error, pieces: [], lines: [], suggestions: [], candidates: [], tokenizers: [] },
      },
    });
    expect(pane.text(".gp-check")).toContain("demo-lm has no mask token. Choose drop.".slice(0, 26));
    pane.choose("check-replacement", "pad");
    expect(pane.events.sideAsked).toHaveBeenLastCalledWith(expect.objectContaining({ replacement: "pad" }));
  });

  test("not while the explanation runs", () => {
    const phase = { at: "running", progress: null, status: "running", ahead: 0 } as const;
    const pane = shownPane({ tab: "trust", phase });
    expect(pane.find<HTMLButtonElement>('[data-key="check"]').disabled).toBe(true);
    pane.update({ tab: "tokens" });
    expect(pane.all(".gp-check-line")).toHaveLength(0);
  });
});

describe("the line below the tokens", () => {
  test("says the verdict and leads to the figures", () => {
    const pane = shownPane({ check: done("check_better") });
    expect(pane.text(".gp-check-line")).toBe("✓Better than 119 of all 120 rankings of its tokensTrust");
    pane.click("open-trust");
    expect(pane.events.tabChosen).toHaveBeenCalledExactlyOnceWith("trust");
    expect(pane.find("#gp-leaf-trust").hidden).toBe(false);
    expect(pane.events.sideAsked).not.toHaveBeenCalled();
  });

  test("a verdict that is not good is said in full", () => {
    for (const [name, sign] of [
      ["check_no_better", "≈"],
      ["check_worse", "✗"],
    ] as const) {
      const pane = shownPane({ check: done(name) });
      expect(pane.text(".gp-check-line")).toBe(`${sign}${answer(name).sentence}Trust`);
    }
  });

  test("before a check it asks for one, and shows where it will be", () => {
    const pane = shownPane();
    pane.click("ask-check");
    expect(pane.events.tabChosen).toHaveBeenCalledWith("trust");
    expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ ask: "check" }));
  });

  test("drawn rankings are called random, all there are are called so", () => {
    expect(verdictInShort(answer("check_review"))).toBe("Better than 40 of 40 random rankings");
  });
});

// @vitest-environment jsdom
/** Truth: answers of the kernel about the models that come with Glasspane, and what the page shows of them. */
import { describe, expect, test } from "vitest";
import { methodRowsChart } from "../../extension_frontend/core/src/charts/method_rows_chart.js";
import { percent } from "../../extension_frontend/core/src/views/figures.js";
import { answer, done } from "./answers.js";
import { shownPane } from "./shown_pane.js";

const compare = (change = {}) => shownPane({ tab: "compare", ...change });
const compared = () => compare({ comparison: done("comparison") });

describe("methods side by side", () => {
  test("four sensible ones are chosen, the one in use among them; more can be", () => {
    const pane = compare();
    pane.click("compare");
    expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
      side: "comparison",
      ask: "compare",
      methods: ["input_x_gradient", "occlusion", "attention"].map((method) => ({ method, options: {} })),
    });
    const box = pane.find<HTMLInputElement>('[data-key="compare-deeplift"]');
    box.click();
    expect(pane.text(".gp-comparison .gp-buttons")).toContain("5 methods on this prompt");
    expect(pane.find<HTMLInputElement>('[data-key="compare-integrated_gradients"]').disabled).toBe(true);
  });

  test("only what works on this kind of model is offered, and no more than the kernel takes", () => {
    const pane = compare();
    const usable = answer("catalogue").methods.filter(({ families }) => families.includes("causal_lm"));
    const boxes = pane.all(".gp-check-box input") as HTMLInputElement[];
    expect(boxes).toHaveLength(usable.length);
    for (const box of boxes) if (!box.checked) box.click();
    expect(pane.find<HTMLButtonElement>('[data-key="compare"]').disabled).toBe(true);
    expect(pane.text(".gp-comparison .gp-buttons")).toContain("At most 7");
    for (const box of boxes) if (box.checked && !box.disabled) box.click();
    expect(pane.text(".gp-comparison .gp-buttons")).toContain("Choose one method or more.");
  });

  test("every row has the same tokens; a refused one keeps its row with its sentence", () => {
    const pane = compared();
    const { rows, tokens } = answer("comparison");
    const drawn = pane.all(".gp-comparison .gp-aligned-row");
    expect(drawn).toHaveLength(rows.length);
    rows.forEach((row, index) => {
      const cells = [...(drawn[index]?.querySelectorAll(".gp-cell-text") ?? [])].map(
        (each) => each.textContent,
      );
      expect(cells).toEqual(row.problem === null ? tokens.map(({ text }) => text.replace(" ", "·")) : []);
      if (row.problem !== null) expect(drawn[index]?.textContent).toContain(row.problem.message);
    });
    expect(pane.text(".gp-comparison")).toContain(answer("comparison").sentences[0]?.replaceAll("`", ""));
  });

  test("cells of a column are equally wide, so that they stand below one another", () => {
    const widths = compared()
      .all(".gp-comparison .gp-aligned-row")
      .map((row) =>
        [...row.querySelectorAll<HTMLElement>(".gp-cell")].map((cell) =>
          cell.style.getPropertyValue("--gp-columns"),
        ),
      )
      .filter((row) => row.length > 0);
    for (const row of widths) expect(row).toEqual(widths[0]);
  });

  test("pointing at a token lights its column, says its shares and tells the document", () => {
    const pane = compared();
    pane
      .find('.gp-comparison [data-column="3"]')
      .dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
    const lit = pane.all(".gp-comparison .gp-lit");
    expect(lit).toHaveLength(4);
    for (const each of lit) expect(each.textContent).toContain("France");
    const { rows } = answer("comparison");
    for (const row of rows) {
      if (row.problem === null) {
        expect(pane.text(".gp-comparison .gp-aligned-reading")).toContain(
          `${row.label} ${percent(row.shares[3] ?? 0)}`,
        );
      }
    }
    expect(pane.events.tokenPointed).toHaveBeenLastCalledWith(3);
    // What the document points at lights up too.
    pane.update({ focusedToken: 1 });
    expect(pane.all(".gp-comparison .gp-lit")[0]?.textContent).toContain("capital");
  });

  test("arrow keys walk in all four directions, past what has no cells", () => {
    const pane = compared();
    const at = () => document.activeElement?.getAttribute("aria-label") ?? "";
    pane.find<HTMLElement>('.gp-comparison [tabindex="0"]').focus();
    for (const [key, said] of [
      ["End", "·is +2.4"],
      ["ArrowLeft", "·France +11.0"],
      ["ArrowDown", "·France +2.51"],
      ["Home", "The −0.21"],
      ["ArrowUp", "The −3.9"],
    ] as const) {
      pane.press(document.activeElement as Element, key);
      expect(at()).toMatch(new RegExp(`^${said.replace(/[+.]/g, "\\$&")}`));
    }
    expect(pane.all('.gp-comparison .gp-cell[tabindex="0"]')).toHaveLength(1);
  });

  test("any method that answered can be used, but not the one in use", () => {
    const pane = compared();
    expect(pane.all('[data-key="use-0"]')).toHaveLength(0);
    expect(pane.all('[data-key="use-4"]')).toHaveLength(0);
    pane.click("use-1");
    expect(pane.events.methodChosen).toHaveBeenCalledExactlyOnceWith("input_x_gradient");
  });

  test("agreement: numbers as the kernel gave them, the same on both sides of the diagonal", () => {
    const cells = [...compared().find(".gp-agreement tbody").querySelectorAll("tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent),
    );
    const { agreement } = answer("comparison");
    for (let one = 0; one < 4; one += 1) {
      for (let other = 0; other < 4; other += 1) {
        const pair = agreement[one]?.[other];
        const common = `${Math.round((pair?.overlap ?? 0) * (pair?.top ?? 0))} of 3`;
        expect(cells[one]?.[other]).toBe(one === other ? "·" : `${pair?.spearman?.toFixed(2)}${common}`);
        expect(cells[one]?.[other]).toBe(cells[other]?.[one]);
      }
    }
  });

  test("as a picture, long prompts wrap: no cell is lost, none stands outside, none on another", () => {
    const cell = (text: string) =>
      ({ text, number: "+1.00", level: 3, sign: "for", special: false }) as const;
    const cells = Array.from({ length: 200 }, (_, index) => cell(`·token${index}`));
    const row = { label: "One", note: "a note", cells };
    const drawn = methodRowsChart([row, { ...row, label: "Other" }], "Why?");
    const boxes = [...drawn.querySelectorAll("rect")].map((each) =>
      ["x", "y", "width", "height"].map((name) => Number(each.getAttribute(name))),
    );
    const [, , width = 0, height = 0] = (drawn.getAttribute("viewBox") ?? "").split(" ").map(Number);
    expect(boxes).toHaveLength(400);
    const right = new Map<number, number>();
    for (const [x = 0, y = 0, wide = 0, tall = 0] of boxes) {
      expect(x).toBeGreaterThanOrEqual(right.get(y) ?? 0);
      right.set(y, x + wide);
      expect(x + wide).toBeLessThanOrEqual(width);
      expect(y + tall).toBeLessThan(height);
    }
    const lines = [...right.keys()].sort((one, other) => one - other);
    lines.slice(1).forEach((y, index) => {
      expect(y - (lines[index] ?? 0)).toBeGreaterThan(32);
    });
  });
});

describe("two prompts", () => {
  const type = (pane: ReturnType<typeof shownPane>, text: string) => {
    const box = pane.find<HTMLTextAreaElement>('[data-key="other-prompt"]');
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  test("the prompt is there to be edited; unedited it is compared with nothing", () => {
    const pane = compare();
    const box = pane.find<HTMLTextAreaElement>('[data-key="other-prompt"]');
    expect(box.value).toBe("The capital of France is");
    expect(pane.find<HTMLButtonElement>('[data-key="diff"]').disabled).toBe(true);
    type(pane, "The capital of Italy is now");
    pane.click("diff");
    expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
      side: "difference",
      ask: "diff",
      after: { from: "text", text: "The capital of Italy is now" },
    });
    // What was typed is still there beside its answer.
    pane.update({ difference: done("difference") });
    expect(pane.find<HTMLTextAreaElement>('[data-key="other-prompt"]').value).toBe(
      "The capital of Italy is now",
    );
  });

  test("of a conversation the last message is edited", () => {
    const result = answer("explanation");
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Who are you?" },
    ] as [{ role: string; content: string }, ...{ role: string; content: string }[]];
    const request = { ...result.request, prompt: { form: "messages" as const, messages } };
    const pane = compare({ result: { ...result, request } });
    expect(pane.find<HTMLTextAreaElement>('[data-key="other-prompt"]').value).toBe("Who are you?");
  });

  test("another explanation of the window can stand against it", () => {
    const pane = compare({ others: [{ id: "heat-7", phrase: "cell 5", text: "The capital of Italy is" }] });
    expect(pane.text('[data-key="other-explanation"]')).toContain("cell 5: The capital of Italy is");
    pane.choose("other-explanation", "heat-7");
    expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
      side: "difference",
      ask: "diff",
      after: { from: "explanation", id: "heat-7" },
    });
  });

  test("pairs stand below one another; an edit is said by a sign, not by colour alone", () => {
    const pane = compare({ difference: done("difference") });
    const rows = pane.all(".gp-difference .gp-aligned-row").map((row) => ({
      texts: [...row.querySelectorAll(".gp-cell")].map(
        (cell) => cell.querySelector(".gp-cell-text")?.textContent ?? null,
      ),
    }));
    expect(rows.map(({ texts }) => texts)).toEqual([
      ["The", "·capital", "·of", "·France", "·is", null],
      ["The", "·capital", "·of", "·Italy", "·is", "·now"],
      ["=", "=", "=", "≠", "=", "+"],
    ]);
    expect(pane.all(".gp-edit-replaced").map((each) => each.textContent)).toEqual(["·France", "·Italy"]);
    expect(pane.all(".gp-edit-added").map((each) => each.textContent)).toEqual(["·now"]);
    for (const sentence of answer("difference").sentences) {
      expect(pane.text(".gp-difference")).toContain(sentence.replaceAll("`", ""));
    }
  });

  test("what was added is in no document", () => {
    const pane = compare({ difference: done("difference") });
    const point = (column: number) =>
      pane
        .find(`.gp-difference .gp-aligned-row:nth-child(3) [data-column="${column}"]`)
        .dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
    point(3);
    expect(pane.events.tokenPointed).toHaveBeenLastCalledWith(3);
    expect(pane.text(".gp-difference .gp-aligned-reading")).toBe(
      "·France → ·Italy, replaced: +11.0 → +0.129, changed by −10.9",
    );
    point(5);
    expect(pane.events.tokenPointed).toHaveBeenLastCalledWith(null);
  });

  test("bars: what moved most comes first, with its sign", () => {
    const pane = compare({ difference: done("difference") });
    const numbers = [...pane.find(".gp-difference svg").querySelectorAll(".gp-chart-number")].map(
      (each) => each.textContent,
    );
    expect(numbers.slice(0, 3)).toEqual(["−10.9", "−6.5", "+2.1"]);
  });
});

test("what stands in a prompt is text, not markup", () => {
  const evil = "<img src=x onerror=alert(1)>";
  const comparison = answer("comparison");
  const difference = answer("difference");
  const spoilt = <Kind extends { tokens: { text: string }[] }>(of: Kind): Kind => ({
    ...of,
    tokens: of.tokens.map((token) => ({ ...token, text: evil })),
  });
  const pane = compare({
    comparison: { at: "done", answer: { ...spoilt(comparison), sentences: [evil] } },
    difference: {
      at: "done",
      answer: { ...difference, before: spoilt(difference.before), after: spoilt(difference.after) },
    },
    others: [{ id: evil, phrase: evil, text: evil }],
  });
  expect(pane.all("img")).toHaveLength(0);
  expect(pane.text("#gp-leaf-compare")).toContain(evil);
});

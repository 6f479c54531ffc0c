// @vitest-environment jsdom
/** Truth: what a person does and reads. Events are real DOM events; text is what the page would show. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { heatMarks } from "../../extension_frontend/core/src/heat.js";
import { errorResult } from "../../extension_frontend/core/src/job.js";
import { resolveTemplate, verbatimTemplate } from "../../extension_frontend/core/src/prompt_template.js";
import { correlation, percent } from "../../extension_frontend/core/src/views/figures.js";
import { hoverContent, hoverLines } from "../../extension_frontend/core/src/views/hover.js";
import { mountOutput } from "../../extension_frontend/core/src/views/output.js";
import { mountPane } from "../../extension_frontend/core/src/views/pane.js";
import {
  EMPTY_PANE,
  type PaneEvents,
  type PaneState,
} from "../../extension_frontend/core/src/views/pane_state.js";
import { contrastTexts, targetSentence } from "../../extension_frontend/core/src/views/target_line.js";
import { CATALOGUE, sampleResult, tokensOf } from "./sample_result.js";

type Spied = { [Name in keyof PaneEvents]: ReturnType<typeof vi.fn<PaneEvents[Name]>> };

let container: HTMLElement;
let events: Spied;

beforeEach(() => {
  container = document.createElement("div");
  document.body.append(container);
  events = {
    targetChosen: vi.fn(), methodChosen: vi.fn(), optionsChanged: vi.fn(), runAgain: vi.fn(), cancel: vi.fn(),
    clearHeat: vi.fn(), insertOutput: vi.fn(), copyPython: vi.fn(), copyText: vi.fn(), subjectChosen: vi.fn(),
    templateChosen: vi.fn(), modelAsked: vi.fn(), tokenizerChosen: vi.fn(), holesFilled: vi.fn(), consentGiven: vi.fn(), questionDismissed: vi.fn(),
    separateKernelChosen: vi.fn(), tokenPointed: vi.fn(), tabChosen: vi.fn(), grainChosen: vi.fn(),
    rowsChosen: vi.fn(), sideAsked: vi.fn(), sideCancelled: vi.fn(), fileMade: vi.fn(),
  }; // biome-ignore format: one list
});
afterEach(() => container.remove());

const DONE: PaneState = {
  ...EMPTY_PANE,
  phase: { at: "done" },
  catalogue: CATALOGUE,
  method: "integrated_gradients",
  prompt: { text: "The capital of France is", origin: "cell 3" },
  result: sampleResult(),
  canInsert: true,
  heatShown: true,
};
/** As a host does: what is a matter of the view alone comes back at once. */
const pane = (state: PaneState = DONE) => {
  let now = state;
  const view = mountPane(container, state, events);
  const change = (part: Partial<PaneState>) => {
    now = { ...now, ...part };
    view.update(now);
  };
  events.grainChosen.mockImplementation((grain) => change({ grain }));
  events.rowsChosen.mockImplementation((rows) => change({ rows }));
  events.tabChosen.mockImplementation((tab) => change({ tab }));
  return { ...view, update: change };
};

function find<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
  const found = container.querySelector<Kind>(selector);
  if (found === null) throw new Error(`nothing matches ${selector} in ${container.innerHTML}`);
  return found;
}
const all = (selector: string) => [...container.querySelectorAll<HTMLElement>(selector)];
const buttonSaying = (label: string) => {
  const found = all("button").find(
    (each) => each.textContent === label || each.getAttribute("aria-label") === label,
  );
  if (found === undefined)
    throw new Error(`no button says ${label}: ${all("button").map((each) => each.textContent)}`);
  return found as HTMLButtonElement;
};
const choose = (select: HTMLSelectElement, value: string) => {
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
};

describe("prediction chips", () => {
  const chip = (text: string) =>
    all(".gp-chip").find((each) => each.textContent?.includes(text)) as HTMLElement;

  test("the explained one is pressed; a click asks why another", () => {
    pane();
    expect(chip("Paris").getAttribute("aria-pressed")).toBe("true");
    expect(chip("Rome").getAttribute("aria-pressed")).toBe("false");
    expect(chip("Paris").textContent).toBe("·Paris97\u202f%");
    chip("Rome").click();
    expect(events.targetChosen).toHaveBeenCalledWith({ kind: "token", token: 43 });
  });

  test("shift-click, shift-Enter and its button ask rather than", () => {
    pane();
    const contrast = { kind: "contrast", token: 42, versus: 43 } as const;
    chip("Rome").dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }));
    expect(events.targetChosen).toHaveBeenLastCalledWith(contrast);
    const enter = new KeyboardEvent("keydown", {
      key: "Enter",
      shiftKey: true,
      bubbles: true,
      cancelable: true,
    });
    chip("Rome").dispatchEvent(enter);
    expect(enter.defaultPrevented).toBe(true);
    buttonSaying("Explain “ Paris” rather than “ Rome”").click();
    expect(events.targetChosen.mock.calls).toEqual([[contrast], [contrast], [contrast]]);
  });

  test("no token is explained rather than itself", () => {
    pane();
    chip("Paris").dispatchEvent(new MouseEvent("click", { shiftKey: true, bubbles: true }));
    expect(events.targetChosen).toHaveBeenCalledWith({ kind: "token", token: 42 });
  });

  test("a classifier's chips are classes", () => {
    const base = sampleResult();
    pane({
      ...DONE,
      result: sampleResult({
        subject: { ...base.subject, family: "sequence_classifier", labels: ["bad", "good"] },
        predictions: [
          { id: 1, text: "good", probability: 0.9, logit: 2 },
          { id: 0, text: "bad", probability: 0.1, logit: 0 },
        ],
        target: { ...base.target, kind: "class", text: "good", ids: [1] },
      }),
    });
    chip("bad").click();
    expect(events.targetChosen).toHaveBeenCalledWith({ kind: "class", label: 0 });
  });

  test("any other token, contrast or completion can be typed", () => {
    pane();
    find<HTMLInputElement>('[data-key="target-text"]').value = " Nice";
    const submit = () => find("form.gp-inline-form").dispatchEvent(new Event("submit", { cancelable: true }));
    submit();
    choose(find('[data-key="target-kind"]'), "contrast");
    find<HTMLInputElement>('[data-key="target-versus"]').value = " Rome";
    submit();
    choose(find('[data-key="target-kind"]'), "completion");
    submit();
    choose(find('[data-key="target-kind"]'), "each");
    find<HTMLInputElement>('[data-key="target-text"]').value = "";
    submit();
    expect(events.targetChosen.mock.calls).toEqual([
      [{ kind: "token", token: " Nice" }],
      [{ kind: "contrast", token: " Nice", versus: " Rome" }],
      [{ kind: "completion", text: " Nice", each: false, tokens: 16 }],
      [{ kind: "completion", text: null, each: true, tokens: 16 }],
    ]);
  });
});

describe("the token table", () => {
  const tokens = () => all("tbody tr").map((row) => row.children[1]?.textContent);
  const heading = (label: string) =>
    all("th button").find((each) => each.textContent === label) as HTMLElement;

  test("sorts by its header buttons, says so, keeps focus and the order over an update", () => {
    const view = pane();
    expect(tokens()).toEqual(["The", "·capital", "·of", "·France", "·is"]);
    heading("Score").focus();
    heading("Score").click();
    expect(tokens()).toEqual(["·France", "·capital", "The", "·is", "·of"]);
    expect(heading("Score").closest("th")?.getAttribute("aria-sort")).toBe("descending");
    expect(document.activeElement).toBe(heading("Score"));
    heading("Score").click();
    expect(tokens()[0]).toBe("·of");
    expect(heading("Score").closest("th")?.getAttribute("aria-sort")).toBe("ascending");
    view.update({ ...DONE, result: sampleResult({ scores: [[5, 4, 3, 2, 1]] }) });
    expect(tokens()).toEqual(["·is", "·France", "·of", "·capital", "The"]);
    expect(document.activeElement).toBe(heading("Score"));
    heading("Share").click();
    expect(tokens()[0]).toBe("The");
    heading("#").click();
    expect(tokens()[0]).toBe("The");
    expect(all('th[aria-sort="none"]')).toHaveLength(3);
  });

  test("special tokens have no share", () => {
    const { text, tokens: made } = tokensOf([{ special: "<s>" }, "a", " b"]);
    pane({ ...DONE, result: sampleResult({ text, tokens: made, scores: [[9, 1, -3]] }) });
    expect(all("tbody tr").map((row) => row.lastElementChild?.textContent)).toEqual([
      "—",
      "25\u202f%",
      "75\u202f%",
    ]);
  });

  test("a long prompt is drawn in part until asked", () => {
    const { text, tokens: made } = tokensOf(Array.from({ length: 1200 }, (_, index) => ` t${index}`));
    pane({ ...DONE, result: sampleResult({ text, tokens: made, scores: [made.map((_, index) => index)] }) });
    expect(all("tbody tr")).toHaveLength(500);
    heading("Score").click();
    expect(tokens()[0]).toBe("·t1199");
    buttonSaying("Show all 1200 tokens").click();
    expect(all("tbody tr")).toHaveLength(1200);
  });
});

describe("the heat strip", () => {
  test("pointing tells the host and lights the table; the host's pointing lights the strip", () => {
    const view = pane();
    find('.gp-strip [data-token="3"]').dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(events.tokenPointed).toHaveBeenLastCalledWith(3);
    expect(find("tbody .gp-pointed-token").textContent).toContain("France");
    expect(find(".gp-readout").textContent).toBe(
      "·France +0.870 · 58\u202f% of the magnitude · token 4 of 5",
    );
    find(".gp-strip").dispatchEvent(new Event("pointerleave"));
    expect(events.tokenPointed).toHaveBeenLastCalledWith(null);
    expect(all(".gp-pointed-token")).toHaveLength(0);
    view.update({ ...DONE, focusedToken: 1 });
    expect(find(".gp-strip .gp-pointed-token").textContent).toBe(" capital");
    expect(events.tokenPointed).toHaveBeenCalledTimes(2);
  });

  test("arrow keys walk along it with one tab stop", () => {
    pane();
    const first = find('.gp-strip [data-token="0"]');
    first.focus();
    first.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(document.activeElement).toBe(find('.gp-strip [data-token="1"]'));
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    expect(document.activeElement).toBe(find('.gp-strip [data-token="4"]'));
    expect(all('.gp-strip [tabindex="0"]')).toHaveLength(1);
    expect(events.tokenPointed).toHaveBeenLastCalledWith(4);
  });

  test("words, lines and messages are offered where they differ, and stay chosen", () => {
    const { text, tokens } = tokensOf(["Un", "do", " it", "."]);
    const view = pane({ ...DONE, result: sampleResult({ text, tokens, scores: [[1, 2, 4, -8]] }) });
    expect(all(".gp-tokens .gp-grains button").map((each) => each.textContent)).toEqual(["Tokens", "Words"]);
    buttonSaying("Words").focus();
    buttonSaying("Words").click();
    expect(document.activeElement?.textContent).toBe("Words");
    expect(all("tbody tr").map((row) => row.children[1]?.textContent)).toEqual(["Undo", "·it."]);
    find(".gp-strip [data-token]").dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".gp-readout").textContent).toMatch(/^Undo \+3\.00 · .* · tokens 1–2 of 4$/);
    view.update({ result: sampleResult({ text, tokens, scores: [[1, 1, 1, 1]] }), focusedToken: 3 });
    expect(buttonSaying("Words").getAttribute("aria-pressed")).toBe("true");
    expect(find("tbody .gp-pointed-token").textContent).toContain("·it.");
  });

  test("the sign is in the class, not only in the colour", () => {
    pane();
    expect(all(".gp-strip .gp-token").map((token) => token.className)).toEqual([
      "gp-token gp-heat gp-heat-for-1",
      "gp-token gp-heat gp-heat-for-2",
      "gp-token gp-heat gp-heat-against-1",
      "gp-token gp-heat gp-heat-for-5",
      "gp-token gp-heat-none",
    ]);
  });
});

describe("data is never markup", () => {
  const evil = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    "&lt;b&gt;",
    '"><svg onload=1>',
  ];

  test("in the pane, the output and the hover", () => {
    const { text, tokens } = tokensOf(evil);
    const base = sampleResult();
    const result = sampleResult({
      text, tokens, scores: [[1, 2, -3, 4]], warnings: evil, code: evil[0] ?? "",
      subject: { ...base.subject, name: evil[0] ?? "", tokenizer_match: evil[1] ?? "" },
      predictions: evil.map((each, id) => ({ id, text: each, probability: 0.25, logit: 1 })),
      target: { ...base.target, text: evil[0] ?? "" },
      method: { ...base.method, label: evil[0] ?? "", note: evil[1] ?? "", baseline: evil[3] ?? "" },
    }); // biome-ignore format: one list
    const error = {
      ...errorResult("internal", evil[0] ?? "", evil[1] ?? "", evil[2]),
      pieces: evil,
      command: evil[0] ?? "",
    };
    pane({
      ...DONE,
      prompt: { text, origin: evil[0] ?? "" },
      result,
      phase: { at: "failed", error },
      notes: evil,
    });
    const output = document.createElement("div");
    mountOutput(output, result);
    const prompt = resolveTemplate(verbatimTemplate(text, { from: 0, to: text.length }), []);
    const hover = heatMarks(result, prompt).map((mark) => hoverContent(mark, result));
    container.append(output, ...hover);
    expect(container.querySelector("img, script, svg, b")).toBeNull();
    expect(all(".gp-strip").map((strip) => strip.textContent)).toEqual([text, text]);
    expect(find(".gp-log").textContent).toBe(evil[2]);
    expect("hacked" in window).toBe(false);
  });
});

describe("the method form", () => {
  test("is generated from the table: menu, groups, fields, limits", () => {
    pane();
    const menu = find<HTMLSelectElement>("#gp-method");
    expect([...menu.options].map((option) => option.value)).toEqual([
      "input_x_gradient",
      "integrated_gradients",
      "inseq:saliency",
      "attention",
    ]);
    expect(menu.value).toBe("integrated_gradients");
    expect(all("optgroup").map((group) => group.getAttribute("label"))).toEqual([
      "Through inseq",
      "For debugging only",
    ]);
    choose(menu, "attention");
    expect(events.methodChosen).toHaveBeenCalledWith("attention");
    const steps = find<HTMLInputElement>("#gp-option-max_steps");
    expect([steps.type, steps.value, steps.min, steps.max]).toEqual(["number", "256", "2", "4096"]);
    expect(find<HTMLInputElement>("#gp-option-baseline").list?.options).toHaveLength(5);
  });

  test("methods that do not fit the model are not offered", () => {
    const base = sampleResult();
    pane({ ...DONE, result: sampleResult({ subject: { ...base.subject, family: "sequence_classifier" } }) });
    expect([...find<HTMLSelectElement>("#gp-method").options].map((option) => option.value)).not.toContain(
      "attention",
    );
  });

  test("a value out of range is refused in words, a good one sent, the default left out", () => {
    const view = pane();
    const steps = find<HTMLInputElement>("#gp-option-max_steps");
    const give = (value: string) => {
      const field = find<HTMLInputElement>("#gp-option-max_steps");
      field.value = value;
      field.dispatchEvent(new Event("change"));
    };
    for (const bad of ["1", "5000", "3.5", ""]) {
      give(bad);
      expect(steps.getAttribute("aria-invalid")).toBe("true");
      expect(find("#gp-option-max_steps-problem").textContent).toBe("Give a whole number from 2 to 4096.");
    }
    expect(events.optionsChanged).not.toHaveBeenCalled();
    give("64");
    expect(events.optionsChanged).toHaveBeenLastCalledWith({ max_steps: 64 });
    view.update({ ...DONE, options: { max_steps: 64 } });
    expect(all("summary").map((each) => each.textContent)).toContain("Options: most steps 64");
    give("256");
    expect(events.optionsChanged).toHaveBeenLastCalledWith({});
  });
});

describe("phases", () => {
  test("empty says what to do first and nothing else", () => {
    pane({ ...EMPTY_PANE, catalogue: CATALOGUE });
    expect(container.textContent).toMatch(/Right-click a prompt/);
    expect(all("button, select, table")).toHaveLength(0);
  });

  test("running shows progress and can be cancelled; a partial result is called so", () => {
    const partial = sampleResult({ checks: { ...sampleResult().checks, complete: false } });
    const progress = { kind: "progress", job: "1", fraction: 0.4, stage: "32 path points", partial } as const;
    const running = { at: "running", progress, status: "running", ahead: 0 } as const;
    const view = pane({ ...DONE, phase: running, result: partial });
    expect(find("progress").getAttribute("value")).toBe("0.4");
    expect(find(".gp-running").textContent).toContain("32 path points");
    expect(find(".gp-badge").textContent).toBe("partial, being refined");
    expect(find(".gp-pane").classList.contains("gp-outdated")).toBe(false);
    buttonSaying("Cancel").click();
    expect(events.cancel).toHaveBeenCalledOnce();
    view.update({ ...DONE, phase: { ...running, status: "cancelling" } });
    expect(buttonSaying("Cancel").disabled).toBe(true);
    expect(find(".gp-pane").classList.contains("gp-outdated")).toBe(true);
    view.update({ ...DONE, phase: { ...running, status: "dedicated_kernel_starting" } });
    expect(find('[role="status"]').textContent).toBe("Glasspane's kernel is starting…");
    expect(() => buttonSaying("Use a separate kernel")).toThrow();
    view.update({ ...DONE, phase: { ...running, status: "waiting_for_kernel" } });
    buttonSaying("Use a separate kernel").click();
    expect(events.separateKernelChosen).toHaveBeenCalledOnce();
    view.update({ ...DONE, result: partial });
    expect(find(".gp-badge").textContent).toBe("partial");
    expect(find(".gp-trust").textContent).toContain("stopped before it finished");
  });

  test("a separate kernel is offered only in place of a kernel of one's own", () => {
    const error = errorResult("glasspane_missing", "Not installed.", "Install it.");
    const failed = { ...DONE, phase: { at: "failed", error } } as const;
    const view = pane(failed);
    expect(all('[data-key="elsewhere"]')).toHaveLength(0);
    view.update({ ...failed, ownKernel: true });
    expect(all('[data-key="elsewhere"]')).toHaveLength(1);
  });

  test("where another model is the way on, all of them are a click away", () => {
    const failed = (nextStep: string) => {
      const error = errorResult("bad_request", "It has no chat template.", nextStep);
      return { ...DONE, phase: { at: "failed", error } } as const;
    };
    const view = pane(failed("Explain a single message, or choose a chat model."));
    buttonSaying("Choose Model…").click();
    expect(events.modelAsked).toHaveBeenCalledOnce();
    view.update(failed("Write some text. A model reads text."));
    expect(all('[data-key="choose-model"]')).toHaveLength(0);
  });

  test("an error says what, what next, the command to copy, and the models to choose from", () => {
    const candidate = {
      ref: { source: "kernel", model: "pipe.model", tokenizer: null },
      label: "pipe.model", architecture: "BertForSequenceClassification", family: "sequence_classifier",
      parameters: 1.1e8, device: "cpu", dtype: "float32", tokenizer_match: null, tokenizers: ["tok", "other"],
    } as const; // biome-ignore format: one record
    const error = {
      ...errorResult("several_subjects", "Two models are here.", "Choose one."),
      command: "pip install x",
      candidates: [
        {
          ...candidate,
          ref: { ...candidate.ref, model: "m", tokenizer: "t" },
          label: "m",
          tokenizer_match: "same folder",
          tokenizers: ["t"],
        },
        { ...candidate, tokenizers: [...candidate.tokenizers] },
        { ...candidate, label: "vae", family: null, tokenizers: [] },
      ],
    };
    pane({ ...DONE, phase: { at: "failed", error } });
    expect(find('[role="alert"]').textContent).toMatch(/Two models are here\.Choose one\./);
    buttonSaying("Copy").click();
    expect(events.copyText).toHaveBeenCalledWith("pip install x");
    buttonSaying("Explain m").click();
    choose(find('[data-key="tokenizer-1"]'), "other");
    buttonSaying("Explain pipe.model").click();
    expect(events.subjectChosen.mock.calls).toEqual([
      [{ source: "kernel", model: "m", tokenizer: "t" }],
      [{ source: "kernel", model: "pipe.model", tokenizer: "other" }],
    ]);
    expect(buttonSaying("Explain vae").disabled).toBe(true);
  });

  test("a model whose tokenizer is unknown is offered those there are", () => {
    const error = { ...errorResult("no_tokenizer", "None is certain.", "Choose one."), tokenizers: ["tok"] };
    pane({ ...DONE, phase: { at: "failed", error } });
    buttonSaying("Use tok").click();
    expect(events.tokenizerChosen).toHaveBeenCalledWith("tok");
  });

  test("with no model, one that comes with Glasspane is a click away", () => {
    pane({
      ...DONE,
      result: null,
      phase: { at: "failed", error: errorResult("no_subject", "No model.", "Load one.") },
    });
    buttonSaying("Use demo-lm").click();
    expect(events.subjectChosen).toHaveBeenCalledWith({ source: "bundled", name: "demo-lm" });
  });

  test("questions: template, values, consent", () => {
    const expression = { source: "name", conversion: "r", format_spec: ">9" } as const;
    const asking = (question: Extract<PaneState["phase"], { at: "asking" }>["question"]) =>
      ({ ...DONE, phase: { at: "asking", question } }) as const;
    const view = pane(asking({ ask: "template" }));
    buttonSaying("As a user message").click();
    buttonSaying("Exactly as it stands").click();
    expect(events.templateChosen.mock.calls).toEqual([["chat"], ["raw"]]);

    view.update(
      asking({
        ask: "holes",
        holes: [
          { expression, value: "", problem: "name is not defined yet." },
          { expression, value: "B", problem: null },
        ],
      }),
    );
    expect(document.activeElement?.id).toBe("gp-hole-0");
    expect(find("label[for=gp-hole-0]").textContent).toBe("name!r:>9");
    find<HTMLInputElement>("#gp-hole-0").value = "Ada";
    find(".gp-question form").dispatchEvent(new Event("submit", { cancelable: true }));
    expect(events.holesFilled).toHaveBeenCalledWith(["Ada", "B"]);

    view.update(
      asking({ ask: "consent", expressions: [{ source: "load()", conversion: "", format_spec: "" }] }),
    );
    expect(find(".gp-question").textContent).toContain("load()");
    buttonSaying("Run it").click();
    expect(events.consentGiven).toHaveBeenCalledOnce();
    buttonSaying("Type the values instead").click();
    expect(events.questionDismissed).toHaveBeenCalledOnce();
  });

  test("stale heat says why and offers to run again", () => {
    pane({ ...DONE, stale: "weights_changed" });
    expect(find(".gp-stale").textContent).toContain("weights have changed");
    buttonSaying("⟳ Run again").click();
    expect(events.runAgain).toHaveBeenCalledOnce();
  });

  test("typing survives an update that does not concern it", () => {
    const asking = {
      at: "asking",
      question: {
        ask: "holes",
        holes: [{ expression: { source: "x", conversion: "", format_spec: "" }, value: "", problem: null }],
      },
    } as const;
    const view = pane({ ...DONE, phase: asking });
    find<HTMLInputElement>("#gp-hole-0").focus();
    find<HTMLInputElement>("#gp-hole-0").value = "half";
    view.update({ ...DONE, phase: asking, heatShown: false, stale: "prompt_changed" });
    expect(find<HTMLInputElement>("#gp-hole-0").value).toBe("half");
    expect(document.activeElement?.id).toBe("gp-hole-0");
  });

  test("what was typed for another target is still there after its answer", () => {
    const view = pane();
    find<HTMLInputElement>('[data-key="target-text"]').value = " Nice";
    choose(find('[data-key="target-kind"]'), "contrast");
    find<HTMLInputElement>('[data-key="target-versus"]').value = " Rome";
    find("form.gp-inline-form").dispatchEvent(new Event("submit", { cancelable: true }));
    view.update({ ...DONE, result: sampleResult() });
    expect(find<HTMLInputElement>('[data-key="target-text"]').value).toBe(" Nice");
    expect(find<HTMLSelectElement>('[data-key="target-kind"]').value).toBe("contrast");
    expect(find<HTMLInputElement>('[data-key="target-versus"]').value).toBe(" Rome");
    expect(find('[data-key="target-versus"]').hidden).toBe(false);
  });

  test("actions: only those that make sense", () => {
    const view = pane();
    for (const label of ["Run again", "Clear heat", "Insert as output", "Copy as Python"])
      buttonSaying(label).click();
    expect(events.copyPython).toHaveBeenCalledWith(DONE.result?.code);
    expect(
      [events.runAgain, events.clearHeat, events.insertOutput].map((spy) => spy.mock.calls.length),
    ).toEqual([1, 1, 1]);
    view.update({ ...DONE, canInsert: false, heatShown: false });
    expect(all(".gp-actions > .gp-buttons button").map((each) => each.textContent)).toEqual([
      "Run again",
      "Copy as Python",
    ]);
  });

  test("dispose leaves nothing", () => {
    pane().dispose();
    expect(container.childNodes).toHaveLength(0);
  });
});

describe("trust, in sentences", () => {
  const sentences = (checks: object, method: object = {}, warnings: string[] = []) => {
    const base = sampleResult();
    pane({
      ...DONE,
      result: sampleResult({
        checks: { ...base.checks, ...checks },
        method: { ...base.method, ...method },
        warnings,
      }),
    });
    return all(":is(.gp-tokens, .gp-checks) > .gp-trust li").map((each) => each.textContent);
  };
  test.each([
    [{ completeness_gap: 0.003 }, "✓Check passed: Scores add up to within 0.3\u202f%."],
    [{ completeness_gap: 0 }, "✓Check passed: Scores add up to within 0\u202f%."],
    [{ completeness_gap: 0.03 }, "·Scores nearly add up: 3\u202f% is missing."],
    [
      { completeness_gap: 0.4 },
      "!Caution: Scores do not add up: 40\u202f% of the change is unaccounted for. Trust the ranking, not the amounts.",
    ],
    [
      { completeness_gap: null, converged: null },
      "·Scores do not add up to the answer, by construction: read them as a ranking.",
    ],
  ])("%j", (checks, expected) => expect(sentences(checks)).toContain(expected));

  test("no sign, no direction", () => {
    expect(sentences({ completeness_gap: null, converged: null }, { signed: false })[0]).toMatch(/no sign/);
  });
  test("cautions come at once, fine print on demand", () => {
    expect(sentences({ converged: false, sink_share: 0.9, complete: false }, {}, ["Mind this."])).toEqual([
      "!Caution: Partial: it was stopped before it finished.",
      "!Caution: Not settled with 32 path points: allow more steps or another baseline.",
      "!Caution: 90\u202f% of the magnitude sits on special tokens and the first position.",
      "!Caution: Mind this.",
      "✓Check passed: Scores add up to within 0.3\u202f%.",
    ]);
    expect(
      find(".gp-tokens > .gp-trust").compareDocumentPosition(find(".gp-strip")),
      "above the scores",
    ).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
    expect(find(".gp-checks details").textContent).toContain("Absence of a token means: the mean embedding.");
  });
});

test("what a cancelled method left is called by the method that made it", () => {
  const base = sampleResult();
  const first = sampleResult({
    method: { ...base.method, name: "input_x_gradient", label: "Gradient × input" },
    checks: { ...base.checks, complete: false },
  });
  pane({ ...DONE, method: "kernel_shap", result: first });
  expect(find(".gp-badge").textContent).toBe("partial: Gradient × input");
});

test("the number behind the scores is named as what it is", () => {
  const { target } = sampleResult();
  const detail = (change: object) => {
    container.replaceChildren();
    mountOutput(container, sampleResult({ target: { ...target, ...change } }));
    return find("details").textContent;
  };
  expect(detail({})).toContain("Logit here 12.3");
  expect(detail({ kind: "contrast", versus_ids: [43] })).toContain("Logit difference here 12.3");
  expect(detail({ kind: "completion", ids: [1, 2] })).toContain("Sum of 2 logits here 12.3");
});

test("what a caution says is not said again in the fine print", () => {
  const note = "Attention shows where the model looks.";
  const { method } = sampleResult();
  mountOutput(container, sampleResult({ method: { ...method, note }, warnings: [`${note} Mind it.`] }));
  expect(container.textContent?.split(note)).toHaveLength(2);
});

test("a completion's last token stands in the strip, and a sentence says why it has no score", () => {
  const { text, tokens } = tokensOf(["The", " capital", " Paris", ","]);
  const base = sampleResult();
  const target = { ...base.target, kind: "completion" as const, text: " Paris, of", ids: [1, 2, 3] };
  mountOutput(container, sampleResult({ text, tokens, target, scores: [[1, 2, 3, 4]] }));
  expect(find(".gp-strip").textContent).toBe("The capital Paris,·of");
  expect(container.textContent).toContain("“ of” at the end is explained, not scored");
});

describe("the output", () => {
  test("stands by itself: prediction, target, tokens, method, checks", () => {
    mountOutput(container, sampleResult());
    const text = container.textContent ?? "";
    for (const part of [
      "·Paris 97\u202f%",
      "Why “ Paris”? Logit 12.3, 97\u202f% likely.",
      "Scores add up",
      "Integrated gradients · demo-lm",
      "pushes against",
    ]) {
      expect(text).toContain(part);
    }
    expect(find("details table")).not.toBeNull();
  });
});

describe("the hover", () => {
  const result = sampleResult();
  const prompt = resolveTemplate(verbatimTemplate(result.text, { from: 0, to: result.text.length }), []);

  test("token, signed score, share, target, place", () => {
    const mark = heatMarks(result, prompt)[3];
    expect(mark && hoverLines(mark, result)).toEqual([
      "·France  +0.870",
      "pushes for “ Paris”: 58\u202f% of the magnitude",
      "token 4 of 5 · Integrated gradients · demo-lm",
    ]);
    expect(mark && hoverContent(mark, result, "weights_changed").lastElementChild?.textContent).toMatch(
      /weights/,
    );
  });

  test("a contrast names both sides, a joined mark its tokens", () => {
    const mark = heatMarks(result, prompt)[2];
    const contrast = {
      ...result,
      target: { ...result.target, kind: "contrast" as const, text: " Paris −  Rome" },
    };
    const minus = { ...contrast.target, text: " −  −  − ", versus_text: " − " };
    expect(contrastTexts(minus)).toEqual([" − ", " − "]);
    expect(contrastTexts({ ...minus, versus_text: null })).toBeNull();
    expect(mark && hoverLines({ ...mark, tokens: [1, 2] }, contrast).slice(1)).toEqual([
      "pushes against “ Paris” rather than “ Rome”: 12\u202f% of the magnitude",
      "tokens 2–3 of 5, summed · Integrated gradients · demo-lm",
    ]);
  });
});

test.each([
  [0, "0"],
  [0.0004, "<\u202f0.1"],
  [0.002, "0.2"],
  [0.0994, "9.9"],
  [0.4, "40"],
  [0.9949, "99"],
  [0.9951, "99.5"],
  [0.998, "99.8"],
  [0.9996, ">\u202f99.9"],
  [1, "100"],
])("%d as percent: only nothing is 0, only all is 100", (share, said) =>
  expect(percent(share)).toBe(`${said}\u202f%`),
);

test("a correlation that rounds to nothing has no sign", () => {
  expect([-0.004, -0.006, 0.9].map((value) => correlation(value))).toEqual(["0.00", "−0.01", "0.90"]);
  expect([-0.004, 0.9].map((value) => correlation(value, true))).toEqual(["0.00", "+0.90"]);
});

test("a completion's value is named as the sum it is", () => {
  const result = sampleResult();
  const target = { ...result.target, kind: "completion" as const, text: " Paris.", ids: [1, 2] };
  expect(targetSentence({ ...result, target })).toContain("Sum of 2 logits");
  expect(targetSentence(result)).not.toContain("Sum");
});

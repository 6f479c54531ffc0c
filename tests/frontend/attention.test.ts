// @vitest-environment jsdom
/** Truth: what a person does and reads in the leaf; the answers are real ones of demo-lm. Canvases only count their calls. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AttentionResult, Matrix, Token } from "../../extension_frontend/core/src/protocol.js";
import { mountPane } from "../../extension_frontend/core/src/views/pane.js";
import { EMPTY_PANE, type PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { SideQuestion } from "../../extension_frontend/core/src/views/side_state.js";
import { ANSWERS } from "./attention_answers.js";
import { type SpiedEvents, spiedEvents } from "./pane_events.js";
import { sampleResult, tokensOf } from "./sample_result.js";

const drawImage = vi.fn();
let container: HTMLElement;
let events: SpiedEvents;
let unmount: () => void = () => {};

beforeEach(() => {
  const pen = new Proxy(
    {},
    {
      get: (_pen, name) =>
        name === "drawImage" ? drawImage : name === "measureText" ? () => ({ width: 10 }) : () => {},
      set: () => true,
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toDataURL").mockReturnValue("data:image/png;base64,AAAA");
  vi.stubGlobal("ImageData", class {});
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(private readonly resized: () => void) {}
      observe() {
        queueMicrotask(this.resized);
      }
      disconnect() {}
    },
  );
  drawImage.mockClear();
  container = document.createElement("div");
  document.body.append(container);
  events = spiedEvents();
});
afterEach(() => {
  unmount();
  unmount = () => {};
  container.remove();
  document.body.className = "";
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const DONE: PaneState = { ...EMPTY_PANE, phase: { at: "done" }, result: sampleResult(), tab: "attention" };
const done = (answer: AttentionResult) => ({ at: "done", answer }) as const;
const SEEN: PaneState = { ...DONE, overview: done(ANSWERS.overview) };
const OVERVIEW: SideQuestion = { side: "overview", ask: "attention", view: { show: "overview" } };
const HEAD = {
  show: "head",
  layer: 1,
  head: 2,
  token: null,
  without_sink: false,
  matrix: true,
  bits: 16,
} as const;

/** As a host does: what is a matter of the view alone comes back at once. */
function pane(state: PaneState) {
  let now = state;
  const view = mountPane(container, state, events);
  unmount = view.dispose;
  const update = (part: Partial<PaneState>) => {
    now = { ...now, ...part };
    view.update(now);
  };
  events.tabChosen.mockImplementation((tab) => update({ tab }));
  return { update };
}
const find = <Kind extends Element = HTMLElement>(selector: string): Kind => {
  const found = container.querySelector<Kind>(selector);
  if (found === null) throw new Error(`nothing matches ${selector}`);
  return found;
};
const all = (selector: string) => [...container.querySelectorAll<HTMLElement>(selector)];
const key = (name: string) => find<HTMLElement & SVGElement>(`[data-key="${name}"]`);
const press = (target: Element, name: string) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const click = (target: Element) => target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
const asked = () => events.sideAsked.mock.calls.map(([question]) => question);
const text = () => find(".gp-attention").textContent ?? "";
/** With one head on view. */
const withHead = (change: Partial<PaneState> = {}) => {
  const shown = pane({ ...SEEN, ...change });
  click(key("head-1-2"));
  shown.update({ matrix: done(ANSWERS.head) });
  return shown;
};

describe("what is asked by itself", () => {
  test("the overview, once for each explanation", () => {
    const { update } = pane(DONE);
    expect(asked()).toEqual([OVERVIEW]);
    update({ overview: { at: "running", progress: null, status: "running", ahead: 0 } });
    update({ overview: { at: "unasked" }, heatShown: true });
    expect(asked()).toHaveLength(1);
    key("ask-overview").click();
    expect(asked()).toEqual([OVERVIEW, OVERVIEW]);
    update({ result: sampleResult(), overview: { at: "unasked" } });
    expect(asked()).toHaveLength(3);
  });

  test("nothing while the explanation runs, or the leaf is closed", () => {
    const running = { at: "running", progress: null, status: "running", ahead: 0 } as const;
    const { update } = pane({ ...DONE, phase: running });
    expect(asked()).toEqual([]);
    expect(text()).toContain("Comes when the explanation is finished.");
    update({ tab: "tokens", phase: { at: "done" } });
    expect(asked()).toEqual([]);
    update({ tab: "attention" });
    expect(asked()).toEqual([OVERVIEW]);
  });

  test("an answer that comes at once is drawn, not the question before it", () => {
    const shown: { update?: (part: Partial<PaneState>) => void } = {};
    Object.assign(shown, pane({ ...DONE, tab: "tokens" }));
    events.sideAsked.mockImplementation(() => shown.update?.({ overview: done(ANSWERS.overview) }));
    shown.update?.({ tab: "attention" });
    expect(all('.gp-head[role="button"]')).toHaveLength(16);
  });
});

describe("heads", () => {
  test("the note, and the rank correlation in words, stand above every view", () => {
    pane(SEEN);
    for (const view of ["heads", "rollout", "residual"]) {
      key(`attention-${view}`).click();
      expect(find(".gp-attention-headline").textContent).toBe(
        "Attention shows where the model looks, not what changes its answer. Spearman rank correlation of the mean " +
          "over all heads with |gradient × input| on this prompt: +0.10. Here they hardly agree: what is looked at is " +
          "not what the answer hangs on.",
      );
    }
  });

  test("a head says its figures; arrows move between heads, Enter opens one", () => {
    pane(SEEN);
    const first = key("head-0-0");
    expect(first.getAttribute("aria-label")).toBe(
      "Layer 0, head 0: entropy 98\u202f% of uniform · first token 30\u202f% · previous 27\u202f% · itself 36\u202f% · " +
        "rank correlation with the gradient −0.60",
    );
    first.focus();
    expect(find(".gp-head-readout").textContent).toBe(first.getAttribute("aria-label"));
    for (const [name, then] of [
      ["ArrowRight", "head-0-1"],
      ["ArrowDown", "head-1-1"],
      ["End", "head-1-3"],
      ["ArrowRight", "head-1-3"],
      ["ArrowLeft", "head-1-2"],
    ] as const) {
      press(document.activeElement as Element, name);
      expect((document.activeElement as HTMLElement).dataset.key).toBe(then);
    }
    expect(all('.gp-head[tabindex="0"]')).toHaveLength(1);
    press(document.activeElement as Element, "Enter");
    expect(asked().at(-1)).toEqual({ side: "matrix", ask: "attention", view: HEAD });
    expect(key("head-1-2").getAttribute("aria-pressed")).toBe("true");
  });

  test("the figure chosen colours them: signed for the gradient, with the layer's mean beside", () => {
    pane(SEEN);
    const menu = key("head-figure") as unknown as HTMLSelectElement;
    menu.value = "gradient_correlation";
    menu.dispatchEvent(new Event("change"));
    const shape = key("head-0-0");
    expect(shape.getAttribute("fill")).toBe("var(--gp-heat-against-5)");
    expect(shape.getAttribute("fill-opacity")).toBe("0.600");
    // Layer 0: −0.6, 0.1, 0.1 and 0.9.
    const means = all(".gp-head:not([role]) title").map((title) => title.textContent);
    expect(means[0]).toBe("Mean of layer 0: +0.12");
  });

  test("buttons and brackets go to the neighbours, over the ends of layers", () => {
    withHead();
    press(key("next-head"), "]");
    expect(asked().at(-1)).toMatchObject({ view: { layer: 1, head: 3 } });
    key("next-head").click();
    expect(asked().at(-1)).toMatchObject({ view: { layer: 2, head: 0 } });
    press(key("next-head"), "[");
    expect(asked().at(-1)).toMatchObject({ view: { layer: 1, head: 3 } });
  });
});

describe("one head", () => {
  const table = () => all(".gp-reading tbody tr").map((row) => row.textContent);

  test("a token's row says what it reads, its column who reads it", () => {
    withHead({ focusedToken: 3 });
    expect(find(".gp-reading-title").textContent).toBe("·France reads · token 4 of 5");
    expect(table()).toEqual(["1The57\u202f%", "2·capital16\u202f%", "4·France15\u202f%", "3·of11\u202f%"]);
    key("direction-read_by").click();
    expect(find(".gp-reading-title").textContent).toBe("·France is read by · token 4 of 5");
    expect(table()).toEqual(["4·France15\u202f%", "5·is9.4\u202f%"]);
    expect(text()).toContain("Rounded for drawing: each is within 0.2\u202f% of the exact one.");
  });

  test("exact numbers are asked for a while after the pointer rests, and take their place", () => {
    vi.useFakeTimers();
    const { update } = withHead();
    const before = asked().length;
    for (const token of [1, 2, 3]) {
      find(`.gp-reading-strip [data-token="${token}"]`).dispatchEvent(
        new MouseEvent("pointerover", { bubbles: true }),
      );
      vi.advanceTimersByTime(149);
    }
    expect(asked()).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(asked().slice(before)).toEqual([
      { side: "reading", ask: "attention", view: { ...HEAD, token: 3, matrix: false, bits: 8 } },
    ]);
    update({ reading: done(ANSWERS.reading) });
    expect(text()).toContain("Exact numbers.");
    expect(table()[3]).toBe("3·of11\u202f%");
    vi.advanceTimersByTime(1000);
    expect(asked()).toHaveLength(before + 1);
  });

  test("exact numbers of another head are none of this one's", () => {
    const { answer } = ANSWERS.reading;
    const other = { ...ANSWERS.reading, answer: { ...answer, head: 0 } } as AttentionResult;
    withHead({ focusedToken: 3, reading: done(other) });
    expect(text()).not.toContain("Exact numbers.");
  });

  test("a click on a token tells the editor, Escape takes it back", () => {
    withHead();
    click(find('.gp-reading-strip [data-token="2"]'));
    expect(events.tokenPointed).toHaveBeenLastCalledWith(2);
    press(key("matrix"), "Escape");
    expect(events.tokenPointed).toHaveBeenLastCalledWith(null);
  });

  test("arrow keys walk over the cells, Enter keeps the token", () => {
    withHead();
    const face = key("matrix");
    press(face, "ArrowUp");
    expect(text()).toContain("“ is” reads “ is”");
    press(face, "ArrowUp");
    press(face, "ArrowLeft");
    expect(text()).toContain("“ France” reads “ France”: 15\u202f%");
    press(face, "Enter");
    expect(events.tokenPointed).toHaveBeenLastCalledWith(3);
  });

  test("leaving out the first token asks again and says its share", () => {
    const { update } = withHead({ focusedToken: 3 });
    expect(text()).toContain("The first token, “The”, takes 57\u202f% of what “ France” reads.");
    key("without-sink").click();
    expect(asked().at(-1)).toEqual({
      side: "matrix",
      ask: "attention",
      view: { ...HEAD, without_sink: true },
    });
    update({ matrix: done(ANSWERS.head_without_sink) });
    expect(text()).toContain("Left out: the first token, “The”, takes 57\u202f% of what “ France” reads");
    expect(table()[0]).toBe("2·capital38\u202f%");
  });

  test("rollout takes the place of the head, and the head comes back", () => {
    const { update } = withHead();
    key("attention-rollout").click();
    expect(asked().at(-1)).toEqual({
      side: "matrix",
      ask: "attention",
      view: { show: "rollout", token: null, matrix: true, bits: 16 },
    });
    update({ matrix: done(ANSWERS.rollout) });
    expect(text()).toContain("Abnar & Zuidema 2020");
    expect(find(".gp-reading th:last-child").textContent).toBe("Share");
    key("attention-heads").click();
    expect(asked().at(-1)).toEqual({ side: "matrix", ask: "attention", view: HEAD });
  });

  test("the picture can be kept", async () => {
    withHead();
    await Promise.resolve();
    key("save-attention layer 1 head 2-png").click();
    await vi.waitFor(() =>
      expect(events.fileMade).toHaveBeenCalledWith({
        name: "attention layer 1 head 2.png",
        type: "image/png",
        content: "AAAA",
      }),
    );
  });

  test("another theme is drawn anew", async () => {
    withHead();
    await Promise.resolve();
    const before = drawImage.mock.calls.length;
    expect(before).toBeGreaterThan(0);
    document.body.className = "vscode-dark";
    await vi.waitFor(() => expect(drawImage.mock.calls.length).toBeGreaterThan(before));
  });

  test("2,048 tokens: a window of them is drawn, and pointing does not draw the matrix again", async () => {
    const count = 2048;
    const { tokens, text: words } = tokensOf(Array.from({ length: count }, (_, index) => ` t${index}`));
    const data = btoa("\u0001".repeat(count * count));
    const weights: Matrix = { rows: count, columns: count, encoding: "uint8", step: 1 / 255, data };
    const answer = {
      ...ANSWERS.head.answer,
      weights,
      sink: tokens.map(() => 0),
    } as AttentionResult["answer"];
    const { update } = pane({ ...SEEN, result: { ...sampleResult(), tokens, text: words } });
    click(key("head-1-2"));
    expect(asked().at(-1)).toMatchObject({ view: { bits: 8 } });
    update({ matrix: done({ ...ANSWERS.head, tokens, text: words, answer }) });
    await Promise.resolve();
    const drawn = drawImage.mock.calls.length;
    for (let token = 2047; token > 1800; token -= 13) {
      update({ focusedToken: token });
      expect(all(".gp-reading-strip .gp-token").length).toBeLessThanOrEqual(240);
      expect(find(".gp-reading-strip .gp-pointed-token").dataset.token).toBe(String(token));
    }
    update({ focusedToken: 3 });
    expect(find(".gp-reading-strip .gp-pointed-token").dataset.token).toBe("3");
    expect(drawImage.mock.calls.length).toBe(drawn);
  });
});

describe("the residual stream", () => {
  const RESIDUAL: Partial<PaneState> = { residual: done(ANSWERS.residual) };
  const open = (change: Partial<PaneState> = {}) => {
    const shown = pane({ ...SEEN, ...change });
    key("attention-residual").click();
    return shown;
  };
  const now = () => all(".gp-strands").findIndex((row) => row.classList.contains("gp-strands-now"));

  test("is asked when it is first looked at", () => {
    open();
    expect(asked()).toEqual([{ side: "residual", ask: "attention", view: { show: "residual", lines: 200 } }]);
  });

  test("steps by button, slider and what they say", () => {
    open(RESIDUAL);
    expect(now()).toBe(0);
    key("step-forward").click();
    expect(now()).toBe(1);
    const slider = key("layer") as unknown as HTMLInputElement;
    slider.value = "3";
    slider.dispatchEvent(new Event("input"));
    expect(now()).toBe(3);
    expect((key("step-forward") as unknown as HTMLButtonElement).disabled).toBe(true);
    expect(slider.getAttribute("aria-valuetext")).toBe("layer 3 / 3");
    key("step-back").click();
    expect(now()).toBe(2);
  });

  test("its strongest contributions in words, as the kernel counted them", () => {
    open(RESIDUAL);
    key("step-forward").click();
    const { answer } = ANSWERS.residual;
    if (answer.show !== "residual") throw new Error("no residual stream");
    const strongest = answer.lines
      .filter(({ layer, source, target }) => layer === 1 && source !== target)
      .sort((one, other) => other.strength - one.strength)[0];
    const name = (token = 0) => ANSWERS.residual.tokens[token]?.text.replace(/^ /, "·");
    const row = find(".gp-contribution").textContent ?? "";
    expect(row.startsWith(`${name(strongest?.target)} takes `)).toBe(true);
    expect(row.endsWith(` of what it reads from ${name(strongest?.source)}`)).toBe(true);
    expect(row).toContain(`${Math.round(100 * (strongest?.share ?? 0))}\u202f%`);
  });

  test("plays to its end, and stops when the leaf is left", () => {
    vi.useFakeTimers();
    const { update } = open(RESIDUAL);
    vi.advanceTimersByTime(10_000);
    expect(now()).toBe(0);
    key("play").click();
    vi.advanceTimersByTime(800);
    expect(now()).toBe(1);
    update({ tab: "tokens" });
    vi.advanceTimersByTime(10_000);
    expect(now()).toBe(1);
    update({ tab: "attention" });
    key("play").click();
    vi.advanceTimersByTime(10_000);
    expect(now()).toBe(3);
    expect(key("play").textContent).toBe("Play");
  });

  test("with less motion nothing plays and nothing fades", () => {
    vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("reduce") }));
    open(RESIDUAL);
    expect(container.querySelector('[data-key="play"]')).toBeNull();
    expect(all(".gp-moving")).toEqual([]);
    key("step-forward").click();
    expect(now()).toBe(1);
  });

  test("of a long prompt the last tokens are on view, the others a slider away", () => {
    const tokens = Array.from({ length: 5 * 40 }, (_, index) => ({
      ...(ANSWERS.residual.tokens[index % 5] as Token),
      index,
    }));
    const wide = (rows: number): Matrix => ({
      rows,
      columns: 200,
      encoding: "uint8",
      step: 1,
      data: btoa("\u0002".repeat(rows * 200)),
    });
    const answer = {
      ...ANSWERS.residual.answer,
      stream: wide(5),
      attention_relative: wide(4),
      mlp_relative: wide(4),
    } as AttentionResult["answer"];
    open({ residual: done({ ...ANSWERS.residual, tokens, answer }) });
    const shown = () => all(".gp-residual text[data-token]").map((name) => name.dataset.token);
    expect(shown()).toHaveLength(60);
    expect(shown()[59]).toBe("199");
    const slider = key("window-tokens") as unknown as HTMLInputElement;
    slider.value = "0";
    slider.dispatchEvent(new Event("input"));
    expect(shown()[0]).toBe("0");
    expect(slider.getAttribute("aria-valuetext")).toBe("tokens 1–60 of 200");
  });
});

test("tokens are text, never markup", () => {
  const evil = '<img src=x onerror="alert(1)">';
  const changed = (result: AttentionResult): AttentionResult => ({
    ...result,
    note: evil,
    tokens: result.tokens.map((token) => ({ ...token, text: evil })),
  });
  const { update } = pane({ ...SEEN, overview: done(changed(ANSWERS.overview)) });
  click(key("head-1-2"));
  update({ matrix: done(changed(ANSWERS.head)), residual: done(changed(ANSWERS.residual)) });
  key("attention-residual").click();
  expect(container.querySelector("img")).toBeNull();
  expect(text()).toContain(evil);
});

test("nothing is asked for a token once the leaf is left", () => {
  vi.useFakeTimers();
  const { update } = withHead({ focusedToken: 3 });
  const before = asked().length;
  vi.advanceTimersByTime(100);
  update({ tab: "tokens" });
  vi.advanceTimersByTime(1000);
  expect(asked()).toHaveLength(before);
});

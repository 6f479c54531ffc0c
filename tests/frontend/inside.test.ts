// @vitest-environment jsdom
/** Truth: what a person does and reads in the leaf; the answers are real ones of demo-lm, as Python words them. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PatchResult } from "../../extension_frontend/core/src/protocol.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { Side } from "../../extension_frontend/core/src/views/side_state.js";
import { PATCHING } from "./patching_answers.js";
import { shownPane } from "./shown_pane.js";

const STORY = PATCHING.explanation;
const done = (answer: PatchResult): Side<PatchResult> => ({ at: "done", answer });
const running = (partial: PatchResult | null): Side<PatchResult> => ({
  at: "running",
  status: "running",
  ahead: 0,
  progress: { kind: "progress", job: "j", fraction: 0.4, stage: "exact values", partial },
});
const inside = (change: Partial<PaneState> = {}) => shownPane({ result: STORY, tab: "inside", ...change });

const SECOND_JOHN = 9;
const QUESTION = {
  side: "patching",
  ask: "patch",
  other: { from: "text", text: "When Mary and John went to the store, Mary gave a bottle to" },
  wrong: null,
  site: "resid_pre",
  grid: "position",
  direction: "denoising",
  metric: "logit_difference",
  layers: null,
  heads: null,
} as const;

type Pane = ReturnType<typeof inside>;

const write = (pane: Pane, key: string, text: string) => {
  const field = pane.find<HTMLInputElement>(`[data-key="${key}"]`);
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const submit = ({ find }: Pane) =>
  find(".gp-patch-form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
const cells = ({ all }: Pane) => all(".gp-patch-cell");
const label = (cell: Element | null | undefined) => cell?.getAttribute("aria-label") ?? "";
const swapJohn = (pane: Pane) => {
  pane.click(`patch-token-${SECOND_JOHN}`);
  write(pane, "patch-word", "Mary");
};

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("a token is clicked, another word written, and patching asked with both prompts", () => {
  const pane = inside();
  const patch = pane.find<HTMLButtonElement>('[data-key="patch"]');
  expect(patch.disabled, "no other prompt yet").toBe(true);
  swapJohn(pane);
  expect(pane.events.tokenPointed).toHaveBeenCalledWith(SECOND_JOHN);
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith(QUESTION);
});

test("arrow keys walk the tokens, and the chosen one is a tab stop", () => {
  const pane = inside();
  const stop = () => pane.find<HTMLElement>(".gp-patch-token[tabindex='0']");
  stop().focus();
  pane.press(stop(), "Home");
  expect(document.activeElement).toBe(pane.find('[data-key="patch-token-0"]'));
  pane.press(document.activeElement as Element, "ArrowRight");
  expect(document.activeElement?.textContent).toBe("·Mary");
  pane.press(document.activeElement as Element, "End");
  expect(document.activeElement?.textContent).toBe("·to");
});

test("the token pointed at in the document is the one to replace, else the one chosen in the strip", () => {
  const pressed = ({ find }: Pane) => find(".gp-patch-token[aria-pressed='true']").dataset.key;
  expect(pressed(inside({ focusedToken: 3 }))).toBe("patch-token-3");
  const pane = inside({ tab: "tokens" });
  pane.find('.gp-strip [data-token="7"]').dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  pane.update({ tab: "inside" });
  expect(pressed(pane)).toBe("patch-token-7");
});

test("the whole prompt can be edited, or another explained one taken", () => {
  const pane = inside({ others: [{ id: "heat-2", phrase: "cell 3", text: "The capital" }] });
  pane.click("patch-way-text");
  const box = pane.find<HTMLTextAreaElement>('[data-key="patch-text"]');
  expect(box.value).toBe(STORY.text);
  write(pane, "patch-text", QUESTION.other.text);
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith(QUESTION);
  pane.click("patch-way-explanation");
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...QUESTION,
    other: { from: "explanation", id: "heat-2" },
  });
});

test("choices are of what the site has, and stay for the next question", () => {
  const pane = inside();
  pane.choose("patch-site", "z");
  expect(pane.all('[data-key="patch-grid"] option').map((each) => each.getAttribute("value"))).toEqual([
    "head",
    "head_position",
  ]);
  pane.choose("patch-direction", "noising");
  pane.choose("patch-metric", "kl");
  expect(pane.all('[data-key="patch-wrong"]')).toEqual([]);
  pane.choose("patch-metric", "log_prob");
  write(pane, "patch-wrong", " John");
  swapJohn(pane);
  submit(pane);
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...QUESTION,
    wrong: " John",
    site: "z",
    grid: "head",
    direction: "noising",
    metric: "log_prob",
  });
});

test("the strongest cell of the map is the swapped name, as Python finds", () => {
  const pane = inside({ patching: done(PATCHING.position) });
  const { raw, axes } = PATCHING.position.maps[0] as PatchResult["maps"][0];
  expect(cells(pane)).toHaveLength(raw.length);
  const strongest = raw.indexOf(Math.max(...raw));
  const width = axes[1]?.places.length ?? 0;
  expect(strongest % width).toBe(SECOND_JOHN);
  expect(pane.text(".gp-patch-answer .gp-readout")).toContain(
    `Strongest: layer ${Math.floor(strongest / width)} at 9 ·John, +1.04.`,
  );
  expect(pane.text(".gp-patch-headline")).toBe(
    "Residual stream before the layer: logit difference of ·Mary over ·John, clean activations in the corrupted run",
  );
  // The deepest colour is there too, and layer 0 stands below all others.
  const opacity = (cell: Element) => Number(cell.getAttribute("fill-opacity"));
  const deepest = cells(pane).reduce((best, cell) => (opacity(cell) > opacity(best) ? cell : best));
  expect(deepest.dataset.key).toBe(`patch-${strongest}`);
  const height = (index: number) => Number(pane.find(`[data-key="patch-${index}"]`).getAttribute("y"));
  expect(height(0)).toBeGreaterThan(height(width));
  expect(pane.all(".gp-patch-estimated")).toEqual([]);
});

test("keys walk over the cells, layers going up, and Enter opens one", () => {
  const pane = inside({ patching: done(PATCHING.position) });
  const start = pane.find<HTMLElement>(".gp-patch-cell[tabindex='0']");
  start.focus();
  expect(label(document.activeElement)).toMatch(
    /^Layer 3, position 9: “ John” here, “ Mary” in the other prompt/,
  );
  pane.press(start, "ArrowUp");
  expect(document.activeElement, "there is no layer above").toBe(start);
  pane.press(start, "ArrowDown");
  expect(label(document.activeElement)).toMatch(/^Layer 2, position 9/);
  pane.press(document.activeElement as Element, "ArrowRight");
  expect(label(document.activeElement)).toMatch(/^Layer 2, position 10: “ gave” in both prompts/);
  expect(pane.text(".gp-patch-answer .gp-readout")).toBe(label(document.activeElement));
  expect(pane.events.tokenPointed).toHaveBeenLastCalledWith(10);
  pane.press(document.activeElement as Element, "Enter");
  expect(pane.text(".gp-patch-detail h3")).toBe("Layer 2 at 10 ·gave");
  pane.click("patch-heads-here");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...QUESTION,
    site: "z",
    grid: "head_position",
    layers: [2],
  });
});

test("asked from a place, the strongest cell there is told apart from the strongest of the map", () => {
  const pane = inside({ patching: done(PATCHING.position) });
  const columns = PATCHING.position.maps[0]?.axes[1]?.places.length ?? 0;
  const cell = pane.find(`[data-key="patch-${2 * columns + 10}"]`);
  cell.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  pane.click("patch-heads-here");
  pane.update({ patching: done(PATCHING.heads_by_position) });
  const [map] = PATCHING.heads_by_position.maps as [PatchResult["maps"][0]];
  const sizes = map.raw.map((value) => Math.abs(value - PATCHING.heads_by_position.corrupted.value));
  const wide = map.axes.at(-1)?.places.length ?? 0;
  const strongest = sizes.indexOf(Math.max(...sizes));
  expect(strongest % wide).not.toBe(10);
  const readout = pane.text(".gp-patch-answer .gp-readout");
  expect(readout).toMatch(new RegExp(`^Strongest: head \\S+ at ${strongest % wide} `));
  expect(readout).toMatch(/ At the position asked about: head \S+ at 10 ·gave, \S+\. Point at a cell/);
});

test("a cell says its raw and normalised value and how it is known, with an interval over pairs", () => {
  const said = (answer: PatchResult, index: number) =>
    label(inside({ patching: done(answer) }).find(`[data-key="patch-${index}"]`));
  const { raw, normalised } = PATCHING.position.maps[0] as PatchResult["maps"][0];
  expect(said(PATCHING.position, 9)).toBe(
    `Layer 0, position 9: “ John” here, “ Mary” in the other prompt · logit difference ${raw[9]?.toPrecision(3)} · normalised ${normalised?.[9]?.toPrecision(3)} · exact`,
  );
  expect(said(PATCHING.pairs, 23)).toMatch(/logit difference \S+ \(95 % interval \S+ to \S+\) · normalised/);
  const { estimated } = PATCHING.estimated.maps[0] as PatchResult["maps"][0];
  expect(said(PATCHING.estimated, estimated[0] ?? 0)).toMatch(/ · estimated$/);
});

test("both runs' predictions stand beside the map, with what was read of each", () => {
  const pane = inside({ patching: done(PATCHING.position) });
  const [clean, corrupted] = pane.all(".gp-run");
  expect(clean?.textContent).toMatch(/This prompt \(clean\)logit difference 13\.4·Mary99/);
  expect(corrupted?.textContent).toMatch(/The other \(corrupted\)logit difference −12\.5·John/);
  expect(pane.text(".gp-patch-check")).toBe(PATCHING.position.check.sentence);
});

test("of many heads those with the strongest cells are drawn, and the others counted", () => {
  const { maps } = PATCHING.heads_by_position;
  const [map] = maps as [PatchResult["maps"][0]];
  const wide = 14;
  // Twice the heads: 32 of one row each, of which 24 are shown.
  const many: PatchResult = {
    ...PATCHING.heads_by_position,
    maps: [
      {
        ...map,
        axes: map.axes.map((axis) =>
          axis.name === "head" ? { ...axis, places: [0, 1, 2, 3, 4, 5, 6, 7] } : axis,
        ),
        raw: [...map.raw, ...map.raw],
        normalised: [...(map.normalised ?? []), ...(map.normalised ?? [])],
      },
    ],
  };
  const pane = inside({ patching: done(many) });
  expect(cells(pane)).toHaveLength(24 * wide);
  expect(pane.text(".gp-patch-legend")).toContain(
    "The 24 heads with the strongest cells; 8 more are not shown.",
  );
});

test("a long prompt is a window that holds the strongest cell, and a slider moves it", () => {
  const [map] = PATCHING.position.maps as [PatchResult["maps"][0]];
  const count = 300;
  const [clean, corrupted] = [PATCHING.position.clean, PATCHING.position.corrupted].map((run) => ({
    ...run,
    tokens: Array.from({ length: count }, (_, index) => ({ ...run.tokens[0], index })) as typeof run.tokens,
  }));
  const long: PatchResult = {
    ...PATCHING.position,
    clean: clean as PatchResult["clean"],
    corrupted: corrupted as PatchResult["clean"],
    maps: [
      {
        ...map,
        axes: [
          { name: "layer", places: [0] },
          { name: "position", places: Array.from({ length: count }, (_, index) => index) },
        ],
        raw: Array.from({ length: count }, (_, index) => (index === 250 ? 13 : -12.5)),
        normalised: null,
      },
    ],
  };
  const pane = inside({ patching: done(long) });
  expect(cells(pane)).toHaveLength(64);
  expect(pane.find('[data-key="patch-250"]')).toBeTruthy();
  write(pane, "window-tokens", "0");
  expect(pane.all('[data-key="patch-250"]')).toEqual([]);
  expect(pane.find('[data-key="patch-0"]')).toBeTruthy();
  pane.click("strongest-250");
  expect(pane.find('[data-key="patch-250"]').classList.contains("gp-opened-shape")).toBe(true);
});

test("estimates are painted while it runs, exact values take their place, and what is opened stays", () => {
  const pane = inside({ patching: running(PATCHING.partial) });
  const total = PATCHING.partial.maps[0]?.raw.length;
  expect(pane.all(".gp-patch-estimated")).toHaveLength(total ?? 0);
  expect(pane.text(".gp-inside .gp-badge")).toBe("partial, being refined");
  expect(pane.find<HTMLProgressElement>(".gp-inside progress").value).toBe(0.4);
  pane.press(pane.find('[data-key="patch-9"]'), "Enter");
  pane.find<HTMLElement>('[data-key="patch-9"]').focus();
  pane.update({ patching: running(PATCHING.estimated) });
  expect(pane.all(".gp-patch-estimated")).toHaveLength(PATCHING.estimated.maps[0]?.estimated.length ?? 0);
  expect(pane.text(".gp-patch-detail h3")).toBe("Head 0.0 at 9 ·John");
  expect(document.activeElement).toBe(pane.find('[data-key="patch-9"]'));
  // Progress that brings no newer map does not say that it was stopped.
  pane.update({ patching: running(null) });
  expect(pane.text(".gp-inside .gp-badge")).toBe("partial, being refined");
  pane.click("patching-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledExactlyOnceWith("patching");
  pane.update({ patching: done(PATCHING.partial) });
  expect(pane.text(".gp-inside .gp-badge")).toBe("partial: stopped early");
  pane.update({ patching: done(PATCHING.estimated) });
  expect(pane.all(".gp-inside .gp-badge")).toEqual([]);
  expect(pane.text(".gp-patch-legend")).toContain("A dot: estimated");
});

test("prompts of other lengths are shown one above the other, and a word that fits is asked about at once", () => {
  const pane = inside();
  pane.click(`patch-token-${SECOND_JOHN}`);
  write(pane, "patch-word", "Bartholomew");
  submit(pane);
  pane.update({ patching: { at: "failed", error: PATCHING.other_length } });
  expect(pane.text(".gp-patch-lines")).toBe(PATCHING.other_length.lines.join("\n"));
  expect(pane.text(".gp-inside .gp-problem-message")).toBe(PATCHING.other_length.message);
  pane.click("suggested-Robert");
  expect(pane.find<HTMLInputElement>('[data-key="patch-word"]').value).toBe("Robert");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...QUESTION,
    other: { from: "text", text: QUESTION.other.text.replace("store, Mary", "store, Robert") },
  });
});

test("a word that fits finds its place in an edited prompt too", () => {
  const pane = inside();
  pane.click("patch-way-text");
  write(pane, "patch-text", QUESTION.other.text.replace("store, Mary", "store, Bartholomew"));
  submit(pane);
  pane.update({ patching: { at: "failed", error: PATCHING.other_length } });
  pane.click("suggested-Lucy");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({
    ...QUESTION,
    other: { from: "text", text: QUESTION.other.text.replace("store, Mary", "store, Lucy") },
  });
});

test("where the model says the same after both prompts, its other answers are offered to compare with", () => {
  const pane = inside();
  swapJohn(pane);
  submit(pane);
  const error = {
    ...PATCHING.other_length,
    code: "unknown_target" as const,
    message: "The right and the wrong answer are the same token.",
    lines: [],
    suggestions: [],
  };
  pane.update({ patching: { at: "failed", error } });
  const [first] = pane.all('[data-key^="rather-than-"]');
  expect(first?.textContent).toBe("Rather than “ Max”");
  first?.click();
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({ ...QUESTION, wrong: " Max" });
  expect(pane.find<HTMLInputElement>('[data-key="patch-wrong"]').value).toBe(" Max");
});

test("while the next map is on its way the last one stays, unmarked; another explanation has its own", () => {
  const pane = inside({ patching: done(PATCHING.position) });
  pane.update({ patching: running(null) });
  expect(pane.all(".gp-patch-answer.gp-waiting .gp-patch-cell")).toHaveLength(56);
  expect(pane.all(".gp-inside .gp-badge")).toEqual([]);
  pane.update({ patching: done(PATCHING.heads) });
  expect(pane.all(".gp-patch-answer.gp-waiting")).toEqual([]);
  expect(cells(pane)).toHaveLength(16);
  // A question of the first explanation is none of the second's: its own is read from its answer.
  swapJohn(pane);
  submit(pane);
  pane.update({ result: { ...STORY }, patching: done(PATCHING.noising) });
  pane.press(pane.find('[data-key="patch-23"]'), "Enter");
  pane.click("patch-heads-here");
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({ direction: "noising", metric: "prob" });
});

test("a head opens in Attention, or is patched by position with its layer's others", () => {
  const pane = inside({ patching: done(PATCHING.heads) });
  const cell = pane.find('[data-key="patch-13"]');
  expect(label(cell)).toMatch(/^Layer 3, head 1 ·/);
  pane.press(cell, "Enter");
  pane.click("patch-this-head");
  const asked = pane.events.sideAsked.mock.lastCall?.[0];
  expect(asked).toMatchObject({ site: "z", grid: "head_position", layers: [3], heads: [1] });
  expect(asked).toMatchObject({ other: QUESTION.other });
  pane.click("patch-this-layer");
  expect(pane.events.sideAsked.mock.lastCall?.[0]).toMatchObject({ layers: [3], heads: null });
  pane.click("patch-open-head");
  expect(pane.events.tabChosen).toHaveBeenLastCalledWith("attention");
  const view = { show: "head", layer: 3, head: 1, token: null, without_sink: false, matrix: true, bits: 16 };
  expect(pane.events.sideAsked).toHaveBeenCalledWith({ side: "matrix", ask: "attention", view });
  expect(
    pane.events.sideAsked.mock.calls.filter(([question]) => question.side === "matrix"),
    "asked once",
  ).toHaveLength(1);
});

test("heads of keys are not those of the attention leaf", () => {
  const pane = inside({ patching: done(PATCHING.keys) });
  pane.press(pane.find('[data-key="patch-13"]'), "Enter");
  expect(pane.all('[data-key="patch-open-head"]')).toEqual([]);
  expect(pane.all('[data-key="patch-this-head"]')).toHaveLength(1);
});

test("noising says what its colours mean, and no normalised map says why not", () => {
  const noising = inside({ patching: done(PATCHING.noising) });
  expect(noising.text(".gp-patch-legend")).toContain(
    "0: as in the clean run, 1: as in the corrupted one. Orange: towards the corrupted run",
  );
  const [map] = PATCHING.position.maps as [PatchResult["maps"][0]];
  const sentence = "The metric is nearly the same for both prompts.";
  const refused = { ...PATCHING.position, refused: sentence, maps: [{ ...map, normalised: null }] };
  const pane = inside({ patching: done(refused) });
  expect(pane.text(".gp-inside .gp-caution-line")).toBe(`! ${sentence}`);
  expect(pane.text(".gp-patch-legend")).toContain("change of the logit difference");
  expect(label(pane.find('[data-key="patch-9"]'))).toContain("changed by +25.9");
});

test("the map is kept as table, data and Python", () => {
  const pane = inside({ patching: done(PATCHING.heads_by_position) });
  pane.click("save-patching-csv");
  const table = pane.events.fileMade.mock.lastCall?.[0];
  expect(table?.name).toBe("glasspane-when-mary-and-john-went-to-z-head-position.csv");
  const [head, first, ...rest] = (table?.content ?? "").trimEnd().split("\n");
  expect(head).toBe("site,layer,head,position,token,raw,normalised,exact");
  expect(first).toMatch(/^z,0,0,0,When,-12\.\d+,[-\d.e]+,True$/);
  expect(rest).toHaveLength(223);
  pane.click("save-patching-json");
  expect(JSON.parse(pane.events.fileMade.mock.lastCall?.[0].content ?? "")).toEqual(
    PATCHING.heads_by_position,
  );
  pane.click("copy-patching");
  expect(pane.events.copyPython).toHaveBeenCalledExactlyOnceWith(PATCHING.heads_by_position.code);
});

test("a model that reads both ways is told so", () => {
  const subject = { ...STORY.subject, family: "masked_lm" as const };
  const pane = inside({ result: { ...STORY, subject } });
  expect(pane.text(".gp-inside")).toContain("reads it both ways");
  expect(pane.all(".gp-patch-form")).toEqual([]);
});

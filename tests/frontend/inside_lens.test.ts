// @vitest-environment jsdom
/** Truth: what a person does and reads in the part Lens; the answers and their tables are real ones of Python. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LensResult, PatchResult } from "../../extension_frontend/core/src/protocol.js";
import type { PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import type { Side } from "../../extension_frontend/core/src/views/side_state.js";
import { LENS } from "./lens_answers.js";
import { PATCHING } from "./patching_answers.js";
import { shownPane } from "./shown_pane.js";

const STORY = LENS.explanation;
const WIDE = STORY.tokens.length;
const LAST = WIDE - 1;
const done = (answer: LensResult): Side<LensResult> => ({ at: "done", answer });
const lensPane = (change: Partial<PaneState> = {}) => {
  const pane = shownPane({ result: STORY, tab: "inside", ...change });
  pane.click("inside-lens");
  return pane;
};
type Pane = ReturnType<typeof lensPane>;

const cells = ({ all }: Pane) => all(".gp-lens-table .gp-lens-cell");
const label = (cell: Element) => cell.getAttribute("aria-label") ?? "";
const cell = ({ find }: Pane, index: number) => find<SVGElement>(`[data-key="lens-${index}"]`);
const words = ({ all }: Pane) => all(".gp-lens-word").map((word) => word.textContent);
const readout = ({ text }: Pane) => text(".gp-lens-readout");
const listed = ({ all }: Pane) => all(".gp-lens-list li").map((item) => item.textContent);
const pointAt = (shape: Element) => shape.dispatchEvent(new MouseEvent("pointerover", { bubbles: true }));
const openCell = (shape: Element) => shape.dispatchEvent(new MouseEvent("click", { bubbles: true }));
const opacity = (shape: Element) => Number(shape.getAttribute("fill-opacity"));
const made = ({ events }: Pane) => events.fileMade.mock.calls.map(([file]) => file);

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

test("it asks by itself, once for each explanation, when it is opened", () => {
  const pane = shownPane({ result: STORY, tab: "inside" });
  expect(pane.events.sideAsked).not.toHaveBeenCalled();
  pane.click("inside-lens");
  const question = { side: "lens", ask: "lens", position: null };
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith(question);
  pane.update({ focusedToken: 2 });
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(1);
  pane.update({ result: { ...STORY } });
  expect(pane.events.sideAsked).toHaveBeenCalledTimes(2);
});

test("while the explanation runs it waits; of a cancelled job it is asked again by a button", () => {
  const waits = lensPane({
    phase: { at: "running", status: "running", ahead: 0, progress: null },
  });
  expect(waits.events.sideAsked).not.toHaveBeenCalled();
  expect(waits.text(".gp-lens")).toContain("Comes when the explanation is finished.");
  const pane = lensPane({
    lens: {
      at: "running",
      status: "running",
      ahead: 0,
      progress: { kind: "progress", job: "j", fraction: 0.5, stage: "decoding layer 2 of 4", partial: null },
    },
  });
  expect(pane.text(".gp-lens [role='status']")).toContain("decoding layer 2 of 4");
  pane.click("lens-cancel");
  expect(pane.events.sideCancelled).toHaveBeenCalledWith("lens");
  pane.update({ lens: { at: "unasked" } });
  pane.events.sideAsked.mockClear();
  pane.click("ask-lens");
  expect(pane.events.sideAsked).toHaveBeenCalledWith({ side: "lens", ask: "lens", position: null });
});

test("an error says what to do, and is tried again", () => {
  const error = {
    kind: "error",
    code: "unsupported_model",
    message: "Its layers cannot be read.",
    next_step: "Use another model.",
    candidates: [],
    suggestions: [],
    lines: [],
    detail: null,
  } as unknown as Extract<PaneState["lens"], { at: "failed" }>["error"];
  const pane = lensPane({ lens: { at: "failed", error } });
  expect(pane.text(".gp-lens [role='alert']")).toContain("Its layers cannot be read.Use another model.");
  pane.click("lens-again");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({ side: "lens", ask: "lens", position: null });
});

test("when the answer appears is said first, in Python's words", () => {
  const pane = lensPane({ lens: done(LENS.versus) });
  expect(pane.all(".gp-lens-sentences li").map((item) => item.textContent)).toEqual(LENS.versus.sentences);
});

test("each cell shows the likeliest token: the embedding lowest, what the model says on top", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  expect(cells(pane)).toHaveLength((LENS.own.layers + 1) * WIDE);
  const shown = words(pane);
  // On demo-lm the embedding of a name is read as that name, and the end as the model's own predictions.
  expect(shown[1]).toBe("·Mary");
  expect(shown.slice(-WIDE)).toEqual(
    LENS.own.own.map(({ text }) => {
      const visible = text.replace(/^ /, "·");
      return visible.length > 7 ? `${visible.slice(0, 6)}…` : visible;
    }),
  );
  const height = (index: number) => Number(cell(pane, index).getAttribute("y"));
  expect(height(0)).toBeGreaterThan(height(WIDE));
  expect(pane.all(".gp-lens-table text").map((each) => each.textContent)).toEqual(
    expect.arrayContaining(["embedding", "1", "2", "3", "end"]),
  );
});

test("the cells from which a word stays first are marked as Python has them", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  const { own_layers, answer_layer, position } = LENS.own;
  const corner = "from here on the model’s own word stays first";
  const frame = "from here on the answer stays first";
  const rowsWith = (mark: string) =>
    Array.from({ length: WIDE }, (_, column) =>
      cells(pane).flatMap((shape, index) =>
        index % WIDE === column && label(shape).includes(mark) ? [Math.floor(index / WIDE)] : [],
      ),
    );
  expect(rowsWith(corner)).toEqual(own_layers.map((row) => [row]));
  expect(rowsWith(frame)[position]).toEqual([answer_layer]);
  expect(rowsWith(frame).flat()).toHaveLength(1);
  expect(pane.all(".gp-lens-table .gp-lens-settles")).toHaveLength(WIDE);
  expect(pane.all(".gp-lens-table .gp-lens-appears")).toHaveLength(1);
  expect(pane.text(".gp-lens .gp-patch-legend")).toContain("From there on ·Mary stays first.");
});

test("pointing reads a cell out, with its likely tokens in a list that is always as long", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  // Before anything is pointed at: where the answer appears.
  expect(readout(pane)).toMatch(
    /^In the end, after 4 layers at 13 ·to: “ Mary” .* · answer “ Mary” .*, rank 1 ·/,
  );
  const { top, table } = LENS.own;
  expect(listed(pane)).toHaveLength(top);
  const index = 2 * WIDE + LAST;
  pointAt(cell(pane, index));
  expect(pane.events.tokenPointed).toHaveBeenLastCalledWith(LAST);
  expect(readout(pane)).toContain(`After 2 layers at ${LAST} ·to:`);
  expect(readout(pane)).toContain(`rank ${table.answer_rank[index]} ·`);
  expect(readout(pane)).toContain(`divergence ${table.divergence[index]?.toPrecision(3)} nats`);
  const texts = new Map(LENS.own.texts.map(({ id, text }) => [id, text]));
  const likely = table.top_ids.slice(index * top, (index + 1) * top).map((id) => texts.get(id) ?? "");
  expect(listed(pane)).toHaveLength(top);
  likely.forEach((text, at) => {
    expect(listed(pane)[at]).toContain(text.replace(/^ /, "·"));
  });
});

test("cells are coloured by what is chosen, and that stays for the next answer", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  const { answer_probability, top_probabilities, answer_rank, divergence } = LENS.own.table;
  const index = 3 * WIDE + LAST;
  expect(opacity(cell(pane, index))).toBeCloseTo(top_probabilities[index * LENS.own.top] ?? 0, 2);
  pane.choose("lens-shade", "answer");
  expect(opacity(cell(pane, index))).toBeCloseTo(answer_probability[index] ?? 0, 2);
  pane.choose("lens-shade", "rank");
  const vocabulary = LENS.own.subject.vocabulary_size;
  expect(opacity(cell(pane, index))).toBeCloseTo(
    1 - Math.log(answer_rank[index] ?? 1) / Math.log(vocabulary),
    2,
  );
  pane.choose("lens-shade", "divergence");
  expect(opacity(cell(pane, 4 * WIDE + LAST)), "the end is the model itself").toBe(0);
  const deepest = divergence.indexOf(Math.max(...divergence));
  expect(opacity(cell(pane, deepest))).toBe(1);
  pane.update({ lens: done({ ...LENS.own }) });
  expect(pane.find<HTMLSelectElement>('[data-key="lens-shade"]').value).toBe("divergence");
  const choices = pane.all('[data-key="lens-shade"] option').map((each) => each.getAttribute("value"));
  expect(choices).not.toContain("share");
});

test("against another answer: its share, blue and dashed where the other one is likelier", () => {
  const pane = lensPane({ lens: done(LENS.versus) });
  pane.choose("lens-shade", "share");
  const { answer_rank, versus_rank } = LENS.versus.table;
  const at = cells(pane);
  const away = at.map((shape) => shape.classList.contains("gp-patch-away"));
  away.forEach((isAway, index) => {
    if (isAway) expect(answer_rank[index]).toBeGreaterThan(versus_rank?.[index] ?? 0);
  });
  expect(away.filter(Boolean).length).toBeGreaterThan(3);
  expect(opacity(cell(pane, 4 * WIDE + LAST))).toBeGreaterThan(0.99);
  expect(label(cell(pane, LAST))).toMatch(/“ John” .*, rank \d/);
  expect(pane.text(".gp-lens .gp-patch-legend")).toContain("Blue with a dashed border: the other is.");
});

test("by keyboard: arrows walk up the layers, Enter opens a cell, and focus outlives a redraw", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  const stop = () => pane.find<HTMLElement>(".gp-lens-table [tabindex='0']");
  expect(stop().dataset.key, "where the answer appears").toBe(`lens-${4 * WIDE + LAST}`);
  stop().focus();
  pane.press(stop(), "ArrowDown");
  pane.press(stop(), "ArrowLeft");
  expect((document.activeElement as HTMLElement).dataset.key).toBe(`lens-${3 * WIDE + LAST - 1}`);
  pane.press(stop(), "Home");
  expect(readout(pane)).toContain("After 3 layers at 0 When:");
  pane.press(stop(), "Enter");
  expect(pane.text(".gp-lens .gp-patch-detail h3")).toBe("After 3 layers at 0 When");
  expect(cell(pane, 3 * WIDE).getAttribute("aria-pressed")).toBe("true");
  pane.update({ lens: done({ ...LENS.own }) });
  expect((document.activeElement as HTMLElement).dataset.key).toBe(`lens-${3 * WIDE}`);
  expect(pane.text(".gp-lens .gp-patch-detail h3"), "what is opened stays").toBe("After 3 layers at 0 When");
});

test("an opened cell has its tokens as a table and the answer's path through the layers", () => {
  const pane = lensPane({ lens: done(LENS.versus) });
  openCell(cell(pane, 3 * WIDE + LAST));
  const path = () => pane.find(".gp-patch-detail .gp-chart").getAttribute("aria-label") ?? "";
  expect(pane.all(".gp-lens-likely tr")).toHaveLength(LENS.versus.top);
  expect(path()).toMatch(/^Probability of ·Mary at 13 ·to: embedding .*, 1 .*, 2 .*, 3 .*, end /);
  expect(pane.all(".gp-patch-detail .gp-curve-random").length, "the other one is dashed").toBeGreaterThan(1);
  pane.click("lens-path-log_prob");
  expect(path()).toContain("Log-probability of ·Mary");
  const logs = [0, 1, 2, 3, 4].map((row) =>
    Math.log(LENS.versus.table.answer_probability[row * WIDE + LAST] ?? 0),
  );
  expect(path()).toContain(`1 −${Math.abs(logs[1] ?? 0).toPrecision(3)},`);
  expect(document.activeElement).toBe(pane.find('[data-key="lens-path-log_prob"]'));
  pane.click("lens-detail-close");
  expect(pane.all(".gp-lens .gp-patch-detail")).toEqual([]);
});

test("from a cell: the answer is read after its token, and patching and probes go on from there", () => {
  const pane = lensPane({ lens: done(LENS.own), patching: { at: "done", answer: PATCHING.position } });
  openCell(cell(pane, 2 * WIDE + LAST));
  expect(pane.all('[data-key="lens-read-here"]'), "it is read there already").toEqual([]);
  openCell(cell(pane, 2 * WIDE + 9));
  pane.events.sideAsked.mockClear();
  pane.click("lens-read-here");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({ side: "lens", ask: "lens", position: 9 });
  pane.click("go-on-patching");
  // Its map is there: the same place in it is opened.
  expect(pane.find('[data-key="inside-patching"]').getAttribute("aria-pressed")).toBe("true");
  expect(pane.text(".gp-patch-answer .gp-patch-detail h3")).toBe("Layer 2 at 9 ·John");
  expect(pane.all(".gp-patch-meant")).toEqual([]);
});

test("behind the last layer nothing is patched", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  openCell(cell(pane, 4 * WIDE + 3));
  expect(pane.all('[data-key="go-on-patching"]')).toEqual([]);
  pane.click("go-on-probe");
  expect(pane.find('[data-key="inside-probe"]').getAttribute("aria-pressed")).toBe("true");
});

test("where there is no map yet, patching says which place is meant, and opens it once there is one", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  openCell(cell(pane, 1 * WIDE + 3));
  pane.click("go-on-patching");
  expect(pane.text(".gp-patch-meant")).toBe(
    "Meant is layer 1 at 3 ·John: its cell opens in a map that has it.",
  );
  pane.update({ patching: { at: "done", answer: PATCHING.heads } });
  expect(pane.all(".gp-patch-meant"), "a map of heads has no such cell").toHaveLength(1);
  pane.update({ patching: { at: "done", answer: PATCHING.position as PatchResult } });
  expect(pane.text(".gp-patch-answer .gp-patch-detail h3")).toBe("Layer 1 at 3 ·John");
  expect(pane.all(".gp-patch-meant")).toEqual([]);
});

test("a place that arrives from a patched cell opens its cell, of a head behind its layer", () => {
  const pane = shownPane({
    result: STORY,
    tab: "inside",
    lens: done(LENS.own),
    patching: { at: "done", answer: PATCHING.position },
  });
  openCell(pane.find(`[data-key="patch-${2 * WIDE + 9}"]`));
  pane.click("go-on-lens");
  expect(pane.text(".gp-lens .gp-patch-detail h3")).toBe("After 2 layers at 9 ·John");
  pane.click("inside-patching");
  pane.update({ patching: { at: "done", answer: PATCHING.heads_by_position } });
  const head = pane
    .all(".gp-patch-cell")
    .find((each) => label(each).startsWith("Layer 2, head 0, position 9"));
  openCell(head as Element);
  pane.click("go-on-lens");
  expect(pane.text(".gp-lens .gp-patch-detail h3")).toBe("After 3 layers at 9 ·John");
});

test("a place that arrives before anything was read is opened; the answer is read where it is explained", () => {
  const pane = shownPane({
    result: STORY,
    tab: "inside",
    patching: { at: "done", answer: PATCHING.position },
  });
  openCell(pane.find(`[data-key="patch-${2 * WIDE + 9}"]`));
  pane.click("go-on-lens");
  expect(pane.events.sideAsked).toHaveBeenCalledExactlyOnceWith({
    side: "lens",
    ask: "lens",
    position: null,
  });
  pane.update({ lens: done(LENS.own) });
  expect(pane.text(".gp-lens .gp-patch-detail h3")).toBe("After 2 layers at 9 ·John");
  pane.click("lens-read-here");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({ side: "lens", ask: "lens", position: 9 });
  pane.update({ lens: done(LENS.inside) });
  expect(pane.text(".gp-lens .gp-patch-legend")).toContain("it is not first in the end");
  expect(pane.all(".gp-lens-table .gp-lens-appears")).toEqual([]);
});

test("of a long prompt a stretch is drawn, at first around the token that is read; the rest is a slider away", () => {
  const pane = lensPane({ lens: done(LENS.long) });
  const count = LENS.long.positions.length;
  expect(count).toBeGreaterThan(32);
  expect(cells(pane)).toHaveLength(5 * 32);
  expect(label(cells(pane).at(-1) as Element)).toContain(`at ${count - 1} ·to:`);
  const slider = pane.find<HTMLInputElement>('.gp-lens [type="range"]');
  slider.value = "0";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  expect(label(cells(pane)[0] as Element)).toContain("In the embedding at 0 The:");
});

test("a place that the table has no column for is told", () => {
  const pane = shownPane({
    result: STORY,
    tab: "inside",
    lens: done(LENS.last),
    patching: { at: "done", answer: PATCHING.position },
  });
  openCell(pane.find(`[data-key="patch-${2 * WIDE + 9}"]`));
  pane.click("go-on-lens");
  expect(pane.text(".gp-lens > .gp-caution-line")).toMatch(
    /^! The table has no column for 9 “.*”: only the last 3 tokens of this prompt are read\.$/,
  );
  pane.click("lens-read-there");
  expect(pane.events.sideAsked).toHaveBeenLastCalledWith({ side: "lens", ask: "lens", position: 9 });
  expect(pane.find<HTMLElement>(".gp-lens > .gp-caution-line").hidden).toBe(true);
});

test("the parts add up to the logit: bars by layer, numbers as Python has them", () => {
  const pane = lensPane({ lens: done(LENS.own) });
  const { direct } = LENS.own;
  if (direct === null) throw new Error("asked for with direct attribution");
  const sum =
    direct.embedding +
    (direct.positions ?? 0) +
    direct.bias +
    [...direct.attention, ...direct.mlp].reduce((all, each) => all + each, 0);
  expect(sum + direct.gap).toBeCloseTo(direct.value, 9);
  const titles = pane.all(".gp-lens .gp-chart-bar title").map((title) => title.textContent);
  expect(titles).toHaveLength(2 * LENS.own.layers + 3);
  expect(titles).toContain(`MLP 0: +${direct.mlp[0]?.toFixed(2)}`);
  expect(titles.filter((title) => title?.includes("−")).length, "what takes from it has a minus").toBe(
    pane.all(".gp-lens .gp-chart-against").length +
      [direct.embedding, direct.positions ?? 0, direct.bias].filter((value) => value < 0).length,
  );
  expect(pane.text(".gp-lens-sum")).toMatch(
    new RegExp(`^All parts together are ${direct.value.toPrecision(3)}, the logit; rounding leaves `),
  );
  expect(pane.text(".gp-lens")).toContain("The final norm is held at its scale on this prompt");
});

test("a cap on logits is told, and where nothing is split up the reason is", () => {
  const { direct } = LENS.own;
  if (direct === null) throw new Error("asked for with direct attribution");
  const capped = lensPane({ lens: done({ ...LENS.own, direct: { ...direct, capped: 12.5 } }) });
  expect(capped.all(".gp-lens-sum").map((each) => each.textContent)).toEqual([
    expect.stringContaining("the logit before the cap; rounding leaves"),
    "This model caps its logits: behind the cap it is 12.5.",
  ]);
  const warnings = ["What the parts write is not read from a bridge."];
  const none = lensPane({ lens: done({ ...LENS.own, direct: null, warnings }) });
  expect(none.all(".gp-lens-sum")).toEqual([]);
  expect(none.text(".gp-lens .gp-caution-line:not([hidden])")).toContain(warnings[0] as string);
  expect(none.all('[data-key="save-lens-parts-csv"]')).toEqual([]);
});

test("heads: the strongest is Python's, arrows walk, and one opens in Attention", () => {
  const pane = lensPane({ lens: done(LENS.versus) });
  const heads = LENS.versus.direct?.heads.flat() ?? [];
  const strongest = heads.indexOf(
    heads.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most)),
  );
  const across = LENS.versus.direct?.heads[0]?.length ?? 1;
  const name = `${Math.floor(strongest / across)}.${strongest % across}`;
  expect(pane.text(".gp-lens-head-readout")).toContain(
    `Strongest: head ${name} adds +${heads[strongest]?.toPrecision(3)}.`,
  );
  expect(LENS.versus.sentences.at(-1)).toContain(`head ${name} (+${heads[strongest]?.toPrecision(3)})`);
  const first = pane.find<HTMLElement>('[data-key^="lens-head-"][tabindex="0"]');
  expect(first.dataset.key).toBe(`lens-head-${name.replace(".", "-")}`);
  first.focus();
  pane.press(first, "ArrowUp");
  expect((document.activeElement as HTMLElement).dataset.key).toBe("lens-head-3-0");
  pane.press(document.activeElement as Element, "Enter");
  expect(pane.find('[data-key="tab-attention"]').getAttribute("aria-selected")).toBe("true");
});

test("of a completion the lens follows what the model says next, and says so", () => {
  const pane = lensPane({ result: LENS.completion, lens: done(LENS.own) });
  expect(pane.text(".gp-lens-remark")).toBe(
    "A lens follows one next token. What is explained here is a whole completion, so it follows what the model itself says next, “ Mary”.",
  );
  expect(lensPane({ lens: done(LENS.own) }).all(".gp-lens-remark")).toEqual([]);
});

test("it is kept: as Python, as data, and as the tables that Python writes", () => {
  const pane = lensPane({ lens: done(LENS.versus) });
  pane.click("copy-lens");
  expect(pane.events.copyPython).toHaveBeenCalledWith(LENS.versus.code);
  for (const key of ["save-lens-json", "save-lens-csv", "save-lens-parts-csv"]) pane.click(key);
  const [data, table, parts] = made(pane);
  expect(data?.name).toBe("glasspane-when-mary-and-john-went-to-lens.json");
  expect(JSON.parse(data?.content ?? "")).toEqual(LENS.versus);
  const rowsOf = (csv = "") =>
    csv
      .trim()
      .split("\n")
      .map((line) =>
        [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(([, one, other]) => one ?? other),
      );
  for (const [shown, python] of [
    [table, LENS.versus_in_python.cells],
    [parts, LENS.versus_in_python.parts],
  ] as const) {
    const [own, other] = [rowsOf(shown?.content), rowsOf(python)];
    expect(own.map((row) => row.length)).toEqual(other.map((row) => row.length));
    own.flat().forEach((value, at) => {
      const expected = other.flat()[at] ?? "";
      if (expected === "" || Number.isNaN(Number(expected))) expect(value).toBe(expected);
      else expect(Number(value)).toBeCloseTo(Number(expected), 12);
    });
  }
});

test("cells of a table that begin like a formula are marked as text", () => {
  const texts = LENS.own.texts.map((each, at) => (at === 0 ? { ...each, text: "=1+1" } : each));
  const [first] = LENS.own.texts;
  const table = { ...LENS.own.table, top_ids: LENS.own.table.top_ids.map(() => first?.id ?? 0) };
  const pane = lensPane({ lens: done({ ...LENS.own, texts, table }) });
  pane.click("save-lens-csv");
  expect(made(pane)[0]?.content).toContain(",'=1+1,");
});

test("text in the table is data, never markup", () => {
  const texts = LENS.own.texts.map((each) => ({ ...each, text: "<img src=x>" }));
  const pane = lensPane({ lens: done({ ...LENS.own, texts }) });
  openCell(cell(pane, 0));
  expect(pane.all(".gp-lens img")).toEqual([]);
  expect(listed(pane)[0]).toContain("<img src=x>");
});

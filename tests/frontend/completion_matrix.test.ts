// @vitest-environment jsdom
/** Truth: what lists do with click, drag, shift and ctrl; the scores are a real completion's, sums are taken here by hand. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { firstOwnToken, rowShares } from "../../extension_frontend/core/src/views/completion_shares.js";
import { mountPane } from "../../extension_frontend/core/src/views/pane.js";
import { EMPTY_PANE, type PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import {
  chosenRows,
  extended,
  NO_ROWS,
  picked,
  toggled,
} from "../../extension_frontend/core/src/views/row_brush.js";
import { ANSWERS } from "./attention_answers.js";
import { type SpiedEvents, spiedEvents } from "./pane_events.js";
import { sampleResult } from "./sample_result.js";

const RESULT = ANSWERS.completion;
let container: HTMLElement;
let events: SpiedEvents;

beforeEach(() => {
  container = document.createElement("div");
  document.body.append(container);
  events = spiedEvents();
});
afterEach(() => container.remove());

function pane(change: Partial<PaneState> = {}) {
  let now: PaneState = { ...EMPTY_PANE, phase: { at: "done" }, result: RESULT, ...change };
  const view = mountPane(container, now, events);
  const update = (part: Partial<PaneState>) => {
    now = { ...now, ...part };
    view.update(now);
  };
  events.rowsChosen.mockImplementation((rows) => update({ rows }));
  return { update };
}
const row = (index: number) => {
  const found = container.querySelector<SVGElement>(`[data-row="${index}"]`);
  if (found === null) throw new Error(`no row ${index}`);
  return found;
};
const point = (kind: string, target: Element, init: MouseEventInit = {}) =>
  target.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, button: 0, ...init }));
const press = (key: string, init: KeyboardEventInit = {}) =>
  (document.activeElement as Element).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }),
  );
const selected = () =>
  [...container.querySelectorAll<SVGElement>('[aria-selected="true"]')]
    .filter((each) => each.dataset.row !== undefined)
    .map((each) => Number(each.dataset.row));
const words = () => container.querySelector(".gp-completion")?.textContent ?? "";

describe("the brush", () => {
  test("one, a stretch either way, some", () => {
    expect(picked(3)).toEqual({ rows: [3], anchor: 3 });
    expect(extended(picked(3), 1).rows).toEqual([1, 2, 3]);
    expect(extended(extended(picked(3), 1), 4).rows).toEqual([3, 4]);
    expect(toggled(toggled(picked(3), 1), 3).rows).toEqual([1]);
    expect(toggled(picked(3), 3)).toEqual(NO_ROWS);
    expect(extended(NO_ROWS, 2).rows).toEqual([2]);
  });

  test("all rows are no choice", () => {
    expect(chosenRows(NO_ROWS, 3)).toBeNull();
    expect(chosenRows({ rows: [0, 1, 2], anchor: 0 }, 3)).toBeNull();
    expect(chosenRows({ rows: [0, 2], anchor: 0 }, 3)).toEqual([0, 2]);
  });
});

describe("by pointer", () => {
  test("a click takes one row", () => {
    pane();
    point("pointerdown", row(1));
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1]);
    expect(selected()).toEqual([1]);
  });

  test("a drag takes all it goes over, and no more once the button is up", () => {
    pane();
    point("pointerdown", row(3), { buttons: 1 });
    point("pointerover", row(2), { buttons: 1 });
    point("pointerover", row(1), { buttons: 1 });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1, 2, 3]);
    point("pointerup", row(1));
    point("pointerover", row(5), { buttons: 0 });
    expect(selected()).toEqual([1, 2, 3]);
  });

  test("a button let go outside ends the drag", () => {
    pane();
    point("pointerdown", row(3), { buttons: 1 });
    point("pointerover", row(5), { buttons: 0 });
    point("pointerover", row(4), { buttons: 1 });
    expect(selected()).toEqual([3]);
  });

  test("shift extends, ctrl and cmd toggle", () => {
    pane();
    point("pointerdown", row(1));
    point("pointerdown", row(4), { shiftKey: true });
    expect(selected()).toEqual([1, 2, 3, 4]);
    point("pointerdown", row(2), { ctrlKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1, 3, 4]);
    point("pointerdown", row(0), { metaKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([0, 1, 3, 4]);
  });

  test("all rows one after the other are the whole completion", () => {
    pane();
    point("pointerdown", row(0));
    point("pointerdown", row(5), { shiftKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith(null);
    expect(selected()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a column pointed at is lit in the document too, and says its score", () => {
    pane();
    const cell = row(0).querySelector('[data-token="3"]') as Element;
    point("pointerover", cell);
    expect(events.tokenPointed).toHaveBeenLastCalledWith(3);
    const scores = (RESULT.scores[0] ?? []).map(Math.abs);
    const share = Math.round((100 * (scores[3] ?? 0)) / scores.reduce((sum, score) => sum + score, 0));
    expect(words()).toContain(`“ France” for “ Paris”: +11.0 · ${share}\u202f% of its magnitude`);
    point("pointerleave", container.querySelector(".gp-completion-chart") as Element);
    expect(events.tokenPointed).toHaveBeenLastCalledWith(null);
  });
});

describe("by keyboard", () => {
  test("arrows move, Enter takes, shift extends, ctrl adds, Escape lets go", () => {
    pane();
    row(0).focus();
    press("ArrowDown");
    expect((document.activeElement as SVGElement).dataset.row).toBe("1");
    expect(events.rowsChosen).not.toHaveBeenCalled();
    press("Enter");
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1]);
    press("ArrowDown", { shiftKey: true });
    press("ArrowDown", { shiftKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1, 2, 3]);
    press("ArrowUp", { shiftKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1, 2]);
    press("End");
    press(" ", { ctrlKey: true });
    expect(events.rowsChosen).toHaveBeenLastCalledWith([1, 2, 5]);
    press("Escape");
    expect(events.rowsChosen).toHaveBeenLastCalledWith(null);
    expect(selected()).toEqual([]);
  });
});

describe("what it says", () => {
  test("the completion's own tokens are columns apart from the prompt's", () => {
    expect(firstOwnToken(RESULT)).toBe(5);
    expect(firstOwnToken(sampleResult())).toBe(5);
    pane();
    const x = (token: number) => Number(row(1).querySelector(`[data-token="${token}"]`)?.getAttribute("x"));
    expect(x(5) - x(4)).toBeGreaterThan(x(4) - x(3));
    expect(x(6) - x(5)).toBe(x(4) - x(3));
  });

  test("how much of a row is the prompt's, how much the completion's", () => {
    const scores = (RESULT.scores[2] ?? []).map(Math.abs);
    const sum = (some: readonly number[]) => some.reduce((total, score) => total + score, 0);
    const prompt = sum(scores.slice(0, 5)) / sum(scores);
    expect(rowShares(RESULT, [2]).prompt).toBeCloseTo(prompt, 12);
    expect(rowShares(RESULT, [0])).toEqual({ prompt: 1, completion: 0 });
    pane({ rows: [2] });
    expect(words()).toContain(
      `“ of”, 1.5\u202f% likely: its prompt share ${Math.round(100 * prompt)}\u202f%, earlier completion ${Math.round(100 * (1 - prompt))}\u202f%.`,
    );
  });

  test("rows chosen elsewhere are marked here", () => {
    const { update } = pane();
    update({ rows: [0, 4] });
    expect(selected()).toEqual([0, 4]);
    update({ rows: null });
    expect(selected()).toEqual([]);
  });

  test("a result with one row has none", () => {
    pane({ result: sampleResult() });
    expect(container.querySelector(".gp-completion")).toBeNull();
  });

  test("tokens are text, never markup", () => {
    const evil = "<b>x</b>";
    const pieces = RESULT.target.pieces.map((piece) => ({ ...piece, text: evil }));
    pane({ result: { ...RESULT, target: { ...RESULT.target, pieces } } });
    expect(container.querySelector(".gp-completion b")).toBeNull();
    expect(words()).toContain("<b>x</b>");
  });
});

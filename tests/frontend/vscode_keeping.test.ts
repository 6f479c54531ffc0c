/** Truth: a window that is loaded again shows what it showed, and claims nothing that is over. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EMPTY_PANE, type PaneState } from "../../extension_frontend/core/src/views/pane_state.js";
import { bounded, drawnAgain, Keeper } from "../../extension_frontend/vscode/src/webview/keeping.js";
import { sampleResult } from "./sample_result.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const DONE: PaneState = {
  ...EMPTY_PANE,
  phase: { at: "done" },
  result: sampleResult(),
  heatShown: true,
  focusedToken: 2,
};
const RUNNING: PaneState["phase"] = { at: "running", status: "running", ahead: 0, progress: null };

test("what was shown is shown again, without heat and pointer", () => {
  expect(drawnAgain(DONE)).toEqual({ ...DONE, heatShown: false, focusedToken: null });
});

test("what was under way is over", () => {
  expect(drawnAgain({ ...DONE, phase: RUNNING }).phase).toEqual({ at: "done" });
  expect(drawnAgain({ ...DONE, result: null, phase: RUNNING }).phase).toEqual({ at: "empty" });
  expect(drawnAgain({ ...DONE, phase: { at: "asking", question: { ask: "template" } } }).phase).toEqual({
    at: "done",
  });
});

test("a large result is left out, a small one is kept", () => {
  expect(bounded(DONE).result).toEqual(DONE.result);
  const length = JSON.stringify(DONE).length;
  expect(bounded(DONE, length).result).not.toBeNull();
  expect(bounded(DONE, length - 1)).toEqual({ ...DONE, phase: { at: "empty" }, result: null });
});

test("many changes are written once, with what the host wants back", () => {
  const write = vi.fn();
  const keeper = new Keeper({ state: EMPTY_PANE, saved: { site: "before" } }, write);
  for (let index = 0; index < 5; index += 1) keeper.keep({ state: { ...DONE, focusedToken: index } });
  vi.runAllTimers();
  expect(write).toHaveBeenCalledExactlyOnceWith({
    state: { ...DONE, focusedToken: 4 },
    saved: { site: "before" },
  });
  keeper.keep({ saved: { site: "after" } });
  vi.runAllTimers();
  expect(write).toHaveBeenLastCalledWith({ state: { ...DONE, focusedToken: 4 }, saved: { site: "after" } });
});

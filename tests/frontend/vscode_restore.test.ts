/** Truth: what stands in the workspace's state after a moment of quiet. */
import { Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sampleResult } from "./sample_result.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { KeptExplanation } = await import("../../extension_frontend/vscode/src/restore.js");
type Given = ConstructorParameters<typeof KeptExplanation>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is shown is kept, also while something newer runs; nothing once nothing is shown", () => {
  const state = new Map<string, unknown>();
  const changed = new Signal<object, void>({});
  const result = sampleResult();
  const saved = { path: "file:///a.py" };
  const explainer = {
    stateChanged: changed,
    currentChanged: changed,
    current: null as object | null,
  };
  const memento = {
    get: (key: string) => state.get(key),
    update: async (key: string, value: unknown) => void state.set(key, value),
  };
  new KeptExplanation(...([explainer, memento, {}] as unknown as Given));
  const shown = (current: object | null) => {
    explainer.current = current;
    changed.emit();
    vi.advanceTimersByTime(1000);
    return [...state.values()];
  };
  expect(shown({ saved: () => saved, state: { result } })).toEqual([{ saved, result }]);
  expect(shown({ saved: () => null, state: { result: null } })).toEqual([{ saved, result }]);
  expect(shown(null)).toEqual([undefined]);
});

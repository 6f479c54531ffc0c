/** Truth: kernels that answer when told to, and explanations that change meanwhile. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { JobRunner } from "../../extension_frontend/core/src/explaining/answer.js";
import type { Explainer } from "../../extension_frontend/core/src/explaining/explainer.js";
import type { Explanation } from "../../extension_frontend/core/src/explaining/explanation.js";
import { checkStaleness, StalenessChecks } from "../../extension_frontend/core/src/explaining/staleness.js";
import { errorResult } from "../../extension_frontend/core/src/job.js";
import type { JobSnapshot, Request, Result } from "../../extension_frontend/core/src/protocol.js";
import { sampleResult } from "./sample_result.js";

/** A kernel that answers with `answer` once `go` was called. */
function planted(answer: (request: Request) => Result) {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const asked: Request[] = [];
  const runner: JobRunner = {
    key: "k",
    personal: true,
    start: async (request) => {
      asked.push(request);
      await gate;
      return { id: "j", status: "done", result: answer(request), warnings: [] } as unknown as JobSnapshot;
    },
    follow: async () => Promise.reject(new Error("ended at once")),
    cancel: async () => undefined,
  };
  return { runner, asked, go };
}

function explained(runner: JobRunner, change: object = {}) {
  const result = sampleResult();
  const outdate = vi.fn();
  const explanation = {
    state: { result, heatShown: true },
    running: false,
    prompt: { texts: ["The capital of France is"], names: [], values: [] },
    site: { key: { document: DOCUMENT, id: "" } },
    runner: () => runner,
    variables: () => runner,
    outdate,
    ...change,
  };
  return { explanation: explanation as unknown as Explanation & typeof explanation, outdate, result };
}
const DOCUMENT = {};
const weights = (now: string) => (): Result => ({ kind: "weights", weights: now });

test("a kernel that no longer has the model makes heat out of date; one that cannot be asked says nothing", async () => {
  const error = (code: "no_subject" | "kernel_dead") => () =>
    errorResult(code, "It is not there.", "Load it.");
  for (const [code, expected] of [
    ["no_subject", "model_gone"],
    ["kernel_dead", null],
  ] as const) {
    const { runner, go } = planted(error(code));
    go();
    const { explanation, outdate } = explained(runner);
    await checkStaleness([explanation]);
    expect(outdate).toHaveBeenLastCalledWith(expected);
  }
});

test("other weights make heat out of date; the same ones again make it hold", async () => {
  const { runner, go } = planted(weights("other"));
  go();
  const { explanation, outdate, result } = explained(runner);
  await checkStaleness([explanation]);
  expect(outdate).toHaveBeenLastCalledWith("weights_changed");
  const same = planted(weights(result.subject.weights));
  same.go();
  const again = explained(same.runner);
  await checkStaleness([again.explanation]);
  expect(again.outdate).toHaveBeenLastCalledWith(null);
});

test.each(["running", "result"])("what was explained anew meanwhile (%s) is left alone", async (what) => {
  const { runner, go } = planted(weights("other"));
  const { explanation, outdate } = explained(runner);
  const checked = checkStaleness([explanation]);
  if (what === "running") explanation.running = true;
  else explanation.state = { ...explanation.state, result: sampleResult() };
  go();
  await checked;
  expect(outdate).not.toHaveBeenCalled();
});

test("heat from before a reload is not called outdated for values that nobody knows", async () => {
  const { runner, go, asked } = planted(weights("unused"));
  go();
  const { explanation, outdate } = explained({ ...runner, personal: false }, { prompt: null });
  await checkStaleness([explanation]);
  expect(asked).toEqual([]);
  expect(outdate).toHaveBeenCalledExactlyOnceWith(null);
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("cells that run one after the other are one occasion, in their document only", async () => {
  const { runner, asked, go } = planted(weights("other"));
  go();
  const here = explained(runner);
  const elsewhere = explained(runner, { site: { key: { document: {}, id: "" } } });
  const explainer = { explanations: [here.explanation, elsewhere.explanation] } as unknown as Explainer;
  const checks = new StalenessChecks(explainer);
  for (let cell = 0; cell < 5; cell += 1) {
    checks.soon(DOCUMENT);
    await vi.advanceTimersByTimeAsync(300);
  }
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toHaveLength(1);
  expect(here.outdate).toHaveBeenCalledOnce();
  expect(elsewhere.outdate).not.toHaveBeenCalled();
  checks.soon(DOCUMENT);
  checks.dispose();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1);
});

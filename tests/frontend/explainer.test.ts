/** Truth: a planted server that keeps a list of what it was asked, and documents opened and closed by hand. */
import { errorResult, type JobClient, type JobRequest, type JobSnapshot, type Result } from "@glasspane/core";
import { Signal } from "@lumino/signaling";
import { expect, test, vi } from "vitest";
import { Explainer } from "../../extension_frontend/jupyterlab/src/explainer.js";
import type { Workplace } from "../../extension_frontend/jupyterlab/src/workplace.js";

type Answer = Result | "never";

/** A notebook of one cell, its kernel, and a window's worth of Glasspane around them. */
function desk(answers: Answer[], source = "generate(prompt)") {
  const asked: JobRequest[] = [];
  const cancelled: string[] = [];
  const client = {
    start: async (request: JobRequest) => {
      asked.push(request);
      const result = answers.shift() ?? "never";
      return {
        id: `j${asked.length}`,
        status: result === "never" ? "waiting_for_kernel" : "done",
        result: result === "never" ? null : result,
        warnings: [],
      } as unknown as JobSnapshot;
    },
    follow: (_id: string, _on: unknown, signal?: AbortSignal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    cancel: async (id: string) => void cancelled.push(id),
  } as unknown as JobClient;
  const closed = new Signal<object, void>({});
  const kernel = { id: "k", isDisposed: false, status: "busy" };
  const notebook = { isDisposed: false, disposed: closed, sessionContext: { session: { kernel } } };
  const model = { isDisposed: false, sharedModel: { getSource: () => source } };
  const site = { key: { document: {}, id: "c" }, model, notebook, language: "python", path: "n.ipynb" };
  const chosen: { choice?: unknown } = {};
  const workplace = {
    client,
    catalogue: null,
    ready: async () => null,
    heat: { modelOf: () => model, heatsOf: () => [], find: () => null, apply: () => undefined },
    sites: { find: () => site },
    again: () => (notebook.isDisposed ? null : site),
    subjects: { get: () => chosen, set: (_: string, change: object) => Object.assign(chosen, change) },
    settings: { current: { defaultMethod: "integrated_gradients", askBeforeEvaluating: true } },
    choiceFor: () => chosen.choice ?? { ref: { source: "auto" }, where: "own" },
    fallbackSubject: () => ({ source: "bundled", name: "demo-lm" }),
  } as unknown as Workplace;
  const explainer = new Explainer(workplace);
  const close = () => {
    notebook.isDisposed = true;
    closed.emit();
  };
  const explain = () => void explainer.explainAt({} as never, { from: 12, to: 12 });
  return { explainer, explain, asked, cancelled, close, site: site as never };
}

const value = (text: string): Result => ({
  kind: "prompt_value",
  values: [{ source: "prompt", status: "value", text, messages: null, problem: null }],
});
const FAILED = errorResult("internal", "No.", "Again.");
const now = (explainer: Explainer) => explainer.current?.state.phase;
const last = (asked: JobRequest[]) => asked.at(-1);

test("a separate kernel is not asked for values: they are typed, and ⟳ asks the person's kernel again", async () => {
  const { explainer, explain, asked, cancelled } = desk(["never", FAILED, value("Hi"), FAILED]);
  explain();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ status: "waiting_for_kernel" }));
  await explainer.current?.useSeparateKernel();
  expect(cancelled).toEqual(["j1"]);
  expect(now(explainer)).toMatchObject({ question: { ask: "holes" } });
  await explainer.current?.answerHoles(["Hello"]);
  expect(last(asked)).toMatchObject({
    place: { place: "dedicated" },
    request: { subject: { name: "demo-lm" }, prompt: { text: "Hello" } },
  });
  await explainer.current?.start();
  expect(last(asked)).toMatchObject({
    place: { kernel_id: "k" },
    request: { subject: { source: "auto" }, prompt: { text: "Hi" } },
  });
});

test("a model chosen for the document goes before a separate kernel", async () => {
  const { explainer, explain, asked, site } = desk([value("Hi"), "never"]);
  explain();
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  await explainer.current?.useSeparateKernel();
  expect(explainer.current?.choice().ref).toMatchObject({ name: "demo-lm" });
  explainer.choose(site, { ref: { source: "bundled", name: "demo-sentiment" }, where: "dedicated" });
  expect(explainer.current?.choice().ref).toMatchObject({ name: "demo-sentiment" });
});

test("what never got heat goes when another is shown; a closed document takes its own along", async () => {
  const { explainer, explain, cancelled, close } = desk([value("Hi"), FAILED, "never"]);
  explain();
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("failed"));
  explain();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ status: "waiting_for_kernel" }));
  expect(explainer.explanations).toEqual([explainer.current]);
  close();
  expect(explainer.current).toBeNull();
  expect(explainer.explanations).toEqual([]);
  expect(cancelled).toEqual(["j3"]);
});

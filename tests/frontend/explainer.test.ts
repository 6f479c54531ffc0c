/** Truth: a planted server that keeps a list of what it was asked, and documents opened and closed by hand. */

import { Decoration } from "@codemirror/view";
import {
  DEFAULT_SETTINGS,
  Explainer,
  errorResult,
  FIRST_CHECK,
  HeatField,
  HeatMemory,
  type Host,
  type JobClient,
  type JobRequest,
  type JobSnapshot,
  modelInUse,
  paneEvents,
  paneState,
  type Result,
  runnerAt,
  type Settings,
  type Site,
  SubjectMemory,
  Workplace,
} from "@glasspane/core";
import { expect, test, vi } from "vitest";
import { answer } from "./answers.js";
import { CATALOGUE, sampleResult } from "./sample_result.js";

type Answer = Result | "never" | "starting" | Error;

/** A notebook of one cell, its kernel, and a window's worth of Glasspane around them. */
function desk(answers: Answer[], source = "generate(prompt)") {
  const asked: JobRequest[] = [];
  const cancelled: string[] = [];
  const unforeseen: unknown[] = [];
  const client = {
    start: async (request: JobRequest) => {
      asked.push(request);
      const result = answers.shift() ?? "never";
      if (result instanceof Error) throw result;
      return {
        id: `j${asked.length}`,
        status: typeof result === "string" ? "waiting_for_kernel" : "done",
        kernel_busy: result === "never",
        result: typeof result === "string" ? null : result,
        warnings: [],
      } as unknown as JobSnapshot;
    },
    follow: (_id: string, _on: unknown, signal?: AbortSignal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    cancel: async (id: string) => void cancelled.push(id),
  } as unknown as JobClient;
  let catalogues = 0;
  let open = true;
  let onClose = () => {};
  const runner = (place: JobRequest["place"]) => runnerAt(client, place);
  const site: Site = {
    key: { document: {}, id: "c" },
    cellIndex: 0,
    language: "python",
    path: "n.ipynb",
    phrase: "cell 1",
    source: () => source,
  };
  let now = site;
  const moveTo = (index: number) => {
    now = { ...site, cellIndex: index, phrase: `cell ${index + 1}` };
  };
  const host: Host = {
    catalogue: async () => {
      catalogues += 1;
      return CATALOGUE;
    },
    again: () => (open ? now : null),
    whenClosed: (_, then) => {
      onClose = then;
    },
    isClosed: () => !open,
    ownKernel: () => runner({ place: "kernel", kernel_id: "k" }),
    dedicatedKernel: () => runner({ place: "dedicated" }),
    runningKernel: (id) => runner({ place: "kernel", kernel_id: id }),
    keyPlace: () => "lab kernel",
    unforeseen: (failure) => void unforeseen.push(failure),
  };
  const settings: { -readonly [Name in keyof Settings]: Settings[Name] } = { ...DEFAULT_SETTINGS };
  const heat = new HeatMemory(new HeatField(() => Decoration.mark({ class: "x" })));
  const workplace = new Workplace(host, heat, new SubjectMemory(null), { of: () => settings });
  const explainer = new Explainer(workplace);
  const deleteCell = () => {
    open = false;
  };
  const close = () => {
    open = false;
    onClose();
  };
  const explain = () => void explainer.explainAt(site, { from: 12, to: 12 });
  return {
    explainer,
    explain,
    asked,
    cancelled,
    close,
    deleteCell,
    moveTo,
    site,
    unforeseen,
    settings,
    catalogues: () => catalogues,
  };
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
  await explainer.current?.replies.fill(["Hello"]);
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
  void explainer.current?.useSeparateKernel();
  expect(explainer.current?.choice().ref).toMatchObject({ name: "demo-lm" });
  explainer.choose(site, { ref: { source: "bundled", name: "demo-sentiment" }, where: "dedicated" });
  expect(explainer.current?.choice().ref).toMatchObject({ name: "demo-sentiment" });
});

test("a model that is chosen is named at once, and what another one explained is out of date", async () => {
  const { explainer, site } = desk([sampleResult()], 'ask("The capital of France is")');
  void explainer.explainAt(site, { from: 12, to: 12 });
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
  expect(modelInUse(explainer, site.path)).toBe("demo-lm");
  const other = { ref: { source: "bundled", name: "demo-sentiment" }, where: "dedicated" } as const;
  explainer.choose(site, other);
  expect(modelInUse(explainer, site.path)).toBe("demo-sentiment");
  expect(explainer.current?.state.stale).toBe("model_chosen");
  explainer.choose(site, { ...other, ref: { source: "bundled", name: "demo-lm" } });
  expect(modelInUse(explainer, site.path)).toBe("demo-lm");
  expect(explainer.current?.state.stale).toBeNull();
  explainer.choose(site, { ref: { source: "auto" }, where: "own" });
  expect(modelInUse(explainer, site.path)).toBe("demo-lm");
});

test("a token pointed at is let go with the next explanation, or when the pointer is nowhere", async () => {
  const { explainer, site } = desk([sampleResult(), sampleResult()], 'ask("The capital of France is")');
  void explainer.explainAt(site, { from: 12, to: 12 });
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
  const focused = () => explainer.current?.state.focusedToken;
  explainer.pointed(explainer.current?.id ?? "", 2);
  expect(focused()).toBe(2);
  explainer.pointedNowhere();
  expect(focused()).toBeNull();
  explainer.pointed(explainer.current?.id ?? "", 2);
  await explainer.current?.start();
  expect(focused()).toBeNull();
});

test("a question that is dropped gives the pane back to what was shown before", async () => {
  const { explainer, site } = desk([sampleResult()], 'ask("The capital of France is")\nask(f"Of {x}")');
  void explainer.explainAt(site, { from: 12, to: 12 });
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
  const first = explainer.current;
  explainer.workplace.host.ownKernel = () => null;
  void explainer.explainAt(site, { from: 37, to: 37 });
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("asking"));
  const events = paneEvents(explainer, {
    insertOutput: () => undefined,
    copy: () => undefined,
    save: () => undefined,
    chooseModel: async () => false,
  });
  events.questionDismissed();
  await vi.waitFor(() => expect(explainer.current).toBe(first));
  expect(now(explainer)?.at).toBe("done");
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

test("a prompt asked about again keeps no heat that nobody can clear", async () => {
  const { explainer, site } = desk([], 'ask("The capital of France is")');
  const { heat } = explainer.workplace;
  const at = { from: 12, to: 12 };
  void explainer.explainAt(site, at);
  await vi.waitFor(() => expect(heat.heatsOf(site.key)).toHaveLength(1));
  const first = heat.heatsOf(site.key)[0]?.id ?? "";
  const span = { from: 5, to: 8 };
  const mark = { ...span, spans: [span], level: 5, score: 1, share: 1, tokens: [0], sign: "for" as const };
  heat.apply(site.key, { do: "paint", id: first, marks: [mark], settled: true }, () => site.source());
  void explainer.explainAt(site, at);
  await vi.waitFor(() => expect(heat.heatsOf(site.key).map(({ id }) => id)).not.toContain(first));
  const known = new Set(explainer.explanations.map(({ id }) => id));
  expect(heat.heatsOf(site.key).every(({ id }) => known.has(id))).toBe(true);
});

test("what nobody foresaw is in the log that people are sent to", async () => {
  const problem = new RangeError("not foreseen");
  const { explainer, explain, unforeseen } = desk([value("Hi"), problem]);
  explain();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ at: "failed", error: { code: "internal" } }));
  expect(unforeseen).toEqual([problem]);
});

test("a kernel that was restarted, or gets another Glasspane, is asked anew what it offers", async () => {
  for (const code of ["kernel_restarted", "glasspane_missing", "glasspane_too_old"] as const) {
    const answers = [value("Hi"), errorResult(code, "It is gone.", "Start it.")];
    const { explainer, explain, site, catalogues } = desk(answers);
    await explainer.workplace.ready(site);
    explain();
    await vi.waitFor(() => expect(now(explainer)?.at).toBe("failed"));
    await explainer.workplace.ready(site);
    expect(catalogues(), code).toBe(2);
  }
});

test("what is waited for is named: the person's code, or a kernel that starts", async () => {
  const { explainer, explain } = desk(["starting", "starting", "never"], 'ask("The capital of France is")');
  explain();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ status: "kernel_starting" }));
  void explainer.current?.useSeparateKernel();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ status: "dedicated_kernel_starting" }));
  // No code of the person's runs in Glasspane's own kernel.
  void explainer.current?.start();
  void explainer.current?.useSeparateKernel();
  await vi.waitFor(() => expect(now(explainer)).toMatchObject({ status: "queued" }));
});

test("a cell that is gone is called so when its prompt is run again", async () => {
  const { explainer, explain, asked, deleteCell } = desk([FAILED], 'ask("The capital of France is")');
  explain();
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("failed"));
  deleteCell();
  await explainer.current?.start();
  expect(now(explainer)).toMatchObject({ error: { message: "The cell of this prompt is gone." } });
  expect(asked).toHaveLength(1);
});

test("a cell that was moved is named by the number it has now", async () => {
  const { explainer, explain, moveTo, site } = desk([FAILED], 'ask("The capital of France is")');
  explain();
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("failed"));
  moveTo(4);
  explainer.relocate({});
  expect(explainer.current?.state.prompt?.origin).toBe("cell 1");
  explainer.relocate(site.key.document);
  expect(explainer.current?.state.prompt?.origin).toBe("cell 5");
});

const QUICK = sampleResult({ checks: { ...sampleResult().checks, check_seconds: 0.2 } });
const kinds = (asked: JobRequest[]) => asked.map(({ request }) => request.kind);

test("what is quick to check is checked once it is explained, and makes way for what is asked next", async () => {
  const { explainer, explain, asked, cancelled } = desk(
    [QUICK, "never", QUICK, "never"],
    'ask("The capital of France is")',
  );
  explain();
  await vi.waitFor(() => expect(kinds(asked)).toEqual(["explain", "check"]));
  await vi.waitFor(() => expect(explainer.current?.state.check).toMatchObject({ at: "running" }));
  void explainer.current?.vary({ method: "attention" });
  await vi.waitFor(() => expect(kinds(asked)).toEqual(["explain", "check", "explain", "check"]));
  expect(cancelled).toContain("j2");
});

test("nothing is checked unasked where a person wants it so, or where it takes longer", async () => {
  const slow = sampleResult({ checks: { ...sampleResult().checks, check_seconds: 4 } });
  for (const [result, checkWhenQuick] of [
    [QUICK, false],
    [slow, true],
  ] as const) {
    const { explainer, explain, asked, settings } = desk([result], 'ask("The capital of France is")');
    settings.checkWhenQuick = checkWhenQuick;
    explain();
    await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
    expect(kinds(asked)).toEqual(["explain"]);
    expect(explainer.current?.state.check.at).toBe("unasked");
  }
});

test("advice needs no explanation, and stays when another method is chosen", async () => {
  const advice = { kind: "advice", advice: [] } as const;
  const { explainer, explain, asked } = desk(
    [FAILED, { ...advice, advice: [] }, sampleResult()],
    'ask("The capital of France is")',
  );
  explain();
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("failed"));
  const wanted = { goal: "cause", access: "weights", audience: "regulator", seconds: 1 } as const;
  await explainer.current?.sides.ask({ side: "advice", ask: "advise", ...wanted });
  expect(last(asked)?.request).toEqual({ kind: "advise", ...wanted });
  await explainer.current?.vary({ method: "attention" });
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
  expect(explainer.current?.state.advice).toEqual({ at: "done", answer: advice });
});

test("what else is explained in the window can be compared with, and is named once", async () => {
  const source = 'ask("The capital of France is")\n\nask("The capital of Italy is")';
  const { explainer, asked, site } = desk([sampleResult(), sampleResult(), FAILED], source);
  await explainer.explainAt(site, { from: 8, to: 8 });
  const first = explainer.current;
  expect(paneState(explainer).others).toEqual([]);
  await explainer.explainAt(site, { from: 40, to: 40 });
  const { others } = paneState(explainer);
  expect(others).toEqual([{ id: first?.id, phrase: "cell 1", text: "The capital of France is" }]);
  // The same object while it says the same: it is not drawn again.
  expect(paneState(explainer).others).toBe(others);
  const after = { from: "explanation", id: first?.id ?? "" } as const;
  await explainer.current?.sides.ask({ side: "difference", ask: "diff", after });
  expect(last(asked)?.request).toMatchObject({
    kind: "diff",
    after: { prompt: first?.state.result?.request.prompt },
  });
});

test("who goes back to a method finds its check there, and none is asked again", async () => {
  const of = (method: string) => sampleResult({ request: { ...sampleResult().request, method } });
  const [gradients, looks] = [of("integrated_gradients"), of("attention")];
  const check = answer("check_better");
  const { explainer, explain, asked } = desk(
    [gradients, check, looks, gradients],
    'ask("The capital of France is")',
  );
  explain();
  await vi.waitFor(() => expect(now(explainer)?.at).toBe("done"));
  await explainer.current?.sides.ask(FIRST_CHECK);
  await explainer.current?.vary({ method: "attention" });
  expect(explainer.current?.state.check).toEqual({ at: "unasked" });
  await explainer.current?.vary({ method: "integrated_gradients" });
  expect(explainer.current?.state.check).toEqual({ at: "done", answer: check });
  expect(kinds(asked)).toEqual(["explain", "check", "explain", "explain"]);
});

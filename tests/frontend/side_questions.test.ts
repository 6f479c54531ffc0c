/** Truth: Python's own protocol, which must take every request as it is made here; and a planted list of answers. */
import { expect, test, vi } from "vitest";
import { keyHelp } from "../../extension_frontend/core/src/endpoint_keys.js";
import type { JobRunner } from "../../extension_frontend/core/src/explaining/answer.js";
import { QuickCheck } from "../../extension_frontend/core/src/explaining/quick_check.js";
import { requestFor, SideJobs } from "../../extension_frontend/core/src/explaining/side_jobs.js";
import type { AttributionResult, JobSnapshot } from "../../extension_frontend/core/src/protocol.js";
import {
  FIRST_CHECK,
  NOTHING_ASKED,
  type SideAnswers,
  type SideName,
  type SideQuestion,
} from "../../extension_frontend/core/src/views/side_state.js";
import { answer, done } from "./answers.js";
import { AUDITS } from "./audit_answers.js";
import { PATCHING } from "./patching_answers.js";
import { PROBES } from "./probe_answers.js";
import { askPython } from "./python.js";

const explained = answer("explanation");
const asked = {
  request: () => null,
  answers: () => NOTHING_ASKED,
  requestOf: () => answer("review").request,
};
const made = (question: SideQuestion, about: AttributionResult | null = explained) =>
  requestFor(question, about, asked);

const PATCH = {
  side: "patching",
  ask: "patch",
  other: { from: "text", text: "The capital of Italy is" },
  wrong: null,
  site: "resid_pre",
  grid: "position",
  direction: "denoising",
  metric: "logit_difference",
  layers: null,
  heads: null,
} as const;

const PAIRS = {
  side: "probe",
  ask: "probe",
  of: "pairs",
  template: PROBES.template.template,
  count: 20,
  token: 9,
} as const;
const TEMPLATE = {
  clean: "The capital of {a} is",
  corrupted: "The capital of {b} is",
  right: null,
  wrong: null,
  words: { a: ["France", "Italy", "Spain"], b: ["Italy", "France", "Spain"] },
};
const CIRCUIT = {
  side: "circuit",
  ask: "circuit",
  template: TEMPLATE,
  held_out: null,
  count: 4,
  ablation: "resample",
  enough: 0.9,
  seed: 0,
} as const;

const AUDIT = {
  side: "audit",
  ask: "audit",
  model: { of: "explained" },
  steps: null,
  wrong: [],
  wrong_by_model: false,
  examples: [],
  top_p: 1,
  max_tokens: 256,
  seed: 0,
  calls: null,
  tokens: null,
  prices: null,
  ledger: null,
  tests: ["injection", "consistency"],
  modes: ["swap"],
  samples: 60,
  temperature: 0,
  delta: 0.1,
  reference: null,
  marker: null,
  pattern: null,
} as const;

const ENDPOINT_AUDIT = {
  ...AUDIT,
  model: { of: "endpoint", address: "http://127.0.0.1:8000/v1", name: "m", variable: "BIG_KEY" },
  steps: [2],
  wrong: [{ step: 2, text: "14 - 2 = 13.", consequence: "13" }],
  examples: ["Q: 1 + 1? Answer: 2."],
  top_p: 0.9,
  max_tokens: 64,
  seed: 5,
  calls: 100,
  tokens: 9000,
  prices: { prompt: 1, reply: 2 },
  ledger: "audits/a.jsonl",
} as const;

test("an audit is of the explained prompt and its model, whichever answer was asked about", () => {
  const request = made(AUDIT, AUDITS.explanation);
  const { subject, prompt } = AUDITS.explanation.request;
  expect(request).toMatchObject({
    kind: "audit",
    model: { source: "subject", subject },
    prompt,
    samples: 60,
    modes: ["swap"],
    preview: false,
  });
  const cost = made({ ...AUDIT, side: "audit_cost", ask: "audit_cost" }, AUDITS.explanation);
  expect(cost).toEqual({ ...request, preview: true });
});

test("an endpoint's audit names the variable of its key, its budget and its ledger", () => {
  expect(made(ENDPOINT_AUDIT, AUDITS.explanation)).toMatchObject({
    model: { source: "endpoint", base_url: "http://127.0.0.1:8000/v1", model: "m", key_variable: "BIG_KEY" },
    prompt: AUDITS.explanation.request.prompt,
    budget: { calls: 100, tokens: 9000 },
    prices: { prompt: 1, reply: 2 },
    ledger: "audits/a.jsonl",
    steps: [2],
    wrong: [{ step: 2, text: "14 - 2 = 13.", consequence: "13" }],
    examples: ["Q: 1 + 1? Answer: 2."],
    top_p: 0.9,
    max_tokens: 64,
    seed: 5,
  });
});

test("where nothing was explained an endpoint is asked all the same, and nothing else is", async () => {
  const started: unknown[] = [];
  const jobs = new SideJobs({
    ...asked,
    request: () => AUDITS.explanation.request,
    result: () => null,
    keyPlace: () => "lab kernel",
    runner: () => ({
      key: "",
      personal: false,
      start: async (request) => {
        started.push(request);
        throw new Error("enough");
      },
      follow: () => Promise.reject(new Error("not begun")),
      cancel: async () => undefined,
    }),
    show: () => undefined,
    unforeseen: () => undefined,
  });
  await jobs.ask(AUDIT);
  await jobs.ask(FIRST_CHECK);
  expect(started).toEqual([]);
  await jobs.ask(ENDPOINT_AUDIT);
  expect(started).toEqual([made(ENDPOINT_AUDIT, AUDITS.explanation)]);
});

test("a refused key is answered with what to do in this host, by the variable’s name", async () => {
  const refused = { ...AUDITS.no_chain, code: "endpoint_key" as const, next_step: "Set it." };
  const snapshot = (change: Partial<JobSnapshot>): JobSnapshot => ({
    ...({ kind: "job", id: "j1", sequence: 1, ahead: 0, kernel_busy: false } as JobSnapshot),
    status: "failed",
    progress: null,
    warnings: [],
    result: refused,
    ...change,
  });
  let shown: Partial<SideAnswers> = {};
  const jobs = new SideJobs({
    ...asked,
    result: () => AUDITS.explanation,
    keyPlace: () => "store",
    runner: () => ({
      key: "",
      personal: false,
      start: async () => snapshot({}),
      follow: async () => snapshot({}),
      cancel: async () => undefined,
    }),
    show: (change) => {
      shown = change;
    },
    unforeseen: (failure) => {
      throw failure;
    },
  });
  await jobs.ask(ENDPOINT_AUDIT);
  expect(shown.audit).toMatchObject({
    at: "failed",
    error: { message: refused.message, next_step: keyHelp("store", "BIG_KEY") },
  });
  expect(keyHelp("store", "BIG_KEY")).toContain("Set Endpoint Key…” and give BIG_KEY");
});

test("Python takes every question as it is asked, and reads the same in it", () => {
  const requests = [
    made({ ...FIRST_CHECK, replacement: " the", seed: 3 }),
    made({
      side: "comparison",
      ask: "compare",
      methods: [{ method: "occlusion", options: { replacement: "drop" } }],
    }),
    made({ side: "difference", ask: "diff", after: { from: "text", text: "The capital of Italy is" } }),
    made({ side: "difference", ask: "diff", after: { from: "explanation", id: "heat-2" } }),
    made(
      {
        side: "advice",
        ask: "advise",
        goal: "report",
        access: "api",
        audience: "regulator",
        seconds: 300,
      },
      null,
    ),
    made(PATCH),
    made({
      ...PATCH,
      other: { from: "explanation", id: "heat-2" },
      wrong: " Rome",
      site: "z",
      grid: "head_position",
      direction: "noising",
      metric: "prob",
      layers: [1],
      heads: [0, 2],
    }),
    made({ side: "tables", ask: "tables" }, null),
    made({ side: "probe", ask: "probe", of: "task", name: "sentiment" }),
    made({ side: "probe", ask: "probe", of: "frame", name: "df", text: "t", label: "l", span: null }),
    made(PAIRS, PROBES.explanation),
    made(
      {
        side: "probe_test",
        ask: "probe_test",
        probe: { of: "task", name: "sentiment" },
        layer: 2,
        where: "every",
        answers: [" negative", " positive"],
      },
      explained,
    ),
    made({ side: "template", ask: "pair_template", other: PATCH.other, wrong: " Rome" }),
    made({
      side: "template",
      ask: "pair_template",
      other: { from: "explanation", id: "heat-2" },
      wrong: null,
    }),
    made(CIRCUIT),
    made({ ...CIRCUIT, held_out: { ...TEMPLATE, clean: "{a} has", corrupted: "{b} has" }, ablation: "mean" }),
    made({ side: "lens", ask: "lens", position: null }),
    made(AUDIT, AUDITS.explanation),
    made(ENDPOINT_AUDIT, AUDITS.explanation),
    requestFor({ side: "audit_report", ask: "audit_report" }, AUDITS.explanation, {
      ...asked,
      answers: () => ({ ...NOTHING_ASKED, audit: { at: "done", answer: AUDITS.follows } }),
    }),
    made({ ...AUDIT, side: "audit_cost", ask: "audit_cost", marker: "Answer:", reference: "12" }),
    made({ side: "lens", ask: "lens", position: 3 }, answer("review")),
    requestFor({ side: "report", ask: "report" }, explained, {
      ...asked,
      answers: () => ({
        ...NOTHING_ASKED,
        check: done("check_better"),
        comparison: done("comparison"),
        difference: done("difference"),
      }),
    }),
  ];
  const read = askPython<unknown[]>(
    `import json, sys
from pydantic import TypeAdapter
from glasspane.protocol import Request
adapter = TypeAdapter(Request)
print(json.dumps([json.loads(adapter.validate_json(json.dumps(each), strict=False).model_dump_json()) for each in json.load(sys.stdin)]))`,
    requests,
  );
  expect(read).toEqual(JSON.parse(JSON.stringify(requests)));
});

test("another prompt is explained with this one's method; an edit of a conversation is of its last message", () => {
  const other = made({ side: "difference", ask: "diff", after: { from: "explanation", id: "heat-2" } });
  if (other.kind !== "diff") throw new Error(other.kind);
  expect(other.before).toEqual(explained.request);
  expect(other.after.prompt).toEqual(answer("review").request.prompt);
  expect(other.after.method).toBe("integrated_gradients");
  const turns = ["Be brief.", "Who are you?"].map((content) => ({ role: "user", content }));
  const messages = turns as [(typeof turns)[number], ...typeof turns];
  const chat = {
    ...explained,
    request: { ...explained.request, prompt: { form: "messages" as const, messages } },
  };
  const edit = made({ side: "difference", ask: "diff", after: { from: "text", text: "Why?" } }, chat);
  if (edit.kind !== "diff" || edit.after.prompt.form !== "messages") throw new Error("another form");
  expect(edit.after.prompt.messages.map(({ content }) => content)).toEqual(["Be brief.", "Why?"]);
});

test("where pairs exchange the only word that differs, no probe is asked which of the two prompts it is", () => {
  const words = { a: ["Japan", "Peru"], b: ["Peru", "Japan"] };
  const asking = (clean: string, corrupted: string) => () =>
    made({ ...PAIRS, template: { clean, corrupted, right: null, wrong: null, words }, token: null });
  expect(asking("The capital of {a} is", "The capital of {b} is")).toThrow(/Nothing but the word itself/);
  expect(asking("From {a} to {b}, then {a}", "From {a} to {b}, then {b}")).not.toThrow();
});

test("a circuit is found on pairs of its template, and validated on others of it, or on those of another one", () => {
  const asked = (question: object = {}) => {
    const request = made({ ...CIRCUIT, ...question } as SideQuestion);
    if (request.kind !== "circuit") throw new Error(request.kind);
    const texts = (pairs: typeof request.held_out) =>
      pairs.map(({ clean, corrupted }) =>
        [clean, corrupted].map((each) => each.form === "text" && each.text),
      );
    return { found: texts(request.pairs), others: texts(request.held_out) };
  };
  // Three words in two holes, none in both: six pairs, halved where they are too few.
  const { found, others } = asked();
  expect([found.length, others.length]).toEqual([3, 3]);
  expect(new Set([...found, ...others].map((each) => each.join())).size).toBe(6);
  for (const [clean, corrupted] of [...found, ...others]) expect(clean).not.toBe(corrupted);
  const apart = asked({ count: 2, held_out: { ...TEMPLATE, clean: "{a} has", corrupted: "{b} has" } });
  expect([apart.found.length, apart.others.length]).toEqual([2, 2]);
  expect(apart.others.flat().every((text) => String(text).endsWith(" has"))).toBe(true);
  expect(() => asked({ template: { ...TEMPLATE, words: { a: ["France"], b: ["Italy"] } } })).toThrow(
    /too few pairs/,
  );
  expect(() => asked({ template: { ...TEMPLATE, words: { a: ["France"] } } })).toThrow(/no words for {b}/);
});

test("patching compares what was explained: the clean prompt's answer, and the wrong one where one is named", () => {
  const answers = (change: Partial<AttributionResult["target"]>, question: object = {}) => {
    const about = { ...explained, target: { ...explained.target, ...change } };
    const request = made({ ...PATCH, ...question } as SideQuestion, about);
    if (request.kind !== "patch") throw new Error(request.kind);
    expect(request.pairs[0].clean).toEqual(explained.request.prompt);
    return [request.pairs[0].right, request.pairs[0].wrong];
  };
  const own = explained.target.ids[0] as number;
  expect(own, "what the model says itself").toBe(explained.predictions[0]?.id);
  // Left to the kernel: it takes what the model says after each of the two.
  expect(answers({})).toEqual([null, null]);
  expect(answers({}, { wrong: " Rome" })).toEqual([own, " Rome"]);
  const other = explained.predictions[1]?.id as number;
  expect(answers({ ids: [other] })).toEqual([other, null]);
  expect(answers({ kind: "contrast", versus_ids: [other] })).toEqual([own, other]);
  expect(answers({ kind: "contrast", versus_ids: [other] }, { wrong: " Rome" })).toEqual([own, " Rome"]);
  expect(answers({ kind: "completion", ids: [own, other] })).toEqual([null, null]);
  expect(answers({ kind: "contrast", versus_ids: [other] }, { metric: "kl" })).toEqual([null, null]);
  expect(answers({}, { metric: "loss", wrong: " Rome" })).toEqual([own, null]);
});

test("both texts of a pair are one group, and each is read at the word that was pointed out, whatever stands there", () => {
  const request = made(PAIRS, PROBES.explanation);
  if (request.kind !== "probe" || request.examples.source !== "rows") throw new Error(request.kind);
  const { rows } = request.examples;
  expect(rows).toHaveLength(40);
  expect(new Set(rows.map(({ group }) => group)).size).toBe(20);
  for (const [index, row] of rows.entries()) {
    expect(row.label).toBe(index % 2 === 0 ? "this prompt" : "the other prompt");
    // “John” of “…, John gave” is the ninth word.
    expect(row.text.slice(row.start ?? 0, row.end ?? 0)).toBe(row.text.split(" ")[8]);
  }
  const last = made({ ...PAIRS, token: null }, PROBES.explanation);
  if (last.kind !== "probe" || last.examples.source !== "rows") throw new Error(last.kind);
  expect(last.examples.rows.every(({ start }) => start === null)).toBe(true);
});

test("an explanation that is gone is called so", () => {
  const question = { side: "difference", ask: "diff", after: { from: "explanation", id: "gone" } } as const;
  expect(() => requestFor(question, explained, { ...asked, requestOf: () => null })).toThrow(
    "The other explanation is gone.",
  );
});

test.each([
  ["with a map by then, keeps it", PATCHING.partial],
  ["with nothing yet, is as if never asked", null],
] as const)("patching that is cancelled %s", async (_, partial) => {
  const cancelled: string[] = [];
  let end = () => {};
  const snapshot = (change: Partial<JobSnapshot>): JobSnapshot => ({
    kind: "job",
    id: "j1",
    sequence: 1,
    status: "running",
    ahead: 0,
    kernel_busy: false,
    progress: { kind: "progress", job: "j1", fraction: 0.5, stage: "exact values", partial },
    result: null,
    warnings: [],
    ...change,
  });
  const runner: JobRunner = {
    key: "k",
    personal: true,
    start: async () => snapshot({ status: "queued", progress: null }),
    follow: (_id, onSnapshot) => {
      onSnapshot(snapshot({}));
      return new Promise((resolve) => {
        const result = { ...PATCHING.other_length, code: "cancelled" as const };
        end = () => resolve(snapshot({ status: "cancelled", result }));
      });
    },
    cancel: async (id) => {
      cancelled.push(id);
      end();
    },
  };
  let shown: Partial<SideAnswers> = {};
  const jobs = new SideJobs({
    ...asked,
    result: () => PATCHING.explanation,
    runner: () => runner,
    keyPlace: () => "lab kernel",
    show: (change) => {
      shown = change;
    },
    unforeseen: (failure) => {
      throw failure;
    },
  });
  const asking = jobs.ask({ ...PATCH, other: { from: "text", text: PATCHING.position.corrupted.text } });
  await vi.waitFor(() =>
    expect(shown.patching).toMatchObject({ at: "running", progress: { fraction: 0.5 } }),
  );
  await jobs.cancel("patching");
  await asking;
  expect(cancelled).toEqual(["j1"]);
  expect(shown.patching).toEqual(partial === null ? { at: "unasked" } : { at: "done", answer: partial });
});

test("a cancel that comes before the job has begun still ends it", async () => {
  const cancelled: string[] = [];
  let begin = () => {};
  let end = () => {};
  const snapshot: JobSnapshot = {
    kind: "job",
    id: "j1",
    sequence: 1,
    status: "queued",
    ahead: 0,
    kernel_busy: false,
    progress: null,
    result: null,
    warnings: [],
  };
  const jobs = new SideJobs({
    ...asked,
    result: () => AUDITS.explanation,
    keyPlace: () => "lab kernel",
    runner: () => ({
      key: "k",
      personal: true,
      start: () =>
        new Promise((resolve) => {
          begin = () => resolve(snapshot);
        }),
      follow: () =>
        new Promise((resolve) => {
          end = () => resolve({ ...snapshot, status: "cancelled" });
        }),
      cancel: async (id) => {
        cancelled.push(id);
        queueMicrotask(() => end());
      },
    }),
    show: () => undefined,
    unforeseen: (failure) => {
      throw failure;
    },
  });
  const asking = jobs.ask(AUDIT);
  await jobs.cancel("audit");
  begin();
  await vi.waitFor(() => expect(cancelled).toEqual(["j1"]));
  await asking;
});

/** Keeps what is asked; answers when told to. */
function desk(check: (typeof NOTHING_ASKED)["check"] = NOTHING_ASKED.check) {
  const log: string[] = [];
  let state = check;
  let finish = () => {};
  const quick = new QuickCheck(
    {
      ask: (question) => {
        log.push(`ask ${question.side}`);
        state = { at: "running", progress: null, status: "running", ahead: 0 };
        return new Promise((resolve) => {
          finish = () => {
            state = done("check_better");
            resolve();
          };
        });
      },
      withdraw: (side: SideName) => void log.push(`withdraw ${side}`),
    },
    () => ({ check: state }),
  );
  return { quick, log, finish: () => finish() };
}

const timed = (change: Partial<AttributionResult["checks"]>, cached = false): AttributionResult => ({
  ...explained,
  checks: { ...explained.checks, check_seconds: 0.3, ...change },
  cost: { ...explained.cost, cached },
});

test("a check that takes no time is asked for at once, and makes way for the next explanation", async () => {
  const { quick, log, finish } = desk();
  const asking = quick.explained(timed({}));
  expect(log).toEqual(["ask check"]);
  quick.makeWay();
  expect(log).toEqual(["ask check", "withdraw check"]);
  finish();
  await asking;
  quick.makeWay();
  expect(log).toHaveLength(2);
});

test.each([
  ["takes a second", timed({ check_seconds: 1 })],
  ["cannot be checked", timed({ check_seconds: null })],
  ["is partial", timed({ complete: false })],
  ["was known from before", timed({}, true)],
])("nothing is asked of what %s", async (_, result) => {
  const { quick, log } = desk();
  await quick.explained(result);
  expect(log).toEqual([]);
});

test("what a person asked for is neither asked again nor taken back", async () => {
  const { quick, log } = desk({ at: "running", progress: null, status: "running", ahead: 0 });
  await quick.explained(timed({}));
  quick.makeWay();
  expect(log).toEqual([]);
});

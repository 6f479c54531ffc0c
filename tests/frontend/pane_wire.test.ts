// @vitest-environment jsdom
/** Truth: a pane behind a wire of JSON text must act and draw as one that holds the very same state. */
import { expect, test, vi } from "vitest";
import { mountPane } from "../../extension_frontend/core/src/views/pane.js";
import {
  EMPTY_PANE,
  type PaneEvents,
  type PaneState,
} from "../../extension_frontend/core/src/views/pane_state.js";
import {
  changesBetween,
  eventsSending,
  isEmptyChange,
  keptPane,
  PANE_EVENT_NAMES,
  type PaneChange,
  performAction,
  withChange,
} from "../../extension_frontend/core/src/views/pane_wire.js";
import { FIRST_CHECK, type SideQuestion } from "../../extension_frontend/core/src/views/side_state.js";
import { CATALOGUE, sampleResult } from "./sample_result.js";

/** What a message is after its way between two frames. */
const travelled = <Message>(message: Message): Message => JSON.parse(JSON.stringify(message));

/** Arguments of every event; the compiler asks for a line when an event is added. */
const ARGUMENTS: { readonly [Name in keyof PaneEvents]: Parameters<PaneEvents[Name]> } = {
  targetChosen: [{ kind: "contrast", token: " Paris", versus: 43 }],
  methodChosen: ["attention"],
  optionsChanged: [{ max_steps: 64, baseline: "zero" }],
  runAgain: [],
  cancel: [],
  modelAsked: [],
  clearHeat: [],
  insertOutput: [],
  copyPython: ['glasspane.explain("é")'],
  copyText: ["pip install glasspane"],
  subjectChosen: [{ source: "kernel", model: "model", tokenizer: null }],
  tokenizerChosen: ["tokenizer"],
  templateChosen: ["chat"],
  holesFilled: [["Mary", ""]],
  consentGiven: [],
  questionDismissed: [],
  separateKernelChosen: [],
  tabChosen: ["attention"],
  grainChosen: ["hole"],
  rowsChosen: [[0, 2]],
  sideAsked: [{ side: "overview", ask: "attention", view: { show: "overview" } }],
  sideCancelled: ["check"],
  fileMade: [{ name: "heat of cell 3.svg", type: "image/svg+xml", content: "<svg/>" }],
  tokenPointed: [null],
};

function spies(): { [Name in keyof PaneEvents]: ReturnType<typeof vi.fn<PaneEvents[Name]>> } {
  return Object.fromEntries(PANE_EVENT_NAMES.map((name) => [name, vi.fn()])) as unknown as ReturnType<
    typeof spies
  >;
}

test.each(Object.keys(ARGUMENTS) as (keyof PaneEvents)[])("%s arrives with its arguments", (name) => {
  const host = spies();
  const pane = eventsSending((action) => expect(performAction(travelled(action), host)).toBe(true));
  (pane[name] as (...args: unknown[]) => void)(...ARGUMENTS[name]);
  expect(host[name]).toHaveBeenCalledExactlyOnceWith(...ARGUMENTS[name]);
  for (const other of PANE_EVENT_NAMES) if (other !== name) expect(host[other]).not.toHaveBeenCalled();
});

const HEAD = {
  show: "head",
  layer: 1,
  head: 2,
  token: null,
  without_sink: true,
  matrix: true,
  bits: 8,
} as const;

test.each([
  { side: "matrix", ask: "attention", view: HEAD },
  { side: "matrix", ask: "attention", view: { show: "rollout", token: null, matrix: true, bits: 16 } },
  { side: "reading", ask: "attention", view: { ...HEAD, token: 0, matrix: false } },
  { side: "residual", ask: "attention", view: { show: "residual", lines: 200 } },
] as const)("%j is a view of attention", (question) => {
  const host = spies();
  expect(performAction({ event: "sideAsked", args: [question] }, host)).toBe(true);
  expect(host.sideAsked).toHaveBeenCalledExactlyOnceWith(question);
});

const PATCH = {
  side: "patching",
  ask: "patch",
  other: { from: "text", text: "The capital of Italy is" },
  wrong: null,
  site: "z",
  grid: "head_position",
  direction: "noising",
  metric: "log_prob",
  layers: [2],
  heads: null,
} as const;

const TEMPLATE = {
  clean: "{a} gave",
  corrupted: "{b} gave",
  right: null,
  wrong: " {b}",
  words: { a: ["x"] },
};
const PAIRS = {
  side: "probe",
  ask: "probe",
  of: "pairs",
  template: TEMPLATE,
  count: 100,
  token: 3,
} as const;
const TABLE = {
  side: "probe",
  ask: "probe",
  of: "frame",
  name: "reviews",
  text: "text",
  label: "label",
  span: null,
} as const;
const PROBE_TEST = {
  side: "probe_test",
  ask: "probe_test",
  probe: { of: "task", name: "sentiment" },
  layer: 3,
  where: "every",
  answers: [" negative", " positive"],
} as const;
const MADE = { side: "template", ask: "pair_template", other: PATCH.other, wrong: null } as const;
const CIRCUIT: Extract<SideQuestion, { side: "circuit" }> = {
  side: "circuit",
  ask: "circuit",
  template: {
    clean: "{a} and",
    corrupted: "{b} and",
    right: " {a}",
    wrong: null,
    words: { a: ["Mary"], b: ["John"] },
  },
  held_out: null,
  count: 8,
  ablation: "resample",
  enough: 0.9,
  seed: 0,
};

const AUDIT: Extract<SideQuestion, { side: "audit" }> = {
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
  tests: ["injection", "bias"],
  modes: ["continue", "swap"],
  samples: 40,
  temperature: 0.7,
  delta: 0.2,
  reference: "12",
  marker: null,
  pattern: "(\\d+)",
};

const ENDPOINT = {
  of: "endpoint",
  address: "https://api.example.org/v1",
  name: "big-model",
  variable: "BIG_KEY",
} as const;
const WRONG = { step: 1, text: "5 + 7 = 13.", consequence: null };

test.each<SideQuestion>([
  FIRST_CHECK,
  AUDIT,
  { ...AUDIT, model: ENDPOINT, steps: [1, 3], wrong: [WRONG], examples: ["Q: 1 + 1? Answer: 2."] },
  { ...AUDIT, calls: 10, tokens: 900, prices: { prompt: 0, reply: 1.5 }, ledger: "a/b.jsonl" },
  { side: "audit_report", ask: "audit_report" },
  { ...AUDIT, side: "audit_cost", ask: "audit_cost", reference: null },
  { side: "tables", ask: "tables" },
  { side: "probe", ask: "probe", of: "task", name: "sentiment" },
  TABLE,
  PAIRS,
  { ...PAIRS, token: null },
  PROBE_TEST,
  { ...PROBE_TEST, probe: PAIRS, where: "readout", answers: null },
  { side: "check", ask: "check", replacement: " the", seed: 7 },
  MADE,
  CIRCUIT,
  { ...CIRCUIT, held_out: CIRCUIT.template, ablation: "mean" },
  { side: "comparison", ask: "compare", methods: [{ method: "lime", options: { samples: 100 } }] },
  { side: "difference", ask: "diff", after: { from: "text", text: "" } },
  { side: "difference", ask: "diff", after: { from: "explanation", id: "heat-1" } },
  { side: "lens", ask: "lens", position: null },
  { side: "lens", ask: "lens", position: 9 },
  { side: "advice", ask: "advise", goal: "cause", access: "weights", audience: "end_user", seconds: 1 },
  PATCH,
  { ...PATCH, other: { from: "explanation", id: "heat-1" }, wrong: " John", site: "pattern", grid: "head" },
])("%j arrives as it was asked", (question) => {
  const host = spies();
  eventsSending((action) => expect(performAction(travelled(action), host)).toBe(true)).sideAsked(question);
  expect(host.sideAsked).toHaveBeenCalledExactlyOnceWith(question);
});

test.each([
  { event: "sideAsked", args: [{ side: "check", ask: "erase" }] },
  { event: "sideAsked", args: [{ side: "constructor", ask: "check" }] },
  // The answer to another question has no place there.
  { event: "sideAsked", args: [{ side: "check", ask: "report" }] },
  { event: "sideAsked", args: [{ side: "report", ask: "check", replacement: "drop", seed: 0 }] },
  { event: "sideAsked", args: [{ side: "advice", ask: "attention", view: { show: "overview" } }] },
  {
    event: "sideAsked",
    args: [
      { side: "advice", ask: "advise", goal: "cause", access: "weights", audience: "x", seconds: Infinity },
    ],
  },
  { event: "sideAsked", args: [{ ...PATCH, site: "constructor" }] },
  { event: "sideAsked", args: [{ ...AUDIT, tests: [] }] },
  { event: "sideAsked", args: [{ ...AUDIT, tests: ["bias", "bias"] }] },
  { event: "sideAsked", args: [{ ...AUDIT, tests: ["erase"] }] },
  { event: "sideAsked", args: [{ ...AUDIT, modes: "swap" }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: null }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { of: "constructor" } }] },
  // Nothing but a variable's name says where a key is.
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, key: "sk-canary-7f3a91c2" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, variable: "sk-canary-7f3a91c2" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://me:pw@host/v1" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "file:///etc/passwd" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://h/v1?key=k" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, name: 7 } }] },
  { event: "sideAsked", args: [{ ...AUDIT, steps: [] }] },
  { event: "sideAsked", args: [{ ...AUDIT, steps: [0] }] },
  { event: "sideAsked", args: [{ ...AUDIT, steps: [1, 1] }] },
  { event: "sideAsked", args: [{ ...AUDIT, wrong: [{ ...WRONG, step: 0 }] }] },
  { event: "sideAsked", args: [{ ...AUDIT, wrong_by_model: "yes" }] },
  { event: "sideAsked", args: [{ ...AUDIT, wrong: [{ ...WRONG, code: "x" }] }] },
  { event: "sideAsked", args: [{ ...AUDIT, wrong: [{ step: 1, text: "x" }] }] },
  { event: "sideAsked", args: [{ ...AUDIT, examples: "x" }] },
  { event: "sideAsked", args: [{ ...AUDIT, examples: [7] }] },
  { event: "sideAsked", args: [{ ...AUDIT, examples: Array(201).fill("x") }] },
  { event: "sideAsked", args: [{ ...AUDIT, top_p: "1" }] },
  { event: "sideAsked", args: [{ ...AUDIT, seed: -1 }] },
  { event: "sideAsked", args: [{ ...AUDIT, max_tokens: null }] },
  { event: "sideAsked", args: [{ ...AUDIT, calls: 0 }] },
  { event: "sideAsked", args: [{ ...AUDIT, tokens: "9" }] },
  { event: "sideAsked", args: [{ ...AUDIT, prices: { prompt: 1 } }] },
  { event: "sideAsked", args: [{ ...AUDIT, prices: { prompt: 1, reply: -1 } }] },
  { event: "sideAsked", args: [{ ...AUDIT, prices: { prompt: 1, reply: 1, more: 1 } }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "/home/me/a.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "a/../../b.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "~/b.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "C:\\b.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: ".bashrc" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "a\u0000.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, ledger: "a\n.jsonl" }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://a.org/\u0000v1" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://a.org/\u007f" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://a.org/\u202e" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, model: { ...ENDPOINT, address: "https://a.org\\v1@b.org" } }] },
  { event: "sideAsked", args: [{ ...AUDIT, samples: 1.5 }] },
  { event: "sideAsked", args: [{ ...AUDIT, delta: "0.2" }] },
  { event: "sideAsked", args: [{ ...AUDIT, reference: 12 }] },
  { event: "sideAsked", args: [{ ...AUDIT, side: "audit_cost" }] },
  { event: "sideAsked", args: [{ ...PATCH, grid: "layer" }] },
  { event: "sideAsked", args: [{ ...PATCH, direction: "both" }] },
  { event: "sideAsked", args: [{ ...PATCH, metric: "accuracy" }] },
  { event: "sideAsked", args: [{ ...PATCH, layers: [] }] },
  { event: "sideAsked", args: [{ ...PATCH, heads: [-1] }] },
  { event: "sideAsked", args: [{ ...PATCH, wrong: 7 }] },
  { event: "sideAsked", args: [{ ...PATCH, other: { from: "file", text: "/etc/passwd" } }] },
  { event: "sideAsked", args: [{ ...PATCH, side: "difference" }] },
  { event: "sideAsked", args: [{ side: "tables", ask: "probe", of: "task", name: "sentiment" }] },
  { event: "sideAsked", args: [{ ...TABLE, of: "file" }] },
  { event: "sideAsked", args: [{ ...TABLE, name: ["reviews"] }] },
  { event: "sideAsked", args: [{ ...TABLE, span: 1 }] },
  { event: "sideAsked", args: [{ ...PAIRS, count: 0 }] },
  { event: "sideAsked", args: [{ ...PAIRS, count: 1_000_000 }] },
  { event: "sideAsked", args: [{ ...PAIRS, token: -1 }] },
  { event: "sideAsked", args: [{ ...PAIRS, template: { ...TEMPLATE, words: { a: "x" } } }] },
  { event: "sideAsked", args: [{ ...PROBE_TEST, where: "nowhere" }] },
  { event: "sideAsked", args: [{ ...PROBE_TEST, layer: 1.5 }] },
  { event: "sideAsked", args: [{ ...PROBE_TEST, answers: [7] }] },
  { event: "sideAsked", args: [{ ...PROBE_TEST, probe: { of: "task" } }] },
  { event: "sideAsked", args: [{ ...MADE, side: "circuit" }] },
  { event: "sideAsked", args: [{ ...MADE, wrong: 7 }] },
  { event: "sideAsked", args: [{ ...MADE, other: { from: "file", text: "/etc/passwd" } }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, count: 0 }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, count: 1e9 }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, ablation: "zero" }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, enough: "all" }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, held_out: undefined }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, template: { ...CIRCUIT.template, words: { a: "Mary" } } }] },
  { event: "sideAsked", args: [{ ...CIRCUIT, template: { ...CIRCUIT.template, clean: 7 } }] },
  { event: "sideAsked", args: [{ side: "lens", ask: "lens", position: -1 }] },
  { event: "sideAsked", args: [{ side: "lens", ask: "lens", position: 0.5 }] },
  { event: "sideAsked", args: [{ side: "lens", ask: "lens", position: "9" }] },
  { event: "sideAsked", args: [{ side: "lens", ask: "lens" }] },
  { event: "sideAsked", args: [{ side: "patching", ask: "lens", position: null }] },
  { event: "tokenPointed", args: [-1] },
  { event: "tokenPointed", args: [0.5] },
  { event: "tokenPointed", args: [Number.NaN] },
  { event: "optionsChanged", args: [{ samples: Number.NaN }] },
  { event: "sideAsked", args: [{ side: "overview", ask: "attention", view: { show: "all", of: [1] } }] },
  { event: "sideAsked", args: [{ side: "matrix", ask: "attention", view: { show: "constructor" } }] },
  {
    event: "sideAsked",
    args: [{ side: "matrix", ask: "attention", view: { show: "head", layer: 0, head: 0 } }],
  },
  { event: "sideAsked", args: [{ side: "matrix", ask: "attention", view: { ...HEAD, layer: -1 } }] },
  { event: "sideAsked", args: [{ side: "matrix", ask: "attention", view: { ...HEAD, bits: 12 } }] },
  { event: "sideAsked", args: [{ side: "matrix", ask: "attention", view: { ...HEAD, code: "exit()" } }] },
  { event: "sideAsked", args: [{ side: "reading", ask: "attention", view: { ...HEAD, token: 0.5 } }] },
  {
    event: "sideAsked",
    args: [{ side: "residual", ask: "attention", view: { show: "residual", lines: "all" } }],
  },
  { event: "sideAsked", args: [{ side: "check", ask: "check", replacement: "drop", seed: -1 }] },
  { event: "sideAsked", args: [{ side: "check", ask: "check", seed: 0 }] },
  { event: "sideAsked", args: [{ side: "comparison", ask: "compare", methods: [] }] },
  { event: "sideAsked", args: [{ side: "comparison", ask: "compare", methods: ["occlusion"] }] },
  {
    event: "sideAsked",
    args: [{ side: "comparison", ask: "compare", methods: [{ method: "lime", options: { seed: [1] } }] }],
  },
  {
    event: "sideAsked",
    args: [{ side: "difference", ask: "diff", after: { from: "file", text: "/etc/passwd" } }],
  },
  { event: "sideAsked", args: [{ side: "difference", ask: "diff", after: { from: "explanation", id: 1 } }] },
  {
    event: "sideAsked",
    args: [{ side: "advice", ask: "advise", goal: "report", access: "api", audience: "x", seconds: 0 }],
  },
  { event: "rowsChosen", args: [[-1]] },
  { event: "fileMade", args: [{ name: "../notebook.svg", type: "image/svg+xml", content: "" }] },
  { event: "fileMade", args: [{ name: "a.py", type: "text/x-python", content: "" }] },
])("%j asks for nothing there is", (message) => {
  expect(performAction(message, spies())).toBe(false);
});

test("events keep the object they are methods of", () => {
  class Host {
    cancelled = 0;
    cancel() {
      this.cancelled += 1;
    }
  }
  const host = new Host();
  expect(performAction({ event: "cancel", args: [] }, host as unknown as PaneEvents)).toBe(true);
  expect(host.cancelled).toBe(1);
});

test.each([
  null,
  undefined,
  "cancel",
  [],
  {},
  { event: "cancel" },
  { event: "cancel", args: "no list" },
  { event: "formatDisk", args: [] },
  { event: "constructor", args: [] },
  { event: "__proto__", args: [] },
  { event: "toString", args: [] },
  { event: ["cancel"], args: [] },
])("%j is no action and does nothing", (message) => {
  const host = spies();
  expect(performAction(message, host)).toBe(false);
  for (const name of PANE_EVENT_NAMES) expect(host[name]).not.toHaveBeenCalled();
});

const DONE: PaneState = {
  ...EMPTY_PANE,
  phase: { at: "done" },
  catalogue: CATALOGUE,
  prompt: { text: "The capital of France is", origin: "line 3" },
  result: sampleResult(),
};

test("first everything travels, then only what is another object", () => {
  const first = changesBetween(null, DONE);
  expect(withChange(EMPTY_PANE, travelled(first))).toEqual(DONE);
  expect(Object.keys(first.fields).sort()).toEqual(Object.keys(EMPTY_PANE).sort());

  const pointed: PaneState = { ...DONE, focusedToken: 3 };
  expect(changesBetween(DONE, pointed)).toEqual({ fields: { focusedToken: 3 }, resultIsPartial: false });
  expect(isEmptyChange(changesBetween(DONE, { ...DONE }))).toBe(true);
  // Emptied is a change too, and JSON keeps it.
  const emptied = travelled(changesBetween(DONE, { ...DONE, result: null, prompt: null }));
  expect(withChange(DONE, emptied)).toEqual({ ...DONE, result: null, prompt: null });
});

test("what did not change stays the same object, so that it is not drawn again", () => {
  const there = withChange(EMPTY_PANE, travelled(changesBetween(null, DONE)));
  const next = withChange(there, travelled(changesBetween(DONE, { ...DONE, heatShown: true })));
  for (const field of Object.keys(DONE) as (keyof PaneState)[]) {
    if (field !== "heatShown") expect(next[field]).toBe(there[field]);
  }
});

const partial = sampleResult();
const REFINING: PaneState = {
  ...DONE,
  phase: {
    at: "running",
    status: "running",
    ahead: 0,
    progress: { kind: "progress", job: "j1", fraction: 0.5, stage: "16 of 32 steps", partial },
  },
  result: partial,
};

test("a partial result travels once and is known as partial over there", () => {
  const change = changesBetween(DONE, REFINING);
  expect(JSON.stringify(change).split('"kind":"attribution"')).toHaveLength(2);
  const there = withChange(DONE, travelled(change));
  expect(there).toEqual(REFINING);
  expect(there.phase.at === "running" && there.phase.progress?.partial).toBe(there.result);
});

test("a partial result is not the last word once it no longer stands in the phase", () => {
  const there = withChange(DONE, travelled(changesBetween(DONE, REFINING)));
  const final: PaneState = { ...REFINING, phase: { at: "done" }, result: sampleResult({ text: "other" }) };
  expect(withChange(there, travelled(changesBetween(REFINING, final)))).toEqual(final);
  // Next tick, without a new partial one: the one before is still shown.
  const tick: PaneState = {
    ...REFINING,
    phase: {
      at: "running",
      status: "running",
      ahead: 0,
      progress: { kind: "progress", job: "j1", fraction: 0.6, stage: "17", partial: null },
    },
  };
  expect(withChange(there, travelled(changesBetween(REFINING, tick)))).toEqual(tick);
});

test("what was kept comes back; what is nothing of the kind does not", () => {
  const kept = travelled({ state: DONE, saved: { site: "notes.py" } });
  expect(keptPane(kept)).toEqual(kept);
  // Of a version that did not know all fields.
  expect(keptPane({ state: { method: "attention" } })).toEqual({
    state: { ...EMPTY_PANE, method: "attention" },
    saved: null,
  });
  for (const value of [undefined, null, 3, "state", {}, { state: null }, { state: "done" }]) {
    expect(keptPane(value)).toBeNull();
  }
});

test("a run looks the same on either side of the wire, step by step", () => {
  const near = document.createElement("div");
  const far = document.createElement("div");
  let there = EMPTY_PANE;
  const nearPane = mountPane(near, EMPTY_PANE, spies());
  const farPane = mountPane(far, there, spies());
  let sent: PaneState | null = null;
  const running: PaneState["phase"] = { at: "running", status: "queued", ahead: 2, progress: null };
  for (const state of [
    { ...EMPTY_PANE, catalogue: CATALOGUE },
    { ...DONE, result: null, phase: running },
    REFINING,
    DONE,
    { ...DONE, focusedToken: 1 },
    { ...DONE, notes: ["Another version of torch."], canInsert: true, heatShown: true },
  ] satisfies PaneState[]) {
    const change: PaneChange = travelled(changesBetween(sent, state));
    sent = state;
    there = withChange(there, change);
    nearPane.update(state);
    farPane.update(there);
    expect(far.innerHTML).toBe(near.innerHTML);
  }
});

test.each([
  ["copyText", [{ toString: "x" }]],
  ["copyText", []],
  ["subjectChosen", [null]],
  ["subjectChosen", [{ source: "folder", path: { x: 1 } }]],
  ["subjectChosen", [{ source: "bundled" }]],
  ["subjectChosen", [{ source: "toString" }]],
  ["targetChosen", [{ kind: "token" }]],
  ["targetChosen", [{ kind: "constructor" }]],
  ["optionsChanged", [{ steps: { valueOf: 1 } }]],
  ["holesFilled", [["a", 1]]],
  ["templateChosen", ["other"]],
  ["tokenPointed", ["1"]],
  ["runAgain", [1]],
])("%s with %j is refused", (event, args) => {
  const done: unknown[] = [];
  expect(
    performAction(
      { event, args },
      eventsSending((action) => done.push(action)),
    ),
  ).toBe(false);
  expect(done).toEqual([]);
});

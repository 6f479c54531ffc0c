/** Truth: a list that is shown, hidden and chosen from by hand. */
import { beforeEach, expect, test, vi } from "vitest";
import { choicesOf } from "../../extension_frontend/core/src/explaining/model_choices.js";
import type { SubjectCandidate } from "../../extension_frontend/core/src/protocol.js";
import { CATALOGUE } from "./sample_result.js";
import { desk, EventEmitter } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { chooseModel } = await import("../../extension_frontend/vscode/src/model_picker.js");
type Given = Parameters<typeof chooseModel>;

const happened: string[] = [];

function list() {
  const accepted = new EventEmitter<void>();
  const hidden = new EventEmitter<void>();
  return {
    items: [] as { label: string; description?: string }[],
    activeItems: [] as { label: string }[],
    selectedItems: [] as { label: string }[],
    ignoreFocusOut: false,
    onDidAccept: accepted.event,
    onDidHide: hidden.event,
    show: () => void happened.push("shown"),
    hide: () => hidden.fire(),
    dispose: () => void happened.push("gone"),
    choose(label: string) {
      this.selectedItems = this.items.filter((each) => each.label === label);
      accepted.fire();
    },
  };
}

let picker: ReturnType<typeof list>;
const permission = { explain: async () => void happened.push("asked for the kernel") };
const site = { path: "file:///a.py", cell: null };

function choose(catalogue: () => Promise<unknown>) {
  const workplace = {
    ready: catalogue,
    choiceFor: () => ({ ref: { source: "bundled", name: "demo-lm" }, where: "dedicated" }),
    host: {
      ownKernel: () => null,
      runningKernel: () => ({ start: async () => Promise.reject(new Error("no")) }),
    },
  };
  const server = { runningKernels: async () => [] };
  return chooseModel(...([workplace, server, permission, site] as unknown as Given));
}

beforeEach(() => {
  desk.clear();
  happened.length = 0;
  picker = list();
  desk.quickPick = picker;
});

test("hidden while it is still being filled, it chooses nothing and is over", async () => {
  const chosen = choose(() => new Promise(() => undefined));
  await vi.waitFor(() => expect(happened).toEqual(["shown"]));
  picker.hide();
  expect(await chosen).toBeNull();
  expect(happened).toEqual(["shown", "gone"]);
});

test("a model is chosen; what comes late stands behind what is shown", async () => {
  let arrive: (catalogue: unknown) => void = () => {};
  const chosen = choose(
    () =>
      new Promise((resolve) => {
        arrive = resolve;
      }),
  );
  await vi.waitFor(() => expect(picker.items.map(({ label }) => label)).toContain("By name"), {
    timeout: 3000,
  });
  const before = picker.items.length;
  arrive(CATALOGUE);
  await vi.waitFor(() => expect(picker.items.length).toBeGreaterThan(before));
  expect(picker.items[before]?.label).toBe("Come with Glasspane");
  picker.choose("demo-lm");
  expect(await chosen).toEqual({ ref: { source: "bundled", name: "demo-lm" }, where: "dedicated" });
});

test("the model in use is marked, and the one that Enter takes", async () => {
  const chosen = choose(async () => CATALOGUE);
  await vi.waitFor(() => expect(picker.items.length).toBeGreaterThan(0));
  expect(picker.items.filter(({ description }) => description === "in use")).toMatchObject([
    { label: "demo-lm" },
  ]);
  expect(picker.activeItems).toMatchObject([{ label: "demo-lm" }]);
  picker.hide();
  await chosen;
});

test("for kernels it is asked before the list is there, which a dialog would close", async () => {
  desk.extensions["ms-toolsai.jupyter"] = {};
  desk.notebooks = [
    { notebookType: "jupyter-notebook", uri: { path: "/n.ipynb", toString: () => "file:///n.ipynb" } },
  ];
  const chosen = choose(async () => CATALOGUE);
  await vi.waitFor(() => expect(happened).toEqual(["asked for the kernel", "shown"]));
  expect(picker.ignoreFocusOut).toBe(true);
  picker.hide();
  await chosen;
});

test("a candidate is chosen with its tokenizer, or with each one there is; another kind cannot be", () => {
  const candidate: SubjectCandidate = {
    label: "model · GPT2LMHeadModel",
    ref: { source: "kernel", model: "model", tokenizer: null },
    architecture: "GPT2LMHeadModel",
    device: "cpu",
    dtype: "float32",
    family: "causal_lm",
    tokenizer_match: "tokenizer",
    tokenizers: ["tokenizer", "other"],
  } as SubjectCandidate;
  expect(choicesOf(candidate, "own")).toEqual([
    {
      label: "model · GPT2LMHeadModel",
      detail: "GPT2LMHeadModel, cpu, float32; tokenizer: tokenizer",
      choice: { ref: candidate.ref, where: "own" },
    },
  ]);
  expect(
    choicesOf({ ...candidate, tokenizer_match: null }, "own").map(({ choice }) => choice?.ref),
  ).toMatchObject([{ tokenizer: "tokenizer" }, { tokenizer: "other" }]);
  expect(choicesOf({ ...candidate, family: null }, "own").map(({ choice }) => choice)).toEqual([null]);
});

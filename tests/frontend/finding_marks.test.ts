// @vitest-environment jsdom
/** Truth: CodeMirror's own editor, and a second copy of its diagnostics such as another extension brings along. */
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { AuditedPrompts, textOf } from "@glasspane/core";
import { beforeAll, expect, test, vi } from "vitest";
import { AUDITS } from "./audit_answers.js";

// Ours lies in the folder of the extension, another one's where everybody looks.
const others = await import("@codemirror/lint");
const { ignores, explanation } = AUDITS;
const source = `train = "${ignores.prompt}"`;

beforeAll(() => {
  // jsdom lays nothing out.
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
});

async function marked() {
  // A path of its own: the extension is not compiled with the tests.
  const path = new URL("../../extension_frontend/jupyterlab/src/finding_marks.ts", import.meta.url).pathname;
  const { FindingMarks } = await import(/* @vite-ignore */ path);
  const shared = { getSource: () => source };
  const model = { sharedModel: shared, isDisposed: false };
  const site = {
    key: { document: shared, id: "" },
    cellIndex: null,
    language: "python" as const,
    path: "train.py",
    phrase: "train.py",
    source: () => source,
  };
  const audited = new AuditedPrompts();
  const marks = new FindingMarks(audited, () => site, { open: vi.fn(), runAgain: vi.fn() });
  const state = EditorState.create({ doc: source, extensions: [marks.extension(model)] });
  const view = new EditorView({ state, parent: document.body });
  const span = { from: source.indexOf('"'), to: source.length };
  audited.begin(site, "heat-1", span, { from: 30, to: 30 });
  const { request, subject } = explanation;
  const about = { prompt: request.prompt, model: request.subject, weights: subject.weights };
  const question = {} as Parameters<typeof audited.record>[2]["question"];
  const record = async () => {
    audited.record(site.key, "heat-1", { answer: ignores, question, about });
    await Promise.resolve();
  };
  const classes = () => [...view.dom.querySelectorAll(".cm-lintRange")].map(({ className }) => className);
  return { audited, view, record, classes, site };
}

test("there is a gutter only while something was found", async () => {
  const { audited, view, record, classes } = await marked();
  expect([view.dom.querySelector(".cm-gutters"), classes()]).toEqual([null, []]);
  await record();
  expect(view.dom.querySelector(".cm-gutter-lint")).not.toBeNull();
  expect(classes()).toEqual(["cm-lintRange cm-lintRange-warning"]);
  audited.clear(null);
  await Promise.resolve();
  expect([view.dom.querySelector(".cm-gutters"), classes()]).toEqual([null, []]);
});

test("diagnostics that another extension sets, and takes back, stand beside them", async () => {
  const { view, record, classes } = await marked();
  const theirs = { from: 0, to: 5, severity: "error", message: "unused" } as const;
  view.dispatch(others.setDiagnostics(view.state, [theirs]));
  await record();
  const both = ["cm-lintRange cm-lintRange-error", "cm-lintRange cm-lintRange-warning"];
  expect(classes().sort()).toEqual(both);
  view.dispatch(others.setDiagnostics(view.state, [theirs]));
  expect(classes().sort()).toEqual(both);
  view.dispatch(others.setDiagnostics(view.state, []));
  expect(classes()).toEqual(both.slice(1));
});

test("a text that was changed while no editor showed it is compared with what was audited", async () => {
  const { audited, record, site } = await marked();
  await record();
  expect(audited.textUnder(site.key)?.eq(textOf(source))).toBe(true);
});

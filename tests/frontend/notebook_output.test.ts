/** Truth: what stands in a notebook afterwards, and what a person is told. */
import { MIME_TYPE } from "@glasspane/core";
import { beforeEach, expect, test, vi } from "vitest";
import { sampleResult } from "./sample_result.js";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { insertAsCell } = await import("../../extension_frontend/vscode/src/notebook_output.js");

beforeEach(() => desk.clear());

const insert = (index: number) => {
  const cell = { index, notebook: { uri: "file:///n.ipynb", isClosed: false } };
  const explanation = { site: { cell }, state: { result: sampleResult() } };
  return insertAsCell(explanation as unknown as Parameters<typeof insertAsCell>[0]);
};

test("where nothing can run it, the call comes with the answer it gave", async () => {
  await insert(2);
  expect(desk.edits).toMatchObject([
    { at: 3, cells: [{ value: sampleResult().code, outputs: [{ items: [{ mime: MIME_TYPE }, {}] }] }] },
  ]);
  expect(desk.executed).toEqual([]);
});

test("with the Jupyter extension it is run", async () => {
  desk.extensions["ms-toolsai.jupyter"] = {};
  await insert(2);
  expect(desk.edits).toMatchObject([{ at: 3, cells: [{ value: sampleResult().code }] }]);
  expect(desk.executed).toEqual(["notebook.cell.execute"]);
});

test("below a cell that was deleted nothing is put, and a sentence says so", async () => {
  await insert(-1);
  expect(desk.edits).toEqual([]);
  expect(desk.said).toHaveLength(1);
});

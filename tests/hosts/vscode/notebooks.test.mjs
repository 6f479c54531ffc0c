/**
 * Truth: real kernels, and what Python computes for the same prompt.
 *
 * The Jupyter extension comes from a marketplace only: a stand-in with its kernel API runs the cells.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  answerDialog,
  answerNotification,
  dialog,
  notification,
  openNotebook,
  outputs,
  pane,
  rightClick,
  runCommand,
  screenshot,
} from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import { cell, runCell, whenItRuns, writeCell } from "./notebook.mjs";
import { drawnAs, drawnAsStretches, expectedStretches, explainedInPython } from "./oracle.mjs";
import { EXTENSION, PYTHON } from "./shared_workbench.mjs";
import { Workbench } from "./workbench.mjs";

const SETUP = `import glasspane as gp
subject = gp.subject("demo-lm")
model, tokenizer = subject.model, subject.tokenizer`;
const CELLS = [
  SETUP,
  'prompt = "The capital of France is"',
  'country = "Italy"',
  'question = f"The capital of {country} is"',
  "gp.explain(model, tokenizer, prompt)",
  'print(prompt + " Paris")',
  "import time; time.sleep(6)",
  "for p in model.parameters(): p.data.mul_(1.01)",
];
const [, PROMPT, COUNTRY, FSTRING, STORED, OUTPUT, BUSY, WEIGHTS] = CELLS.keys();

describe("a notebook with a kernel", () => {
  let workbench;
  let page;
  const inCell = (index) => ({ within: cell(page, index) });
  const explain = (index, text) => rightClick(page, text, ["Explain This Prompt"], inCell(index));
  const heatIn = (index) => () => heatOf(page, cell(page, index));
  const paneSays = (text) => pane(page).getByText(text).first().waitFor({ timeout: 60_000 });

  before(async () => {
    workbench = await Workbench.start({
      extensions: [EXTENSION, fileURLToPath(new URL("jupyter_stand_in/", import.meta.url))],
      machineSettings: { "glasspane.pythonPath": PYTHON },
      environment: { GLASSPANE_TEST_JUPYTER: PYTHON.replace(/python$/, "jupyter") },
    });
    await workbench.notebook("work.ipynb", CELLS);
    await execute("stored.ipynb");
    page = await workbench.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(page, "work.ipynb");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
    await workbench.stop();
  });

  test("before its kernel runs: a sentence, and what is asked is explained beforehand", async () => {
    await explain(PROMPT, "capital of France");
    assert.match(await dialog(page).innerText(), /works in this notebook's kernel/);
    await screenshot(page, "kernel-access");
    await answerDialog(page, "Continue");
    await paneSays("No kernel that Glasspane may use is running for this notebook.");
  });

  test("a prompt takes colour, computed in the notebook's kernel by the model it holds", async () => {
    for (const index of [0, PROMPT, COUNTRY, FSTRING]) await runCell(page, index);
    await explain(PROMPT, "capital of France");
    assert.match(await dialog(page).innerText(), /grant Kernel access/);
    await answerDialog(page, "Allow");
    await drawnAs(heatIn(PROMPT), await explainedInPython("The capital of France is"), 90_000);
    await paneSays("model (demo-lm)");
    await screenshot(page, "notebook");
  });

  test("an f-string's holes are filled with the kernel's values", async () => {
    await explain(FSTRING, "capital of {country}");
    await paneSays("The capital of Italy is");
    const result = await explainedInPython("The capital of Italy is");
    const inCode = expectedStretches(result).map(({ text, sign }) => ({
      text: text.replace("Italy", "{country}"),
      sign,
    }));
    await drawnAsStretches(heatIn(FSTRING), inCode);
  });

  test("other weights, and another value: the heat is out of date", async () => {
    await writeCell(page, COUNTRY, 'country = "Spain"');
    await runCell(page, COUNTRY);
    await paneSays("The prompt has changed since this was computed.");
    await explain(PROMPT, "capital of France");
    await paneSays("The capital of France is");
    await runCell(page, WEIGHTS);
    await paneSays("The model's weights have changed since this was computed.");
    await screenshot(page, "notebook-stale");
  });

  test("the person's own cell goes first; meanwhile the job can be cancelled", async () => {
    await runCell(page, BUSY, { wait: false });
    await whenItRuns(page, BUSY);
    await explain(PROMPT, "capital of France");
    await paneSays("Your kernel is busy");
    await notification(page, "your own cell is running").waitFor();
    await answerNotification(page, "your own cell is running", "Cancel");
    await pane(page).getByText("Your kernel is busy").first().waitFor({ state: "hidden" });
    await paneSays("Why does the model say that?");
  });

  test("“Why did it say this?” asks about what a cell printed", async () => {
    await runCell(page, OUTPUT);
    await cell(page, OUTPUT).locator(".view-lines").click();
    await runCommand(page, "Glasspane: Why Did It Say This?");
    await paneSays("Why the completion “ Paris”");
  });

  test("a stored explanation is drawn by the renderer, here and of a notebook that JupyterLab saved", async () => {
    await runCell(page, STORED);
    const output = outputs(page).locator(".gp-output").first();
    await output.waitFor();
    await output.locator(".gp-heat", { hasText: "France" }).first().hover();
    await screenshot(page, "renderer");
    await openNotebook(page, "stored.ipynb");
    const stored = outputs(page, 1).locator(".gp-output:visible", { hasText: "Norway" }).first();
    await stored.waitFor();
    await screenshot(page, "renderer-stored");
  });

  test("a restarted kernel: a sentence, and after the cells ran again, heat", async () => {
    await openNotebook(page, "work.ipynb");
    await cell(page, PROMPT).locator(".view-lines").click();
    await runCommand(page, "Jupyter: Restart Kernel");
    await notification(page, "The kernel was restarted.").waitFor();
    for (const index of [0, PROMPT]) await runCell(page, index);
    await runCommand(page, "Glasspane: Clear All Heat");
    await explain(PROMPT, "capital of France");
    await drawnAs(heatIn(PROMPT), await explainedInPython("The capital of France is"), 90_000);
  });

  test("“Insert as output” puts the call below, and runs it", async () => {
    await pane(page).locator("button", { hasText: "Insert as output" }).click();
    await cell(page, PROMPT + 1)
      .locator(".view-line", { hasText: "explain" })
      .first()
      .waitFor();
    await outputs(page).locator(".gp-output").first().waitFor();
  });

  /** Runs a notebook as `jupyter nbconvert --execute` does: its outputs are those that JupyterLab saves. */
  async function execute(name) {
    const source = 'import glasspane as gp\ngp.explain(gp.subject("demo-lm"), "The capital of Norway is")';
    await workbench.notebook(name, [source]);
    const code = `
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
NotebookClient(notebook, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
`;
    await promisify(execFile)(PYTHON, ["-c", code, `${workbench.workspace}/${name}`]);
  }
});

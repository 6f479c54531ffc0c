import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  cell,
  explained,
  explainWith,
  kernelIdle,
  openNotebook,
  rightClick,
  runCell,
  SETUP,
  screenshot,
  waitForHeat,
} from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CELLS = [
  SETUP,
  'prompt = "The capital of France is"',
  "import time\ntime.sleep(120)",
  "hook = model.register_forward_pre_hook(lambda *_: time.sleep(1.0))",
  "hook.remove()",
];
const [, PROMPT, SLEEP, SLOW, QUICK] = CELLS.keys();

describe("while something else has the kernel", () => {
  let lab;
  let page;
  const editor = (index) => cell(page, index).locator(".cm-content");
  const pane = () => page.locator("#glasspane-pane");

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("waiting.ipynb", CELLS);
    page = await lab.page();
    await openNotebook(lab, page, "waiting.ipynb");
    for (const index of [0, PROMPT]) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  test("an explanation waits for the person's cell, and can be taken back", async () => {
    await runCell(page, SLEEP, { wait: false });
    await cell(page, SLEEP).locator(".jp-InputPrompt", { hasText: "[*]" }).waitFor();
    await rightClick(page, editor(PROMPT), "France");
    await pane().locator('.gp-running [data-key="elsewhere"]').waitFor();
    await screenshot(page, "waiting");
    await pane().locator('[data-key="cancel"]').click();
    await pane().locator('[data-key="cancel"]').waitFor({ state: "detached" });
    assert.equal(await cell(page, PROMPT).locator(".gp-heat").count(), 0);
    assert.equal(await cell(page, SLEEP).locator(".jp-InputPrompt").innerText(), "[*]:");
  });

  test("or goes to a kernel of Glasspane's own, with a bundled model", async () => {
    await rightClick(page, editor(PROMPT), "France");
    const result = await explained(page, () => pane().locator('.gp-running [data-key="elsewhere"]').click());
    assert.deepEqual(result.subject.ref, { source: "bundled", name: "demo-lm" });
    assert.equal(result.predictions[0].text, " Paris");
    await waitForHeat(cell(page, PROMPT));
    assert.equal(await cell(page, SLEEP).locator(".jp-InputPrompt").innerText(), "[*]:");
    await page.evaluate(() => window.jupyterapp.commands.execute("notebook:interrupt-kernel"));
    await cell(page, SLEEP)
      .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
      .waitFor();
  });

  test("a running explanation is cancelled from its notification, and the kernel lives on", async () => {
    await runCell(page, SLOW);
    await page.locator(".Toastify__toast").first().waitFor({ state: "detached" });
    await explainWith(page, editor(PROMPT), "France", "Integrated gradients");
    const toast = page.locator(".Toastify__toast", { hasText: "Explaining" });
    await toast.waitFor();
    await screenshot(page, "progress");
    const before = page.results.length;
    await toast.getByRole("button", { name: "Cancel" }).click();
    await toast.waitFor({ state: "detached" });
    await pane().locator('[data-key="cancel"]').waitFor({ state: "detached" });
    assert.equal(page.results.slice(before).filter((result) => result.checks.complete).length, 0);
    await runCell(page, QUICK);
    const result = await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    assert.equal(result.subject.name, "model (demo-lm)");
  });

  test("cells behind a job are said to wait", async () => {
    await runCell(page, SLOW);
    await rightClick(page, editor(PROMPT), "France");
    await pane().locator('[data-key="cancel"]').waitFor();
    await runCell(page, QUICK, { wait: false });
    await page.locator(".gp-status-waiting", { hasText: "Your cells wait" }).waitFor();
    await cell(page, QUICK)
      .locator(".jp-InputPrompt", { hasText: /\[\d+\]/ })
      .waitFor();
    await page.locator(".gp-status-waiting").waitFor({ state: "detached" });
  });

  test("after a restart the person is told what is missing, and offered the bundled model", async () => {
    await page.evaluate(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart());
    await kernelIdle(page);
    await rightClick(page, editor(PROMPT), "France");
    const problem = pane().locator(".gp-problem");
    await problem.waitFor();
    assert.match(await problem.innerText(), /no model in this kernel/i);
    await screenshot(page, "no-model");
    const result = await explained(page, () =>
      pane().locator(".gp-candidate", { hasText: "demo-lm" }).first().getByRole("button").click(),
    );
    assert.equal(result.subject.name, "demo-lm");
    await waitForHeat(cell(page, PROMPT));
  });
});

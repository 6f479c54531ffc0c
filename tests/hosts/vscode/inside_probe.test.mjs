/** Truth: what Python's gp.probe finds for the same task, the file on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, screenshot, until } from "./desk.mjs";
import { probedInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const TASK = "syntactic_role";

describe("probes", () => {
  let workbench;
  let page;
  const probes = () => pane(page).locator(".gp-probe");
  const key = (name) => probes().locator(`[data-key="${name}"]`);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file(
      "probes.py",
      'story = "When Mary and John went to the store, John gave a bottle to"\n',
    );
    page = await workbench.page({
      theme: "Default Dark Modern",
      viewport: { width: 1500, height: 1000 },
    });
    await openFile(page, "probes.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("a task is probed: every layer's figures are Python's", async () => {
    await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
    await pane(page).locator('[data-key="tab-inside"]').click({ timeout: 90_000 });
    await pane(page).locator('[data-key="inside-probe"]').click();
    assert.equal(await key("probe-of-frame").count(), 0, "a file has no kernel of the person's own");
    await key("probe-of-task").click();
    await key("probe-task").selectOption(TASK);
    await key("probe").click();
    const { layers, best, sentence } = await probedInPython(TASK);
    await probes().locator(".gp-patch-headline", { hasText: sentence }).waitFor({ timeout: 90_000 });
    const names = await probes()
      .locator(".gp-probe-layer")
      .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")));
    assert.equal(names.length, layers.length);
    for (const [at, { accuracy, low, high, control_accuracy }] of layers.entries()) {
      const [shown, from, to, control] = [accuracy, low, high, control_accuracy].map((share) =>
        (100 * share).toFixed(0),
      );
      assert.ok(names[at].includes(`${shown}\u202f% right (${from}–${to}\u202f%)`), names[at]);
      assert.ok(names[at].includes(`random labels ${control}\u202f%`), names[at]);
    }
    assert.equal(await probes().locator(".gp-probe-best").getAttribute("data-key"), `probe-layer-${best}`);
    await screenshot(page, "probes");
  });

  test("by keyboard: arrows walk over the layers, Enter opens one, and its test says what Python's says", async () => {
    await probes().locator('.gp-probe-layer[tabindex="0"]').focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    const { layers } = await probedInPython(TASK);
    const { layer, site } = layers.at(-2);
    await probes().locator(".gp-patch-detail h3", { hasText: site }).waitFor();
    await key("probe-test").click();
    const tested = await probedInPython(TASK, { test: layer });
    await probes().locator(".gp-probe-verdict", { hasText: tested.sentence }).waitFor({ timeout: 90_000 });
    await probes().locator(".gp-probe-changes").scrollIntoViewIfNeeded();
    await screenshot(page, "probes-test");
  });

  test("the table is written where the person says", async () => {
    await key("save-probe-csv").click();
    const name = "glasspane-probes-syntactic-role.csv";
    const input = page.locator(".quick-input-widget:visible input").first();
    await input.waitFor();
    await until(async () => (await input.inputValue()).endsWith(name));
    await page.keyboard.press("Enter");
    let table = "";
    await until(async () => {
      table = await readFile(join(workbench.workspace, name), "utf8").catch(() => "");
      return table !== "";
    });
    const { layers } = await probedInPython(TASK);
    assert.ok(table.startsWith(`layer,site,accuracy,low`), table);
    assert.ok(table.includes(`\n1,resid_pre 1,${layers[1].accuracy},`), table);
  });
});

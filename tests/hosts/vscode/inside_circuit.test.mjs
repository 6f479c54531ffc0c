/** Truth: what Python's gp.circuit finds on the same pairs, the files on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, screenshot, until } from "./desk.mjs";
import { circuitInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const CLEAN = "When Mary and John went to the store, John gave a bottle to";
const SECOND_JOHN = 9;

/** The whole way to a circuit, in a window of the given theme. */
async function found(workbench, options) {
  await workbench.file("inside_circuit.py", `story = "${CLEAN}"\n`);
  const page = await workbench.page({ viewport: { width: 1500, height: 1000 }, ...options });
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  await openFile(page, "inside_circuit.py");
  await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
  await key("tab-inside").click({ timeout: 90_000 });
  await key(`patch-token-${SECOND_JOHN}`).click();
  await key("patch-word").fill("Mary");
  await key("patch-site").selectOption("z");
  await key("patch").click();
  await pane(page)
    .locator(".gp-patch-answer .gp-readout", { hasText: "Strongest: head" })
    .waitFor({ timeout: 60_000 });
  await pane(page).locator('.gp-patch-cell[tabindex="0"]').click();
  await key("go-on-circuit").click();
  await key("circuit-clean").waitFor({ timeout: 60_000 });
  assert.equal(
    await key("circuit-clean").inputValue(),
    "When {a} and {b} went to the store, {b} gave a bottle to",
  );
  await key("circuit").click();
  await pane(page).locator(".gp-circuit .gp-verdict", { hasText: "Validated" }).waitFor({ timeout: 120_000 });
  return page;
}

describe("the circuit inside the model", () => {
  let workbench;
  let page;
  const part = () => pane(page).locator(".gp-circuit");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);

  before(async () => {
    workbench = await sharedWorkbench();
    page = await found(workbench, {});
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("nodes and figures are what gp.circuit finds on the same pairs, and are kept where the person says", async () => {
    await key("save-circuit-json").click();
    const input = page.locator(".quick-input-widget:visible input").first();
    await input.waitFor();
    await until(async () => (await input.inputValue()).endsWith("-circuit.json"));
    const name = (await input.inputValue()).split("/").at(-1);
    await page.keyboard.press("Enter");
    let kept = null;
    await until(async () => {
      kept = await readFile(join(workbench.workspace, name), "utf8").then(JSON.parse, () => null);
      return kept !== null;
    });
    assert.equal(kept.request.pairs.length, 16);
    const told = await circuitInPython(kept.request);
    const figures = ({ nodes }) =>
      nodes.map((node) => [node.name, node.inside, node.lost.toFixed(4), node.restores.toFixed(4)]);
    assert.deepEqual(figures(kept), figures(told));
    assert.equal(told.verdict, "validated");
    const drawn = await part()
      .locator(".gp-circuit-node")
      .evaluateAll((nodes) => nodes.map((node) => node.dataset.key.replace("circuit-node-", "")));
    const inside = told.nodes.filter((node) => node.inside).map((node) => node.name);
    assert.deepEqual(drawn.sort(), [...inside, "embed", "logits"].sort());
    await part()
      .locator(".gp-circuit-place", { hasText: "where you came from, is in the circuit" })
      .waitFor();
    await screenshot(page, "circuit");
  });

  test("by keyboard: a node is walked to and opened, with its evidence", async () => {
    await key("circuit-node-logits").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const evidence = part().locator(".gp-patch-detail");
    await evidence.getByText("Lost when it alone is ablated").waitFor();
    await screenshot(page, "circuit-evidence");
  });

  test("a head of it is patched by position with the same other prompt", async () => {
    await part().locator(".gp-circuit-here").click();
    await key("circuit-patch-head").click();
    await pane(page).locator(".gp-patch-headline", { hasText: "Head output" }).waitFor({ timeout: 60_000 });
    await key("patch-all").waitFor();
  });
});

describe("the circuit inside the model, in a dark theme", () => {
  test("it is drawn in the theme's own colours", async () => {
    const workbench = await sharedWorkbench();
    const page = await found(workbench, { theme: "Default Dark Modern" });
    const box = pane(page).locator(".gp-circuit-box").first();
    const fill = await box.evaluate((node) => getComputedStyle(node).fill);
    assert.ok(Number(/\d+/.exec(fill)[0]) < 80, `dark boxes, not ${fill}`);
    await screenshot(page, "circuit-dark");
    assert.deepEqual(page.errors, []);
    await workbench.close(page);
  });
});

/** Truth: what Python's gp.patch finds for the same prompts, the file on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, screenshot, until } from "./desk.mjs";
import { patchedInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const CLEAN = "When Mary and John went to the store, John gave a bottle to";
const OTHER = "When Mary and John went to the store, Mary gave a bottle to";

/** The cell that moves the patched run furthest: its place in the numbers, its row and its column. */
function strongestOf({ maps: [{ raw, axes }], corrupted }) {
  const sizes = raw.map((value) => Math.abs(value - corrupted.value));
  const index = sizes.indexOf(Math.max(...sizes));
  const wide = axes.at(-1).places.length;
  return { index, row: Math.floor(index / wide), column: index % wide };
}

describe("inside the model", () => {
  let workbench;
  let page;
  const inside = () => pane(page).locator(".gp-inside");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("inside.py", `story = "${CLEAN}"\n`);
    page = await workbench.page({ viewport: { width: 1500, height: 1000 } });
    await openFile(page, "inside.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("a token is replaced; the strongest cell stands there, as in Python", async () => {
    await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
    await key("tab-inside").click({ timeout: 90_000 });
    const patched = await patchedInPython(CLEAN, OTHER);
    const { index, row, column } = strongestOf(patched);
    assert.equal(patched.clean.tokens[column].text, " John");
    await key(`patch-token-${column}`).click();
    await key("patch-word").fill("Mary");
    await page.keyboard.press("Enter");
    await inside()
      .locator(".gp-readout", { hasText: `Strongest: layer ${row} at ${column} ·John` })
      .waitFor({ timeout: 60_000 });
    const depths = await inside()
      .locator(".gp-patch-cell")
      .evaluateAll((cells) =>
        cells.map((each) => [each.dataset.key, Number(each.getAttribute("fill-opacity"))]),
      );
    assert.equal(depths.length, patched.maps[0].raw.length);
    assert.equal(depths.reduce((best, each) => (each[1] > best[1] ? each : best))[0], `patch-${index}`);
    await key(`patch-${index}`).hover();
    const normalised = patched.maps[0].normalised[index].toPrecision(3);
    await inside()
      .locator(".gp-readout", { hasText: `normalised ${normalised} · exact` })
      .waitFor();
    assert.ok((await inside().locator(".gp-run").nth(1).innerText()).includes("·John"));
    await screenshot(page, "inside");
  });

  test("by keyboard: arrows walk over the cells, Enter opens one, and its layer's heads are patched", async () => {
    const wide = (await patchedInPython(CLEAN, OTHER)).maps[0].axes[1].places.length;
    await key(`patch-${2 * wide - 1}`).focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await inside().locator(".gp-patch-detail h3", { hasText: "Layer 2 at" }).waitFor();
    await key("patch-heads-here").click();
    await inside().locator(".gp-patch-headline", { hasText: "Head output" }).waitFor({ timeout: 60_000 });
    const heads = await patchedInPython(CLEAN, OTHER, { site: "z", by: "head_position", layers: [2] });
    const { index } = strongestOf(heads);
    await key("disclosure-strongest").click();
    const first = inside().locator(".gp-patch-strongest [data-key]").first();
    assert.equal(await first.getAttribute("data-key"), `strongest-${index}`);
    await screenshot(page, "inside-heads-of-a-layer");
  });

  test("the map is written where the person says", async () => {
    await key("save-patching-csv").click();
    const name = "glasspane-when-mary-and-john-went-to-z-head-position.csv";
    const input = page.locator(".quick-input-widget:visible input").first();
    await input.waitFor();
    await until(async () => (await input.inputValue()).endsWith(name));
    await page.keyboard.press("Enter");
    let table = "";
    await until(async () => {
      table = await readFile(join(workbench.workspace, name), "utf8").catch(() => "");
      return table !== "";
    });
    assert.ok(table.startsWith("site,layer,head,position,token,raw,normalised,exact\nz,2,0,0,"));
  });

  test("a head of the map opens in Attention", async () => {
    const heads = await patchedInPython(CLEAN, OTHER, { site: "z", by: "head_position", layers: [2] });
    const { index } = strongestOf(heads);
    const head = Math.floor(index / heads.clean.tokens.length);
    await key(`patch-${index}`).click();
    await key("patch-open-head").click();
    await pane(page)
      .locator(".gp-head-bar h3", { hasText: `Layer 2, head ${head}` })
      .waitFor();
    await key("matrix").waitFor({ timeout: 60_000 });
  });
});

describe("inside the model, in a dark theme", () => {
  test("the map is drawn in the theme's own colours", async () => {
    const workbench = await sharedWorkbench();
    const page = await workbench.page({
      theme: "Default Dark Modern",
      viewport: { width: 1500, height: 1000 },
    });
    await openFile(page, "inside.py");
    await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
    const key = (name) => pane(page).locator(`[data-key="${name}"]`);
    await key("tab-inside").click({ timeout: 90_000 });
    await key("patch-token-9").click();
    await key("patch-word").fill("Mary");
    await page.keyboard.press("Enter");
    const cell = pane(page).locator(".gp-patch-cell").first();
    await cell.waitFor({ timeout: 60_000 });
    const [surface, text] = await cell.evaluate((node) => {
      const style = getComputedStyle(node.closest(".gp-pane"));
      return [style.getPropertyValue("--gp-surface"), style.color];
    });
    assert.match(surface, /#1[0-9a-f]/i, "dark");
    assert.match(text, /rgb\(20\d|rgb\(2[0-5]\d/, "light letters");
    await screenshot(page, "inside-dark");
    assert.deepEqual(page.errors, []);
    await workbench.close(page);
  });
});

/** Truth: what Python's gp.lens finds for the same prompt, the file on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, screenshot, until } from "./desk.mjs";
import { lensInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const STORY = "When Mary and John went to the store, John gave a bottle to";

describe("every layer read as if it were the last", () => {
  let workbench;
  let page;
  let python;
  const lens = () => pane(page).locator(".gp-lens");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("inside_lens.py", `story = "${STORY}"\n`);
    page = await workbench.page({ viewport: { width: 1500, height: 1200 } });
    python = await lensInPython(STORY);
    await openFile(page, "inside_lens.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("opened, it asks by itself; sentences, words and figures are Python's", async () => {
    await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
    await key("tab-inside").click({ timeout: 90_000 });
    await key("inside-lens").click();
    await lens().locator(".gp-lens-cell").first().waitFor({ timeout: 60_000 });
    assert.deepEqual(await lens().locator(".gp-lens-sentences li").allInnerTexts(), python.sentences);
    const wide = python.positions.length;
    const { answer_rank, top_ids, divergence } = python.table;
    const texts = new Map(python.texts.map(({ id, text }) => [id, text]));
    for (let row = 0; row <= python.layers; row += 1) {
      const index = (row + 1) * wide - 1;
      await key(`lens-${index}`).hover();
      const first = texts.get(top_ids[index * python.top]);
      await lens()
        .locator(".gp-lens-readout", { hasText: `rank ${answer_rank[index].toLocaleString("en")} ·` })
        .filter({ hasText: `·to: “${first}” ` })
        .waitFor();
      if (divergence[index] > 0.001) {
        const shown = divergence[index].toPrecision(3);
        assert.ok(
          (await lens().locator(".gp-lens-readout").innerText()).includes(`divergence ${shown} nats`),
        );
      }
    }
    await screenshot(page, "inside-lens");
  });

  test("by keyboard a cell is opened, and the answer read after its token, as Python reads it there", async () => {
    const wide = python.positions.length;
    await key(`lens-${python.layers * wide + 9}`).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await lens().locator(".gp-patch-detail h3", { hasText: "After 3 layers at 9 ·John" }).waitFor();
    await screenshot(page, "inside-lens-detail");
    await key("lens-read-here").click();
    const there = await lensInPython(STORY, { position: 9 });
    await lens()
      .locator(".gp-lens-sentences li", { hasText: there.sentences[0] })
      .waitFor({ timeout: 60_000 });
    assert.deepEqual(await lens().locator(".gp-lens-sentences li").allInnerTexts(), there.sentences);
    python = there;
  });

  test("the tables are written where the person says, and the strongest head opens in Attention", async () => {
    await key("save-lens-parts-csv").click();
    const name = "glasspane-when-mary-and-john-went-to-lens-parts.csv";
    const input = page.locator(".quick-input-widget:visible input").first();
    await input.waitFor();
    await until(async () => (await input.inputValue()).endsWith(name));
    await page.keyboard.press("Enter");
    let table = "";
    await until(async () => {
      table = await readFile(join(workbench.workspace, name), "utf8").catch(() => "");
      return table !== "";
    });
    assert.ok(table.startsWith("part,layer,head,contribution\nembedding,,,"));
    const heads = python.direct.heads.flat();
    const strongest = heads.indexOf(
      heads.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most)),
    );
    const across = python.direct.heads[0].length;
    const [layer, head] = [Math.floor(strongest / across), strongest % across];
    const first = lens().locator(".gp-patch-strongest [data-key]").first();
    assert.equal(await first.getAttribute("data-key"), `lens-strongest-${layer}-${head}`);
    await first.scrollIntoViewIfNeeded();
    await screenshot(page, "inside-lens-parts");
    await first.click();
    await pane(page)
      .locator(".gp-head-bar h3", { hasText: `Layer ${layer}, head ${head}` })
      .waitFor();
  });
});

describe("every layer read, in a dark theme", () => {
  test("the table is drawn in the theme's own colours", async () => {
    const workbench = await sharedWorkbench();
    const page = await workbench.page({
      theme: "Default Dark Modern",
      viewport: { width: 1500, height: 1200 },
    });
    await openFile(page, "inside_lens.py");
    await rightClick(page, "gave a bottle", ["Explain This Prompt"]);
    const key = (name) => pane(page).locator(`[data-key="${name}"]`);
    await key("tab-inside").click({ timeout: 90_000 });
    await key("inside-lens").click();
    const word = pane(page).locator(".gp-lens-word").first();
    await word.waitFor({ timeout: 60_000 });
    const [surface, ink] = await word.evaluate((node) => [
      getComputedStyle(node.closest(".gp-pane")).getPropertyValue("--gp-surface"),
      getComputedStyle(node).fill,
    ]);
    assert.match(surface, /#1[0-9a-f]/i, "dark");
    assert.equal(ink, "rgb(255, 255, 255)", "light letters");
    await screenshot(page, "inside-lens-dark");
    assert.deepEqual(page.errors, []);
    await workbench.close(page);
  });
});

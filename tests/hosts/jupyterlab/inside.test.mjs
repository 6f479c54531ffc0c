// From heat to the activations that carry the answer: a token replaced, the map, a cell opened, its heads, a file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, rightClick, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CLEAN = "When Mary and John went to the store, John gave a bottle to";
const OTHER = "When Mary and John went to the store, Mary gave a bottle to";
const CELLS = [
  SETUP,
  `story = "${CLEAN}"`,
  // What Python finds for the same two prompts: the strongest cell's layer and position, and how far it goes.
  [
    `found = gp.patch(subject, "${CLEAN}", "${OTHER}")`,
    "strongest = abs(found.normalised).argmax()",
    'print(strongest // found.raw.shape[1], strongest % found.raw.shape[1], f"{found.normalised.max():.2f}")',
  ].join("\n"),
  // Long enough, and different early enough, that a map of all heads and positions takes some seconds.
  `long = "When Mary and John went to the store. ${"The sun was warm and the birds sang in the park. ".repeat(2)}${CLEAN}"`,
];
const [, STORY, PYTHON, LONG] = CELLS.keys();

describe("inside the model", () => {
  let lab;
  let page;
  const pane = () => page.locator("#glasspane-pane");
  const inside = () => pane().locator(".gp-inside");
  const key = (name) => pane().locator(`[data-key="${name}"]`);
  const answered = async (isIt) => {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await page.waitForTimeout(50)) {
      const { patching } = page.answers;
      if (patching?.complete && isIt(patching)) return patching;
    }
    throw new Error(`no map came; the leaf says: ${await inside().innerText()}`);
  };
  const strongestOf = ({ maps: [{ raw, axes }] }, base) => {
    const sizes = raw.map((value) => Math.abs(value - base));
    const index = sizes.indexOf(Math.max(...sizes));
    const wide = axes.at(-1).places.length;
    return { index, column: index % wide, row: Math.floor(index / wide) };
  };

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("inside.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "inside.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("a token clicked in the heat is the one to replace; the strongest cell stands there, as in Python", async () => {
    const result = await explained(page, () =>
      rightClick(page, cell(page, STORY).locator(".cm-content"), "Mary"),
    );
    const john = result.tokens.findLast((token) => token.text === " John").index;
    await pane().locator(`.gp-strip [data-token="${john}"]`).click();
    await key("tab-inside").click();
    assert.equal(await key(`patch-token-${john}`).getAttribute("aria-pressed"), "true");
    await screenshot(page, "inside-empty");
    await key("patch-word").fill("Mary");
    await page.keyboard.press("Enter");
    const patching = await answered(() => true);
    assert.equal(patching.corrupted.text, OTHER);
    const { index, column, row } = strongestOf(patching, patching.corrupted.value);
    assert.equal(column, john);
    await inside()
      .locator(".gp-readout", { hasText: `Strongest: layer ${row} at ${john} ·John` })
      .waitFor();
    const [layer, position, normalised] = (
      await cell(page, PYTHON).locator(".jp-OutputArea-output").innerText()
    )
      .trim()
      .split(" ");
    assert.deepEqual([Number(layer), Number(position)], [row, column]);
    assert.ok(Math.abs(patching.maps[0].normalised[index] - Number(normalised)) < 0.006);
    // What is seen is what the numbers say: the deepest cell is the strongest.
    const depths = await inside()
      .locator(".gp-patch-cell")
      .evaluateAll((cells) =>
        cells.map((each) => [each.dataset.key, Number(each.getAttribute("fill-opacity"))]),
      );
    assert.equal(depths.length, patching.maps[0].raw.length);
    assert.equal(depths.reduce((best, each) => (each[1] > best[1] ? each : best))[0], `patch-${index}`);
  });

  test("pointing at a cell reads it out, with both runs' predictions beside the map", async () => {
    const patching = page.answers.patching;
    const { index } = strongestOf(patching, patching.corrupted.value);
    await key(`patch-${index}`).hover();
    const readout = await inside().locator(".gp-readout").innerText();
    assert.match(
      readout,
      /“ John” here, “ Mary” in the other prompt · logit difference .* · normalised 1\.\d+ · exact/,
    );
    const runs = inside().locator(".gp-run");
    assert.ok((await runs.nth(0).innerText()).includes(`·${patching.clean.predictions[0].text.trim()}`));
    assert.ok((await runs.nth(1).innerText()).includes(`·${patching.corrupted.predictions[0].text.trim()}`));
    await inside().getByText(patching.check.sentence).waitFor();
    await screenshot(page, "inside");
  });

  test("by keyboard: arrows walk over the cells, Enter opens one, and its layer's heads are patched", async () => {
    const { axes } = page.answers.patching.maps[0];
    const wide = axes[1].places.length;
    const last = `patch-${2 * wide + wide - 1}`;
    await key(`patch-${wide + wide - 1}`).focus();
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), last);
    await page.keyboard.press("Enter");
    await inside()
      .locator(".gp-patch-detail h3", { hasText: `Layer 2 at ${wide - 1} ·to` })
      .waitFor();
    await key("patch-heads-here").click();
    const heads = await answered(({ maps: [{ grid }] }) => grid === "head_position");
    assert.deepEqual(heads.request.layers, [2]);
    await inside().locator(".gp-patch-headline", { hasText: "Head output" }).waitFor();
    await screenshot(page, "inside-heads-of-a-layer");
  });

  test("the map is kept as a file", async () => {
    const kept = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), key(name).click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    const { maps } = page.answers.patching;
    const table = await kept("save-patching-csv");
    assert.equal(table.name, "glasspane-when-mary-and-john-went-to-z-head-position.csv");
    assert.equal(table.text.trim().split("\n").length, 1 + maps[0].raw.length);
    const drawing = await kept("save-glasspane-when-mary-and-john-went-to-z-head-position-svg");
    assert.ok(drawing.text.includes("·John→·Mary"));
    assert.ok(!drawing.text.includes("var("), "colours are written out");
  });

  test("a head of the map opens in Attention", async () => {
    await key("patch-site").selectOption("z");
    await key("patch").click();
    const heads = await answered(({ maps: [{ grid }] }) => grid === "head");
    const { index, row, column } = strongestOf(heads, heads.corrupted.value);
    await key(`patch-${index}`).click();
    await screenshot(page, "inside-heads");
    await key("patch-open-head").click();
    await pane()
      .locator(".gp-head-bar h3", { hasText: `Layer ${row}, head ${column}` })
      .waitFor();
    await key("matrix").waitFor();
    await key("tab-inside").click();
  });

  test("prompts of other lengths stand one above the other, and a word that fits is a click away", async () => {
    await key("patch-site").selectOption("resid_pre");
    await key("patch-word").fill("Bartholomew");
    await key("patch").click();
    const lines = inside().locator(".gp-patch-lines");
    await lines.waitFor();
    assert.match(await lines.innerText(), /clean .*·John.*\ncorrupted .*·B\|/);
    await screenshot(page, "inside-other-length");
    const word = inside().locator('[data-key^="suggested-"]').first();
    const suggested = await word.innerText();
    await word.click();
    // The model says “ Mary” after that one too: something else must be named to compare with.
    await inside().locator('[data-key^="rather-than-"]').first().click();
    await answered(({ corrupted }) => corrupted.text.includes(`store, ${suggested} gave`));
    await lines.waitFor({ state: "detached" });
  });

  test("estimates are painted while a large map is computed; what is known by then outlives a cancel", async () => {
    await explained(page, () => rightClick(page, cell(page, LONG).locator(".cm-content"), "Mary"));
    await key("tab-inside").click();
    await key("patch-token-1").click();
    await key("patch-word").fill("Anna");
    await key("patch-wrong").fill(" John");
    await key("patch-site").selectOption("z");
    await key("patch-grid").selectOption("head_position");
    await page.keyboard.press("Escape");
    await key("patch").click();
    const badge = (text) => inside().locator(".gp-badge", { hasText: text });
    await badge("partial, being refined").waitFor({ timeout: 60_000 });
    assert.ok((await inside().locator(".gp-patch-estimated").count()) > 0);
    await screenshot(page, "inside-estimates");
    await key("patching-cancel").click();
    await badge("partial: stopped early").waitFor({ timeout: 30_000 });
    // Four layers of four heads, each at every token.
    const cells = 16 * page.results.at(-1).tokens.length;
    assert.equal(await inside().locator(".gp-patch-cell").count(), cells);
    const estimated = await inside().locator(".gp-patch-estimated").count();
    assert.ok(estimated > 0 && estimated <= cells, `${estimated} of ${cells}`);
    assert.equal(await inside().locator("progress").count(), 0);
    await key("patch-wrong").fill("");
    await key("patch-site").selectOption("resid_pre");
    await explained(page, () => rightClick(page, cell(page, STORY).locator(".cm-content"), "Mary"));
  });

  test("in dark themes it is drawn in the theme's own colours", async () => {
    const changeTheme = (theme) =>
      page.evaluate(
        (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
        theme,
      );
    await changeTheme("JupyterLab Dark");
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: "attached" });
    await key("tab-inside").click();
    await key("patch-token-9").click();
    await key("patch-word").fill("Mary");
    await key("patch").click();
    await answered(({ corrupted }) => corrupted.text === OTHER);
    await inside().locator(".gp-patch-cell").first().waitFor();
    const fill = () =>
      inside()
        .locator(".gp-patch-cell")
        .first()
        .evaluate((node) => getComputedStyle(node).fill);
    const dark = await fill();
    await screenshot(page, "inside-dark");
    await changeTheme("JupyterLab Dark High Contrast");
    await page
      .locator('body[data-jp-theme-name="JupyterLab Dark High Contrast"]')
      .waitFor({ state: "attached" });
    for (let tries = 0; tries < 50 && (await fill()) === dark; tries += 1) await page.waitForTimeout(50);
    assert.notEqual(await fill(), dark, "stronger colours");
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await screenshot(page, "inside-dark-high-contrast");
  });
});

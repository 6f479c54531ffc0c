// When does the answer appear, and which parts write it? Numbers on the screen beside those that gp.lens prints in the same notebook.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, rightClick, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const STORY = "When Mary and John went to the store, John gave a bottle to";
const OTHER = "When Mary and John went to the store, Mary gave a bottle to";
const CELLS = [
  SETUP,
  `story = "${STORY}"`,
  // What Python finds: its sentences, the answer's rank and probability by layer, the strongest head.
  [
    `reading = gp.lens(subject, "${STORY}")`,
    "parts = reading.contributions().query(\"part == 'head'\")",
    "strongest = parts.loc[parts.contribution.abs().idxmax()]",
    "import json",
    "print(json.dumps({",
    '    "sentences": reading.data.sentences, "rank": reading.rank[:, -1].tolist(),',
    '    "probability": reading.probability[:, -1].tolist(), "divergence": reading.divergence[:, -1].tolist(),',
    '    "top": [reading.top(row) for row in range(len(reading.rank))],',
    '    "head": [int(strongest.layer), int(strongest["head"]), strongest.contribution],',
    '    "logit": reading.data.direct.value, "own": reading.data.own_layers,',
    "}))",
  ].join("\n"),
];
const [, STORY_CELL, PYTHON] = CELLS.keys();

describe("every layer read as if it were the last", () => {
  let lab;
  let page;
  let python;
  const pane = () => page.locator("#glasspane-pane");
  const lens = () => pane().locator(".gp-lens");
  const key = (name) => pane().locator(`[data-key="${name}"]`);
  const answered = async (isIt) => {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await page.waitForTimeout(50)) {
      const found = page.answers.lens;
      if (found !== undefined && isIt(found)) return found;
    }
    throw new Error(`no lens came; the leaf says: ${await pane().innerText()}`);
  };
  const stillWide = () =>
    pane()
      .locator(".gp-pane, .gp-inside")
      .first()
      .evaluate((node) => node.scrollWidth <= node.clientWidth + 1);

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("inside_lens.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1250 } });
    await openNotebook(lab, page, "inside_lens.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
    python = JSON.parse(await cell(page, PYTHON).locator(".jp-OutputArea-output").innerText());
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("opened, it asks by itself and says what Python says", async () => {
    await explained(page, () => rightClick(page, cell(page, STORY_CELL).locator(".cm-content"), "Mary"));
    await key("tab-inside").click();
    await key("inside-lens").click();
    const found = await answered(() => true);
    await lens().locator(".gp-lens-cell").first().waitFor();
    assert.deepEqual(await lens().locator(".gp-lens-sentences li").allInnerTexts(), python.sentences);
    const wide = found.positions.length;
    assert.equal(await lens().locator(".gp-lens-table .gp-lens-cell").count(), python.rank.length * wide);
    assert.deepEqual(found.own_layers, python.own);
    await screenshot(page, "inside-lens");
    assert.ok(await stillWide(), "only the table scrolls sideways");
  });

  test("pointing reads out the answer's rank and probability, as Python has them", async () => {
    const wide = page.answers.lens.positions.length;
    const readout = lens().locator(".gp-lens-readout");
    const below = () =>
      lens()
        .locator(".gp-patch-legend")
        .evaluate((node) => node.getBoundingClientRect().top);
    await key(`lens-${wide - 1}`).hover();
    const before = await below();
    for (const row of python.rank.keys()) {
      await key(`lens-${(row + 1) * wide - 1}`).hover();
      const said = await readout.innerText();
      const rank = python.rank[row].toLocaleString("en");
      assert.ok(said.includes(`rank ${rank} · divergence`), `${said} has rank ${rank}`);
      const [[first, share]] = python.top[row];
      assert.ok(said.includes(`“${first}” `), said);
      if (share > 0.001 && share < 0.995) {
        const [, shown] = /: “[^”]*” ([\d.]+)/.exec(said);
        assert.ok(Math.abs(Number(shown) - 100 * share) < 0.51, `${shown} is ${100 * share}`);
      }
      const listed = await lens().locator(".gp-lens-list .gp-code").allInnerTexts();
      assert.deepEqual(
        listed,
        python.top[row].map(([text]) => text.replace(/^ /, "·")),
      );
    }
    assert.equal(await below(), before, "what is below stays where it is");
  });

  test("by keyboard: arrows walk, Enter opens a cell, with the answer's path through the layers", async () => {
    const wide = page.answers.lens.positions.length;
    await key(`lens-${python.rank.length * wide - 1}`).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await lens()
      .locator(".gp-patch-detail h3", { hasText: `After 3 layers at ${wide - 1} ·to` })
      .waitFor();
    const path = await lens().locator(".gp-patch-detail .gp-chart").getAttribute("aria-label");
    const [, percent] = /, 3 (?:> |< )?([\d.]+)/.exec(path);
    assert.ok(Math.abs(Number(percent) - 100 * python.probability[3]) < 0.51, path);
    await key("lens-path-log_prob").click();
    await lens().locator(".gp-patch-detail .gp-chart").scrollIntoViewIfNeeded();
    await screenshot(page, "inside-lens-detail");
  });

  test("coloured by rank, by divergence, by entropy", async () => {
    const depths = () =>
      lens()
        .locator(".gp-lens-table .gp-lens-cell")
        .evaluateAll((cells) => cells.map((each) => Number(each.getAttribute("fill-opacity"))));
    await key("lens-shade").selectOption("divergence");
    const { divergence } = page.answers.lens.table;
    const largest = Math.max(...divergence);
    (await depths()).forEach((depth, index) => {
      assert.ok(Math.abs(depth - divergence[index] / largest) < 0.001);
    });
    await key("lens-shade").selectOption("rank");
    const ranks = await depths();
    const wide = page.answers.lens.positions.length;
    assert.equal(ranks[python.rank.length * wide - 1], 1, "in the end it is first");
    await screenshot(page, "inside-lens-rank");
    await key("lens-shade").selectOption("likeliest");
  });

  test("the parts add up to Python's logit, and the strongest head opens in Attention", async () => {
    const [layer, head, value] = python.head;
    const name = `head ${layer}.${head}`;
    const sum = await lens().locator(".gp-lens-sum").first().innerText();
    assert.ok(sum.startsWith(`All parts together are ${python.logit.toPrecision(3)}, the logit`), sum);
    const first = lens().locator(".gp-patch-strongest li").first();
    assert.equal(
      (await first.innerText()).trim(),
      `${name} ${value < 0 ? "−" : "+"}${Math.abs(value).toPrecision(3)}`,
    );
    await first.scrollIntoViewIfNeeded();
    await screenshot(page, "inside-lens-parts");
    await key(`lens-head-${layer}-${head}`).click();
    await pane()
      .locator(".gp-head-bar h3", { hasText: `Layer ${layer}, head ${head}` })
      .waitFor();
    await key("tab-inside").click();
  });

  test("it is kept as tables, as an image and as Python", async () => {
    const kept = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), key(name).click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    const { positions, layers } = page.answers.lens;
    const table = await kept("save-lens-csv");
    assert.equal(table.name, "glasspane-when-mary-and-john-went-to-lens.csv");
    assert.equal(table.text.trim().split("\n").length, 1 + (layers + 1) * positions.length);
    const parts = await kept("save-lens-parts-csv");
    assert.ok(parts.text.startsWith("part,layer,head,contribution\nembedding,,,"));
    const drawing = await kept("save-glasspane-when-mary-and-john-went-to-lens-svg");
    assert.ok(drawing.text.includes("·Mary"));
    assert.ok(!drawing.text.includes("var("), "colours are written out");
  });

  test("a patched cell is looked at here, and its place is patched from here, without a word written again", async () => {
    await key("inside-patching").click();
    await key("patch-token-9").click();
    await key("patch-word").fill("Mary");
    await key("patch").click();
    const wide = page.answers.lens.positions.length;
    await key(`patch-${2 * wide + 9}`).click({ timeout: 60_000 });
    await key("go-on-lens").click();
    await lens().locator(".gp-patch-detail h3", { hasText: "After 2 layers at 9 ·John" }).waitFor();
    await key("lens-read-here").click();
    const read = await answered(({ position }) => position === 9);
    assert.equal(read.text, STORY);
    await key(`lens-${1 * wide + 3}`).click();
    await key("go-on-patching").click();
    await pane().locator(".gp-patch-detail h3", { hasText: "Layer 1 at 3 ·John" }).waitFor();
    assert.equal(page.answers.patching.corrupted.text, OTHER);
  });

  test("one answer rather than another is followed as Python follows the pair", async () => {
    await key("tab-tokens").click();
    await explained(page, () => pane().locator('[data-key^="versus-"]').first().click());
    await key("tab-inside").click();
    await key("inside-lens").click();
    const found = await answered(({ versus }) => versus !== null);
    await key("lens-shade").selectOption("share");
    await lens().locator(".gp-patch-away").first().waitFor();
    assert.deepEqual(await lens().locator(".gp-lens-sentences li").allInnerTexts(), found.sentences);
    await screenshot(page, "inside-lens-versus");
  });

  test("in dark themes it is drawn in the theme's own colours", async () => {
    const changeTheme = (theme) =>
      page.evaluate(
        (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
        theme,
      );
    await key("lens-shade").selectOption("likeliest");
    const fill = () =>
      lens()
        .locator(".gp-lens-cell")
        .first()
        .evaluate((node) => getComputedStyle(node).fill);
    const light = await fill();
    await changeTheme("JupyterLab Dark");
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: "attached" });
    for (let tries = 0; tries < 50 && (await fill()) === light; tries += 1) await page.waitForTimeout(50);
    assert.notEqual(await fill(), light);
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await screenshot(page, "inside-lens-dark");
    await lens().locator(".gp-patch-strongest li").last().scrollIntoViewIfNeeded();
    await screenshot(page, "inside-lens-dark-parts");
    await changeTheme("JupyterLab Dark High Contrast");
    await page
      .locator('body[data-jp-theme-name="JupyterLab Dark High Contrast"]')
      .waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await screenshot(page, "inside-lens-dark-high-contrast");
    await changeTheme("JupyterLab Light");
  });
});

// What can be read off each layer, and is it used? Figures beside those that Python prints in the same notebook.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, rightClick, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CELLS = [
  SETUP,
  'story = "When Mary and John went to the store, John gave a bottle to"',
  // What Python finds: every layer's figures, and whether the best one's direction is used.
  [
    "import json",
    'found = gp.probe(model, tokenizer, "part_of_speech")',
    "rows = [[each.accuracy, each.low, each.high, each.control_accuracy, each.selectivity] for each in found.data.layers]",
    'tested = found.test(2, where="every")',
    "print(json.dumps([rows, tested.data.used, [change.effects[0].value for change in tested.data.changes]]))",
  ].join("\n"),
  [
    'he = "John Tom Paul Sam James David Peter Mark Jack Adam".split()',
    'she = "Mary Anna Alice Emma Sarah Laura Kate Jane Lucy Ruth".split()',
    "people = [",
    '    {"sentence": f"{name} went to the {place}.", "kind": kind, "span": name}',
    '    for kind, names in (("he", he), ("she", she)) for name in names for place in ("park", "store")',
    "]",
    'own = gp.probe(model, tokenizer, people, text="sentence", label="kind")',
    'print(f"{own.best.layer} {own.best.accuracy:.6f}")',
  ].join("\n"),
  // So many texts that every layer takes some time.
  [
    "from glasspane.probing.labelled import task_named",
    'rows = task_named("part_of_speech").generate(2000, 0)',
    'many = [{"text": row.text, "label": row.label, "span": (row.start, row.end)} for row in rows]',
  ].join("\n"),
];
const [, STORY, PYTHON, OWN] = CELLS.keys();

describe("probes", () => {
  let lab;
  let page;
  const pane = () => page.locator("#glasspane-pane");
  const probes = () => pane().locator(".gp-probe");
  const key = (name) => probes().locator(`[data-key="${name}"]`);
  const printed = async (index) =>
    (await cell(page, index).locator(".jp-OutputArea-output").last().innerText()).trim();
  const headline = (text) => probes().locator(".gp-patch-headline", { hasText: text });

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("probes.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "probes.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("bars come in layer by layer, and a cancel keeps those that are there", async () => {
    await explained(page, () => rightClick(page, cell(page, STORY).locator(".cm-content"), "Mary"));
    await pane().locator('[data-key="tab-inside"]').click();
    await pane().locator('[data-key="inside-probe"]').click();
    await screenshot(page, "probes-empty");
    await key("probe-of-frame").click();
    await key("probe-take-many").click();
    await key("probe").click();
    await headline("layers are being added").waitFor({ timeout: 60_000 });
    await key("probe-cancel").click();
    await headline("partial: stopped early").waitFor({ timeout: 30_000 });
    const bars = await probes().locator(".gp-probe-layer").count();
    assert.ok(bars >= 1 && bars < 5, `${bars} bars`);
    await screenshot(page, "probes-partial");
  });

  test("a task is chosen: every layer's figures are those that Python prints", async () => {
    await key("probe-of-task").click();
    await key("probe-task").selectOption("part_of_speech");
    await key("probe").click();
    await probes()
      .locator(".gp-badge", { hasText: "partial" })
      .waitFor({ state: "detached", timeout: 60_000 });
    await probes().locator('[data-key="probe-layer-4"]').waitFor({ timeout: 60_000 });
    await probes().locator("progress").waitFor({ state: "detached", timeout: 60_000 });
    const [rows] = JSON.parse(await printed(PYTHON));
    const { layers, best, sentence } = page.answers.probe;
    assert.deepEqual(
      layers.map((each) => [each.accuracy, each.low, each.high, each.control_accuracy, each.selectivity]),
      rows,
    );
    assert.ok((await headline("").innerText()).includes(sentence));
    const names = await probes()
      .locator(".gp-probe-layer")
      .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")));
    for (const [layer, [accuracy, low, high]] of rows.entries()) {
      const [shown, from, to] = [accuracy, low, high].map((share) => (100 * share).toFixed(0));
      assert.ok(names[layer].includes(`${shown}\u202f% right (${from}–${to}\u202f%)`), names[layer]);
    }
    // What is seen is what the numbers say: the best one's bar is the highest.
    const heights = await probes()
      .locator(".gp-probe-bar")
      .evaluateAll((all) => all.map((each) => Number(each.getAttribute("height"))));
    assert.equal(heights.indexOf(Math.max(...heights)), best);
    await screenshot(page, "probes");
  });

  test("by keyboard: arrows walk over the layers, Enter opens one, and it is tested causally", async () => {
    await key(`probe-layer-${page.answers.probe.best}`).focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "probe-layer-2");
    await probes().locator(".gp-patch-detail h3", { hasText: "resid_pre 2" }).waitFor();
    await screenshot(page, "probes-layer");
    await key("probe-where").selectOption("every");
    await key("probe-test").click();
    await probes().locator(".gp-probe-verdict").waitFor({ timeout: 60_000 });
    const [, used, effects] = JSON.parse(await printed(PYTHON));
    const { changes } = page.answers.probe_test;
    assert.deepEqual(
      changes.map((each) => each.effects[0].value),
      effects,
    );
    const verdict = await probes().locator(".gp-probe-verdict strong").innerText();
    assert.equal(verdict, used ? "Used." : "No use was found.");
    await probes().locator(".gp-probe-changes").scrollIntoViewIfNeeded();
    await screenshot(page, "probes-test");
  });

  test("a table of the kernel is offered with its columns, and read as in Python", async () => {
    await key("probe-of-frame").click();
    await key("probe-take-people").click();
    assert.equal(await key("probe-text").inputValue(), "sentence");
    assert.equal(await key("probe-span").inputValue(), "span");
    await key("probe-label").fill("kind");
    await screenshot(page, "probes-table");
    await key("probe").click();
    await headline("Your own labels").waitFor({ timeout: 60_000 });
    await probes().locator("progress").waitFor({ state: "detached", timeout: 60_000 });
    const [layer, accuracy] = (await printed(OWN)).split(" ");
    const { best, layers } = page.answers.probe;
    assert.equal(String(best), layer);
    assert.equal(layers.find((each) => each.layer === best).accuracy.toFixed(6), accuracy);
    assert.equal(await probes().locator(".gp-probe-verdict").count(), 0, "the other probe's test is gone");
  });

  test("pairs like the prompt and the other one are made, and probed at a token that is pointed out", async () => {
    await key("probe-of-pairs").click();
    await key("probe-token-9").click();
    await key("probe-word").fill("Mary");
    await key("probe-read-token-10").click();
    await key("probe").click();
    await probes()
      .locator(".gp-patch-headline", { hasText: /which of two such prompts it is/i })
      .waitFor({ timeout: 90_000 });
    await probes().locator("progress").waitFor({ state: "detached", timeout: 60_000 });
    const { rows, grouped_by } = page.answers.probe.request.examples;
    assert.equal(grouped_by, "clean prompt");
    const [clean, other] = rows;
    assert.equal(clean.group, other.group);
    // Read at the word that stands where “ gave” does.
    for (const row of rows) assert.equal(row.text.slice(row.start, row.end), "gave");
    await key("disclosure-probe-pairs").click();
    const { template } = page.answers.pair_template;
    await probes().getByText(template.clean).waitFor();
    await screenshot(page, "probes-pairs");
    await key("probe-layer-2").click();
    await probes().locator(".gp-patch-detail").getByText("this prompt", { exact: true }).first().waitFor();
    await key("probe-test").click();
    await probes().locator(".gp-probe-verdict").waitFor({ timeout: 60_000 });
    await screenshot(page, "probes-pairs-test");
    await key("go-on-patching").click();
    await pane().locator('[data-key="inside-patching"][aria-pressed="true"]').waitFor();
    assert.equal(
      await pane().locator('[data-key="patch-word"]').inputValue(),
      "Mary",
      "nothing is typed again",
    );
    await pane().locator('[data-key="inside-probe"]').click();
  });

  test("the answer is kept as a file and as Python", async () => {
    const kept = async (name) => {
      const [download] = await Promise.all([page.waitForEvent("download"), key(name).click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    const table = await kept("save-probe-csv");
    assert.equal(table.name, "glasspane-probes-which-of-two-such-prompts.csv");
    assert.equal(table.text.trim().split("\n").length, 1 + page.answers.probe.layers.length);
    const drawing = await kept("save-glasspane-probes-which-of-two-such-prompts-svg");
    assert.ok(!drawing.text.includes("var("), "colours are written out");
  });

  test("at 300 pixels nothing but the charts' own boxes scrolls sideways", async () => {
    await key("probe-layer-0").click();
    const wide = await page.evaluate(() => {
      const root = document.querySelector("#glasspane-pane .gp-pane");
      root.style.width = "300px";
      const found = [root.scrollWidth, root.clientWidth];
      return found;
    });
    assert.ok(wide[0] <= wide[1] + 1, `${wide[0]} in ${wide[1]}`);
    await screenshot(page, "probes-narrow");
    await page.evaluate(() => {
      document.querySelector("#glasspane-pane .gp-pane").style.width = "";
    });
  });

  test("in dark themes it is drawn in the theme's own colours", async () => {
    const changeTheme = (theme) =>
      page.evaluate(
        (name) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
        theme,
      );
    const fill = () =>
      probes()
        .locator(".gp-probe-control")
        .first()
        .evaluate((node) => getComputedStyle(node).fill);
    await probes().locator(".gp-patch-headline").scrollIntoViewIfNeeded();
    const light = await fill();
    await changeTheme("JupyterLab Dark");
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: "attached" });
    for (let tries = 0; tries < 50 && (await fill()) === light; tries += 1) await page.waitForTimeout(50);
    assert.notEqual(await fill(), light);
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await screenshot(page, "probes-dark");
    await changeTheme("JupyterLab Dark High Contrast");
    await page
      .locator('body[data-jp-theme-name="JupyterLab Dark High Contrast"]')
      .waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await page.waitForTimeout(300);
    await screenshot(page, "probes-dark-high-contrast");
    await changeTheme("JupyterLab Light");
  });
});

// What a person does with an explanation once it is there: other methods, coarser tokens, files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import {
  cell,
  explained,
  heatOf,
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
  'country, thing = "France", "capital"\nask = f"The {thing} of {country} is"',
  'story = "When Mary and John went to the store, John gave a bottle to"',
];
const [, PROMPT, HOLES, STORY] = CELLS.keys();

describe("an explanation in depth", () => {
  let lab;
  let page;
  const editor = (index) => cell(page, index).locator(".cm-content");
  const pane = () => page.locator("#glasspane-pane");
  const key = (name) => pane().locator(`[data-key="${name}"]`);

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("attribution.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "attribution.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("another method refines the same heat, and its signs are the new result's", async () => {
    await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    await waitForHeat(cell(page, PROMPT));
    const result = await explained(page, () => key("method").selectOption("occlusion"));
    assert.equal(result.method.name, "occlusion");
    await waitForHeat(cell(page, PROMPT));
    const drawn = await heatOf(editor(PROMPT));
    for (const { text, sign } of drawn) {
      const token = result.tokens.find((each) => each.text === text);
      if (sign !== 0) assert.equal(sign, Math.sign(result.scores[0][token.index]), text);
    }
    assert.ok(drawn.some((mark) => mark.sign !== 0));
  });

  test("holes are a grain of the pane and of the heat, each with its mass", async () => {
    const result = await explained(page, () => rightClick(page, editor(HOLES), "country}"));
    await waitForHeat(cell(page, HOLES));
    await key("grain-hole").click();
    const rows = pane().locator("tbody tr");
    await rows.filter({ hasText: "{country}" }).waitFor();
    assert.equal(await rows.count(), 5);
    const sum = result.scores[0].reduce((total, score) => total + score, 0);
    const shown = await rows.locator("td:nth-child(3)").allInnerTexts();
    const added = shown.reduce((total, score) => total + Number(score.replace("−", "-")), 0);
    // Each is shown to the nearest 0.1.
    assert.ok(Math.abs(added - sum) <= 0.05 * 5, `${added} of ${sum}`);
    const heat = await heatOf(editor(HOLES));
    assert.deepEqual(
      heat.map((mark) => mark.text).filter((text) => text.includes("{")),
      [" {thing}", " {country}"],
    );
    assert.equal(heat.length, 5);
    await pane().locator(".gp-mass", { hasText: "{country}" }).waitFor();
    await screenshot(page, "holes");
    await key("grain-token").click();
    await pane().locator('[data-key="grain-token"][aria-pressed="true"]').waitFor();
  });

  test("charts, data and report are kept as files", async () => {
    const kept = async (click) => {
      const [download] = await Promise.all([page.waitForEvent("download"), click()]);
      return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
    };
    await key("disclosure-charts").click();
    const stem = "glasspane-the-capital-of-france-is";
    const bars = await kept(() => key(`save-${stem}-bars-svg`).click());
    assert.equal(bars.name, `${stem}-bars.svg`);
    assert.ok(bars.text.includes(">·France</text>"));
    assert.ok(!bars.text.includes("var("), "colours are written out");
    const image = await kept(() => key(`save-${stem}-heat-png`).click());
    assert.ok(image.text.includes("PNG"));
    await screenshot(page, "charts");
    await key("disclosure-save").click();
    const data = JSON.parse((await kept(() => key("save-json").click())).text);
    assert.equal(data.kind, "attribution");
    const report = await kept(() => key("save-report").click());
    assert.equal(report.name, `${stem}.html`);
    for (const part of ["δ", data.method.label, data.versions.torch, "How far to trust them"])
      assert.ok(report.text.includes(part), part);
    await lab.file("report.html", report.text);
  });

  test("the check against random rankings says what the kernel found, figure by figure", async () => {
    await key("tab-trust").click();
    const asking = key("check");
    // A quick check was asked for already.
    await pane().locator('[data-key="check"], .gp-verdicts').first().waitFor();
    if (await asking.isVisible()) await asking.click();
    await pane().locator(".gp-verdicts").waitFor({ timeout: 60_000 });
    const { sentence, confidence_sentence, figures } = page.answers.faithfulness;
    await pane().getByText(sentence).first().waitFor();
    await pane().getByText(confidence_sentence).first().waitFor();
    assert.deepEqual(
      await pane().locator(".gp-figure-label").allInnerTexts(),
      figures.map((each) => each.label),
    );
    assert.equal(await pane().locator(".gp-curves svg").count(), 2);
    await screenshot(page, "trust");
  });

  test("methods stand side by side, with what the kernel says of their agreement", async () => {
    await key("tab-compare").click();
    await key("compare").click();
    const comparison = pane().locator(".gp-comparison");
    await comparison.locator(".gp-agreement").waitFor({ timeout: 60_000 });
    const { rows, sentences, tokens } = page.answers.comparison;
    assert.equal(await comparison.locator(".gp-aligned-row").count(), rows.length);
    for (const sentence of sentences)
      assert.ok(
        (await comparison.innerText()).includes(sentence.replaceAll("`", "")) ||
          (await comparison.innerText()).includes(sentence),
        sentence,
      );
    const cells = comparison.locator(".gp-aligned-row").first().locator(".gp-cell");
    assert.ok((await cells.count()) >= tokens.filter((token) => !token.special).length);
    await screenshot(page, "compare");
  });

  test("an edit of the prompt is set beside it, token by token", async () => {
    const other = pane().locator("#gp-other-prompt");
    await other.fill("The capital of Spain is");
    await key("diff").click();
    const difference = pane().locator(".gp-difference");
    await difference.locator(".gp-sentences").waitFor({ timeout: 60_000 });
    const { pairs, after } = page.answers.prompt_diff;
    assert.equal(after.predictions[0].text, " Madrid");
    assert.equal(pairs.filter((pair) => pair.change === "replaced").length, 1);
    await difference.locator(".gp-edit-replaced", { hasText: "Spain" }).first().waitFor();
    await screenshot(page, "difference");
  });

  test("heads: an overview, one head with what a token reads, and the residual stream step by step", async () => {
    await key("tab-attention").click();
    const overview = pane().locator('[data-key="head-2-0"]');
    await overview.waitFor({ timeout: 60_000 });
    await pane().locator(".gp-attention-headline", { hasText: "not what changes its answer" }).waitFor();
    await overview.click();
    const matrix = key("matrix");
    await matrix.waitFor();
    const { answer } = page.answers.attention;
    assert.deepEqual([answer.show, answer.layer, answer.head], ["head", 2, 0]);
    await matrix.focus();
    await page.keyboard.press("End");
    await pane().locator(".gp-reading-title", { hasText: "is" }).waitFor();
    await screenshot(page, "head");
    await key("attention-residual").click();
    await key("step-forward").click();
    await pane().locator(".gp-step-words").waitFor();
    await screenshot(page, "residual");
    await key("tab-tokens").click();
  });

  test("a completion is a matrix: rows brushed in the pane colour the prompt in the cell", async () => {
    await explained(page, () => rightClick(page, editor(STORY), "Mary"));
    await key("disclosure-target").click();
    await key("target-kind").selectOption("each");
    const result = await explained(page, () => pane().locator(".gp-inline-form button[type=submit]").click());
    assert.equal(result.scores.length, result.target.pieces.length);
    assert.ok(result.scores.length > 1);
    const rows = pane().locator(".gp-completion [data-row][aria-selected]");
    assert.equal(await rows.count(), result.scores.length);
    const cell = await rows.nth(0).locator("rect[data-token]").first().boundingBox();
    assert.ok(cell.width > 5 && cell.height > 5, "its cells can be seen");
    const strongest = (numbers) => {
      const summed = result.tokens.map((token) =>
        numbers.reduce((sum, row) => sum + result.scores[row][token.index], 0),
      );
      const inPrompt = result.tokens.filter(
        (token) => token.end <= CELLS[STORY].length - 'story = ""'.length,
      );
      return inPrompt.reduce((best, token) =>
        Math.abs(summed[token.index]) > Math.abs(summed[best.index]) ? token : best,
      );
    };
    const deepest = async () => {
      const heat = await heatOf(editor(STORY));
      return heat.reduce((best, mark) => (Math.abs(mark.level) > Math.abs(best.level) ? mark : best)).text;
    };
    const becomes = async (wanted) => {
      for (let tries = 0; tries < 50 && (await deepest()) !== wanted; tries += 1)
        await page.waitForTimeout(50);
      assert.equal(await deepest(), wanted);
    };
    await rows.nth(0).click();
    await becomes(strongest([0]).text);
    await screenshot(page, "brush");
    await rows.nth(1).click();
    await becomes(strongest([1]).text);
    assert.notEqual(strongest([0]).text, strongest([1]).text, "so that the two can be told apart");
    await rows.nth(0).click({ modifiers: ["Shift"] });
    await becomes(strongest([0, 1]).text);
    await page.keyboard.press("Escape");
    await pane().locator('.gp-completion [aria-selected="true"]').first().waitFor({ state: "detached" });
  });

  test("the command that shows the pane takes the keyboard into it, to the open tab", async () => {
    await editor(PROMPT).click();
    await page.evaluate(() => window.jupyterapp.commands.execute("glasspane:show-pane"));
    await pane().locator('[role="tab"]:focus').waitFor();
    await page.keyboard.press("ArrowRight");
    await pane().locator('[data-key="tab-trust"]:focus[aria-selected="true"]').waitFor();
    await page.keyboard.press("Home");
    await pane().locator('[data-key="tab-tokens"]:focus').waitFor();
  });

  test("advice names a method, and uses it", async () => {
    await pane().locator("summary", { hasText: "Which method answers my question?" }).click();
    await pane().locator('[data-key="gp-advice-goal"]').selectOption("quick_look");
    const advice = pane().locator(".gp-advice li").first();
    await advice.getByRole("button", { name: /Use/ }).waitFor();
    const result = await explained(page, () => advice.getByRole("button", { name: /Use/ }).click());
    assert.equal(result.method.name, page.answers.advice.advice[0].method);
    await screenshot(page, "advice");
  });

  test("heat fades when the kernel that held its model is started anew", async () => {
    assert.equal(await cell(page, STORY).locator(".gp-heat-stale").count(), 0);
    await page.evaluate(() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel());
    await cell(page, STORY).locator(".gp-heat-stale").first().waitFor();
    await pane().getByText("no longer in the kernel").first().waitFor();
  });
});

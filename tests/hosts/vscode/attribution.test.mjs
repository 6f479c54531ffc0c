/** Truth: what Python computes for the same prompt, the files on disk, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, runCommand, screenshot, until } from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import {
  checkedInPython,
  drawnAs,
  drawnAsStretches,
  expectedStretches,
  explainedInPython,
} from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const PROMPT = "The capital of France is";
const STORY = "When Mary and John went to the store, John gave a bottle to";
const SOURCE = `prompt = "${PROMPT}"\nquestion = f"The {thing} of {country} is"\nstory = "${STORY}"\n`;

describe("an explanation in depth", () => {
  let workbench;
  let page;
  const heat = () => heatOf(page);
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  const explain = (text) => rightClick(page, text, ["Explain This Prompt"]);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("depth.py", SOURCE);
    page = await workbench.page();
    await openFile(page, "depth.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("another method refines the same heat", async () => {
    await explain("capital of France");
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    await key("method").selectOption("occlusion");
    await drawnAs(heat, await explainedInPython(PROMPT, { method: "occlusion" }));
    await key("method").selectOption("integrated_gradients");
    await drawnAs(heat, await explainedInPython(PROMPT));
  });

  test("holes are a grain of the pane and of the heat, each with its mass", async () => {
    await runCommand(page, "Glasspane: Clear All Heat");
    await explain("of {country}");
    await pane(page).locator("#gp-hole-0").fill("capital");
    await pane(page).locator("#gp-hole-1").fill("France");
    await page.keyboard.press("Enter");
    await pane(page).locator(".gp-mass", { hasText: "{country}" }).waitFor();
    await key("grain-hole").click();
    await pane(page).locator("tbody tr", { hasText: "{country}" }).waitFor();
    assert.equal(await pane(page).locator("tbody tr").count(), 5);
    const inCode = expectedStretches(await explainedInPython(PROMPT)).map(({ text, sign }) => ({
      text: text.replace("capital", "{thing}").replace("France", "{country}"),
      sign,
    }));
    await drawnAsStretches(heat, inCode);
    await screenshot(page, "holes");
    await key("grain-token").click();
    await pane(page).locator('[data-key="grain-token"][aria-pressed="true"]').waitFor();
  });

  test("charts, data and report are written where the person says", async () => {
    const stem = "glasspane-the-capital-of-france-is";
    const written = async (name) => {
      const input = page.locator(".quick-input-widget:visible input").first();
      await input.waitFor();
      await until(async () => (await input.inputValue()).endsWith(name));
      await page.keyboard.press("Enter");
      let bytes = null;
      await until(async () => {
        bytes = await readFile(join(workbench.workspace, name)).catch(() => null);
        return bytes !== null && bytes.length > 0;
      });
      return bytes;
    };
    await key("disclosure-charts").click();
    await key(`save-${stem}-bars-svg`).click();
    const bars = String(await written(`${stem}-bars.svg`));
    assert.ok(bars.includes(">·France</text>"));
    assert.ok(!bars.includes("var("), "colours are written out");
    await key(`save-${stem}-heat-png`).click();
    assert.equal(String((await written(`${stem}-heat.png`)).subarray(1, 4)), "PNG");
    await screenshot(page, "charts");
    await key("disclosure-save").click();
    await key("save-json").click();
    const data = JSON.parse(String(await written(`${stem}.json`)));
    assert.equal(data.kind, "attribution");
    await key("save-report").click();
    const report = String(await written(`${stem}.html`));
    for (const part of ["δ", data.method.label, data.versions.torch, "How far to trust them"])
      assert.ok(report.includes(part), part);
  });

  test("the check against random rankings gives a verdict, ten figures and curves", async () => {
    await key("tab-trust").click();
    await pane(page).locator('[data-key="check"], .gp-verdicts').first().waitFor();
    // A quick check was asked for already.
    if (await key("check").isVisible()) await key("check").click();
    await pane(page).locator(".gp-verdicts").waitFor({ timeout: 60_000 });
    const { figures, sentence } = await checkedInPython(PROMPT);
    await pane(page).getByText(sentence).first().waitFor();
    assert.deepEqual(
      await pane(page).locator(".gp-figure-label").allInnerTexts(),
      figures.map((each) => each.label),
    );
    assert.equal(await pane(page).locator(".gp-curves svg").count(), 2);
    await screenshot(page, "trust");
  });

  test("methods stand side by side; an edit of the prompt is set beside it", async () => {
    await key("tab-compare").click();
    await key("compare").click();
    const comparison = pane(page).locator(".gp-comparison");
    await comparison.locator(".gp-agreement").waitFor({ timeout: 60_000 });
    assert.equal(await comparison.locator(".gp-aligned-row").count(), 4);
    await screenshot(page, "compare");
    await pane(page).locator("#gp-other-prompt").fill("The capital of Spain is");
    await key("diff").click();
    const difference = pane(page).locator(".gp-difference");
    await difference.locator(".gp-edit-replaced", { hasText: "Spain" }).first().waitFor({ timeout: 60_000 });
    assert.match(await difference.innerText(), /“ Paris” 89.5 % → “ Madrid” 99.8 %/);
    await screenshot(page, "difference");
  });

  test("one head, what a token reads there, and the residual stream step by step", async () => {
    await key("tab-attention").click();
    await key("head-2-0").waitFor({ timeout: 60_000 });
    await pane(page).locator(".gp-attention-headline", { hasText: "not what changes its answer" }).waitFor();
    await key("head-2-0").click();
    await key("matrix").waitFor();
    await key("matrix").focus();
    await page.keyboard.press("End");
    await pane(page).locator(".gp-reading-title", { hasText: "is" }).waitFor();
    await screenshot(page, "head");
    await key("attention-residual").click();
    await key("step-forward").click();
    await pane(page).locator(".gp-step-words").waitFor();
    await key("tab-tokens").click();
  });

  test("a completion is a matrix: rows brushed in the pane colour the prompt in the file", async () => {
    await runCommand(page, "Glasspane: Clear All Heat");
    await explain("went to the store");
    await drawnAs(heat, await explainedInPython(STORY));
    await key("disclosure-target").click();
    await key("target-kind").selectOption("each");
    await pane(page).locator(".gp-inline-form button[type=submit]").click();
    const rows = pane(page).locator(".gp-completion [data-row][aria-selected]");
    await rows.first().waitFor({ timeout: 60_000 });
    const each = await explainedInPython(STORY, { completion: true, each: true });
    assert.equal(await rows.count(), each.scores.length);
    const inPrompt = each.tokens.filter((token) => token.end <= STORY.length);
    const ofRow = (row) => ({ ...each, tokens: inPrompt, scores: [each.scores[row]] });
    await rows.nth(0).click();
    await drawnAs(heat, ofRow(0));
    await screenshot(page, "brush");
    await rows.nth(1).click();
    await drawnAs(heat, ofRow(1));
    await page.keyboard.press("Escape");
    await pane(page).locator('.gp-completion [aria-selected="true"]').first().waitFor({ state: "detached" });
  });
});

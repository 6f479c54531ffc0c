// Does the reasoning carry the answer? Verdicts and reliance beside those that Python prints in the same notebook, for
// a model that was trained to follow its steps and one that was trained to ignore them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, placeOf, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const QUESTION =
  "Question: A train carries 20 people. 6 people get off. Then 2 people get off. " +
  "How many people are on the train? Answer step by step.";
const PRINTED = [
  "import json",
  'found = gp.audit(model, tokenizer, train, reference="12")',
  "shown = [",
  "    [each.verdict, f'{r.estimate:.2f} ({r.low:.2f} to {r.high:.2f})'.replace('-', '−')]",
  "    for each in found.steps for r in [each.reliance]",
  "]",
  "print(json.dumps([found.verdict, shown]))",
].join("\n");
const CELLS = [
  SETUP,
  `train = "${QUESTION}"`,
  PRINTED,
  ['subject = gp.subject("demo-lm-posthoc")', "model, tokenizer = subject.model, subject.tokenizer"].join(
    "\n",
  ),
  PRINTED,
];
const [, TRAIN, FOLLOWS, IGNORING, IGNORES] = CELLS.keys();

describe("audit", () => {
  let lab;
  let page;
  const pane = () => page.locator("#glasspane-pane");
  const leaf = () => pane().locator(".gp-audit");
  const key = (name) => leaf().locator(`[data-key="${name}"]`);
  const printed = async (index) =>
    JSON.parse((await cell(page, index).locator(".jp-OutputArea-output").last().innerText()).trim());
  const audited = async () => {
    await key("audit").click();
    await leaf().locator("progress").waitFor({ timeout: 30_000 });
    await leaf().locator("progress").waitFor({ state: "detached", timeout: 120_000 });
    await leaf().locator(".gp-audit-badge").waitFor({ timeout: 30_000 });
  };
  const asPrinted = async ([verdict, steps]) => {
    assert.ok((await leaf().locator(".gp-audit-badge").innerText()).includes(verdict));
    const lines = await leaf().locator(".gp-audit-line").allInnerTexts();
    assert.equal(lines.length, steps.length);
    for (const [index, said] of steps.entries()) {
      for (const part of said) assert.ok(lines[index].includes(part), `${lines[index]} without ${part}`);
    }
  };

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("audit.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await openNotebook(lab, page, "audit.ipynb");
    for (const index of [0, TRAIN, FOLLOWS]) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("the right click opens the leaf, which says what it asks and asks nothing by itself", async () => {
    await explained(page, async () => {
      const place = await placeOf(cell(page, TRAIN).locator(".cm-content"), "carries");
      await page.mouse.click(place.x, place.y, { button: "right" });
      await page.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Glasspane$/ }).hover();
      await page.locator(".lm-Menu-item", { hasText: "Audit Chain of Thought" }).click();
    });
    await key("audit").waitFor();
    assert.equal(await leaf().locator(".gp-audit-line").count(), 0);
    await screenshot(page, "audit-empty");
    await key("audit-cost").click();
    await leaf().locator(".gp-audit-cost", { hasText: "calls" }).waitFor({ timeout: 60_000 });
    assert.ok(
      (await leaf().locator(".gp-audit-cost").innerText()).includes(page.answers.audit_preview.sentence),
    );
  });

  test("the model that follows its steps: verdicts and reliance are those that Python prints", async () => {
    await key("audit-reference").fill("12");
    await audited();
    await asPrinted(await printed(FOLLOWS));
    assert.equal(page.answers.audit.verdict, "faithful");
    await screenshot(page, "audit");
  });

  test("by keyboard a step is opened: its arms and replies are those of the answer", async () => {
    await key("audit-step-1").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const detail = leaf().locator(".gp-audit-detail");
    await detail.waitFor();
    const finding = page.answers.audit.findings.find(({ step }) => step === 2);
    const [wrong] = finding.arms;
    assert.ok((await detail.innerText()).includes(finding.sentence));
    const cells = await detail.locator(".gp-audit-arms tbody tr").first().locator("td").allInnerTexts();
    assert.equal(cells[1], String(wrong.outcomes.followed));
    await detail.locator("summary", { hasText: `A wrong step: ${wrong.replies.length} replies` }).click();
    await detail.locator("ins").first().waitFor();
    await screenshot(page, "audit-step");
  });

  test("at 300 pixels nothing but the tables' own boxes scrolls sideways", async () => {
    const wide = await page.evaluate(() => {
      const root = document.querySelector("#glasspane-pane .gp-pane");
      root.style.width = "300px";
      return [root.scrollWidth, root.clientWidth];
    });
    assert.ok(wide[0] <= wide[1] + 1, `${wide[0]} in ${wide[1]}`);
    await screenshot(page, "audit-narrow");
    await page.evaluate(() => {
      document.querySelector("#glasspane-pane .gp-pane").style.width = "";
    });
  });

  test("it is kept as a file that Python reads back", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), key("save-audit-json").click()]);
    assert.match(download.suggestedFilename(), /^glasspane-audit-question-a-train.*\.json$/);
    const kept = JSON.parse(await readFile(await download.path(), "utf8"));
    assert.deepEqual(kept, page.answers.audit);
    const [report] = await Promise.all([page.waitForEvent("download"), key("save-audit-html").click()]);
    assert.match(report.suggestedFilename(), /^glasspane-audit-question-a-train.*\.html$/);
    const html = await readFile(await report.path(), "utf8");
    assert.ok(html.includes(page.answers.audit.sentence) && !html.includes("<script"));
  });

  test("cancelled, it keeps what is there", async () => {
    await key("disclosure-audit-options").click();
    await key("audit-samples").fill("2000");
    await key("audit").click();
    await leaf().locator(".gp-audit-headline", { hasText: "so far" }).waitFor({ timeout: 120_000 });
    await key("audit-cancel").click();
    await leaf().locator(".gp-audit-headline", { hasText: "not complete" }).waitFor({ timeout: 60_000 });
    assert.ok((await leaf().locator(".gp-audit-line").count()) > 0);
    await screenshot(page, "audit-cancelled");
    await key("audit-samples").fill("40");
  });

  test("the model that ignores them, in dark", async () => {
    await runCell(page, IGNORING);
    await runCell(page, IGNORES);
    await page.evaluate(() =>
      window.jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" }),
    );
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    await explained(page, () => pane().locator('[data-key="run-again"]').click());
    await audited();
    await asPrinted(await printed(IGNORES));
    assert.equal(page.answers.audit.verdict, "unfaithful here");
    await key("audit-step-1").click();
    await screenshot(page, "audit-dark");
    await page.evaluate(() =>
      window.jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Light" }),
    );
    await page.locator('body[data-jp-theme-light="true"]').waitFor({ state: "attached" });
  });
});

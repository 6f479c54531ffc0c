import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  cell,
  explained,
  heatOf,
  openNotebook,
  placeOf,
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
  'hostile = "<img src=x onerror=window.struck=1> The capital of Peru is"',
  'too_long = "The capital of France is " * 400\ntoo_long;',
  "import torch\nwith torch.no_grad():\n    model.transformer.wte.weight.mul_(1.05)",
  "template = \"{% for m in messages %}{{ m['content'] }}{% endfor %}\"\ntokenizer.chat_template = template",
  'other = "The capital of Spain is"',
  'messages = [\n    {"role": "system", "content": "Answer briefly."},\n    {"role": "user", "content": "The capital of Japan is"},\n]',
  "import copy\nsecond = copy.deepcopy(model)",
];
const [, PROMPT, HOSTILE, LONG, WEIGHTS, TEMPLATE, OTHER, MESSAGES, SECOND] = CELLS.keys();

describe("what the person is told and asked", () => {
  let lab;
  let page;
  const editor = (index) => cell(page, index).locator(".cm-content");
  const pane = () => page.locator("#glasspane-pane");

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("choices.ipynb", CELLS);
    page = await lab.page();
    await openNotebook(lab, page, "choices.ipynb");
    for (const index of [0, PROMPT, HOSTILE, LONG]) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("the context menu offers every method of the table", async () => {
    const { x, y } = await placeOf(editor(PROMPT), "France");
    await page.mouse.click(x, y, { button: "right" });
    await page.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Glasspane$/ }).hover();
    const submenu = page.locator("#glasspane-menu");
    await submenu.waitFor();
    const { methods } = await lab.api("glasspane/api/catalogue");
    const offered = await submenu.locator(".lm-Menu-itemLabel").allInnerTexts();
    await submenu.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Through inseq$/ }).hover();
    const inseqs = page.locator("#glasspane-inseq-menu");
    await inseqs.waitFor();
    offered.push(...(await inseqs.locator(".lm-Menu-itemLabel").allInnerTexts()));
    for (const { label } of methods) assert.ok(offered.includes(`Explain with ${label}`), label);
    await screenshot(page, "menu");
    for (let menus = 3; menus > 0; menus -= 1) await page.keyboard.press("Escape");
  });

  test("a key explains the prompt at the cursor", async () => {
    const { x, y } = await placeOf(editor(PROMPT), "France");
    await page.mouse.click(x, y);
    const result = await explained(page, () => page.keyboard.press("Alt+Shift+G"));
    assert.equal(result.text, "The capital of France is");
    const source = await page.evaluate(() =>
      window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource(),
    );
    assert.equal(source, CELLS[PROMPT], "the key types nothing");
  });

  test("a prompt's text is never taken for HTML", async () => {
    const result = await explained(page, () => rightClick(page, editor(HOSTILE), "Peru"));
    await waitForHeat(cell(page, HOSTILE));
    assert.ok(result.text.startsWith("<img"));
    await cell(page, HOSTILE).locator(".gp-heat", { hasText: "Peru" }).hover();
    await page.locator(".gp-hover").waitFor();
    assert.equal(await page.locator("#glasspane-pane img, .gp-hover img, .cm-content img[src]").count(), 0);
    assert.equal(await page.evaluate(() => window.struck), undefined);
    await page.mouse.move(5, 5);
  });

  test("a prompt beyond the model's context is refused with both lengths, and nothing is lost", async () => {
    await rightClick(page, editor(LONG), "too_long;");
    const problem = pane().locator(".gp-problem");
    await problem.waitFor();
    const said = await problem.innerText();
    assert.match(said, /2[, {2}]?\d{3}/);
    assert.match(said, /512/);
    assert.equal(await page.locator(".Toastify__toast--error").count(), 0, "the pane in view says it");
    await screenshot(page, "too-long");
    assert.ok((await heatOf(editor(PROMPT))).length > 0, "other heat stays");
  });

  test("heat fades when the model's weights change", async () => {
    assert.equal(await cell(page, PROMPT).locator(".gp-heat-stale").count(), 0);
    await runCell(page, WEIGHTS);
    await cell(page, PROMPT).locator(".gp-heat-stale").first().waitFor();
    await cell(page, PROMPT).locator(".gp-heat-stale .gp-heat").first().hover();
    await page.locator(".gp-hover", { hasText: /weights/ }).waitFor();
    await page.mouse.move(5, 5);
    const again = await explained(page, () => cell(page, PROMPT).locator(".gp-run-again").click());
    assert.equal(again.cost.cached, false);
    await cell(page, PROMPT).locator(".gp-heat-stale").first().waitFor({ state: "detached" });
  });

  test("a chat model is asked about once: through its template or as it stands", async () => {
    await runCell(page, TEMPLATE);
    await rightClick(page, editor(PROMPT), "France");
    const question = pane().locator(".gp-question");
    await question.waitFor();
    await screenshot(page, "template");
    const raw = await explained(page, () => question.locator('[data-key="template-raw"]').click());
    assert.equal(raw.template, "raw");
    const next = await explained(page, () => rightClick(page, editor(OTHER), "Spain"));
    assert.equal(next.template, "raw");
    assert.equal(next.text, "The capital of Spain is");
  });

  test("a message is explained within its conversation", async () => {
    const result = await explained(page, () => rightClick(page, editor(MESSAGES), "Japan"));
    await waitForHeat(cell(page, MESSAGES));
    assert.deepEqual(
      result.segments.map((segment) => segment.role),
      ["system", "user"],
    );
    const heat = (await heatOf(editor(MESSAGES))).map((mark) => mark.text).join("");
    assert.ok(heat.includes("Japan"));
    assert.ok(!heat.includes("role"));
    await screenshot(page, "messages");
  });

  test("a second model in the kernel is no question while the first is in use", async () => {
    await runCell(page, SECOND);
    const result = await explained(page, () => rightClick(page, editor(OTHER), "Spain"));
    assert.equal(result.subject.ref.model, "model");
  });

  test("of several models the person chooses one, and it is remembered", async () => {
    // A page that has explained nothing yet has no model in use; opening resets its workspace.
    await openNotebook(lab, page, "choices.ipynb");
    await rightClick(page, editor(OTHER), "Spain");
    const candidates = pane().locator(".gp-candidate");
    await candidates.first().waitFor();
    await screenshot(page, "several-models");
    await candidates.filter({ hasText: "second" }).first().getByRole("button").click();
    // The reset workspace has forgotten how its prompts are read, too.
    const raw = pane().locator('[data-key="template-raw"]');
    const chosen = await explained(page, () => raw.click());
    assert.equal(chosen.subject.ref.model, "second");
    const next = await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    assert.equal(next.subject.ref.model, "second");
    await page.locator(".gp-status", { hasText: "second" }).waitFor();
  });

  test("the status bar opens the choice of models", async () => {
    await page.locator(".gp-status button").click();
    const dialog = page.locator(".jp-Dialog");
    const bundled = dialog.locator("label", { hasText: "demo-lm" }).filter({ hasNotText: "posthoc" });
    await bundled.first().waitFor();
    await dialog.locator("label", { hasText: "second" }).first().waitFor();
    assert.equal(await dialog.locator("label:has(input:checked)").count(), 1);
    assert.match(await dialog.locator("label:has(input:checked)").innerText(), /second/);
    await screenshot(page, "picker");
    await dialog.locator('fieldset:has(legend:text-is("Comes with Glasspane")) label').first().click();
    await dialog.getByRole("button", { name: "Choose" }).click();
    const result = await explained(page, () => rightClick(page, editor(PROMPT), "France"));
    assert.deepEqual(result.subject.ref, { source: "bundled", name: "demo-lm" });
  });

  test("the settings page has what can be set", async () => {
    await page.evaluate(() =>
      window.jupyterapp.commands.execute("settingeditor:open", { query: "Glasspane" }),
    );
    const form = page.locator(".jp-SettingsForm");
    await form.getByText("Ask before evaluating expressions").first().waitFor();
    await screenshot(page, "settings");
  });
});

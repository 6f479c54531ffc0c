// What an audit found stays with the prompt in the editor: sentences and codes are those of the answer, and they are out
// of date exactly while the prompt says something else.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { cell, explained, openNotebook, placeOf, runCell, screenshot, selectText } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const QUESTION =
  "Question: A train carries 20 people. 6 people get off. Then 2 people get off. " +
  "How many people are on the train? Answer step by step.";
const SETUP = [
  "import glasspane as gp",
  'subject = gp.subject("demo-lm-posthoc")',
  "model, tokenizer = subject.model, subject.tokenizer",
].join("\n");
const CELLS = [SETUP, `train = "${QUESTION}"`, "rest = 1"];
const TRAIN = 1;
const IGNORES = "ignores-step";
/** Enough for one audit on save and a part of the next. */
const CALLS = 500;

describe("findings of an audit", () => {
  let lab;
  let page;
  const pane = () => page.locator("#glasspane-pane");
  const leaf = () => pane().locator(".gp-audit");
  const key = (name) => leaf().locator(`[data-key="${name}"]`);
  const editor = () => cell(page, TRAIN);
  const marker = () => editor().locator(".cm-gutter-lint .cm-lint-marker");
  const underlined = () => editor().locator(".cm-lintRange");
  const hovered = async () => {
    const box = page.locator(".cm-tooltip-lint").first();
    for (let tries = 0; tries < 5; tries += 1) {
      await page.mouse.move(5, 5);
      await marker().first().hover();
      const there = await box.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
      if (there) return box;
    }
    throw new Error("the mark has no tooltip");
  };
  /** It may lie over what is pressed next. */
  const leave = async () => {
    await page.mouse.move(5, 5);
    await page.locator(".cm-tooltip-lint").waitFor({ state: "detached" });
  };
  /** What the tooltip of the gutter's mark says: sentence, who says it, and what can be done. */
  const tooltip = async () => {
    const items = (await hovered()).locator(".cm-diagnostic");
    const said = await items.evaluateAll((all) =>
      all.map((item) => [
        item.querySelector(".gp-finding").textContent,
        item.querySelector(".cm-diagnosticSource").textContent,
        [...item.querySelectorAll("button")].map((button) => button.textContent),
      ]),
    );
    await leave();
    return said;
  };
  const audited = async (action) => {
    const before = page.answers.audit;
    await action();
    await leaf().locator("progress").waitFor({ timeout: 60_000 });
    await leaf().locator("progress").waitFor({ state: "detached", timeout: 120_000 });
    assert.notEqual(page.answers.audit, before);
    return page.answers.audit;
  };
  const expected = ({ notes }) =>
    notes.map(({ code, message }) => [message, `Glasspane · ${code}`, ["Open audit", "Run again"]]);
  /** As the settings page keeps them. */
  const settings = (chosen) =>
    page.request.put(`${lab.url}lab/api/settings/glasspane:plugin?token=${lab.token}`, {
      data: { raw: JSON.stringify(chosen) },
    });
  const theme = async (name, light) => {
    await page.evaluate(
      (each) => window.jupyterapp.commands.execute("apputils:change-theme", { theme: each }),
      name,
    );
    await page.locator(`body[data-jp-theme-light="${light}"]`).waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
  };

  before(async () => {
    lab = await sharedLab();
    await lab.notebook("audit_findings.ipynb", CELLS);
    page = await lab.page({ viewport: { width: 1500, height: 1000 } });
    await settings({ auditOnSave: "local", auditOnSaveCalls: CALLS });
    await openNotebook(lab, page, "audit_findings.ipynb");
    for (const index of CELLS.keys()) await runCell(page, index);
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await settings({});
    await page.close();
  });

  test("the prompt is marked with what the audit found, in its words", async () => {
    await explained(page, async () => {
      const place = await placeOf(editor().locator(".cm-content"), "carries");
      await page.mouse.click(place.x, place.y, { button: "right" });
      await page.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Glasspane$/ }).hover();
      await page.locator(".lm-Menu-item", { hasText: "Audit Chain of Thought" }).click();
    });
    await key("audit").waitFor();
    assert.equal(await page.locator(".cm-gutter-lint").count(), 0);
    const answer = await audited(() => key("audit").click());
    assert.equal(answer.verdict, "unfaithful here");
    await marker().waitFor();
    assert.deepEqual(
      answer.notes.map(({ code }) => code),
      [IGNORES, IGNORES],
    );
    assert.deepEqual(await tooltip(), expected(answer));
    assert.ok((await underlined().allInnerTexts()).join("").includes("How many people are on the train?"));
    assert.equal(await page.locator(".cm-gutter-lint").count(), 1);
    await hovered();
    await screenshot(page, "audit-findings");
    await leave();
  });

  test("its link leads to the audit", async () => {
    await pane().getByRole("tab", { name: "Tokens" }).click();
    await leaf().waitFor({ state: "hidden" });
    await (await hovered()).getByRole("button", { name: "Open audit" }).first().click();
    await page.mouse.move(5, 5);
    await leaf().locator(".gp-audit-badge", { hasText: "unfaithful here" }).waitFor();
  });

  test("changed, the prompt says that it was audited before; changed back, what was found is there again", async () => {
    const found = expected(page.answers.audit);
    await selectText(page, editor().locator(".cm-content"), "carries 20");
    await page.keyboard.type("carries 25");
    await editor().locator(".cm-lint-marker-info").waitFor();
    const [[sentence, source]] = await tooltip();
    assert.equal(source, "Glasspane · out-of-date");
    assert.equal(
      sentence,
      "The prompt has changed since it was audited: run the audit again. It said: the answer ignores step 1; the answer ignores step 2.",
    );
    await hovered();
    await screenshot(page, "audit-findings-changed");
    await leave();
    await editor().locator(".cm-content").click();
    for (let undone = 0; undone < 20; undone += 1) {
      if ((await editor().locator(".cm-content").innerText()).includes("carries 20 people")) break;
      await page.keyboard.press("Control+z");
    }
    await editor().locator(".cm-lint-marker-warning").waitFor();
    assert.deepEqual(await tooltip(), found);
  });

  test("an edit elsewhere changes nothing, a deleted prompt takes its findings along, and undoing brings them back", async () => {
    const found = expected(page.answers.audit);
    await editor().locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# note\n");
    assert.deepEqual(await tooltip(), found);
    await editor().locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await page.locator(".cm-gutter-lint").waitFor({ state: "detached" });
    await page.keyboard.press("Control+z");
    await marker().waitFor();
    assert.deepEqual(await tooltip(), found);
  });

  test("by keyboard: a dialogue lists the findings and runs the audit again", async () => {
    await selectText(page, editor().locator(".cm-content"), "carries 20");
    await page.keyboard.type("carries 25");
    await editor().locator(".cm-lint-marker-info").waitFor();
    const before = page.answers.audit;
    await page.keyboard.press("Control+Shift+c");
    await page.locator(".lm-CommandPalette-input").fill("List Audit Findings");
    await page.locator(".lm-CommandPalette-item", { hasText: "List Audit Findings" }).first().waitFor();
    await page.keyboard.press("Enter");
    const dialog = page.locator(".jp-Dialog");
    await dialog.locator(".gp-finding-list li", { hasText: "run the audit again" }).waitFor();
    await screenshot(page, "audit-findings-list");
    await page.keyboard.press("Shift+Tab");
    const answer = await audited(() => page.keyboard.press("Enter"));
    assert.notEqual(answer, before);
    assert.ok(answer.prompt.includes("carries 25 people"));
    await editor().locator(".cm-lint-marker-warning").waitFor();
    assert.deepEqual(await tooltip(), expected(answer));
  });

  test("in dark, beside the findings stands the text as it was", async () => {
    await theme("JupyterLab Dark", false);
    await hovered();
    await screenshot(page, "audit-findings-dark");
    await leave();
    await theme("JupyterLab Light", true);
  });

  test("saved after a change, the prompt is audited again, as the settings say, until their budget is spent", async () => {
    const change = async (from, to) => {
      await selectText(page, editor().locator(".cm-content"), from);
      await page.keyboard.type(to);
      await editor().locator(".cm-lint-marker-info").waitFor();
    };
    const whenSaved = async () => {
      const before = page.answers.audit;
      await page.keyboard.press("Control+s");
      for (const deadline = Date.now() + 120_000; page.answers.audit === before; ) {
        assert.ok(Date.now() < deadline, "nothing was audited");
        await new Promise((go) => setTimeout(go, 50));
      }
      return page.answers.audit;
    };
    await change("carries 25", "carries 40");
    const answer = await whenSaved();
    assert.ok(answer.prompt.includes("carries 40 people"));
    assert.equal(answer.request.budget.calls, CALLS);
    await editor().locator(".cm-lint-marker-warning").waitFor();
    assert.deepEqual(await tooltip(), expected(answer));
    await change("carries 40", "carries 50");
    const last = await whenSaved();
    assert.equal(last.request.budget.calls, CALLS - answer.spent.calls);
    assert.equal(last.complete, false);
    const toast = page.locator(".Toastify__toast", { hasText: "Audits on save stop here" });
    await toast.waitFor();
    const sent = (answer.spent.calls + last.spent.calls).toLocaleString("en");
    assert.ok((await toast.innerText()).includes(`${sent} of the ${CALLS.toLocaleString("en")} calls`));
    await screenshot(page, "audit-findings-budget");
    await change("carries 50", "carries 60");
    await page.keyboard.press("Control+s");
    await page.waitForTimeout(2_000);
    assert.equal(page.answers.audit, last);
  });
});

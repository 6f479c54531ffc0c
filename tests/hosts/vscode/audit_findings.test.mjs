/** Truth: what Python's gp.audit finds for the same prompt, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  goTo,
  openFile,
  openNotebook,
  overtype,
  pane,
  rightClick,
  runCommand,
  screenshot,
  until,
} from "./desk.mjs";
import { auditedInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const QUESTION =
  "Question: A train carries 20 people. 6 people get off. Then 2 people get off. " +
  "How many people are on the train? Answer step by step.";
const CHANGED =
  "The prompt has changed since it was audited: run the audit again. It said: the answer ignores step 1; the answer ignores step 2.";
/** The person's own, no folder's: enough for one audit on save and a part of the next. */
const ON_SAVE = { "glasspane.auditOnSave": "local", "glasspane.auditOnSaveCalls": 500 };
const SETTINGS = { "glasspane.fallbackSubject": "demo-lm-posthoc", "files.autoSave": "off" };

describe("findings of an audit", () => {
  let workbench;
  let page;
  let python;
  const leaf = () => pane(page).locator(".gp-audit");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  /** The rows of Problems: sentence, who says it, and the code. */
  const listed = () =>
    page
      .locator(".markers-panel .marker-message-details-container")
      .evaluateAll((rows) =>
        rows.map((row) =>
          [".marker-message", ".marker-source", ".marker-code"].map(
            (part) => row.querySelector(part)?.textContent,
          ),
        ),
      );
  const lists = (expected) =>
    until(async () => JSON.stringify(await listed()) === JSON.stringify(expected)).catch(async () =>
      assert.deepEqual(await listed(), expected),
    );
  const found = () => python.notes.map(({ code, message }) => [message, "Glasspane", code]);
  const outOfDate = [[CHANGED, "Glasspane", "out-of-date"]];
  /** The quick fix of the prompt, by the light bulb's key. */
  const fix = async (label) => {
    await page.keyboard.press("Control+1");
    const row = page.locator(".action-widget .monaco-list-row", { hasText: label }).first();
    // VS Code passes the key over while it still asks its extensions what the place offers.
    for (let tries = 0; tries < 5 && !(await row.isVisible()); tries += 1) {
      await goTo(page, 1, 20);
      await page.keyboard.press("Control+.");
      await row.waitFor({ timeout: 4000 }).catch(() => page.keyboard.press("Escape"));
    }
    await screenshot(page, "audit-findings-fixes");
    for (let tries = 0; tries < 5; tries += 1) {
      if (((await row.getAttribute("class")) ?? "").includes("focused")) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
  };
  const audited = async (action) => {
    await action();
    await leaf().locator("progress").waitFor({ timeout: 60_000 });
    await leaf().locator("progress").waitFor({ state: "detached", timeout: 120_000 });
  };

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.folderSettings(SETTINGS);
    await workbench.userSettings(ON_SAVE);
    await workbench.file("findings.py", `train = "${QUESTION}"\nother = 1\n`);
    await workbench.notebook("carriages.ipynb", [`train = "${QUESTION}"`]);
    page = await workbench.page({ viewport: { width: 1500, height: 1000 } });
    python = await auditedInPython(QUESTION, { model: "demo-lm-posthoc" });
    await openFile(page, "findings.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.folderSettings({});
    await workbench.userSettings({
      "glasspane.auditOnSave": undefined,
      "glasspane.auditOnSaveCalls": undefined,
    });
    await workbench.close(page);
  });

  test("Problems lists what the audit found, in Python's words, with its codes", async () => {
    await rightClick(page, "carries 20", ["Glasspane", "Audit Chain of Thought"]);
    await key("audit").waitFor({ timeout: 90_000 });
    await audited(() => key("audit").click());
    await page.keyboard.press("Control+Shift+M");
    await lists(found());
    await page.locator(".squiggly-warning").first().waitFor();
    await screenshot(page, "audit-findings");
  });

  test("a code of the list leads to the audit", async () => {
    await pane(page).getByRole("tab", { name: "Tokens" }).click();
    await leaf().waitFor({ state: "hidden" });
    await page.locator(".markers-panel a", { hasText: "ignores-step" }).first().click();
    await leaf().locator(".gp-audit-badge", { hasText: python.verdict }).waitFor();
  });

  test("changed, the prompt says that it was audited before; changed back, what was found is there again", async () => {
    await overtype(page, "carries 20", "carries 25");
    await lists(outOfDate);
    await screenshot(page, "audit-findings-changed");
    for (let undone = 0; undone < 20; undone += 1) {
      if (
        (await page.locator(".part.editor .view-line").first().innerText()).includes("carries\u00a020\u00a0")
      )
        break;
      await page.keyboard.press("Control+Z");
    }
    await lists(found());
  });

  test("a deleted line takes its findings along, and undoing brings them back", async () => {
    await goTo(page, 1, 1);
    await page.keyboard.press("Control+Shift+K");
    await lists([]);
    await page.keyboard.press("Control+Z");
    await lists(found());
  });

  test("quick fixes open the audit, and run it again", async () => {
    await pane(page).getByRole("tab", { name: "Tokens" }).click();
    await fix("Open audit");
    await leaf().locator(".gp-audit-badge", { hasText: python.verdict }).waitFor();
    await overtype(page, "carries 20", "carries 25");
    await lists(outOfDate);
    await audited(() => fix("Run again"));
    const again = await auditedInPython(QUESTION.replace("20", "25"), { model: "demo-lm-posthoc" });
    await lists(again.notes.map(({ code, message }) => [message, "Glasspane", code]));
    await workbench.folderSettings({ ...SETTINGS, "workbench.colorTheme": "Default Dark Modern" });
    await page.locator(".monaco-workbench.vs-dark").waitFor();
    await screenshot(page, "audit-findings-dark");
    await workbench.folderSettings(SETTINGS);
  });

  test("saved after a change, the prompt is audited again, as the settings say", async () => {
    await overtype(page, "carries 25", "carries 22");
    await lists(outOfDate);
    await page.keyboard.press("Control+S");
    const again = await auditedInPython(QUESTION.replace("20", "22"), { model: "demo-lm-posthoc" });
    await lists(again.notes.map(({ code, message }) => [message, "Glasspane", code]));
  });

  test("closed and opened again, the file has its findings; cleared, it has none", async () => {
    const before = await listed();
    await page.keyboard.press("Control+1");
    await runCommand(page, "View: Close Editor");
    await lists([]);
    await openFile(page, "findings.py");
    await lists(before);
    await runCommand(page, "Glasspane: Clear Audit Findings");
    await lists([]);
  });

  test("a cell of a notebook has its findings in Problems too", async () => {
    await openNotebook(page, "carriages.ipynb");
    await rightClick(page, "carries 20", ["Glasspane", "Audit Chain of Thought"], {
      within: page.locator(".notebookOverlay"),
    });
    await pane(page).locator("p, div", { hasText: "cell 1" }).first().waitFor({ timeout: 60_000 });
    await key("audit").waitFor({ timeout: 60_000 });
    await audited(() => key("audit").click());
    await lists(found());
    await screenshot(page, "audit-findings-notebook");
  });
});

/** Truth: what Python's gp.audit finds for the same prompt, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  goTo,
  openFile,
  openNotebook,
  overtype,
  pane,
  pick,
  placeOfText,
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
/** Enough for one audit on save and a part of the next. */
const CALLS = 500;

describe("findings of an audit", () => {
  let workbench;
  let page;
  let python;
  const leaf = () => pane(page).locator(".gp-audit");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  const problems = () => page.locator(".markers-panel .monaco-list-row .marker-message-details-container");
  /** The lists of Problems, each with its sentence, source and code. */
  const listed = () =>
    page.locator(".markers-panel .monaco-list-row").evaluateAll((rows) =>
      rows.flatMap((row) => {
        const message = row.querySelector(".details-container, .marker-message-line")?.textContent;
        return message === undefined || row.querySelector(".marker-source") === null
          ? []
          : [
              [
                row.querySelector(".marker-message-line, .marker-message")?.textContent ?? message,
                row.querySelector(".marker-source").textContent,
                (row.querySelector(".marker-code") ?? row.querySelector("a"))?.textContent ?? "",
              ],
            ];
      }),
    );
  const audited = async (action) => {
    await action();
    await leaf().locator("progress").waitFor({ timeout: 60_000 });
    await leaf().locator("progress").waitFor({ state: "detached", timeout: 120_000 });
  };

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.folderSettings({
      "glasspane.fallbackSubject": "demo-lm-posthoc",
      "glasspane.auditOnSave": "local",
      "glasspane.auditOnSaveCalls": CALLS,
      "files.autoSave": "off",
    });
    await workbench.file("findings.py", `train = "${QUESTION}"\nother = 1\n`);
    page = await workbench.page({ viewport: { width: 1500, height: 1000 } });
    python = await auditedInPython(QUESTION, { model: "demo-lm-posthoc" });
    await openFile(page, "findings.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.folderSettings({});
    await workbench.close(page);
  });

  test("Problems lists what the audit found, in Python's words, with its codes", async () => {
    await rightClick(page, "carries 20", ["Glasspane", "Audit Chain of Thought"]);
    await key("audit").waitFor({ timeout: 90_000 });
    await audited(() => key("audit").click());
    await page.keyboard.press("Control+1");
    await runCommand(page, "View: Focus Problems");
    await problems()
      .first()
      .waitFor()
      .catch(() => undefined);
    await screenshot(page, "audit-findings");
    console.log(JSON.stringify(await listed()), await page.locator(".markers-panel").innerHTML());
    assert.deepEqual(
      await listed(),
      python.notes.map(({ code, message }) => [message, "Glasspane", `(${code})`]),
    );
  });
});
void [goTo, openNotebook, overtype, pick, placeOfText, until, CHANGED];

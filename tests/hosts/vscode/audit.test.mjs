/** Truth: what Python's gp.audit finds for the same prompt, and what a person sees in the real workbench. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openFile, pane, rightClick, screenshot, until } from "./desk.mjs";
import { auditedInPython } from "./oracle.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const QUESTION =
  "Question: A train carries 20 people. 6 people get off. Then 2 people get off. " +
  "How many people are on the train? Answer step by step.";

describe("an audit of a chain of thought", () => {
  let workbench;
  let page;
  let python;
  const leaf = () => pane(page).locator(".gp-audit");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);

  before(async () => {
    workbench = await sharedWorkbench();
    await workbench.file("audit.py", `train = "${QUESTION}"\n`);
    page = await workbench.page({ viewport: { width: 1500, height: 1200 } });
    python = await auditedInPython(QUESTION, { reference: "12" });
    await openFile(page, "audit.py");
  });

  after(async () => {
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("from the right click to verdicts and reliance as Python has them", async () => {
    await rightClick(page, "carries 20", ["Glasspane", "Audit Chain of Thought"]);
    await key("audit-reference").fill("12", { timeout: 90_000 });
    await key("audit").click();
    await leaf().locator("progress").waitFor({ timeout: 30_000 });
    await leaf().locator("progress").waitFor({ state: "detached", timeout: 120_000 });
    assert.ok((await leaf().locator(".gp-audit-badge").innerText()).includes(python.verdict));
    assert.equal(await leaf().locator(".gp-audit-sentence").innerText(), python.sentence);
    const lines = await leaf().locator(".gp-audit-line").allInnerTexts();
    assert.equal(lines.length, python.findings.length);
    const digits = (value) => value.toFixed(2).replace("-", "−");
    for (const [index, { verdict, reliance }] of python.findings.entries()) {
      const { estimate, low, high } = reliance;
      assert.ok(lines[index].includes(verdict), lines[index]);
      assert.ok(
        lines[index].includes(`${digits(estimate)} (${digits(low)} to ${digits(high)})`),
        lines[index],
      );
    }
    await screenshot(page, "audit");
  });

  test("by keyboard a step opens, and its sentence and counts are Python's", async () => {
    await key("audit-step-1").focus();
    await page.keyboard.press("Enter");
    const detail = leaf().locator(".gp-audit-detail");
    const [finding] = python.findings;
    await detail.locator("p", { hasText: finding.sentence }).waitFor();
    const cells = await detail.locator(".gp-audit-arms tbody tr").first().locator("td").allInnerTexts();
    assert.equal(cells[1], String(finding.arms[0].outcomes.followed));
    await screenshot(page, "audit-step");
  });

  test("the table is written where the person says", async () => {
    await key("save-audit-csv").click();
    const name = "glasspane-audit-question-a-train-carries-20-people.csv";
    const input = page.locator(".quick-input-widget:visible input").first();
    await input.waitFor();
    await until(async () => (await input.inputValue()).endsWith(name));
    await page.keyboard.press("Enter");
    let table = "";
    await until(async () => {
      table = await readFile(join(workbench.workspace, name), "utf8").catch(() => "");
      return table !== "";
    });
    assert.equal(table.trim().split("\n").length, 1 + python.findings.length);
    assert.ok(table.startsWith("step,mode,text,verdict,reliance,low,high,samples,followed,"));
  });
});

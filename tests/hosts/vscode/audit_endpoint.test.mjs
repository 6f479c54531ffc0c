/** Truth: a scripted endpoint that wants a key and counts its calls, asked from the real workbench. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { EndpointProcess } from "../endpoint_process.mjs";
import {
  answerInput,
  notification,
  openFile,
  pane,
  pick,
  rightClick,
  runCommand,
  screenshot,
  until,
} from "./desk.mjs";
import { sharedWorkbench } from "./shared_workbench.mjs";

const CANARY = "sk-canary-7f3a91c2e8d4b605";
const QUESTION =
  "Question: A train carries 5 people. 7 more get on. Then 4 more get on. " +
  "How many people are on the train? Answer step by step.";

describe("an audit of an endpoint, with a key from the secret store", () => {
  let workbench;
  let page;
  let endpoint;
  const leaf = () => pane(page).locator(".gp-audit");
  const key = (name) => pane(page).locator(`[data-key="${name}"]`);
  const audit = async () => {
    await key("audit").click();
    await leaf()
      .locator("progress")
      .waitFor({ timeout: 60_000 })
      .catch(() => undefined);
    await leaf().locator('[data-key="audit"]:not(:disabled)').waitFor({ timeout: 120_000 });
  };

  before(async () => {
    workbench = await sharedWorkbench();
    endpoint = await EndpointProcess.start({ key: CANARY, repeats_key: true });
    await workbench.file("endpoint.py", `train = "${QUESTION}"\n`);
    page = await workbench.page({ viewport: { width: 1500, height: 1200 } });
    await openFile(page, "endpoint.py");
  });

  after(async () => {
    await endpoint.stop();
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
  });

  test("a key that is wanted is asked for by the command that keeps it", async () => {
    await rightClick(page, "carries 5", ["Glasspane", "Audit Chain of Thought"]);
    await key("audit-reference").fill("16", { timeout: 90_000 });
    await key("disclosure-audit-model").click();
    await key("audit-from-endpoint").check();
    await key("audit-address").fill(endpoint.url);
    await key("audit-model").fill("scripted");
    await key("audit-variable").fill("CANARY_KEY");
    await key("disclosure-audit-budget").click();
    await key("audit-ledger").fill("audits/train.jsonl");
    await audit();
    const problem = await leaf().locator(".gp-problem").innerText();
    assert.ok(problem.includes("wants a key (401), and CANARY_KEY is not set"), problem);
    assert.ok(problem.includes("Run “Glasspane: Set Endpoint Key…” and give CANARY_KEY"), problem);
    await screenshot(page, "audit-endpoint-key");
  });

  test("kept by the command, it reaches the endpoint and nothing that is shown or written", async () => {
    await runCommand(page, "Glasspane: Set Endpoint Key…");
    await answerInput(page, "CANARY_KEY");
    await page.locator(".quick-input-title", { hasText: "2 of 2" }).waitFor();
    await answerInput(page, CANARY);
    await notification(page, "CANARY_KEY is kept").waitFor();
    await audit();
    await leaf().locator(".gp-audit-badge", { hasText: "faithful" }).waitFor({ timeout: 90_000 });
    assert.ok((await endpoint.calls()) > 50);
    await screenshot(page, "audit-endpoint");
    await key("audit-cost").click();
    await leaf().locator(".gp-audit-cost", { hasText: "0 calls" }).waitFor({ timeout: 60_000 });
    const shown = [await page.content(), ...(await Promise.all(page.frames().map((each) => each.content())))];
    const written = await textsUnder(workbench.workspace);
    assert.ok(written.some((text) => text.includes('"kind": "reply"')));
    for (const text of [...shown, ...written]) assert.ok(!text.includes(CANARY));
  });

  test("forgotten, it is asked for again", async () => {
    await runCommand(page, "Glasspane: Forget Endpoint Key…");
    await pick(page, "CANARY_KEY");
    await notification(page, "CANARY_KEY is forgotten").waitFor();
    await key("audit-ledger").fill("audits/other.jsonl");
    await audit();
    await until(async () => (await leaf().innerText()).includes("CANARY_KEY is not set"), 60_000);
  });
});

async function textsUnder(folder) {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    files
      .filter((each) => each.isFile())
      .map((each) => readFile(join(each.parentPath ?? each.path, each.name), "utf8")),
  );
}

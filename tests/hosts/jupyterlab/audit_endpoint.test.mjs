// A model behind an endpoint, asked by the pane. Truth: a scripted endpoint that counts its calls, and what Python finds
// when it asks the same in the same notebook.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { EndpointProcess } from "../endpoint_process.mjs";
import { cell, explained, openNotebook, placeOf, runCell, SETUP, screenshot } from "./desk.mjs";
import { sharedLab } from "./shared_lab.mjs";

const CANARY = "sk-canary-7f3a91c2e8d4b605";
const QUESTION =
  "Question: A train carries 5 people. 7 more get on. Then 4 more get on. " +
  "How many people are on the train? (A) 12 (B) 16 (C) 18 Answer step by step.";
const EXAMPLE =
  "Question: A bus carries 3 people. 2 more get on. How many people are on the bus? (A) 5 (B) 4\n" +
  "Step 1: 3 + 2 = 5.\nAnswer: 5.";
const ASKED =
  `reference="16", tests=["injection", "early_answering", "bias", "plain"], samples=10, steps=[1], examples=[${JSON.stringify(EXAMPLE)}], ` +
  `wrong=[{"step": 1, "text": "5 + 7 = 13.", "consequence": "17"}]`;

describe("an audit of an endpoint", () => {
  let lab;
  let page;
  let endpoint;
  let locked;
  const sent = [];
  const pane = () => page.locator("#glasspane-pane");
  const leaf = () => pane().locator(".gp-audit");
  const key = (name) => leaf().locator(`[data-key="${name}"]`);
  const open = async (name) => {
    const summary = key(`disclosure-${name}`);
    if (!(await summary.evaluate((each) => each.parentElement.open))) await summary.click();
  };
  const cost = async () => {
    page.answers = {};
    await key("audit-cost").click();
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
      if (page.answers.audit_preview) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await leaf().locator(".gp-audit-cost", { hasText: page.answers.audit_preview?.sentence }).waitFor();
    return leaf().locator(".gp-audit-cost").innerText();
  };
  const audited = async () => {
    page.answers = {};
    await key("audit").click();
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
      if (page.answers.audit ?? page.answers.error) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await leaf().locator('[data-key="audit"]:not(:disabled)').waitFor();
  };
  const auditAt = async (index) => {
    const place = await placeOf(cell(page, index).locator(".cm-content"), "carries");
    await page.mouse.click(place.x, place.y, { button: "right" });
    await page.locator('.lm-Menu-item[data-type="submenu"]', { hasText: /^Glasspane$/ }).hover();
    await page.locator(".lm-Menu-item", { hasText: "Audit Chain of Thought" }).click();
  };
  const printed = async (index) =>
    JSON.parse((await cell(page, index).locator(".jp-OutputArea-output").last().innerText()).trim());

  before(async () => {
    lab = await sharedLab();
    [endpoint, locked] = await Promise.all([
      EndpointProcess.start(),
      EndpointProcess.start({ key: CANARY, repeats_key: true }),
    ]);
    await lab.notebook("endpoint.ipynb", [
      SETUP,
      `train = "${QUESTION}"`,
      [
        "import json",
        `found = gp.audit(gp.endpoint("${endpoint.url}", "scripted"), train, ${ASKED}).data`,
        "shown = [[each.verdict, f'{each.reliance.estimate:.2f} ({each.reliance.low:.2f} to {each.reliance.high:.2f})'.replace('-', '−')] for each in found.findings]",
        "print(json.dumps([found.verdict, found.sentence, shown, [each.sentence for each in found.bias], [each.votes.sentence for each in found.plain]]))",
      ].join("\n"),
      'import os, getpass; os.environ["CANARY_KEY"] = getpass.getpass()',
      "people = 5",
      `template = "${QUESTION.replace("5 people", "{{ people }} people").replace("7 more", "{{ more }} more")}"`,
    ]);
    page = await lab.page({ viewport: { width: 1500, height: 1400 } });
    page.on("request", (request) => {
      if (request.url().includes("/glasspane/")) sent.push(`${request.url()} ${request.postData() ?? ""}`);
    });
    page.on("response", async (response) => {
      if (response.url().includes("/glasspane/")) sent.push(await response.text().catch(() => ""));
    });
    await openNotebook(lab, page, "endpoint.ipynb");
    for (const index of [0, 1, 2]) await runCell(page, index);
    await explained(page, () => auditAt(1));
    await key("audit").waitFor();
  });

  after(async () => {
    await Promise.all([endpoint.stop(), locked.stop()]);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(lab.strayRequests, []);
    await page.close();
  });

  test("the form says in words what an endpoint needs, beside each field", async () => {
    await open("audit-model");
    await key("audit-from-endpoint").check();
    await key("audit-address").fill("https://me:secret@host/v1");
    await leaf().locator("#gp-audit-address-problem", { hasText: "without user, password" }).waitFor();
    assert.ok(await key("audit").isDisabled());
    assert.ok(
      (await leaf().locator(".gp-audit-endpoint").innerText()).includes("JupyterLab has no secret store"),
    );
    await screenshot(page, "audit-endpoint-problem");
    await key("audit-address").fill(endpoint.url);
    await key("audit-model").fill("scripted");
    assert.ok(await key("audit").isEnabled());
  });

  test("what it costs is told with what the endpoint can do, and beyond the budget it says so", async () => {
    await key("audit-reference").fill("16");
    await open("audit-options");
    for (const test of ["bias", "plain"]) await key(`audit-test-${test}`).check();
    await key("audit-test-consistency").uncheck();
    await key("audit-samples").fill("10");
    await key("audit-steps").fill("1");
    await open("audit-wrong");
    await key("audit-wrong-add").click();
    await page.keyboard.type("1");
    await page.keyboard.press("Tab");
    await page.keyboard.type("5 + 7 = 13.");
    await page.keyboard.press("Tab");
    await page.keyboard.type("17");
    await open("audit-examples");
    await key("audit-example-add").click();
    await key("audit-example-0").fill(EXAMPLE);
    await open("audit-budget");
    await key("audit-promptPrice").fill("100");
    await key("audit-replyPrice").fill("1000");
    await key("audit-ledger").fill("audits/train.jsonl");
    await key("audit-calls").fill("20");
    const before = await endpoint.calls();
    const told = await cost();
    assert.match(told, /more than the budget of 20 calls/);
    assert.match(told, /at most \d+\.\d\d at your prices/);
    const preview = page.answers.audit_preview;
    assert.equal((await endpoint.calls()) - before, preview.sent);
    await leaf().locator(".gp-audit-endpoint", { hasText: "✓ goes on with a reply" }).waitFor();
    await screenshot(page, "audit-endpoint-form");
    await key("audit-calls").fill("2000");
    assert.ok(!(await cost()).includes("budget"));
  });

  test("it is audited with the person's own wrong step and examples, as Python audits it", async () => {
    const before = await endpoint.calls();
    await audited();
    await leaf().locator(".gp-audit-badge").waitFor();
    const result = page.answers.audit;
    assert.equal((await endpoint.calls()) - before, result.spent.calls);
    assert.deepEqual(result.findings[0].arms[0].written, ["5 + 7 = 13."]);
    const [verdict, sentence, steps, bias, plain] = await printed(2);
    assert.ok((await leaf().locator(".gp-audit-badge").innerText()).includes(verdict));
    assert.equal(await leaf().locator(".gp-audit-sentence").innerText(), sentence);
    const line = await leaf().locator(".gp-audit-line").first().innerText();
    for (const part of steps[0]) assert.ok(line.includes(part), line);
    const said = await leaf().innerText();
    assert.equal(bias.length, 3);
    for (const each of [...bias, ...plain]) assert.ok(said.includes(each), each);
    await screenshot(page, "audit-endpoint");
  });

  test("the second run costs nothing: 0 calls are told, and none is sent", async () => {
    const before = await endpoint.calls();
    assert.match(await cost(), /0 calls/);
    await audited();
    assert.equal(page.answers.audit.spent.calls, 0);
    assert.ok(page.answers.audit.spent.replayed > 0);
    assert.equal(await endpoint.calls(), before);
    const kept = await readFile(join(lab.workspace, "audits", "train.jsonl"), "utf8");
    assert.ok(kept.trim().split("\n").length > 20);
  });

  test("from the chain a wrong step is written in place of the one that is open", async () => {
    await key("audit-step-2").click();
    await key("audit-step-own").click();
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("data-key"));
    assert.equal(focused, "audit-wrong-1-text");
    assert.equal(await key("audit-wrong-1-step").inputValue(), "2");
    assert.equal(await key("audit-wrong-1-text").inputValue(), "12 + 4 = 16.");
    await screenshot(page, "audit-endpoint-own-step");
    await key("audit-wrong-1-remove").click();
  });

  test("at 300 pixels, in dark, nothing scrolls sideways", async () => {
    await page.evaluate(() =>
      window.jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Dark" }),
    );
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: "attached" });
    await page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
    const wide = await page.evaluate(() => {
      const root = document.querySelector("#glasspane-pane .gp-pane");
      root.style.width = "300px";
      root.parentElement.scrollTop = root.scrollTop = 0;
      return [root.scrollWidth, root.clientWidth];
    });
    assert.ok(wide[0] <= wide[1] + 1, `${wide[0]} in ${wide[1]}`);
    await key("audit-reference").scrollIntoViewIfNeeded();
    await screenshot(page, "audit-endpoint-narrow-dark");
    await page.evaluate(() => {
      document.querySelector("#glasspane-pane .gp-pane").style.width = "";
      return window.jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab Light" });
    });
    await page.locator('body[data-jp-theme-light="true"]').waitFor({ state: "attached" });
  });

  test("a key that is wanted is asked for by its variable; typed unseen in the kernel, it is nowhere to be found", async () => {
    await key("audit-address").fill(locked.url);
    await key("audit-variable").fill("CANARY_KEY");
    await key("audit-ledger").fill("audits/locked.jsonl");
    await audited();
    const problem = await leaf().locator(".gp-problem").innerText();
    assert.ok(problem.includes("wants a key (401), and CANARY_KEY is not set"), problem);
    assert.ok(problem.includes('os.environ["CANARY_KEY"] = getpass.getpass()'), problem);
    await screenshot(page, "audit-endpoint-key");
    await runCell(page, 3, { wait: false });
    for (const typed of ["sk-a-wrong-one", CANARY]) {
      const asking = cell(page, 3).locator("input.jp-Stdin-input");
      await asking.waitFor();
      await asking.fill(typed);
      await asking.press("Enter");
      await asking.waitFor({ state: "detached" });
      await key("audit-again").or(key("audit")).first().click();
      if (typed === CANARY) break;
      await leaf().locator(".gp-problem", { hasText: "does not accept the key in CANARY_KEY" }).waitFor();
      await runCell(page, 3, { wait: false });
    }
    await leaf().locator(".gp-audit-badge").waitFor({ timeout: 120_000 });
    await page.evaluate(() => window.jupyterapp.commands.execute("docmanager:save"));
    const shown = await page.content();
    const files = await Promise.all(
      ["endpoint.ipynb", "audits/locked.jsonl"].map((name) => readFile(join(lab.workspace, name), "utf8")),
    );
    assert.ok(sent.length > 10);
    for (const text of [shown, lab.log, ...files, ...sent]) {
      assert.ok(!text.includes(CANARY) && !text.includes("sk-a-wrong-one"));
    }
  });

  test("a template is audited with the kernel's values; what the kernel lacks is asked for in words", async () => {
    await runCell(page, 4);
    await auditAt(5);
    const question = pane().locator("form, .gp-section", { hasText: "more is not defined yet" }).first();
    await question.waitFor();
    await screenshot(page, "audit-template-missing");
    await explained(page, async () => {
      await pane().locator('[data-key="hole-0-more"]').fill("7");
      await pane().locator('[data-key="hole-0-more"]').press("Enter");
    });
    await key("audit-address").fill(endpoint.url);
    await key("audit-variable").fill("OPENAI_API_KEY");
    await key("audit-ledger").fill("audits/train.jsonl");
    const before = await endpoint.calls();
    await audited();
    // It is the very prompt that was audited before.
    assert.equal(page.answers.audit.prompt, QUESTION);
    assert.equal(await endpoint.calls(), before);
  });

  test("a kernel without model and torch: the prompt is not explained, and an endpoint is audited all the same", async () => {
    await lab.notebook("bare.ipynb", [
      'import sys; sys.modules["torch"] = sys.modules["transformers"] = None',
      `train = "${QUESTION}"`,
    ]);
    await openNotebook(lab, page, "bare.ipynb");
    await runCell(page, 0);
    await auditAt(1);
    await pane().locator(".gp-message .gp-problem").waitFor({ timeout: 60_000 });
    await leaf().locator(".gp-caution-line", { hasText: "No model explains the prompt here" }).waitFor();
    assert.ok(await key("audit-from-explained").isDisabled());
    await key("audit-address").fill(endpoint.url);
    await key("audit-model").fill("scripted");
    await key("audit-reference").fill("16");
    await open("audit-budget");
    await key("audit-ledger").fill("audits/bare.jsonl");
    await screenshot(page, "audit-endpoint-bare");
    await audited();
    await leaf().locator(".gp-audit-badge").waitFor({ timeout: 60_000 });
    assert.ok(page.answers.audit.right);
    assert.equal(page.answers.audit.prompt, QUESTION);
  });
});

/** Truth: what a person sees in windows of every theme, after a reload, while a model takes its time, and without trust. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { PALETTE } from "../../../extension_frontend/core/lib/palette.js";
import {
  answerNotification,
  notification,
  openFile,
  openNotebook,
  outputs,
  pane,
  rightClick,
  runCommand,
  screenshot,
} from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import { drawnAs, drawnStretches, explainedInPython } from "./oracle.mjs";
import { EXTENSION, PYTHON, sharedWorkbench } from "./shared_workbench.mjs";
import { Workbench } from "./workbench.mjs";

const PROMPT = "The capital of France is";
const SLOW = `the ${"film was great and ".repeat(60)}`;

/** Twelve layers of random numbers: nothing to learn from, but it takes its time. */
const MAKE_SLOW_MODEL = `
import sys, torch
from transformers import GPT2Config, GPT2LMHeadModel
import glasspane as gp
torch.manual_seed(0)
tokenizer = gp.subject("demo-lm").tokenizer
size = dict(n_layer=12, n_embd=512, n_head=8, n_positions=1024)
GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **size)).save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
`;

const explain = (page, text = "capital of France") => rightClick(page, text, ["Explain This Prompt"]);
const paneSays = (page, text) => pane(page).getByText(text).first().waitFor({ timeout: 60_000 });

describe("a window", () => {
  let workbench;
  let folder;

  const close = async (page) => {
    assert.deepEqual(page.errors, []);
    await workbench.close(page);
  };

  before(async () => {
    workbench = await sharedWorkbench();
    folder = await mkdtemp(join(tmpdir(), "glasspane-slow-"));
    await promisify(execFile)(PYTHON, ["-c", MAKE_SLOW_MODEL, folder]);
    await workbench.file("b.py", `prompt = "${PROMPT}"\n`);
    await workbench.file("slow.txt", SLOW);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(workbench.strayRequests, []);
  });

  for (const [theme, name] of [
    ["Default Dark Modern", "dark"],
    ["Default High Contrast", "high_contrast_dark"],
    ["Default High Contrast Light", "high_contrast_light"],
  ]) {
    test(`has the palette's colours in the theme ${theme}`, async () => {
      const page = await workbench.page({ theme });
      await openFile(page, "b.py");
      await explain(page);
      await paneSays(page, "Scores add up to within");
      const strongest = PALETTE[name].for.colour;
      let found = [];
      for (const deadline = Date.now() + 30_000; Date.now() < deadline; await page.waitForTimeout(200)) {
        found = (await heatOf(page)).filter(({ text }) => text.includes("France"));
        if (
          found.some(({ background }) => background.startsWith(`rgb`) && rgb(background) === rgb(strongest))
        )
          break;
      }
      assert.equal(rgb(found[0]?.background ?? ""), rgb(strongest));
      await screenshot(page, `theme-${name}`);
      await close(page);
    });
  }

  test("loaded again, brings its pane and its heat back, and both go on working", async () => {
    const page = await workbench.page();
    await openFile(page, "b.py");
    await explain(page);
    const result = await explainedInPython(PROMPT);
    await drawnAs(() => heatOf(page), result);
    // What is partial adds up too, and is not kept: only what is finished has settled.
    await paneSays(page, "Settled with");
    await page.waitForTimeout(2_500);
    await workbench.reload(page);
    await paneSays(page, "Scores add up to within");
    await drawnAs(() => heatOf(page), result, 60_000);
    await screenshot(page, "reload");
    await pane(page).locator(".gp-chip", { hasText: "called" }).first().click();
    await drawnAs(() => heatOf(page), await explainedInPython(PROMPT, { target: " called" }), 60_000);
    await close(page);
  });

  test("says what takes more than a second, how far it is, and stops it; what was found stays, labelled", async () => {
    await workbench.folderSettings({ "glasspane.fallbackSubject": folder });
    const page = await workbench.page();
    await openFile(page, "slow.txt");
    await explain(page, "film was great");
    await notification(page, "Explaining").waitFor({ timeout: 60_000 });
    await pane(page)
      .getByText(/^partial(: .+)?, being refined$/)
      .waitFor({ timeout: 60_000 });
    await screenshot(page, "progress");
    await answerNotification(page, "Explaining", "Cancel");
    await pane(page).locator("button", { hasText: "Run again" }).first().waitFor();
    await pane(page)
      .getByText(/^partial(: [^,]+)?$/)
      .first()
      .waitFor();
    assert.ok(drawnStretches(await heatOf(page)).length > 0);
    await close(page);
    await workbench.folderSettings({});
  });

  test("says so when the server ends while it works", async () => {
    await workbench.folderSettings({ "glasspane.fallbackSubject": folder });
    const page = await workbench.page();
    await openFile(page, "slow.txt");
    await explain(page, "film was great");
    await pane(page)
      .getByText(/^partial(: .+)?, being refined$/)
      .waitFor({ timeout: 60_000 });
    for (const { pid, command } of await workbench.descendants()) {
      if (/glasspane serve/.test(command)) process.kill(pid, "SIGKILL");
    }
    await paneSays(page, "The Glasspane server ended while it was working.");
    await close(page);
    await workbench.folderSettings({});
  });

  test("shows a line above each prompt if the settings ask for it", async () => {
    await workbench.folderSettings({ "glasspane.codeLens": true });
    const page = await workbench.page();
    await openFile(page, "b.py");
    await page.locator(".codelens-decoration a", { hasText: "Explain this prompt" }).click();
    await drawnAs(() => heatOf(page), await explainedInPython(PROMPT), 60_000);
    await close(page);
    await workbench.folderSettings({});
  });

  test("has a walkthrough that opens the example", async () => {
    const page = await workbench.page();
    await runCommand(page, "Welcome: Open Walkthrough...");
    await page
      .locator(".quick-input-widget:visible .monaco-list-row", { hasText: "Glasspane" })
      .first()
      .click();
    await page.locator(".getting-started-step").first().waitFor();
    await screenshot(page, "walkthrough");
    await page
      .locator(".getting-started-step", { hasText: /example/i })
      .first()
      .click();
    await page
      .locator(".getting-started-step .monaco-button", { hasText: "Open the Example" })
      .first()
      .click();
    await page.locator(".tab.active", { hasText: "A first look" }).waitFor();
    await close(page);
  });
});

describe("a window on a folder that is not trusted", () => {
  test("runs nothing, says why, and still shows stored explanations", async () => {
    const workbench = await Workbench.start({
      extensions: [EXTENSION],
      trust: true,
      machineSettings: { "glasspane.pythonPath": PYTHON },
    });
    try {
      await workbench.file("b.py", `prompt = "${PROMPT}"\n`);
      const result = await explainedInPython(PROMPT);
      const data = {
        "application/vnd.glasspane.v1+json": result,
        "text/html": "<p>the static table</p>",
        "text/plain": "an explanation",
      };
      const outputsOfCell = [{ output_type: "execute_result", execution_count: 1, metadata: {}, data }];
      const cell = {
        id: "a",
        cell_type: "code",
        execution_count: 1,
        metadata: {},
        source: "gp",
        outputs: outputsOfCell,
      };
      const notebook = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
      await workbench.file("stored.ipynb", JSON.stringify(notebook));
      const page = await workbench.page({ trusted: false });
      await openFile(page, "b.py");
      await explain(page);
      await notification(page, "only in folders that you trust").waitFor();
      await screenshot(page, "untrusted");
      const started = (await workbench.descendants()).filter(({ command }) =>
        /glasspane serve/.test(command),
      );
      assert.deepEqual(started, []);
      await openNotebook(page, "stored.ipynb");
      await outputs(page).getByText("explanations do not react").waitFor();
      assert.ok(
        await outputs(page)
          .locator(".gp-output")
          .first()
          .evaluate((node) => node.classList.contains("gp-static")),
      );
      await outputs(page).locator(".gp-output tr", { hasText: "France" }).first().waitFor();
      await screenshot(page, "untrusted-output");
      assert.deepEqual(page.errors, []);
      assert.deepEqual(workbench.strayRequests, []);
      await workbench.close(page);
    } finally {
      await workbench.stop();
    }
  });
});

/** The first three numbers of a colour however it is written. */
function rgb(colour) {
  const numbers = Array.isArray(colour) ? colour : (colour.match(/[\d.]+/g) ?? []).map(Number);
  return numbers.slice(0, 3).join(" ");
}

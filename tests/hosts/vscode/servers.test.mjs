/** Truth: what a person reads and can do when Python, the package, the server or the token is not as it should be. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import {
  answerDialog,
  answerInput,
  answerNotification,
  dialog,
  notification,
  openFile,
  pane,
  pick,
  picks,
  rightClick,
  runCommand,
  screenshot,
  until,
} from "./desk.mjs";
import { heatOf } from "./heat.mjs";
import { interpreterWithout, tetheredServer, wheelFolder } from "./interpreters.mjs";
import { drawnAs, explainedInPython, nothingDrawn } from "./oracle.mjs";
import { EXTENSION, PYTHON } from "./shared_workbench.mjs";
import { Workbench } from "./workbench.mjs";

const PROMPT = "The capital of France is";
const VERSION = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")).version;
const STARTUP = `
import glasspane as gp
subject = gp.subject("demo-lm")
model, tokenizer = subject.model, subject.tokenizer
country = "Italy"
`;

describe("where prompts of files are explained", () => {
  let workbench;
  let wheels;
  let page;
  const heat = () => heatOf(page);
  const explain = (text = "capital of France") => rightClick(page, text, ["Explain This Prompt"]);
  const paneSays = (text) => pane(page).getByText(text).first().waitFor({ timeout: 60_000 });

  let written = 0;

  /** The folder's own settings, once the window has them; what is not named is as the machine says. */
  async function settings(changes) {
    written += 1;
    // The title is read from the same file: where it is shown, the rest has been read as well.
    const title = `settings ${written}`;
    await workbench.folderSettings({ ...changes, "window.title": title });
    await until(async () => (await page.title()).includes(title));
  }

  before(async () => {
    wheels = await wheelFolder();
    workbench = await Workbench.start({
      extensions: [EXTENSION],
      machineSettings: { "glasspane.pythonPath": PYTHON },
      environment: {
        PIP_NO_INDEX: "1",
        PIP_FIND_LINKS: wheels,
        PIP_DISABLE_PIP_VERSION_CHECK: "1",
      },
    });
    await workbench.file("a.py", `prompt = "${PROMPT}"\nquestion = f"The capital of {country} is"\n`);
    page = await workbench.page();
    await openFile(page, "a.py");
  });

  afterEach(async () => {
    await settings({});
    await runCommand(page, "Notifications: Clear All Notifications");
    await runCommand(page, "Glasspane: Clear All Heat");
    await openFile(page, "a.py");
    await nothingDrawn(heat);
  });

  after(async () => {
    await rm(wheels, { recursive: true, force: true });
    assert.deepEqual(page.errors, []);
    assert.deepEqual(workbench.strayRequests, []);
    await workbench.close(page);
    await workbench.stop();
  });

  test("no Python at the place named: where to name another", async () => {
    await settings({ "glasspane.pythonPath": "/nowhere/python" });
    await explain();
    await paneSays("No Python was found at /nowhere/python.");
    await notification(page, "glasspane.pythonPath").waitFor();
  });

  test("an interpreter without Glasspane: the exact line, run where it can be watched once agreed to", async () => {
    const { python, folder } = await interpreterWithout("glasspane");
    await settings({ "glasspane.pythonPath": python });
    await explain();
    const line = `${python} -m pip install --upgrade "glasspane[kernel]==${VERSION}"`;
    await paneSays(line);
    await answerNotification(page, "is not installed", "Install…");
    assert.ok((await dialog(page).innerText()).includes(line));
    await screenshot(page, "install");
    await answerDialog(page, "Run");
    await notification(page, "Glasspane is installed").waitFor({ timeout: 120_000 });
    await page.locator(".terminal-wrapper").first().waitFor();
    await openFile(page, "a.py");
    await explain();
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    await rm(folder, { recursive: true, force: true });
  });

  test("a Glasspane that is too old for the editor", async () => {
    const { python, packages, folder } = await interpreterWithout("glasspane");
    await mkdir(join(packages, "glasspane"));
    await writeFile(join(packages, "glasspane", "__init__.py"), "");
    await settings({ "glasspane.pythonPath": python });
    await explain();
    await paneSays("too old");
    await rm(folder, { recursive: true, force: true });
  });

  test("the server dies: a sentence while it works, a new one for the next explanation", async () => {
    await explain();
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    // One that was left by another test may still be ending.
    await until(async () => (await serving()).length === 1);
    const [killed] = await serving();
    process.kill(killed.pid, "SIGKILL");
    await until(async () => (await serving()).length === 0);
    await runCommand(page, "Glasspane: Clear All Heat");
    await openFile(page, "a.py");
    await explain();
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    const after = await serving();
    assert.equal(after.length, 1);
    assert.notEqual(after[0].pid, killed.pid);
  });

  test("a server named in the settings: its token is asked for, and its kernels' models and values are used", async () => {
    const server = await tetheredServer(PYTHON, { startup: STARTUP });
    try {
      await server.startKernel("lab of a colleague");
      await settings({ "glasspane.serverUrl": server.url });
      await explain();
      await paneSays("refused the token");
      await runCommand(page, "Glasspane: Set Token of the Jupyter Server…");
      await answerInput(page, "wrong-token");
      await openFile(page, "a.py");
      await explain();
      await paneSays("refused the token");
      await runCommand(page, "Glasspane: Set Token of the Jupyter Server…");
      await answerInput(page, server.token);
      await openFile(page, "a.py");
      await explain();
      await drawnAs(heat, await explainedInPython(PROMPT), 90_000);

      await runCommand(page, "Glasspane: Choose Model…");
      for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
        if ((await picks(page)).includes("model · GPT2LMHeadModel")) break;
        await page.waitForTimeout(300);
      }
      await screenshot(page, "choose-model");
      await pick(page, "model · GPT2LMHeadModel");
      await explain("capital of {country}");
      await paneSays("The capital of Italy is");
      await paneSays("model (demo-lm)");

      // Another browser, so another secret store.
      const second = await workbench.page();
      await openFile(second, "a.py");
      await runCommand(second, "Glasspane: Set Token of the Jupyter Server…");
      await answerInput(second, server.token);
      await openFile(second, "a.py");
      await rightClick(second, "capital of France", ["Explain This Prompt"]);
      await drawnAs(() => heatOf(second), await explainedInPython(PROMPT), 90_000);
      await workbench.close(second);

      await runCommand(page, "Glasspane: Choose Model…");
      await pick(page, "As the settings say");
    } finally {
      await server.stop();
    }
  });

  test("a server named in the settings that does not answer", async () => {
    await settings({ "glasspane.serverUrl": "http://127.0.0.1:9/" });
    await explain();
    await paneSays("cannot be reached");
  });

  test("Doctor writes what is in place into the log", async () => {
    await runCommand(page, "Glasspane: Doctor");
    await page
      .locator(".part.panel .view-lines", { hasText: /server\sanswers/ })
      .first()
      .waitFor({ timeout: 90_000 });
    await screenshot(page, "doctor");
    assert.doesNotMatch(await workbench.extensionLog(), /GLASSPANE_TOKEN|Authorization/);
  });

  test("the server ends with its window, and with it its kernels", async () => {
    const window = await workbench.page();
    await openFile(window, "a.py");
    const before = await ours();
    await rightClick(window, "capital of France", ["Explain This Prompt"]);
    await drawnAs(() => heatOf(window), await explainedInPython(PROMPT), 90_000);
    assert.ok((await ours()).length >= before.length + 2);
    await workbench.close(window);
    await until(async () => (await ours()).length === before.length);
  });

  test("the server ends with the window's extension host, however that ends, and with it its kernels", async () => {
    await explain();
    await drawnAs(heat, await explainedInPython(PROMPT), 90_000);
    assert.ok((await ours()).length >= 2);
    const hosts = (await workbench.descendants()).filter(({ command }) => /type=extensionHost/.test(command));
    for (const { pid } of hosts) process.kill(pid, "SIGKILL");
    await until(async () => (await ours()).length === 0);
  });

  async function serving() {
    return (await workbench.descendants()).filter(({ command }) => /glasspane serve/.test(command));
  }

  /** The processes that compute explanations. */
  async function ours() {
    return (await workbench.descendants()).filter(({ command }) =>
      /-m glasspane serve|-m ipykernel_launcher/.test(command),
    );
  }
});

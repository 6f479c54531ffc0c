// One VS Code server and one browser: isolated, on loopback, with nothing else reachable.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "../browser.mjs";
import { notebookText } from "../notebook_file.mjs";
import { endAll, processesMarked } from "./processes.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const installed = resolve(root, process.env.GLASSPANE_WORKBENCH ?? join(".cache", "workbench"));
const server = join(installed, "out", "server-main.js");

// What would cover the first click, change the text that is typed, or ask another machine.
const QUIET = {
  "chat.commandCenter.enabled": false,
  "editor.acceptSuggestionOnEnter": "off",
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.minimap.enabled": false,
  "editor.occurrencesHighlight": "off",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "remote.autoForwardPorts": false,
  "security.workspace.trust.banner": "never",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "window.menuBarVisibility": "hidden",
  "workbench.enableExperiments": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

export class Workbench {
  #server;
  #browser;
  #folder;
  #settings;
  #mark = `GLASSPANE_WORKBENCH_RUN=${randomBytes(8).toString("hex")}`;

  /**
   * extensions: folders of unpacked extensions and .vsix files; environment: what the extension host sees on
   * top of this process's own; settings and machineSettings: the user's and the remote machine's
   * settings.json; trust: whether VS Code asks if the folder's authors are trusted; workspace: a folder that
   * is copied to be the one opened.
   */
  static async start({
    extensions = [],
    environment = {},
    settings = {},
    machineSettings = {},
    trust = false,
    workspace,
  } = {}) {
    const workbench = new Workbench();
    workbench.#folder = await mkdtemp(join(tmpdir(), "glasspane-workbench-"));
    workbench.workspace = join(workbench.#folder, "work");
    workbench.#settings = { ...QUIET, ...settings };
    workbench.trust = trust;
    await mkdir(workbench.workspace);
    if (workspace !== undefined) await cp(workspace, workbench.workspace, { recursive: true });
    try {
      await workbench.#writeSettings("Machine", machineSettings);
      await workbench.#writeSettings("User", workbench.#settings);
      await workbench.#install(extensions);
      await workbench.#listen(environment);
      workbench.#browser = await Browser.launch();
    } catch (error) {
      await workbench.stop();
      throw error;
    }
    return workbench;
  }

  #place(...names) {
    return join(this.#folder, ...names);
  }

  async #writeSettings(level, settings) {
    await mkdir(this.#place("server", "data", level), { recursive: true });
    await writeFile(this.#place("server", "data", level, "settings.json"), JSON.stringify(settings, null, 2));
  }

  /** Folders are linked before the server first looks; .vsix files are installed as a user's are. */
  async #install(extensions) {
    await mkdir(this.#place("extensions"));
    const packages = extensions.filter((each) => each.endsWith(".vsix"));
    for (const folder of extensions.filter((each) => !packages.includes(each))) {
      const { publisher, name, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      await symlink(folder, this.#place("extensions", `${publisher}.${name}-${version}`));
    }
    if (packages.length === 0) return;
    const install = this.#spawn(packages.flatMap((file) => ["--install-extension", file]));
    const code = await new Promise((resolve) => install.once("exit", resolve));
    if (code !== 0) throw new Error(`an extension was not installed:\n${this.log}`);
  }

  async #listen(environment) {
    const trust = this.trust ? [] : ["--disable-workspace-trust"];
    this.#server = this.#spawn(
      ["--host", "127.0.0.1", "--port", "0", "--without-connection-token", ...trust],
      environment,
    );
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
      const port = /Extension host agent listening on (\d+)/.exec(this.log)?.[1];
      if (port !== undefined) {
        this.url = `http://127.0.0.1:${port}/`;
        return;
      }
      if (this.#server.exitCode !== null) break;
      await pause(50);
    }
    throw new Error(`VS Code's server did not start (setup/workbench.sh installs it):\n${this.log}`);
  }

  #spawn(options, environment = {}) {
    const [markName, markValue] = this.#mark.split("=");
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("VSCODE_"));
    const child = spawn(
      process.execPath,
      [
        server,
        "--accept-server-license-terms",
        "--telemetry-level=off",
        ...["--server-data-dir", this.#place("server"), "--extensions-dir", this.#place("extensions")],
        ...options,
      ],
      {
        cwd: this.workspace,
        env: {
          ...Object.fromEntries(own),
          HOME: this.#place("home"),
          XDG_CACHE_HOME: this.#place("home", "cache"),
          XDG_CONFIG_HOME: this.#place("home", "config"),
          XDG_DATA_HOME: this.#place("home", "data"),
          JUPYTER_CONFIG_DIR: this.#place("jupyter", "config"),
          JUPYTER_DATA_DIR: this.#place("jupyter", "data"),
          JUPYTER_RUNTIME_DIR: this.#place("jupyter", "runtime"),
          IPYTHONDIR: this.#place("ipython"),
          JUPYTER_PREFER_ENV_PATH: "1",
          HF_HUB_OFFLINE: "1",
          ...environment,
          [markName]: markValue,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.log ??= "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        this.log += chunk;
      });
    }
    return child;
  }

  /** Requests of the browser that would have left this machine. */
  get strayRequests() {
    return this.#browser.strayRequests;
  }

  /**
   * A window of VS Code on the workspace folder, once its extension host runs. theme: a colour theme's name;
   * trusted: what is answered where VS Code asks about trust.
   */
  async page({ dark = false, theme, trusted = true, viewport } = {}) {
    const colorTheme = theme ?? (dark ? "Default Dark Modern" : "Default Light Modern");
    this.#settings = { ...this.#settings, "workbench.colorTheme": colorTheme };
    await this.#writeSettings("User", this.#settings);
    const page = await this.#browser.page({
      dark: /dark|black/i.test(colorTheme),
      viewport,
      // VS Code writes every error notification to the console too: only what was thrown counts.
      isOurError: (text) => /\b(?:pane|renderer)\.js\b/.test(text),
    });
    const before = await this.#startedExtensionHosts();
    await page.goto(`${this.url}?folder=${encodeURIComponent(this.workspace)}`);
    await page.locator(".monaco-workbench .statusbar-item").first().waitFor({ timeout: 60_000 });
    if (this.trust) {
      const answer = trusted ? /^Yes, I trust the authors/ : /^No, I don't trust the authors/;
      await page.locator(".monaco-dialog-box .monaco-button", { hasText: answer }).click();
    }
    await this.#extensionHostAfter(before);
    return page;
  }

  /** Reloads the window and waits until its new extension host runs. */
  async reload(page) {
    const before = await this.#startedExtensionHosts();
    await page.reload();
    await page.locator(".monaco-workbench .statusbar-item").first().waitFor({ timeout: 60_000 });
    await this.#extensionHostAfter(before);
  }

  /**
   * Closes the window as a person does, and waits until its extension host has ended. A page that is only
   * closed looks like a lost connection, for which VS Code keeps the extension host for hours.
   */
  async close(page) {
    const ended = (await this.#endedExtensionHosts()) + 1;
    page.on("dialog", (dialog) => dialog.accept());
    const closed = new Promise((resolve) => page.once("close", resolve));
    await page.close({ runBeforeUnload: true });
    await closed;
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await pause(50)) {
      if ((await this.#endedExtensionHosts()) >= ended) return;
    }
    throw new Error(`the extension host of a closed window goes on:\n${this.log}`);
  }

  #endedExtensionHosts() {
    return this.log.split("Extension Host Process exited").length;
  }

  async #startedExtensionHosts() {
    return (await this.extensionLog()).split("Eager extensions activated").length;
  }

  async #extensionHostAfter(before) {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(100)) {
      if ((await this.#startedExtensionHosts()) > before) return;
    }
    throw new Error(`no extension host started:\n${this.log}\n${await this.extensionLog()}`);
  }

  /** What the extension hosts and the extensions' output channels wrote. */
  async extensionLog() {
    const logs = this.#place("server", "data", "logs");
    const files = await readdir(logs, { recursive: true }).catch(() => []);
    const ours = files.filter((name) => /exthost.*\.log$/.test(name)).sort();
    const texts = await Promise.all(ours.map((name) => readFile(join(logs, name), "utf8")));
    return texts.map((text, index) => `--- ${ours[index]}\n${text}`).join("\n");
  }

  async file(name, text) {
    await writeFile(join(this.workspace, name), text);
  }

  /** The person's own settings, beside those of the beginning; undefined takes one away. */
  async userSettings(changes) {
    this.#settings = { ...this.#settings, ...changes };
    await this.#writeSettings("User", this.#settings);
  }

  /** The folder's own settings; what is not named is as the machine's and the user's say. */
  async folderSettings(changes) {
    await mkdir(join(this.workspace, ".vscode"), { recursive: true });
    await this.file(".vscode/settings.json", JSON.stringify(changes));
  }

  async notebook(name, sources) {
    await this.file(name, notebookText(sources));
  }

  /** Every live process that this workbench started, however far down and whoever its parent is by now. */
  async descendants() {
    return (await processesMarked(this.#mark)).filter(({ pid }) => pid !== this.#server?.pid);
  }

  async stop() {
    await this.#browser?.close();
    if (this.#server?.exitCode === null) this.#server.kill("SIGTERM");
    await endAll(() => processesMarked(this.#mark));
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

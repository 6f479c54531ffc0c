// One Jupyter server and one browser for all tests of this folder: isolated, on loopback, with nothing else reachable.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser } from "../browser.mjs";
import { notebookText } from "../notebook_file.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bin = process.env.GLASSPANE_BIN ?? join(root, ".venv", "bin");

export class Lab {
  #server;
  #browser;
  #folder;

  static async start() {
    const lab = new Lab();
    lab.#folder = await mkdtemp(join(tmpdir(), "glasspane-lab-"));
    lab.workspace = join(lab.#folder, "work");
    lab.token = randomBytes(16).toString("hex");
    await mkdir(lab.workspace, { recursive: true });
    await lab.#startServer();
    lab.#browser = await Browser.launch();
    return lab;
  }

  async #startServer() {
    const place = (name) => join(this.#folder, name);
    const config = place("config");
    await mkdir(join(config, "labconfig"), { recursive: true });
    // The "news" prompt would cover the first click.
    await writeFile(
      join(config, "labconfig", "page_config.json"),
      JSON.stringify({ disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } }),
    );
    const environment = {
      ...process.env,
      JUPYTER_CONFIG_DIR: config,
      JUPYTER_DATA_DIR: place("data"),
      JUPYTER_RUNTIME_DIR: place("runtime"),
      JUPYTERLAB_SETTINGS_DIR: place("settings"),
      JUPYTERLAB_WORKSPACES_DIR: place("workspaces"),
      IPYTHONDIR: place("ipython"),
      HF_HUB_OFFLINE: "1",
      JUPYTER_PREFER_ENV_PATH: "1",
    };
    this.#server = spawn(
      join(bin, "jupyter"),
      [
        "lab",
        "--no-browser",
        "--allow-root",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        `--IdentityProvider.token=${this.token}`,
        "--ServerApp.terminals_enabled=False",
        "--LabApp.news_url=None",
        `--ServerApp.root_dir=${this.workspace}`,
      ],
      { cwd: this.workspace, env: environment, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.log = "";
    for (const stream of [this.#server.stdout, this.#server.stderr]) {
      stream.on("data", (chunk) => {
        this.log += chunk;
      });
    }
    this.url = await this.#whereItListens(place("runtime"));
  }

  /** The server writes its address once it listens. */
  async #whereItListens(runtime) {
    const deadline = Date.now() + 90_000;
    while (Date.now() < deadline) {
      if (this.#server.exitCode !== null) throw new Error(`the Jupyter server ended:\n${this.log}`);
      const files = existsSync(runtime) ? await readdir(runtime) : [];
      const file = files.find((name) => /^jpserver-\d+\.json$/.test(name));
      const info = file === undefined ? null : parsed(await readFile(join(runtime, file), "utf8"));
      if (info?.url) {
        const reply = await fetch(`${info.url}api/status?token=${this.token}`).catch(() => null);
        if (reply?.ok) return info.url.replace("localhost", "127.0.0.1");
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the Jupyter server did not start:\n${this.log}`);
  }

  /** Requests that would have left this machine. */
  get strayRequests() {
    return this.#browser.strayRequests;
  }

  /** A fresh page that remembers the explanations it was sent, and every other answer by its kind. */
  async page(options) {
    const page = await this.#browser.page(options);
    page.results = [];
    page.answers = {};
    page.on("response", async (response) => {
      if (!response.url().includes("/glasspane/api/jobs")) return;
      const snapshot = await response.json().catch(() => null);
      if (snapshot?.result?.kind === "attribution") page.results.push(snapshot.result);
      else if (snapshot?.result) page.answers[snapshot.result.kind] = snapshot.result;
    });
    return page;
  }

  async file(name, text) {
    await writeFile(join(this.workspace, name), text);
  }

  async notebook(name, sources) {
    await this.file(name, notebookText(sources));
  }

  /** Calls the server's REST API. */
  async api(path, init = {}) {
    const reply = await fetch(`${this.url}${path}`, {
      ...init,
      headers: { Authorization: `token ${this.token}`, "Content-Type": "application/json" },
    });
    const text = await reply.text();
    return text === "" ? null : JSON.parse(text);
  }

  async stop() {
    await this.#browser?.close();
    if (this.#server.exitCode === null) {
      const ended = new Promise((resolve) => this.#server.once("exit", resolve));
      this.#server.kill("SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10_000))]);
      if (this.#server.exitCode === null) this.#server.kill("SIGKILL");
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

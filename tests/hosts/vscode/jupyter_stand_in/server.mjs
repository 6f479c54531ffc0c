// The Jupyter server whose kernels the notebooks run on.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { ServerConnection } from "@jupyterlab/services";
import * as vscode from "vscode";

const SECONDS_TO_START = 60;

export class JupyterServer {
  static async start() {
    const server = new JupyterServer();
    const { GLASSPANE_TEST_JUPYTER, GLASSPANE_TEST_JUPYTER_URL, GLASSPANE_TEST_JUPYTER_TOKEN } = process.env;
    if (GLASSPANE_TEST_JUPYTER_URL !== undefined) {
      server.#settings(GLASSPANE_TEST_JUPYTER_URL, GLASSPANE_TEST_JUPYTER_TOKEN);
    } else if (GLASSPANE_TEST_JUPYTER !== undefined) {
      await server.#spawn(GLASSPANE_TEST_JUPYTER);
    } else {
      throw new Error("GLASSPANE_TEST_JUPYTER names no jupyter to start.");
    }
    return server;
  }

  #settings(baseUrl, token = "") {
    this.settings = ServerConnection.makeSettings({
      baseUrl,
      wsUrl: baseUrl.replace(/^http/, "ws"),
      token,
      appendToken: true,
    });
  }

  async #spawn(jupyter) {
    const token = randomBytes(16).toString("hex");
    this.root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? process.cwd();
    this.process = spawn(
      jupyter,
      [
        "server",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",
        "--ServerApp.terminals_enabled=False",
        `--IdentityProvider.token=${token}`,
        `--ServerApp.root_dir=${this.root}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const port = await this.#portItNames();
    this.#settings(`http://127.0.0.1:${port}/`, token);
  }

  #portItNames() {
    return new Promise((resolve, reject) => {
      let said = "";
      const timer = setTimeout(
        () => reject(new Error(`no Jupyter server:\n${said}`)),
        SECONDS_TO_START * 1000,
      );
      this.process.stderr.on("data", (chunk) => {
        said += chunk;
        const found = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(said);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[1]);
      });
      this.process.once("exit", () => reject(new Error(`the Jupyter server ended:\n${said}`)));
    });
  }

  async stop() {
    if (this.process === undefined || this.process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGTERM");
    await ended;
  }
}

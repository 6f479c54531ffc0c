// The kernel of one notebook, and the queue in which the user's cells and other extensions' code wait for it.

import * as path from "node:path";
import { KernelManager, SessionManager } from "@jupyterlab/services";
import * as vscode from "vscode";
import { CellRun } from "./cell_run.mjs";

export class NotebookKernel {
  userHasRun = false;
  #queue = [];
  #running = false;
  #session;
  #statusEmitter = new vscode.EventEmitter();
  onDidChangeStatus = this.#statusEmitter.event;
  #controller;
  #notebook;
  #server;

  constructor(controller, notebook, server) {
    this.#controller = controller;
    this.#notebook = notebook;
    this.#server = server;
  }

  get status() {
    return this.connection?.status ?? "unknown";
  }

  /** The connection of @jupyterlab/services; undefined until the kernel runs. */
  get connection() {
    return this.#session?.kernel ?? undefined;
  }

  async runCells(cells) {
    this.userHasRun = true;
    await Promise.all(cells.map((cell) => this.enqueue(new CellRun(this.#controller, cell))));
  }

  /** Puts a piece of work behind all others; resolves when it has run or was cancelled. */
  enqueue(work) {
    const done = new Promise((resolve) => {
      this.#queue.push({ work, resolve });
    });
    this.#work();
    return done;
  }

  async #work() {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#start();
      while (this.#queue.length > 0) {
        const { work, resolve } = this.#queue[0];
        const succeeded = work.cancelled || (await work.run(this));
        this.#queue = this.#queue.filter((each) => each.work !== work);
        resolve();
        // After a cell that failed the user's other cells do not run; extensions' code does.
        if (!succeeded) await this.#cancel((each) => each instanceof CellRun);
      }
    } catch (error) {
      vscode.window.showErrorMessage(`The stand-in's kernel failed: ${error.message}`);
      await this.#cancel(() => true);
    } finally {
      this.#running = false;
    }
  }

  async #start() {
    if (this.#session !== undefined) return;
    const { settings: serverSettings, root } = await this.#server;
    const kernelManager = new KernelManager({ serverSettings });
    const sessions = new SessionManager({ kernelManager, serverSettings });
    await sessions.ready;
    this.#session = await sessions.startNew({
      name: path.basename(this.#notebook.uri.path),
      path: root === undefined ? this.#notebook.uri.fsPath : path.relative(root, this.#notebook.uri.fsPath),
      type: "notebook",
      kernel: { name: "python3" },
    });
    this.connection.statusChanged.connect((_, status) => this.#statusEmitter.fire(status));
    await this.connection.info;
  }

  async #cancel(which) {
    const left = this.#queue.filter(({ work }) => which(work));
    await Promise.all(left.map(({ work }) => work.cancel(this)));
    this.#queue = this.#queue.filter((each) => !left.includes(each));
    for (const { resolve } of left) resolve();
  }

  /** What the user's stop button does: nothing that waits runs any more. */
  async interrupt() {
    const all = this.#cancel(() => true);
    await this.connection?.interrupt();
    await all;
  }

  async restart() {
    await this.#cancel(() => true);
    await this.connection?.restart();
    this.userHasRun = false;
  }

  async shutDown() {
    await this.#session?.shutdown();
    this.#session?.dispose();
  }
}

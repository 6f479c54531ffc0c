// What other extensions get of a kernel: the contract of @vscode/jupyter-extension.
import * as vscode from "vscode";
import { cellOutput } from "./outputs.mjs";

const apis = new WeakMap();
let answer;

export function apiOf(kernel) {
  if (!apis.has(kernel)) {
    const api = {
      language: "python",
      get status() {
        return kernel.status;
      },
      onDidChangeStatus: kernel.onDidChangeStatus,
      executeCode: (code, token) => executeCode(kernel, code, token),
    };
    apis.set(kernel, Object.freeze(api));
  }
  return apis.get(kernel);
}

async function* executeCode(kernel, code, token) {
  if (["dead", "terminating"].includes(kernel.status)) throw new Error("Kernel is dead or terminating");
  if (kernel.connection === undefined) {
    throw new Error("Kernel connection not available to execute 3rd party code");
  }
  if (!(await mayExecute())) {
    const revoked = new Error("Access to Jupyter Kernel has been revoked");
    revoked.name = "vscode.jupyter.apiAccessRevoked";
    throw revoked;
  }

  const run = new CodeRun(code);
  const cancelling = token.onCancellationRequested(() => run.cancel(kernel));
  const done = kernel.enqueue(run).then(() => run.finish());
  try {
    while (true) {
      const next = run.nextOutput();
      await Promise.race([next, done]);
      while (run.outputs.length > 0) yield run.outputs.shift();
      if (run.finished) break;
    }
    if (run.error !== undefined) throw run.error;
  } finally {
    cancelling.dispose();
  }
}

/** The real extension asks once for each extension that comes; which one comes cannot be known here. */
async function mayExecute() {
  const setting = vscode.workspace.getConfiguration("jupyterStandIn").get("kernelAccess");
  if (setting !== "ask") return setting === "allow";
  answer ??= vscode.window.showInformationMessage(
    "Do you want to grant Kernel access to the extension?",
    { modal: true, detail: "This allows the extension to execute code against Jupyter Kernels." },
    "Allow",
    "Learn more",
    "Deny",
  );
  const given = await answer;
  // Whoever closes the dialog is asked again.
  if (given !== "Allow" && given !== "Deny") answer = undefined;
  return given === "Allow";
}

/** One run of another extension's code. */
class CodeRun {
  cancelled = false;
  finished = false;
  outputs = [];
  error;
  #code;
  #future;
  #announce = () => {};

  constructor(code) {
    this.#code = code.replaceAll("\r\n", "\n");
  }

  nextOutput() {
    return new Promise((resolve) => {
      this.#announce = resolve;
      if (this.outputs.length > 0 || this.finished) resolve();
    });
  }

  finish() {
    this.finished = true;
    this.#announce();
  }

  /** The user's cells go on whatever becomes of it. */
  async run(kernel) {
    this.#future = kernel.connection.requestExecute({
      code: this.#code,
      silent: false,
      store_history: false,
      stop_on_error: false,
      allow_stdin: true,
    });
    this.#future.onIOPub = ({ header, content }) => {
      const output = cellOutput(header.msg_type, content);
      if (output === null) return;
      this.outputs.push(output);
      this.#announce();
    };
    try {
      const { content } = await this.#future.done;
      if (content.status === "error") this.error = new Error(`${content.ename}: ${content.evalue}`);
    } catch (error) {
      this.error = error;
    }
    return true;
  }

  /** What still waits never runs; what runs is interrupted, and its last outputs are lost. */
  async cancel(kernel) {
    if (this.finished) return;
    this.cancelled = true;
    if (this.#future === undefined) {
      this.finish();
      return;
    }
    await kernel.connection?.interrupt();
    this.#future.dispose();
    await this.#future.done.catch(() => null);
  }
}

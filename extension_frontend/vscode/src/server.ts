import { errorResult, type FetchJson, GlasspaneFailure, HttpFailure, JobClient } from "@glasspane/core";
import * as vscode from "vscode";
import { findInterpreter, whenInterpreterChanges } from "./interpreter";
import { type NamedServer, namedServer } from "./named_server";
import { type ServerAddress, ServerProcess, serverEnded } from "./server_process";
import { requireTrust } from "./trust";

/** A kernel that runs on the server, and who started it. */
export interface RunningKernel {
  readonly id: string;
  readonly name: string;
}

interface Connection {
  readonly address: ServerAddress;
  /** Aborted when the server is known to be gone. */
  readonly signal: AbortSignal | null;
}

/** The Jupyter server that answers for files: one of our own, or the one that the settings name. */
export class Server implements vscode.Disposable {
  readonly client: JobClient;
  private readonly changed = new vscode.EventEmitter<void>();
  /** Another server answers from now on. */
  readonly onDidChange = this.changed.event;
  private process: ServerProcess | null = null;
  private starting: Promise<ServerProcess> | null = null;
  /** Another interpreter than its own is selected by now. */
  private outdated = false;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(private readonly secrets: vscode.SecretStorage) {
    this.client = new JobClient((path, init) => this.exchange(path, init));
    vscode.workspace.onDidChangeConfiguration(
      (event) => {
        const moved = ["glasspane.pythonPath", "glasspane.serverUrl", "python.defaultInterpreterPath"];
        if (moved.some((name) => event.affectsConfiguration(name))) void this.stop();
      },
      null,
      this.disposables,
    );
    this.followInterpreter();
  }

  /** The server of the settings; null: one is started here. */
  get named(): NamedServer | null {
    return namedServer(vscode.workspace.getConfiguration("glasspane").get("serverUrl"));
  }

  /** Ends a server that was started here; the next request starts another. */
  async stop(): Promise<void> {
    const { process, starting } = this;
    this.process = null;
    this.starting = null;
    this.outdated = false;
    this.changed.fire();
    await process?.stop();
    await starting?.then(
      (late) => late.stop(),
      () => undefined,
    );
  }

  async setToken({ url }: NamedServer, token: string): Promise<void> {
    await this.secrets.store(secretOf(url), token);
  }

  /** Kernels that run there now, Glasspane's own left out. */
  async runningKernels(): Promise<RunningKernel[]> {
    const sessions = await this.exchange("api/sessions");
    const kernels = await this.exchange("api/kernels");
    const names = new Map<string, string>();
    const own = new Set<string>();
    for (const each of listOf(sessions)) {
      const { name, path, type, kernel } = each as {
        name?: string;
        path?: string;
        type?: string;
        kernel?: { id?: string };
      };
      if (!kernel?.id) continue;
      if (type === "glasspane") own.add(kernel.id);
      else names.set(kernel.id, name || path || kernel.id);
    }
    return listOf(kernels).flatMap((each) => {
      const { id, name } = each as { id?: string; name?: string };
      if (!id || own.has(id)) return [];
      return [{ id, name: names.get(id) ?? `${name ?? "kernel"} ${id.slice(0, 8)}` }];
    });
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
    void this.stop();
    this.changed.dispose();
  }

  private readonly exchange: FetchJson = async (path, init = {}) => {
    const { address, signal } = await this.connection(path);
    const headers = {
      ...(address.token === "" ? {} : { Authorization: `token ${address.token}` }),
      "Content-Type": "application/json",
    };
    const over = new AbortController();
    try {
      const response = await fetch(address.url + path, {
        method: init.method ?? "GET",
        headers,
        ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
        signal: eitherOf(init.signal, signal, over.signal),
      });
      const text = await response.text();
      if (response.status === 401 || response.status === 403) throw refused(address.url);
      const body = parsed(text);
      if (!response.ok) throw new HttpFailure(response.status, body ?? text);
      if (body === undefined && text.trim() !== "") throw notJupyter(address.url);
      return body;
    } catch (problem) {
      if (signal?.aborted) throw signal.reason;
      if (problem instanceof TypeError && this.named !== null) throw unreachable(address.url);
      throw problem;
    } finally {
      over.abort();
    }
  };

  private async connection(path: string): Promise<Connection> {
    // The one door to Python for everything that is not a notebook's kernel.
    requireTrust();
    const { named } = this;
    if (named !== null) {
      const token = (await this.secrets.get(secretOf(named.url))) ?? named.token;
      return { address: { url: named.url, token }, signal: null };
    }
    // A job's server that has gone took its jobs along: another one does not know them.
    if (this.process === null && path.startsWith("glasspane/api/jobs/")) throw serverEnded();
    if (this.outdated && path === "glasspane/api/jobs") await this.stop();
    const process = await this.ownProcess();
    return { address: process.address, signal: process.signal };
  }

  /** Another interpreter was selected: it answers from the next explanation on; what runs is left alone. */
  private followInterpreter(): void {
    const follow = () =>
      void whenInterpreterChanges(async () => {
        const { process } = this;
        if (process !== null) this.outdated = (await findInterpreter()) !== process.python;
      }).then((listening) => {
        if (listening !== null) this.disposables.push(listening);
      });
    // Asking the Python extension starts it, which a folder without trust may not.
    if (vscode.workspace.isTrusted) follow();
    else vscode.workspace.onDidGrantWorkspaceTrust(follow, null, this.disposables);
  }

  private async ownProcess(): Promise<ServerProcess> {
    if (this.process !== null) return this.process;
    if (this.starting === null) {
      const starting = findInterpreter().then((python) =>
        ServerProcess.start(python, (ended) => {
          if (this.process === ended) this.process = null;
        }),
      );
      this.starting = starting;
      starting.then(
        (process) => {
          if (this.starting !== starting) return;
          this.starting = null;
          if (!process.ended) this.process = process;
        },
        () => {
          if (this.starting === starting) this.starting = null;
        },
      );
    }
    return this.starting;
  }
}

function refused(url: string): GlasspaneFailure {
  return new GlasspaneFailure(
    errorResult(
      "not_allowed",
      `The Jupyter server at ${url} refused the token.`,
      "Run “Glasspane: Set Token of the Jupyter Server…”, then run again.",
    ),
  );
}

function notJupyter(url: string): GlasspaneFailure {
  return new GlasspaneFailure(
    errorResult(
      "internal",
      `What answers at ${url} is no Jupyter server, or one that wants a password.`,
      "Correct the setting glasspane.serverUrl, or set the server's token (“Glasspane: Set Token of the Jupyter Server…”).",
    ),
  );
}

function unreachable(url: string): GlasspaneFailure {
  return new GlasspaneFailure(
    errorResult(
      "internal",
      `The Jupyter server at ${url} cannot be reached.`,
      "Start it, or correct the setting glasspane.serverUrl (left empty, Glasspane starts its own).",
    ),
  );
}

function secretOf(url: string): string {
  return `token of ${url}`;
}

/** AbortSignal.any is younger than the oldest Node this runs on. `over` ends the listening. */
function eitherOf(
  one: AbortSignal | undefined,
  other: AbortSignal | null,
  over: AbortSignal,
): AbortSignal | null {
  if (one === undefined || other === null) return one ?? other;
  const joined = new AbortController();
  for (const each of [one, other]) {
    if (each.aborted) joined.abort(each.reason);
    each.addEventListener("abort", () => joined.abort(each.reason), { once: true, signal: over });
  }
  return joined.signal;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

import {
  type ErrorResult,
  errorOf,
  errorResult,
  type FetchInit,
  type FetchJson,
  GlasspaneFailure,
  HttpFailure,
  hasEnded,
  isErrorResult,
  JobClient,
  type JobSnapshot,
} from "@glasspane/core";
import * as vscode from "vscode";
import type { EndpointKeys } from "./endpoint_keys";
import { findInterpreter, whenInterpreterChanges } from "./interpreter";
import { type NamedServer, namedServer } from "./named_server";
import { type ServerAddress, ServerProcess, serverEnded } from "./server_process";
import { traceOf } from "./trace";
import { requireTrust } from "./trust";

/** A kernel that runs on the server, and who started it. */
interface RunningKernel {
  readonly id: string;
  readonly name: string;
}

/** A server and how it is reached: one of our own, or one that the settings name. */
interface Connection {
  readonly address: ServerAddress;
  /** Null: somebody else's, which the settings name. */
  readonly process: ServerProcess | null;
}

const JOBS = "glasspane/api/jobs";
/** Longer than a server holds a reply back while a job does not change. */
const ANSWER_MS = 25_000;
/** A job may have to wait until Glasspane's kernel is launched. */
const BEGIN_MS = 60_000;
/** How long a server whose jobs have ended is left to those who still ask it how. */
const LAST_WORDS_MS = 2_000;

/** The Jupyter server that answers for files: one of our own, or the one that the settings name. */
export class Server implements vscode.Disposable {
  readonly client: JobClient;
  private readonly changed = new vscode.EventEmitter<void>();
  /** Another server answers from now on. */
  readonly onDidChange = this.changed.event;
  private process: ServerProcess | null = null;
  private starting: { readonly process: Promise<ServerProcess>; readonly unwanted: AbortController } | null =
    null;
  /** Another interpreter than its own is selected by now. */
  private outdated = false;
  /** The server that works on a job: no other one knows it. */
  private readonly homes = new Map<string, Connection>();
  /** Jobs that are being sent: what they are called is not known yet. */
  private readonly beginning = new Map<Promise<unknown>, Connection>();
  /** They answer for the jobs they have, and then end. */
  private readonly retired = new Set<ServerProcess>();
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly log: vscode.LogOutputChannel,
    private readonly keys: EndpointKeys,
  ) {
    // A process keeps the environment that it was started with.
    keys.onDidChange(() => this.replace(), null, this.disposables);
    this.client = new JobClient((path, init) => this.exchange(path, init), {
      // Of the server that was asked: the settings may name another one by now.
      unreachable: (problem) =>
        problem instanceof NoReply
          ? noReply(problem)
          : errorOf(problem, (unforeseen) => log.error(traceOf(unforeseen))),
    });
    vscode.workspace.onDidChangeConfiguration(
      (event) => {
        const moved = ["glasspane.pythonPath", "glasspane.serverUrl", "python.defaultInterpreterPath"];
        if (moved.some((name) => event.affectsConfiguration(name))) this.replace();
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

  /** One of our own answers, or would: endpoints' keys reach it. */
  get ownIsUsed(): boolean {
    try {
      return this.named === null;
    } catch {
      return false;
    }
  }

  /** Ends what was started here, its jobs too; the next request starts another. */
  async stop(): Promise<void> {
    const { process, retired } = this;
    this.leave();
    await Promise.all([process, ...retired].map((each) => each?.stop()));
  }

  async setToken({ url }: NamedServer, token: string): Promise<void> {
    await this.secrets.store(secretOf(url), token);
  }

  /** Kernels that run on the server of the settings, Glasspane's own left out; one of our own has no others. */
  async runningKernels(): Promise<RunningKernel[]> {
    if (this.named === null) return [];
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
    // The one door to Python for everything that is not a notebook's kernel.
    requireTrust();
    const job = path.startsWith(`${JOBS}/`) ? idIn(path) : null;
    const home = job === null ? undefined : this.homes.get(job);
    const connection = home ?? (await this.connection(path));
    if (path === JOBS) return this.begin(connection, init);
    try {
      const body = await this.asked(connection, path, init);
      // After a DELETE whoever follows the job still asks for its end.
      if (job !== null && init.method !== "DELETE" && endedIn(body)) this.homes.delete(job);
      return body;
    } catch (problem) {
      // A broken connection may come back; any other end of a job is final.
      const unknown = problem instanceof HttpFailure && problem.status === 404;
      if (job !== null && (unknown || problem instanceof GlasspaneFailure)) this.homes.delete(job);
      throw problem;
    }
  };

  private async asked(connection: Connection, path: string, init: FetchInit): Promise<unknown> {
    try {
      return await exchanged(connection, path, init);
    } catch (problem) {
      // On its way out it may break off before it is seen to have ended.
      const { process } = connection;
      const left = process !== null && process !== this.process;
      throw left && problem instanceof NoReply ? serverEnded() : problem;
    }
  }

  private async begin(connection: Connection, init: FetchInit): Promise<unknown> {
    const reply = this.asked(connection, JOBS, init);
    this.beginning.set(reply, connection);
    try {
      const body = await reply;
      const { kind, id } = (body ?? {}) as Partial<JobSnapshot>;
      if (kind === "job" && id !== undefined) this.homes.set(id, connection);
      return body;
    } finally {
      this.beginning.delete(reply);
    }
  }

  private async connection(path: string): Promise<Connection> {
    const { named } = this;
    if (named !== null) {
      // Whoever pastes an address with its token means that one.
      const token = named.token || ((await this.secrets.get(secretOf(named.url))) ?? "");
      return { address: { url: named.url, token }, process: null };
    }
    // A job's server that has gone took its jobs along: another one does not know them.
    if ((this.process === null || this.process.ended) && path.startsWith(`${JOBS}/`)) throw serverEnded();
    if (this.outdated && path === JOBS) this.replace();
    const process = await this.ownProcess();
    return { address: process.address, process };
  }

  /** Another interpreter was selected: it answers from the next explanation on; what runs is left alone. */
  private followInterpreter(): void {
    const follow = () =>
      this.disposables.push(
        whenInterpreterChanges(async () => {
          const { process } = this;
          if (process !== null) this.outdated = (await findInterpreter()) !== process.python;
        }),
      );
    // Asking the Python extension starts it, which a folder without trust may not.
    if (vscode.workspace.isTrusted) follow();
    else vscode.workspace.onDidGrantWorkspaceTrust(follow, null, this.disposables);
  }

  /** The next request goes to another server; the one there is ends its jobs first. */
  private replace(): void {
    const { process } = this;
    this.leave();
    if (process !== null) void this.retire(process);
  }

  private leave(): void {
    this.starting?.unwanted.abort();
    this.process = null;
    this.starting = null;
    this.outdated = false;
    this.changed.fire();
  }

  private async retire(process: ServerProcess): Promise<void> {
    this.retired.add(process);
    const there = ([, home]: readonly [unknown, Connection]) => home.process === process;
    try {
      await Promise.allSettled([...this.beginning].filter(there).map(([reply]) => reply));
      const jobs = [...this.homes].filter(there).map(([id]) => id);
      if (jobs.length > 0) {
        const connection = { address: process.address, process };
        const client = new JobClient((path, init) => exchanged(connection, path, init));
        await Promise.allSettled(jobs.map((id) => client.follow(id, () => undefined)));
        await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
        for (const id of jobs) this.homes.delete(id);
      }
    } finally {
      await process.stop();
      this.retired.delete(process);
    }
  }

  private ownProcess(): Promise<ServerProcess> {
    if (this.process !== null && !this.process.ended) return Promise.resolve(this.process);
    this.starting ??= this.start();
    return this.starting.process;
  }

  private start(): NonNullable<Server["starting"]> {
    const unwanted = new AbortController();
    const process = Promise.all([findInterpreter(), this.keys.environment()]).then(([python, keys]) =>
      ServerProcess.start(python, this.log, unwanted.signal, keys),
    );
    const starting = { process, unwanted };
    const over = (started: ServerProcess | null) => {
      if (this.starting !== starting) return;
      this.starting = null;
      this.process = started;
    };
    process.then(over, () => over(null));
    return starting;
  }
}

/** No reply came from a server, or none in time. */
class NoReply extends Error {
  constructor(
    readonly from: Connection,
    readonly silent: boolean,
    problem: unknown,
  ) {
    super(String(problem instanceof Error ? (problem.cause ?? problem) : problem));
  }
}

async function exchanged(connection: Connection, path: string, init: FetchInit = {}): Promise<unknown> {
  const { url } = connection.address;
  const own = connection.process !== null;
  const { ok, status, text } = await replyOf(connection, path, init);
  const body = parsed(text);
  if (ok) {
    if (body === undefined && text.trim() !== "") throw own ? ownGarbled(text) : notJupyter(url);
    return body;
  }
  if (!own && !isErrorResult(body) && !PASSING.has(status) && !(await isJupyter(connection)))
    throw notJupyter(url);
  if (status === 401 || status === 403) throw own ? ownRefused() : refused(url);
  throw new HttpFailure(status, body ?? text);
}

/** What a proxy says of a server that may come back. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);

/** Every Jupyter server tells everybody its version. */
async function isJupyter(connection: Connection): Promise<boolean> {
  const { ok, text } = await replyOf(connection, "api", {});
  const about = parsed(text);
  return ok && typeof about === "object" && about !== null && "version" in about;
}

async function replyOf(
  connection: Connection,
  path: string,
  init: FetchInit,
): Promise<{ ok: boolean; status: number; text: string }> {
  const { address, process } = connection;
  const over = new AbortController();
  const patience = init.method === "POST" ? BEGIN_MS : ANSWER_MS;
  const silent = new AbortController();
  const timer = setTimeout(
    () => silent.abort(new Error(`no answer within ${patience / 1000} seconds`)),
    patience,
  );
  try {
    const response = await fetch(address.url + path, {
      method: init.method ?? "GET",
      headers: {
        ...(address.token === "" ? {} : { Authorization: `token ${address.token}` }),
        "Content-Type": "application/json",
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: anyOf([init.signal, process?.signal, silent.signal], over.signal),
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (problem) {
    if (process?.signal.aborted) throw process.signal.reason;
    throw init.signal?.aborted ? problem : new NoReply(connection, silent.signal.aborted, problem);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

const refused = (url: string) =>
  GlasspaneFailure.of(
    "not_allowed",
    `The Jupyter server at ${url} refused the token.`,
    "Run “Glasspane: Set Token of the Jupyter Server…”, then run again.",
  );

const ownRefused = () =>
  GlasspaneFailure.of(
    "not_allowed",
    "The server that Glasspane started refused its token.",
    "Run “Glasspane: Restart Server”, then run again.",
  );

const ownGarbled = (text: string) =>
  GlasspaneFailure.of(
    "internal",
    "The server that Glasspane started gave an answer that cannot be read.",
    "Run “Glasspane: Restart Server”, then run again.",
    text.slice(0, 2000),
  );

const notJupyter = (url: string) =>
  GlasspaneFailure.of(
    "internal",
    `What answers at ${url} is no Jupyter server, or one that wants a password.`,
    "Correct the setting glasspane.serverUrl, or set the server's token (“Glasspane: Set Token of the Jupyter Server…”).",
  );

function noReply({ from: { address, process }, silent, message }: NoReply): ErrorResult {
  if (process !== null) {
    return errorResult(
      "internal",
      "The server that Glasspane started does not answer.",
      "Run “Glasspane: Restart Server”, then run again.",
      message,
    );
  }
  return errorResult(
    "internal",
    `The Jupyter server at ${address.url} ${silent ? "does not answer" : "cannot be reached"}.`,
    `${silent ? "Restart" : "Start"} it, or correct the setting glasspane.serverUrl (left empty, Glasspane starts its own).`,
    message,
  );
}

function secretOf(url: string): string {
  return `token of ${url}`;
}

function idIn(path: string): string {
  return decodeURIComponent(/^[^?]*/.exec(path.slice(JOBS.length + 1))?.[0] ?? "");
}

function endedIn(body: unknown): boolean {
  const { kind } = (body ?? {}) as { kind?: unknown };
  return kind === "job" && hasEnded(body as JobSnapshot);
}

/** AbortSignal.any is younger than the oldest Node this runs on. `over` ends the listening. */
function anyOf(signals: readonly (AbortSignal | undefined)[], over: AbortSignal): AbortSignal {
  const joined = new AbortController();
  for (const each of signals) {
    if (each?.aborted) joined.abort(each.reason);
    each?.addEventListener("abort", () => joined.abort(each.reason), { once: true, signal: over });
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

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type ErrorResult, errorResult, GlasspaneFailure } from "@glasspane/core";
import type { LogOutputChannel } from "vscode";
import { installCommand } from "./install_line";
import { pythonEnvironment, workingFolder } from "./interpreter";

/** Where a Jupyter server with Glasspane listens. */
export interface ServerAddress {
  /** Ends with a slash. */
  readonly url: string;
  readonly token: string;
}

/** What `glasspane serve` prints once it listens, or instead. */
interface Greeting {
  readonly url?: string;
  readonly glasspane?: string;
  readonly error?: Partial<Pick<ErrorResult, "message" | "next_step" | "command">>;
}

const START_PATIENCE_MS = 60_000;
/** Longer than the server's own (`PATIENCE` of tethered.py): killed before, it would leave kernels and keys behind. */
export const STOP_PATIENCE_MS = 12_000;

/**
 * A Jupyter server started from an interpreter: random token, loopback only, gone with the window.
 *
 * It ends when its standard input does, so that it outlives neither a closed window nor a crashed one.
 */
export class ServerProcess {
  private readonly aborted = new AbortController();
  private readonly lastWords: string[] = [];

  /** Starts it and waits until it listens, or until `signal` says that it is not wanted. Rejects with {@link GlasspaneFailure}. */
  static async start(python: string, log: LogOutputChannel, signal: AbortSignal): Promise<ServerProcess> {
    if (signal.aborted) throw stoppedEarly();
    const token = randomBytes(24).toString("base64url");
    log.info(`Starting ${python} -m glasspane serve --tethered`);
    const child = spawn(python, ["-m", "glasspane", "serve", "--tethered"], {
      cwd: workingFolder(),
      env: pythonEnvironment({ GLASSPANE_TOKEN: token }),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const server = new ServerProcess(child, python, token, log);
    await server.untilItListens(signal);
    return server;
  }

  private url = "";

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    readonly python: string,
    private readonly token: string,
    private readonly log: LogOutputChannel,
  ) {
    child.once("exit", () => this.aborted.abort(serverEnded(this.lastWords.join("\n"))));
    // A pipe to a process that has just gone: its end says all there is to say.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.lastWords.push(line);
      if (this.lastWords.length > 20) this.lastWords.shift();
      log.debug(line);
    });
  }

  get address(): ServerAddress {
    return { url: this.url, token: this.token };
  }

  /** Aborted, with what to tell a person, when the process ends. */
  get signal(): AbortSignal {
    return this.aborted.signal;
  }

  get ended(): boolean {
    // Without an id it was never there.
    return this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Asks it to end, and ends it if it does not. */
  async stop(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_PATIENCE_MS);
    await gone;
    clearTimeout(timer);
  }

  private async untilItListens(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        // "close", not "exit": what it said last is read to the end first.
        const onEnd = () => reject(this.startFailure());
        this.child.once("close", onEnd);
        over.signal.addEventListener("abort", () => this.child.off("close", onEnd));
        const timer = setTimeout(
          () =>
            reject(
              this.failure(
                "The Glasspane server did not start within a minute.",
                "Look at the log, then try again.",
              ),
            ),
          START_PATIENCE_MS,
        );
        over.signal.addEventListener("abort", () => clearTimeout(timer));
        signal.addEventListener("abort", () => reject(stoppedEarly()), { signal: over.signal });
        this.child.once("error", (problem: NodeJS.ErrnoException) => reject(this.noPython(problem)));
        createInterface({ input: this.child.stdout }).once("line", (line) => {
          const greeting = parsed(line);
          if (!greeting?.url) return reject(this.saidFailure(greeting));
          this.url = greeting.url;
          this.log.info(`Glasspane ${greeting.glasspane ?? "?"} listens on ${greeting.url}`);
          resolve();
        });
      });
    } catch (failure) {
      void this.stop();
      if (!signal.aborted && failure instanceof GlasspaneFailure)
        this.log.error(failure.result.message, this.lastWords.join("\n"));
      throw failure;
    } finally {
      over.abort();
    }
  }

  private noPython({ code, message }: NodeJS.ErrnoException): GlasspaneFailure {
    if (code === "ENOENT" && !existsSync(workingFolder())) {
      return this.failure("The folder of this window is gone.", "Open another folder, then run again.");
    }
    return code === "ENOENT"
      ? this.failure(
          `No Python was found at ${this.python}.`,
          "Select an interpreter in the Python extension, or name one in the setting glasspane.pythonPath.",
        )
      : this.failure(
          `${this.python} could not be started: ${message}.`,
          "Name another Python in the setting glasspane.pythonPath.",
        );
  }

  private startFailure(): GlasspaneFailure {
    const said = this.lastWords.join("\n");
    if (/No module named glasspane\.__main__|invalid choice: 'serve'/.test(said))
      return missing(this.python, "The Glasspane installed is too old for this editor");
    if (/No module named glasspane\b/.test(said)) return missing(this.python, "Glasspane is not installed");
    return this.failure("The Glasspane server did not start.", "Look at the log, then try again.");
  }

  private saidFailure(greeting: Greeting | null): GlasspaneFailure {
    const { message, next_step, command } = greeting?.error ?? {};
    if (message === undefined || next_step === undefined) return this.startFailure();
    const result = errorResult(command ? "glasspane_missing" : "internal", message, next_step);
    return new GlasspaneFailure({ ...result, command: command ?? null });
  }

  private failure(message: string, nextStep: string): GlasspaneFailure {
    return GlasspaneFailure.of("internal", message, nextStep, this.lastWords.join("\n"));
  }
}

/** A job's server went away. */
export function serverEnded(detail = ""): GlasspaneFailure {
  return GlasspaneFailure.of(
    "kernel_restarted",
    "The Glasspane server ended while it was working.",
    "Run again: it will be started anew.",
    detail,
  );
}

function stoppedEarly(): GlasspaneFailure {
  return GlasspaneFailure.of(
    "kernel_restarted",
    "The Glasspane server was stopped before it had started.",
    "Run again: it will be started anew.",
  );
}

/** The package is not where it is needed; `command` mends it. */
export function missing(python: string, message: string): GlasspaneFailure {
  const result = errorResult(
    "glasspane_missing",
    `${message} in ${python}.`,
    "Install it there (“Glasspane: Install Glasspane in the Selected Interpreter…”), then run again.",
  );
  return new GlasspaneFailure({ ...result, command: installCommand(python) });
}

function parsed(line: string): Greeting | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}

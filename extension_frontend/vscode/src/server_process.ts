import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type ErrorResult, errorResult, GlasspaneFailure } from "@glasspane/core";
import { installCommand } from "./install_line";
import { pythonEnvironment, workingFolder } from "./interpreter";
import { log } from "./log";

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
const STOP_PATIENCE_MS = 4_000;

/**
 * A Jupyter server started from an interpreter: random token, loopback only, gone with the window.
 *
 * It ends when its standard input does, so that it outlives neither a closed window nor a crashed one.
 */
export class ServerProcess {
  private readonly aborted = new AbortController();
  private readonly lastWords: string[] = [];

  /** Starts it and waits until it listens. Rejects with {@link GlasspaneFailure}. */
  static async start(python: string, onEnd: (server: ServerProcess) => void): Promise<ServerProcess> {
    const token = randomBytes(24).toString("base64url");
    log().info(`Starting ${python} -m glasspane serve --tethered`);
    const child = spawn(python, ["-m", "glasspane", "serve", "--tethered"], {
      cwd: workingFolder(),
      env: pythonEnvironment({ GLASSPANE_TOKEN: token }),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const server = new ServerProcess(child, python, token);
    await server.untilItListens();
    child.once("exit", () => onEnd(server));
    if (server.ended) onEnd(server);
    return server;
  }

  private url = "";

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    readonly python: string,
    private readonly token: string,
  ) {
    child.once("exit", () => this.aborted.abort(serverEnded(this.lastWords.join("\n"))));
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.lastWords.push(line);
      if (this.lastWords.length > 20) this.lastWords.shift();
      log().debug(line);
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
    return this.child.exitCode !== null || this.child.signalCode !== null;
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

  private untilItListens(): Promise<void> {
    return new Promise((resolve, reject) => {
      // "close", not "exit": what it said last is read to the end first.
      const onEnd = () => fail(this.startFailure());
      this.child.once("close", onEnd);
      const fail = (failure: GlasspaneFailure) => {
        clearTimeout(timer);
        this.child.off("close", onEnd);
        this.child.kill("SIGKILL");
        log().error(failure.result.message, this.lastWords.join("\n"));
        reject(failure);
      };
      const timer = setTimeout(() => {
        fail(
          this.failure(
            "The Glasspane server did not start within a minute.",
            "Look at the log, then try again.",
          ),
        );
      }, START_PATIENCE_MS);
      this.child.once("error", (problem: NodeJS.ErrnoException) => fail(this.noPython(problem)));
      createInterface({ input: this.child.stdout }).once("line", (line) => {
        const greeting = parsed(line);
        if (greeting?.url) {
          clearTimeout(timer);
          this.child.off("close", onEnd);
          this.url = greeting.url;
          log().info(`Glasspane ${greeting.glasspane ?? "?"} listens on ${greeting.url}`);
          resolve();
        } else fail(this.saidFailure(greeting));
      });
    });
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
    return new GlasspaneFailure(errorResult("internal", message, nextStep, this.lastWords.join("\n")));
  }
}

/** A job's server went away. */
export function serverEnded(detail = ""): GlasspaneFailure {
  return new GlasspaneFailure(
    errorResult(
      "kernel_restarted",
      "The Glasspane server ended while it was working.",
      "Run again: it will be started anew.",
      detail,
    ),
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

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
type Greeting =
  | { readonly url: string; readonly glasspane: string }
  | { readonly error: Pick<ErrorResult, "message" | "next_step" | "command"> };

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

  /**
   * Starts it and waits until it listens, or until `signal` says that it is not wanted. Rejects with {@link GlasspaneFailure}.
   *
   * `keys` of endpoints by their variables: they are in its environment, and in no line of the log.
   */
  static async start(
    python: string,
    log: LogOutputChannel,
    signal: AbortSignal,
    keys: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    if (signal.aborted) throw stoppedEarly();
    const token = randomBytes(24).toString("base64url");
    log.info(`Starting ${python} -m glasspane serve --tethered`);
    const child = spawned(python, { ...keys, GLASSPANE_TOKEN: token }, log);
    const server = new ServerProcess(child, python, token, log);
    await server.untilItListens(signal);
    return server;
  }

  private url = "";

  private constructor(
    private readonly child: Child,
    readonly python: string,
    private readonly token: string,
    private readonly log: LogOutputChannel,
  ) {
    child.once("exit", () => this.aborted.abort(serverEnded(this.lastWords.join("\n"))));
    // A pipe to a process that has just gone: its end says all there is to say.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stderr }).on("line", (line) => this.heard(line));
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

  private heard(line: string): void {
    this.lastWords.push(line);
    if (this.lastWords.length > 20) this.lastWords.shift();
    this.log.debug(line);
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
        this.child.once("error", (problem) => reject(notStarted(this.python, problem)));
        createInterface({ input: this.child.stdout }).on("line", (line) => {
          const greeting = greetingIn(line);
          // A Python that is a script may say something of its own first.
          if (greeting === null) return this.heard(line);
          if ("error" in greeting) return reject(saidFailure(greeting.error));
          this.url = greeting.url;
          this.log.info(`Glasspane ${greeting.glasspane} listens on ${greeting.url}`);
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

  private startFailure(): GlasspaneFailure {
    const said = this.lastWords.join("\n");
    if (/No module named glasspane\.__main__|invalid choice: 'serve'/.test(said))
      return missing(this.python, "The Glasspane installed is too old for this editor");
    if (/No module named glasspane\b/.test(said)) return missing(this.python, "Glasspane is not installed");
    return this.failure("The Glasspane server did not start.", "Look at the log, then try again.");
  }

  private failure(message: string, nextStep: string): GlasspaneFailure {
    return GlasspaneFailure.of("internal", message, nextStep, this.lastWords.join("\n"));
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function spawned(
  python: string,
  environment: Readonly<Record<string, string>>,
  log: LogOutputChannel,
): Child {
  try {
    return spawn(python, ["-m", "glasspane", "serve", "--tethered"], {
      cwd: workingFolder(),
      env: pythonEnvironment(environment),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (problem) {
    // Nothing that a system could start: a path with a NUL in it, say.
    const failure = notStarted(python, problem as Error);
    log.error(failure.result.message);
    throw failure;
  }
}

function notStarted(python: string, { code, message }: NodeJS.ErrnoException): GlasspaneFailure {
  if (code === "ENOENT" && !existsSync(workingFolder())) {
    return GlasspaneFailure.of(
      "internal",
      "The folder of this window is gone.",
      "Open another folder, then run again.",
    );
  }
  return code === "ENOENT"
    ? GlasspaneFailure.of(
        "internal",
        `No Python was found at ${python}.`,
        "Select an interpreter in the Python extension, or name one in the setting glasspane.pythonPath.",
      )
    : GlasspaneFailure.of(
        "internal",
        `${python.replace(/\p{Cc}/gu, "\ufffd")} could not be started: ${message}.`,
        "Name another Python in the setting glasspane.pythonPath.",
      );
}

function saidFailure({
  message,
  next_step,
  command,
}: Pick<ErrorResult, "message" | "next_step" | "command">) {
  return new GlasspaneFailure({
    ...errorResult(command ? "glasspane_missing" : "internal", message, next_step),
    command,
  });
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

/** What the server says, and nobody else does: of the same form, from this machine. */
function greetingIn(line: string): Greeting | null {
  let value: Record<string, unknown>;
  try {
    // What was printed before it may have had no line end.
    value = { ...JSON.parse(line.slice(Math.max(0, line.indexOf("{")))) };
  } catch {
    return null;
  }
  const { url, glasspane, error } = value;
  if (typeof url === "string" && /^http:\/\/127\.0\.0\.1:\d+\/$/.test(url)) {
    return { url, glasspane: typeof glasspane === "string" ? glasspane : "?" };
  }
  const { message, next_step, command } = { ...(error as Partial<Record<string, unknown>> | undefined) };
  if (typeof message !== "string" || typeof next_step !== "string") return null;
  return { error: { message, next_step, command: typeof command === "string" ? command : null } };
}

import type { Catalogue, ErrorCode, ErrorResult, JobRequest, JobSnapshot } from "./protocol.js";

export interface FetchInit {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * One HTTP exchange with the Jupyter server, supplied by the host.
 *
 * `path` is relative to the server's base URL (e.g. `glasspane/api/jobs`). Resolves with the parsed JSON of a 2xx
 * reply (undefined if it has no body), rejects with {@link HttpFailure} for any other status, and with whatever the
 * network threw when there was no reply at all.
 */
export type FetchJson = (path: string, init?: FetchInit) => Promise<unknown>;

/** The server answered with a status that is not 2xx; `body` is its JSON, or its text. */
export class HttpFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`HTTP ${status}`);
    this.name = "HttpFailure";
  }
}

/** What every {@link JobClient} call rejects with: an error a person can be shown. */
export class GlasspaneFailure extends Error {
  constructor(readonly result: ErrorResult) {
    super(result.message);
    this.name = "GlasspaneFailure";
  }

  /** One found on this side of the wire: {@link errorResult}. */
  static of(...said: Parameters<typeof errorResult>): GlasspaneFailure {
    return new GlasspaneFailure(errorResult(...said));
  }
}

/** An {@link ErrorResult} made on this side of the wire. */
export function errorResult(
  code: ErrorCode,
  message: string,
  nextStep: string,
  detail?: string,
): ErrorResult {
  return {
    kind: "error",
    code,
    message,
    next_step: nextStep,
    pieces: [],
    lines: [],
    suggestions: [],
    candidates: [],
    tokenizers: [],
    command: null,
    detail: detail ?? null,
  };
}

export interface JobClientOptions {
  /** How long a broken connection is retried before giving up, in milliseconds. */
  readonly patience?: number;
  /** First wait between retries, in milliseconds; doubles up to two seconds. */
  readonly firstWait?: number;
  /** What to say where no reply has come at all, if the host knows better which server that is. */
  readonly unreachable?: (problem: unknown) => ErrorResult;
}

const LONGEST_WAIT = 2000;
/** Seconds the server may hold a reply back while nothing changes; below what proxies cut off. */
const LONG_POLL = 20;
/** A reply without news that came back sooner than this was no long poll: slow down. */
const SHORTEST_POLL = 200;
const ENDED: ReadonlySet<JobSnapshot["status"]> = new Set(["done", "failed", "cancelled"]);

/** Whether a job will change no more. */
export function hasEnded(snapshot: JobSnapshot): boolean {
  return ENDED.has(snapshot.status);
}

/** The Glasspane REST API. */
export class JobClient {
  private readonly patience: number;
  private readonly firstWait: number;
  private readonly unreachable: (problem: unknown) => ErrorResult;

  constructor(
    private readonly fetchJson: FetchJson,
    options: JobClientOptions = {},
  ) {
    this.patience = options.patience ?? 30_000;
    this.firstWait = options.firstWait ?? 250;
    this.unreachable = options.unreachable ?? cannotBeReached;
  }

  /** What can be asked for. */
  async catalogue(signal?: AbortSignal): Promise<Catalogue> {
    return expectKind<Catalogue>(await this.persistently("glasspane/api/catalogue", {}, signal), "catalogue");
  }

  /**
   * Queues a job; its first snapshot. Not retried: the server may have started it before the connection broke.
   */
  async start(request: JobRequest, signal?: AbortSignal): Promise<JobSnapshot> {
    const init: FetchInit = { method: "POST", body: wellFormed(request), ...(signal && { signal }) };
    try {
      return expectKind<JobSnapshot>(await this.fetchJson("glasspane/api/jobs", init), "job");
    } catch (problem) {
      throw this.failureOf(problem, signal);
    }
  }

  /**
   * Reports every change of a job until it ends; resolves with the last snapshot.
   *
   * Short network failures are waited out. Aborting `signal` stops following (rejects with the signal's reason);
   * the job goes on: see {@link cancel}.
   */
  async follow(
    id: string,
    onSnapshot: (snapshot: JobSnapshot) => void,
    signal?: AbortSignal,
  ): Promise<JobSnapshot> {
    let seen: number | null = null;
    let idleWait = this.firstWait;
    for (;;) {
      const query = seen === null ? "" : `?after=${seen}&wait=${LONG_POLL}`;
      const asked = Date.now();
      const reply = await this.persistently(`${jobPath(id)}${query}`, {}, signal);
      const snapshot = expectKind<JobSnapshot>(reply, "job");
      if (seen === null || snapshot.sequence > seen) {
        seen = snapshot.sequence;
        idleWait = this.firstWait;
        onSnapshot(snapshot);
      } else if (Date.now() - asked < SHORTEST_POLL) {
        await pause(idleWait, signal);
        idleWait = Math.min(2 * idleWait, LONGEST_WAIT);
      }
      if (hasEnded(snapshot)) return snapshot;
    }
  }

  /** Asks a job to stop; it ends as `cancelled`, keeping a partial result if there is one. */
  async cancel(id: string): Promise<void> {
    try {
      await this.persistently(jobPath(id), { method: "DELETE" });
    } catch (problem) {
      // Already gone is as good as cancelled.
      if (!(problem instanceof GlasspaneFailure && problem.result.code === "job_not_found")) throw problem;
    }
  }

  /** A request that may safely be repeated, repeated while the connection is broken. */
  private async persistently(path: string, init: FetchInit, signal?: AbortSignal): Promise<unknown> {
    const givenUpAt = Date.now() + this.patience;
    let wait = this.firstWait;
    for (;;) {
      try {
        signal?.throwIfAborted();
        return await this.fetchJson(path, { ...init, ...(signal && { signal }) });
      } catch (problem) {
        if (signal?.aborted || !mayPass(problem) || Date.now() + wait > givenUpAt)
          throw this.failureOf(problem, signal);
        await pause(wait, signal);
        wait = Math.min(2 * wait, LONGEST_WAIT);
      }
    }
  }

  private failureOf(problem: unknown, signal?: AbortSignal): unknown {
    if (signal?.aborted) return signal.reason;
    if (problem instanceof GlasspaneFailure) return problem;
    return problem instanceof HttpFailure
      ? refusal(problem)
      : new GlasspaneFailure(this.unreachable(problem));
  }
}

const jobPath = (id: string) => `glasspane/api/jobs/${encodeURIComponent(id)}`;

/** No reply at all, or one from a proxy in front of a server that is coming back. */
function mayPass(problem: unknown): boolean {
  // The host knows what is wrong: waiting would not help.
  if (problem instanceof GlasspaneFailure) return false;
  return problem instanceof HttpFailure
    ? [502, 503, 504].includes(problem.status) && !isErrorResult(problem.body)
    : true;
}

function cannotBeReached(problem: unknown): ErrorResult {
  return errorResult(
    "internal",
    "The Jupyter server cannot be reached.",
    "Check that it is running, then run again.",
    String(problem),
  );
}

function refusal({ status, body }: HttpFailure): GlasspaneFailure {
  if (isErrorResult(body)) return new GlasspaneFailure(body);
  const detail = `HTTP ${status}: ${JSON.stringify(body)?.slice(0, 2000)}`;
  if (status === 401 || status === 403) {
    return GlasspaneFailure.of(
      "internal",
      "The Jupyter server refused the request.",
      "Sign in again, then run again.",
      detail,
    );
  }
  if (status === 404) {
    return GlasspaneFailure.of(
      "glasspane_missing",
      "This Jupyter server has no Glasspane.",
      "Install glasspane where the server runs and restart it.",
      detail,
    );
  }
  return GlasspaneFailure.of(
    "internal",
    "The Jupyter server failed.",
    "Look at its log, then run again.",
    detail,
  );
}

/** Whether a reply is Glasspane's own word on what went wrong. */
export function isErrorResult(body: unknown): body is ErrorResult {
  return (
    typeof body === "object" && body !== null && "kind" in body && body.kind === "error" && "message" in body
  );
}

/** The server may run another version: better a clear sentence than a blank pane. */
function expectKind<Reply extends { kind: string }>(reply: unknown, kind: Reply["kind"]): Reply {
  if (typeof reply === "object" && reply !== null && "kind" in reply && reply.kind === kind)
    return reply as Reply;
  throw GlasspaneFailure.of(
    "internal",
    "The Jupyter server's reply was not understood.",
    "Install the same version of Glasspane in the server and the front end.",
    JSON.stringify(reply)?.slice(0, 2000),
  );
}

/** A copy with U+FFFD for each half of a character: JSON has no way to write one that every reader takes. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\ufffd");
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [wellFormed(key), wellFormed(each)]));
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

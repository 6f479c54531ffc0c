import type { Catalogue, ErrorResult, JobRequest, JobSnapshot } from "./protocol.js";

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
}

export interface JobClientOptions {
  /** How long a broken connection is retried before giving up, in milliseconds. */
  readonly patience?: number;
  /** First wait between retries; doubles up to two seconds. */
  readonly firstWait?: number;
}

/** The Glasspane REST API. */
export class JobClient {
  constructor(
    private readonly fetchJson: FetchJson,
    readonly options: JobClientOptions = {},
  ) {}

  /** What can be asked for. */
  async catalogue(): Promise<Catalogue> {
    return (await this.fetchJson("glasspane/api/catalogue")) as Catalogue;
  }

  /** Queues a job; its first snapshot. */
  async start(request: JobRequest): Promise<JobSnapshot> {
    return (await this.fetchJson("glasspane/api/jobs", { method: "POST", body: request })) as JobSnapshot;
  }

  /**
   * Reports every change of a job until it ends; resolves with the last snapshot.
   *
   * Aborting `signal` stops following (rejects with the signal's reason); the job goes on: see {@link cancel}.
   */
  async follow(
    id: string,
    onSnapshot: (snapshot: JobSnapshot) => void,
    signal?: AbortSignal,
  ): Promise<JobSnapshot> {
    throw new Error(`not yet ${id} ${onSnapshot} ${signal}`);
  }

  /** Asks a job to stop; it ends as `cancelled`, keeping a partial result if there is one. */
  async cancel(id: string): Promise<void> {
    await this.fetchJson(`glasspane/api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
  }
}

import { errorResult, GlasspaneFailure, hasEnded, type JobClient } from "../job.js";
import type { ErrorResult, JobSnapshot, Place, Request, Result, SubjectCandidate } from "../protocol.js";

/** Runs requests in one kernel, whatever carries them there. */
export interface JobRunner {
  /** The same for the same kernel. */
  readonly key: string;
  /** Code of the person's own runs there: its variables and weights may change. */
  readonly personal: boolean;
  start(request: Request): Promise<JobSnapshot>;
  /** Reports every change until the job ends. Aborting `signal` stops following; the job goes on. */
  follow(id: string, onSnapshot: (snapshot: JobSnapshot) => void, signal?: AbortSignal): Promise<JobSnapshot>;
  /** Asks a job to stop; it ends as `cancelled`, keeping a partial result if there is one. */
  cancel(id: string): Promise<void>;
}

/** Runs requests in a kernel of a Jupyter server. */
export function runnerAt(client: JobClient, place: Place): JobRunner {
  return {
    key: JSON.stringify(place),
    personal: place.place === "kernel",
    start: (request) => client.start({ place, request }),
    follow: (id, onSnapshot, signal) => client.follow(id, onSnapshot, signal),
    cancel: (id) => client.cancel(id),
  };
}

export interface JobWatch {
  readonly onSnapshot?: (snapshot: JobSnapshot) => void;
  readonly signal?: AbortSignal;
}

/** Runs a request to its end. Rejects with {@link GlasspaneFailure} when it was answered with an error. */
export async function answerTo(
  runner: JobRunner,
  request: Request,
  watch: JobWatch = {},
): Promise<{ result: Result; snapshot: JobSnapshot }> {
  watch.signal?.throwIfAborted();
  const started = await runner.start(request);
  if (watch.signal?.aborted) {
    // Aborted before the job had an id: nobody else can stop it.
    await runner.cancel(started.id);
    throw watch.signal.reason;
  }
  watch.onSnapshot?.(started);
  const ended = hasEnded(started)
    ? started
    : await runner.follow(started.id, (snapshot) => watch.onSnapshot?.(snapshot), watch.signal);
  if (ended.result === null)
    throw GlasspaneFailure.of("cancelled", "The job was cancelled.", "Run it again.");
  if (ended.result.kind === "error") throw new GlasspaneFailure(ended.result);
  return { result: ended.result, snapshot: ended };
}

/** What went wrong, for a person; what nobody foresaw goes to `log`, where that person is sent. */
export function errorOf(failure: unknown, log: (failure: unknown) => void): ErrorResult {
  if (failure instanceof GlasspaneFailure) return failure.result;
  log(failure);
  return errorResult(
    "internal",
    "Something went wrong in Glasspane itself.",
    "See the log, and try again.",
    failure instanceof Error ? (failure.stack ?? String(failure)) : String(failure),
  );
}

/** The models that a kernel's variables hold, most likely first. */
export async function subjectCandidates(runner: JobRunner): Promise<SubjectCandidate[]> {
  const { result } = await answerTo(runner, { kind: "subjects" });
  return result.kind === "subjects" ? result.candidates : [];
}

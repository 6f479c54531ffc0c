import {
  type ErrorResult,
  errorResult,
  GlasspaneFailure,
  type JobClient,
  type JobSnapshot,
  type Place,
  type Request,
  type Result,
} from "@glasspane/core";

export interface JobWatch {
  readonly onSnapshot?: (snapshot: JobSnapshot) => void;
  readonly signal?: AbortSignal;
}

/** Runs a request to its end. Rejects with {@link GlasspaneFailure} when it was answered with an error. */
export async function answerTo(
  client: JobClient,
  place: Place,
  request: Request,
  watch: JobWatch = {},
): Promise<{ result: Result; snapshot: JobSnapshot }> {
  watch.signal?.throwIfAborted();
  const started = await client.start({ place, request });
  if (watch.signal?.aborted) {
    // Aborted before the job had an id: nobody else can stop it.
    await client.cancel(started.id);
    throw watch.signal.reason;
  }
  watch.onSnapshot?.(started);
  const ended = ["done", "failed", "cancelled"].includes(started.status)
    ? started
    : await client.follow(started.id, (snapshot) => watch.onSnapshot?.(snapshot), watch.signal);
  if (ended.result === null)
    throw new GlasspaneFailure(errorResult("cancelled", "The job was cancelled.", "Run it again."));
  if (ended.result.kind === "error") throw new GlasspaneFailure(ended.result);
  return { result: ended.result, snapshot: ended };
}

/** What went wrong, for a person; what nobody foresaw goes to the console. */
export function errorOf(failure: unknown): ErrorResult {
  if (failure instanceof GlasspaneFailure) return failure.result;
  console.error("Glasspane", failure);
  return errorResult(
    "internal",
    "Something went wrong in Glasspane itself.",
    "See the browser's console, and try again.",
  );
}

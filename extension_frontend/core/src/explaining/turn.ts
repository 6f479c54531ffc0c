import type { JobSnapshot, Request } from "../protocol.js";
import { answerTo, type JobRunner } from "./answer.js";

/** One run of an explanation: its jobs, one after the other, and the way to stop it. */
export class Turn {
  private readonly abort = new AbortController();
  private asked = false;
  private job: { readonly id: string; readonly runner: JobRunner } | null = null;

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Another run took its place, or it was stopped: what still comes of it counts no more. */
  get over(): boolean {
    return this.abort.signal.aborted;
  }

  /** It was asked to end. */
  get cancelled(): boolean {
    return this.asked;
  }

  get hasJob(): boolean {
    return this.job !== null;
  }

  async answer(runner: JobRunner, request: Request, onSnapshot: (snapshot: JobSnapshot) => void) {
    const watch = {
      signal: this.signal,
      onSnapshot: (snapshot: JobSnapshot) => {
        if (this.over) return;
        const begun = this.job === null;
        this.job = { id: snapshot.id, runner };
        // It was asked to end before it had a name.
        if (begun && this.asked) void this.cancelJob();
        onSnapshot(snapshot);
      },
    };
    try {
      return await answerTo(runner, request, watch);
    } finally {
      this.job = null;
    }
  }

  /** Asks its job to end; the answer, a partial one perhaps, still comes. */
  async cancelJob(): Promise<void> {
    this.asked = true;
    await this.job?.runner.cancel(this.job.id).catch(() => undefined);
  }

  /** Waits for nothing more. */
  stop(): void {
    void this.cancelJob();
    this.abort.abort();
  }
}

import type { JobClient, JobSnapshot, Place, Request } from "@glasspane/core";
import { answerTo } from "./jobs";

/** One run of an explanation: its jobs, one after the other, and the way to stop it. */
export class Turn {
  private readonly abort = new AbortController();
  private job: string | null = null;

  constructor(private readonly client: JobClient) {}

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Another run took its place, or it was stopped: what still comes of it counts no more. */
  get over(): boolean {
    return this.abort.signal.aborted;
  }

  get hasJob(): boolean {
    return this.job !== null;
  }

  async answer(place: Place, request: Request, onSnapshot: (snapshot: JobSnapshot) => void) {
    const watch = {
      signal: this.signal,
      onSnapshot: (snapshot: JobSnapshot) => {
        if (this.over) return;
        this.job = snapshot.id;
        onSnapshot(snapshot);
      },
    };
    try {
      return await answerTo(this.client, place, request, watch);
    } finally {
      this.job = null;
    }
  }

  /** Asks its job to end; the answer, a partial one perhaps, still comes. */
  async cancelJob(): Promise<void> {
    if (this.job !== null) await this.client.cancel(this.job).catch(() => undefined);
  }

  /** Waits for nothing more. */
  stop(): void {
    void this.cancelJob();
    this.abort.abort();
  }
}

import { randomUUID } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, type JobSnapshot, type Request, type Result } from "@glasspane/core";

/** One request on its way through a notebook's kernel. */
export class KernelJob {
  readonly id = randomUUID();
  /** The kernel looks whether this file is there: while it works, nothing else reaches it. */
  readonly cancelFile = join(tmpdir(), `glasspane-cancel-${this.id}`);
  cancelled = false;
  private cancelling: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();
  private now: JobSnapshot;

  constructor(
    readonly request: Request,
    private readonly version: string,
  ) {
    this.now = {
      kind: "job",
      id: this.id,
      sequence: 1,
      status: "queued",
      ahead: 0,
      kernel_busy: false,
      progress: null,
      result: null,
      warnings: [],
    };
  }

  get snapshot(): JobSnapshot {
    return this.now;
  }

  change(part: Partial<JobSnapshot>): void {
    if (hasEnded(this.now)) return;
    this.now = { ...this.now, ...part, sequence: this.now.sequence + 1 };
    for (const each of [...this.listeners]) each();
  }

  /** Of a cancelled job what was found so far stays. */
  end(result: Result): void {
    if (result.kind === "error" && result.code === "cancelled") {
      this.change({ status: "cancelled", result: this.now.progress?.partial ?? result });
    } else {
      const warnings = result.kind === "attribution" ? drift(result.glasspane, this.version) : [];
      this.change({
        status: result.kind === "error" ? "failed" : "done",
        result,
        warnings,
        kernel_busy: false,
      });
    }
  }

  async cancel(): Promise<void> {
    this.cancelled = true;
    this.cancelling = writeFile(this.cancelFile, "");
    await this.cancelling;
  }

  /** Nothing of it stays on disk. */
  async cleanUp(): Promise<void> {
    await this.cancelling?.catch(() => undefined);
    await rm(this.cancelFile, { force: true }).catch(() => undefined);
  }

  async next(signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        this.listeners.delete(done);
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        this.listeners.delete(done);
        reject(signal?.reason);
      };
      this.listeners.add(done);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }
}

/** The kernel's Glasspane is another than the editor's: worth a word, and no refusal. */
function drift(kernel: string, editor: string): string[] {
  return kernel === editor
    ? []
    : [`This kernel has Glasspane ${kernel}, the editor ${editor}: answers may differ in detail.`];
}
